#!/usr/bin/env bash
# Tries the orders in which threads can run through the credentials cache (src/credentials/model.rs), with loom.
set -euo pipefail
cd "$(dirname "$0")/.."

export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-target}/model
# Not in the library that is shipped: the locks and atomics of the cache are loom's here.
export RUSTFLAGS="--cfg session_loom"
cargo test --locked --no-default-features --profile model --lib -- credentials::model "$@"
