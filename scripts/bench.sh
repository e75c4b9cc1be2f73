#!/usr/bin/env bash
# Measures the library beside the other AWS SDKs, all in one run, and prints a table with their ratios.
#
# Usage: scripts/bench.sh    PEERS_SCRIPTS=folder with build.sh and run_peers.sh  PEERS=where they are built  REPS=3
set -euo pipefail
cd "$(dirname "$0")/.."

: "${PEERS_SCRIPTS:=../shared/peers}" "${PEERS:=$HOME/.cache/libsession-peers}"
export PEERS
out=build/bench
mkdir -p "$out"
scripts/need.sh cargo cc cmake

echo "== Building libsession (release) and our two programs" >&2
cmake --preset release >build/configure.log 2>&1 || { cat build/configure.log; exit 1; }
cmake --build --preset release --target session_cargo >&2
lib=$PWD/build/release/lib
for program in ours ours_min; do
    cc -O2 -Iinclude -o "$out/$program" "benches/peers/$program.c" -L"$lib" -lsession -Wl,-rpath,"$lib" -pthread
done

if [ -x "$PEERS_SCRIPTS/run_peers.sh" ]; then
    if [ ! -x "$PEERS/bin/curl_min" ] || [ ! -x "$PEERS/bin/rsbench" ]; then
        echo "== Building the peers in $PEERS (some minutes, once)" >&2
        "$PEERS_SCRIPTS/build.sh" >"$out/peers.log" 2>&1 || { tail -n 20 "$out/peers.log" >&2; exit 1; }
    fi
    echo "== Running all programs (some minutes)" >&2
    # Its server runs as a user of its own, who may not look into a home folder.
    work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT
    chmod 755 "$work"
    mkdir "$work/files"
    python3 "$PEERS_SCRIPTS/gen_files.py" "$work/files"
    FILES=$work/files WORK=$work OURS=$PWD/$out/ours OURS_MIN=$PWD/$out/ours_min "$PEERS_SCRIPTS/run_peers.sh" >"$out/results.tsv" 2>"$out/run.log"
else
    echo "note: the programs of the peers are not in $PEERS_SCRIPTS: only our own numbers follow" >&2
    benches/peers/cases.py "$out/ours" >"$out/results.tsv"
fi

uname -srm
grep -m1 '^model name' /proc/cpuinfo || true
echo "cores: $(nproc), load: $(cut -d' ' -f1-3 /proc/loadavg)"
echo
benches/peers/table.py "$out/results.tsv" "$lib/libsession.so"
