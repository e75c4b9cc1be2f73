#!/usr/bin/env bash
# The credentials cache under ThreadSanitizer: 64 threads with 10,000 gets each over ten refreshes, and the tests of the
# cache. First a race is planted and must be found, or the rest proves nothing.
set -euo pipefail
cd "$(dirname "$0")/.."

export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-target}/tsan
# The sanitizers are in every compiler, but only said to be stable in later ones.
export RUSTC_BOOTSTRAP=1
# The standard library is not instrumented: the locks of the cache are parking_lot's here.
export RUSTFLAGS="-Zsanitizer=thread -Cunsafe-allow-abi-mismatch=sanitizer --cfg session_tsan"
suppressions=$(mktemp)
trap 'rm -f "$suppressions"' EXIT
# Its counts order what comes before a drop by a fence, which ThreadSanitizer does not see.
echo 'race:alloc::sync::Arc*drop_slow' >"$suppressions"
export TSAN_OPTIONS="suppressions=$suppressions halt_on_error=1"
export SESSION_GETS=${SESSION_GETS:-10000}

tests=(cargo test --locked --no-default-features --target "$(rustc -vV | sed -n 's/^host: //p')")

"${tests[@]}" --no-run
if planted=$("${tests[@]}" --lib -- --ignored --exact credentials::striped::tests::a_planted_race 2>&1); then
    echo "tsan: the planted race was not found" >&2
    exit 1
fi
grep -q 'ThreadSanitizer: data race' <<<"$planted" || { echo "$planted" >&2; exit 1; }
echo "tsan: the planted race was found"
"${tests[@]}" --lib -- credentials::
"${tests[@]}" --test credentials_cache
echo "tsan: clean"
