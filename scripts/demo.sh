#!/bin/sh
# Builds the library and examples-c/guide.c, and runs it against moto, which stands in for AWS and verifies signatures.
set -eu
cd "$(dirname "$0")/.."

scripts/need.sh cargo cc cmake moto

echo "== Building libsession (release) and examples-c/guide.c"
mkdir -p build
cmake --preset release >build/configure.log 2>&1 || { cat build/configure.log; exit 1; }
cmake --build --preset release --target guide

echo "== Running guide against moto on 127.0.0.1, which verifies every signature"
tests/servers/with_server.py moto -- build/release/examples-c/guide
