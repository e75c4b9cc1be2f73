#!/usr/bin/env bash
# The credentials cache under ThreadSanitizer: 64 threads with 10,000 gets each over ten refreshes. First with a planted
# race, which must be found, or the rest proves nothing.
set -euo pipefail
cd "$(dirname "$0")/.."

export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-target}/tsan
# The sanitizers are in every compiler, but only said to be stable in later ones.
export RUSTC_BOOTSTRAP=1
# The standard library is not instrumented: the locks of the cache are parking_lot's here.
export RUSTFLAGS="-Zsanitizer=thread -Cunsafe-allow-abi-mismatch=sanitizer --cfg session_tsan"
mkdir -p "$CARGO_TARGET_DIR"
# The counts of Arc order what comes before a drop by a fence, which ThreadSanitizer does not see.
echo 'race:alloc::sync::Arc*drop_slow' >"$CARGO_TARGET_DIR/suppressions"
export TSAN_OPTIONS="suppressions=$CARGO_TARGET_DIR/suppressions halt_on_error=1"

races() {
    cargo test --locked --no-default-features --target "$(rustc -vV | sed -n 's/^host: //p')" \
        --test credentials_races -- "$@"
}

if planted=$(races planted 2>&1); then
    echo "tsan: the planted race was not found" >&2
    exit 1
fi
grep -q 'data race .*Racy.*count' <<<"$planted" || { echo "$planted" >&2; exit 1; }
echo "tsan: the planted race was found"
races
echo "tsan: clean"
