#!/bin/sh
# Makes hostile.wasm with clang and lld, 14 or newer.
set -eu
cd "$(dirname "$0")"
${CLANG:-clang} --target=wasm32 -O1 -ffreestanding -nostdlib -Wall -Wl,--no-entry -Wl,--strip-all -o hostile.wasm hostile.c
