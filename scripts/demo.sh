#!/bin/sh
# Builds the library and two examples, and runs them: the guide against moto, which stands in for AWS and verifies
# signatures, and a role with MFA against a fake STS, which checks the code.
set -eu
cd "$(dirname "$0")/.."

scripts/need.sh cargo cc cmake moto

echo "== Building libsession (release) and examples-c/guide.c, assume_role_mfa.c"
mkdir -p build
cmake --preset release >build/configure.log 2>&1 || { cat build/configure.log; exit 1; }
cmake --build --preset release --target guide assume_role_mfa

echo "== Running guide against moto on 127.0.0.1, which verifies every signature"
tests/servers/with_server.py moto -- build/release/examples-c/guide

mfa() {
    printf '\n== Assuming a role with MFA, %s: echo %s | assume_role_mfa\n' "$1" "$2"
    echo "$2" | tests/servers/with_server.py sts -- build/release/examples-c/assume_role_mfa
}
mfa "the right code" 123456
if mfa "a wrong code" 654321; then
    echo "a wrong code was accepted" >&2
    exit 1
fi
