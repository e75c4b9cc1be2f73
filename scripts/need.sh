#!/bin/sh
# Installs those of the named tools that the machine lacks: system packages by its package manager, all else into .cache/.
# Usage: scripts/need.sh TOOL...    TOOL: cargo lints cc cmake pkg-config valgrind strace asan libcurl moto s3s
set -eu
cd "$(dirname "$0")/.."
S3S_VERSION=0.14.1

say() { printf '== %s\n' "$*"; }
fail() { printf 'error: %s\n' "$*" >&2; exit 1; }
have() { command -v "$1" >/dev/null 2>&1; }

# Runs a long command quietly; shows what it said if it fails.
quietly() {
    mkdir -p .cache
    "$@" >.cache/install.log 2>&1 </dev/null && return
    tail -n 20 .cache/install.log >&2
    return 1
}

as_root() {
    if [ "$(id -u)" = 0 ]; then env DEBIAN_FRONTEND=noninteractive "$@"
    elif sudo -n true 2>/dev/null; then sudo -n env DEBIAN_FRONTEND=noninteractive "$@"
    else echo "not root, and sudo asks for a password"; return 1
    fi
}

apt_install() {
    as_root apt-get install -y -q --no-install-recommends "$@" && return
    # The lists of packages may be old, or missing altogether.
    as_root apt-get update -q && as_root apt-get install -y -q --no-install-recommends "$@"
}

# install WHY APT DNF APK BREW: the names of the packages for each package manager, several in one word.
install() {
    if have apt-get; then set -- "$1" "$2" apt_install
    elif have dnf; then set -- "$1" "$3" as_root dnf install -y -q
    elif have apk; then set -- "$1" "$4" as_root apk add -q
    elif have brew; then set -- "$1" "$5" brew install -q
    else fail "no package manager found (apt-get, dnf, apk, brew): please install $2, which $1"
    fi
    why=$1 packages=$2
    shift 2
    say "installing $packages, which $why"
    # shellcheck disable=SC2086 # several packages in one word
    quietly "$@" $packages || fail "could not install $packages, which $why: please install it and run this again"
}

compiles() { printf 'int main(void) { return 0; }\n' | cc -x c "$@" -o /dev/null - 2>/dev/null; }

need_python() {
    have python3 || install "runs the test servers" "python3 python3-venv" python3 python3 python3
    python3 -c 'import sys; sys.exit(sys.version_info < (3, 10))' || fail "moto needs Python 3.10 or later"
}

need_moto() {
    need_python
    cmp -s tests/requirements.txt .cache/venv/requirements.txt && return
    say "installing moto, the stand-in for AWS, into .cache/venv (half a minute, once)"
    python3 -c 'import ensurepip' 2>/dev/null || install "makes Python environments" python3-venv python3 python3 python3
    rm -rf .cache/venv
    quietly python3 -m venv .cache/venv || fail "python3 -m venv does not work"
    quietly .cache/venv/bin/pip install --disable-pip-version-check -r tests/requirements.txt || fail "could not install moto"
    cp tests/requirements.txt .cache/venv/
}

need_s3s() {
    grep -qs "\"s3s-fs $S3S_VERSION " .cache/s3s-fs/.crates.toml && return
    say "installing s3s-fs, the second S3 server of the tests, into .cache/s3s-fs (some minutes, once)"
    quietly env -u CARGO_TARGET_DIR -u CARGO_BUILD_TARGET -u RUSTFLAGS \
        cargo install s3s-fs --version $S3S_VERSION --features binary --locked --root .cache/s3s-fs ||
        fail "could not install s3s-fs"
}

for tool; do
    case $tool in
        cargo) have cargo || fail "cargo is missing: install Rust 1.85 or later from https://rustup.rs" ;;
        lints)
            { cargo fmt --version && cargo clippy --version; } >/dev/null 2>&1 ||
                fail "rustfmt or clippy is missing: rustup component add rustfmt clippy" ;;
        cc)
            { have cc && have c++ && have nm; } ||
                install "compiles the C programs" "gcc g++ libc6-dev binutils" "gcc gcc-c++ binutils" build-base gcc ;;
        cmake) have cmake || install "builds the C programs" cmake cmake cmake cmake ;;
        pkg-config)
            have pkg-config || install "finds the installed library" pkg-config pkgconf-pkg-config pkgconf pkgconf ;;
        valgrind) have valgrind || install "looks for leaks" valgrind valgrind valgrind valgrind ;;
        strace) have strace || install "shows what a load does" strace strace strace strace ;;
        asan)
            compiles -fsanitize=address || install "looks for bad memory accesses" gcc libasan gcc gcc
            compiles -fsanitize=address || fail "cc -fsanitize=address does not work here" ;;
        libcurl)
            printf '#include <curl/curl.h>\n' | cc -E -x c - >/dev/null 2>&1 ||
                install "is a transport of the examples" libcurl4-openssl-dev libcurl-devel curl-dev curl ;;
        moto) need_moto ;;
        s3s) need_s3s ;;
        *) fail "need.sh: unknown tool $tool" ;;
    esac
done
