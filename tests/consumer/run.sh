#!/bin/sh
# Installs a build into an empty folder and builds a consumer against it by find_package, by pkg-config, and as the README
# says.
# Usage: run.sh BUILD_FOLDER C_COMPILER
set -eu
build=$1 cc=$2
source=$(dirname "$0")
prefix=$(mktemp -d)
trap 'rm -rf "$prefix"' EXIT
fail() { echo "consumer: $*" >&2; exit 1; }

cmake --install "$build" --prefix "$prefix" >/dev/null
lib=$(dirname "$(find "$prefix" -name libsession.so)")
soname=$(readelf -d "$lib/libsession.so" | sed -n 's/.*soname: \[\(.*\)\]/\1/p')

# A program must name the library by its SONAME: not by a path, and not by the link used to build.
check() {
    echo "$1:"
    "$2"
    readelf -d "$2" | grep -q "NEEDED.*\[$soname\]" || fail "$1 does not need $soname"
}
check_static() {
    echo "$1:"
    "$2"
    ! readelf -d "$2" | grep -q 'NEEDED.*libsession' || fail "$1 needs the shared library"
}

cmake -S "$source" -B "$prefix/consumer" -DCMAKE_C_COMPILER="$cc" -DCMAKE_PREFIX_PATH="$prefix" >/dev/null
cmake --build "$prefix/consumer" >/dev/null
check find_package "$prefix/consumer/consumer"
check_static "find_package, static" "$prefix/consumer/consumer_static"

export PKG_CONFIG_PATH="$lib/pkgconfig"
# shellcheck disable=SC2046 # pkg-config prints several words
$cc "$source/main.c" $(pkg-config --cflags --libs session) -Wl,-rpath,"$lib" -o "$prefix/shared"
check pkg-config "$prefix/shared"
# shellcheck disable=SC2046
$cc "$source/main.c" $(pkg-config --cflags session) "$lib/libsession.a" \
    $(pkg-config --static --libs session | sed 's/-lsession//') -o "$prefix/static"
check_static "pkg-config, static" "$prefix/static"

# The lines of the README, with a home of their own.
home=$prefix/home
mkdir -p "$home/build"
ln -s "$build" "$home/build/release"
cp "$source/main.c" "$home/program.c"
sed -n '/^cmake --install .*~\/session/,/^```/{/^```/!p}' "$source/../../README.md" >"$home/lines"
test -s "$home/lines" || fail "the README has no lines for ~/session"
(cd "$home" && unset PKG_CONFIG_PATH && HOME=$home sh -eu lines) >"$home/said" || { cat "$home/said"; fail "the README's lines fail"; }
check README "$home/a.out"

! nm "$lib/libsession.so" 2>/dev/null | grep -q . || echo "note: the installed library is not stripped"
