#!/usr/bin/env bash
# What many threads share, under ThreadSanitizer: the credentials cache, by 64 threads with 10,000 gets each over ten
# refreshes, and by its tests; one session and its handlers, by the C programs listed below. First a race is planted in
# each of the two worlds and must be found, or the rest proves nothing.
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

target=$(rustc -vV | sed -n 's/^host: //p')
races() {
    cargo test --locked --no-default-features --target "$target" \
        --test credentials_races -- "$@"
}

if planted=$(races planted 2>&1); then
    echo "tsan: the planted race was not found" >&2
    exit 1
fi
grep -q 'data race .*Racy.*count' <<<"$planted" || { echo "$planted" >&2; exit 1; }
echo "tsan: the planted race in Rust was found"
races

# C programs with the static library. The runtime is Rust's: that of the C compiler is another version of it.
programs=(test_live_handlers)
cargo build --locked --lib --target "$target"
runtime=$(rustc --print sysroot)/lib/rustlib/$target/lib/librustc-stable_rt.tsan.a
out=$CARGO_TARGET_DIR/$target/debug
read -ra libraries <<<"$(rustc --target "$target" --crate-type staticlib --crate-name probe --print native-static-libs \
    -o "$out/probe.a" cmake/probe.rs 2>&1 | sed -n 's/^note: native-static-libs: //p')"

# compile NAME: makes $out/NAME of tests/c/NAME.c.
compile() {
    cc -std=c99 -g -O1 -Wall -Wextra -pedantic -Werror -D_POSIX_C_SOURCE=200809L -fsanitize=thread -Iinclude \
        -c -o "$out/$1.o" "tests/c/$1.c"
    cc -o "$out/$1" "$out/$1.o" "$out/libsession.a" -Wl,--whole-archive "$runtime" -Wl,--no-whole-archive \
        "${libraries[@]}" -lpthread
}

compile planted_race
if planted=$("$out/planted_race" 2>&1); then
    echo "tsan: the race that a C program planted was not found" >&2
    exit 1
fi
grep -q 'ThreadSanitizer: data race' <<<"$planted" && grep -q 'session::config::Config' <<<"$planted" ||
    { echo "$planted" >&2; exit 1; }
echo "tsan: the race that a C program planted was found"
for program in "${programs[@]}"; do
    compile "$program"
    "$out/$program"
done
echo "tsan: clean"
