#!/usr/bin/env python3
"""A load from environment keys opens the two AWS files at most, no socket, and starts nothing.

Usage: load_trace.py PROGRAM    (tests/c/load_env.c)
"""

import re
import subprocess
import sys
import tempfile
from pathlib import Path

SKIPPED = 77
FORBIDDEN = re.compile(r"\b(socket|socketpair|connect|clone|clone3|fork|vfork|execve)\(")
OPEN = re.compile(r'\b(?:open|openat|openat2|creat)\((?:AT_FDCWD, )?"([^"]*)"')


def main():
    (program,) = sys.argv[1:]
    if subprocess.run(["strace", "-o", "/dev/null", "true"], stderr=subprocess.DEVNULL).returncode != 0:
        print("note: skipped load_trace: strace may not trace processes here")
        return SKIPPED

    with tempfile.TemporaryDirectory() as home:
        aws = Path(home) / ".aws"
        aws.mkdir()
        (aws / "config").write_text("[default]\nregion = us-west-2\n")
        (aws / "credentials").write_text("[default]\naws_access_key_id = AKID\naws_secret_access_key = SECRET\n")
        log = Path(home) / "trace"
        environment = {"HOME": home, "AWS_ACCESS_KEY_ID": "AKID", "AWS_SECRET_ACCESS_KEY": "SECRET", "AWS_REGION": "us-east-1"}
        subprocess.run(["strace", "-f", "-o", str(log), program], env=environment, check=True)
        lines = log.read_text().splitlines()
        allowed = {str(aws / "config"), str(aws / "credentials")}

    begin, end = (next(i for i, line in enumerate(lines) if marker in line) for marker in ("/session-begin", "/session-end"))
    load = lines[begin + 1 : end]
    faults = [line for line in load if FORBIDDEN.search(line)]
    # Before and after the load too, the program's own start apart.
    faults += [line for line in lines[1:begin] + lines[end:] if FORBIDDEN.search(line)]
    opened = [found[1] for line in load if (found := OPEN.search(line))]
    faults += [f"opened {path}" for path in opened if path not in allowed]
    if len(opened) != len(set(opened)):
        faults.append("opened a file twice")

    print(f"note: a load from environment keys is {len(load)} system calls and opens {len(opened)} files")
    for fault in faults:
        print(fault)
    return bool(faults)


sys.exit(main())
