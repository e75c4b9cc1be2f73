#!/usr/bin/env bash
# Every check there is, the quick ones first; ends with the closing lines of each runner.
set -euo pipefail
cd "$(dirname "$0")/.."

# What is checked is the project with its defaults.
unset CARGO_TARGET_DIR CARGO_BUILD_TARGET RUSTFLAGS

mkdir -p build
: >build/check.log
stage=setup
trap 'test $? = 0 || echo "make check FAILED in: $stage" >&2' EXIT

begin() {
    stage=$1
    printf '\n== %s (after %d s)\n' "$stage" $SECONDS | tee -a build/check.log
}

# Runs a command and keeps what it says for the closing lines.
run() { "$@" 2>&1 | tee -a build/check.log; }

scripts/need.sh cargo lints cc cmake pkg-config valgrind strace asan libcurl moto s3s

begin "format and lints"
cargo fmt --check
cargo clippy --locked --all-targets -- -D warnings
cargo clippy --locked --all-targets --no-default-features -- -D warnings

begin "Rust tests"
run cargo test --locked

# C tests and examples: with the library as it ships, under valgrind, with AddressSanitizer.
for preset in release valgrind asan; do
    begin "C tests: $preset"
    cmake --preset $preset >build/configure.log 2>&1 || { cat build/configure.log; exit 1; }
    cmake --build --preset $preset
    run ctest --preset $preset
    # What a passing test has to tell: sizes, reasons why it was skipped.
    grep '^note: ' build/$preset/Testing/Temporary/LastTest.log >>build/check.log || true
done

begin "fuzz targets, five seconds of each"
run scripts/fuzz.sh quick

begin "conformance"
run tests/conformance/check

trap - EXIT
printf '\n== All checks passed in %d s\n' $SECONDS
grep -E '^== |^test result: |tests passed|^note: |^Total Test time|scenarios' build/check.log
