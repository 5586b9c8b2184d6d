#!/bin/sh
# Makes similarity.wasm with rustc and its target wasm32-unknown-unknown, 1.63 or newer.
set -eu
cd "$(dirname "$0")"
${RUSTC:-rustc} --edition 2021 --target wasm32-unknown-unknown --crate-type cdylib -C opt-level=s -C lto -C panic=abort \
  -C strip=symbols -o similarity.wasm src/similarity.rs
