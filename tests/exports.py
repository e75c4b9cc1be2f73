#!/usr/bin/env python3
"""The shared library exports exactly the functions that the header declares.

Usage: exports.py LIBRARY HEADER
"""

import re
import subprocess
import sys


def declared(header):
    text = open(header).read()
    text = re.sub(r"/\*.*?\*/|//[^\n]*", " ", text, flags=re.DOTALL)
    text = re.sub(r"\\\n", " ", text)
    text = re.sub(r"^\s*#[^\n]*", " ", text, flags=re.MULTILINE)
    # `status (*name)(…)` is a pointer to a function, not a function.
    return set(re.findall(r"\b(session_\w+)\s*\((?!\s*\*)", text))


def exported(library):
    lines = subprocess.check_output(["nm", "-D", "--defined-only", library], text=True).splitlines()
    return {line.split()[-1] for line in lines}


def main():
    library, header = sys.argv[1:]
    functions, symbols = declared(header), exported(library)
    for name in sorted(functions - symbols):
        print(f"{name} is in the header, but the library does not export it")
    for name in sorted(symbols - functions):
        print(f"{name} is exported, but not in the header")
    print(f"note: {len(symbols)} symbols exported, {len(functions)} functions in the header")
    return functions != symbols or not functions


sys.exit(main())
