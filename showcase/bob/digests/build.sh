#!/bin/sh
# Makes digests.wasm with clang and lld, 14 or newer.
set -eu
cd "$(dirname "$0")"
${CLANG:-clang} --target=wasm32 -Os -ffreestanding -nostdlib -Wall -Wextra -Werror \
  -Wl,--no-entry -Wl,--strip-all -Wl,-z,stack-size=65536 -o digests.wasm src/digests.c
