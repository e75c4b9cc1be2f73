#!/usr/bin/env python3
"""The shared library has its SONAME, needs the C library alone, stays loaded, and has the size that documents state.

Usage: linkage.py LIBRARY SONAME
"""

import os
import platform
import re
import subprocess
import sys
import tempfile
from pathlib import Path

# The loader and the kernel's page count as part of the C library.
ALLOWED = re.compile(r"(libc|libm|libgcc_s|ld-\S+|linux-vdso\S*|libc\.musl\S*)\.so|/ld-\S+\.so|linux-vdso")
DOCUMENTS = ["README.md", "docs/dependencies.md"]
STATED = re.compile(r"x86-64.*?rustc (\d+\.\d+).*?([\d,]{9,}) bytes", re.DOTALL)
SLACK = 0.02


def output(*command):
    return subprocess.check_output(command, text=True)


def misstated(size):
    """What documents say that is no longer true, where the compiler is theirs."""
    rustc = output("rustc", "--version").split()[1]
    for document in DOCUMENTS:
        compiler, stated = STATED.search(Path(__file__).parent.parent.joinpath(document).read_text()).groups()
        same = platform.machine() == "x86_64" and rustc.startswith(compiler + ".")
        if same and abs(int(stated.replace(",", "")) / size - 1) > SLACK:
            yield f"is {size:,} bytes, not {stated} as {document} says"


def main():
    library, soname = sys.argv[1:]
    faults = []

    needed = [line.split()[0] for line in output("ldd", library).splitlines()]
    faults += [f"needs {name}" for name in needed if not ALLOWED.match(os.path.basename(name))]

    dynamic = output("readelf", "-d", library)
    if f"soname: [{soname}]" not in dynamic:
        faults.append(f"its SONAME is not {soname}")
    if "NODELETE" not in dynamic:
        faults.append("can be unloaded")

    with tempfile.NamedTemporaryFile() as stripped:
        subprocess.check_call(["strip", "-o", stripped.name, library])
        size = os.path.getsize(stripped.name)
    faults += misstated(size)
    print(f"note: {soname} is {size:,} bytes stripped and needs {', '.join(os.path.basename(n) for n in needed)}")
    for fault in faults:
        print(f"{library} {fault}")
    return bool(faults)


sys.exit(main())
