#!/bin/sh
# Runs two programs, which must end well and print the same; the ids that a server gives each request may differ.
# Usage: same_output.sh PROGRAM PROGRAM
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
for number in 1 2; do
    "$1" >"$folder/said" 2>&1 || { cat "$folder/said"; exit 1; }
    sed 's/request id [0-9A-Za-z-]*/request id ID/' "$folder/said" >"$folder/$number"
    shift
done
test -s "$folder/1"
diff "$folder/1" "$folder/2"
