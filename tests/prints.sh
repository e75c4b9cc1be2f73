#!/bin/sh
# Runs a command and shows what it prints; fails unless it succeeds and what it prints has the text.
# Usage: prints.sh TEXT COMMAND [ARGUMENT...]
set -eu
text=$1
shift
printed=$("$@")
printf '%s\n' "$printed"
case $printed in
    *"$text"*) ;;
    *) echo "error: it did not print: $text" >&2 && exit 1 ;;
esac
