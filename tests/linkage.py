#!/usr/bin/env python3
"""The shared library has its SONAME, needs the C library alone, stays loaded, and tells its size.

Usage: linkage.py LIBRARY SONAME
"""

import os
import re
import subprocess
import sys
import tempfile

# The loader and the kernel's page count as part of the C library.
ALLOWED = re.compile(r"(libc|libm|libgcc_s|ld-\S+|linux-vdso\S*|libc\.musl\S*)\.so|/ld-\S+\.so|linux-vdso")


def output(*command):
    return subprocess.check_output(command, text=True)


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
    print(f"note: {soname} is {size:,} bytes stripped and needs {', '.join(os.path.basename(n) for n in needed)}")
    for fault in faults:
        print(f"{library} {fault}")
    return bool(faults)


sys.exit(main())
