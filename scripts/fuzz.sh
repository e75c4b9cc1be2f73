#!/usr/bin/env bash
# Each fuzz target for FUZZ_SECONDS, 300 where nothing is said, under AddressSanitizer. What is found, and the inputs that
# a target has grown, are below build/fuzz.
# Usage: scripts/fuzz.sh [quick] [TARGET...]    quick: five seconds each, from the committed seeds
set -euo pipefail
cd "$(dirname "$0")/.."

quick=
if [ "${1:-}" = quick ]; then
    quick=yes
    shift
fi
seconds=${FUZZ_SECONDS:-300}
[ -z "$quick" ] || seconds=5
targets=("$@")
[ $# -gt 0 ] || targets=(scanner replies wire signing c_calls)

scripts/need.sh cargo lints cc

root=$PWD
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-target}/fuzz
mkdir -p "$CARGO_TARGET_DIR"
CARGO_TARGET_DIR=$(cd "$CARGO_TARGET_DIR" && pwd)
# Sanitizers and the passes of the compiler are in every release, but only said to be stable in later ones.
export RUSTC_BOOTSTRAP=1
export RUSTFLAGS="--cfg fuzzing -Zsanitizer=address -Ccodegen-units=1 -Cpasses=sancov-module \
-Cllvm-args=-sanitizer-coverage-level=4 -Cllvm-args=-sanitizer-coverage-inline-8bit-counters \
-Cllvm-args=-sanitizer-coverage-pc-table -Cllvm-args=-sanitizer-coverage-trace-compares"
target=$(rustc -vV | sed -n 's/^host: //p')
package=(--release --locked --target "$target" --manifest-path fuzz/Cargo.toml)
cargo fmt --check --manifest-path fuzz/Cargo.toml
cargo build "${package[@]}"
cargo clippy "${package[@]}" -- -D warnings

failed=
for name in "${targets[@]}"; do
    folder=$root/build/fuzz/$name
    [ -z "$quick" ] || rm -rf "$folder/quick"
    corpus=$folder/${quick:+quick/}corpus
    rm -rf "$folder/tmp"
    mkdir -p "$corpus" "$folder/tmp"
    if (cd "$folder/tmp" && TMPDIR=$PWD "$CARGO_TARGET_DIR/$target/release/$name" "$corpus" "$root/fuzz/seeds/$name" \
        -artifact_prefix="$folder/" -max_total_time="$seconds" -max_len=4096 -timeout=10 -rss_limit_mb=2048 \
        -print_final_stats=1) >"$folder/log" 2>&1; then
        runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$folder/log")
        printf 'note: fuzz %s: %s runs, nothing found\n' "$name" "$runs"
    else
        failed=yes
        grep -v '^#' "$folder/log" | tail -n 60 >&2
        printf 'fuzz: %s found something; the input is in %s\n' "$name" "build/fuzz/$name" >&2
    fi
done
[ -z "$failed" ]
