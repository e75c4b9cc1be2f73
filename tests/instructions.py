#!/usr/bin/env python3
"""Counts the instructions of a load, a copy, a signature and a request, and compares them with those in instructions.json.

Times differ from hour to hour; instructions do not, where compiler, C library and processor are the same. There, more than
5 % above the recorded number is a fault; elsewhere the numbers are printed alone.

Usage: instructions.py PROGRAM [--record]    (benches/peers/ours.c)
"""

import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "benches/peers"))
import cases  # noqa: E402

RECORD = Path(__file__).with_suffix(".json")
CASES = ["session.env", "session.small", "copy.region", "sign.get", "handlers.0"]
SLACK = 1.05
SKIPPED = 77


def machine():
    rustc = subprocess.check_output(["rustc", "--version"], text=True).strip()
    processor = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    return {
        "rustc": rustc,
        "libc": " ".join(platform.libc_ver()),
        "processor": processor[1] if processor else platform.machine(),
    }


def instructions(program, case, number, folder):
    """Instructions of a run that does the work of the case so many times."""
    variables = cases.variables(case, folder) | {"PATH": os.environ["PATH"], "PEERS_N": str(number)}
    command = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", program, case]
    said = subprocess.run(command, env=variables, check=True, capture_output=True, text=True).stderr
    return int(re.search(r"Collected : (\d+)", said)[1])


def count(program, case, folder):
    """Instructions of the work, once: what starts and ends the program is in both runs."""
    few, many = 10, 110
    more = instructions(program, case, many, folder) - instructions(program, case, few, folder)
    return round(more / (many - few))


def main():
    program = sys.argv[1]
    if shutil.which("valgrind") is None:
        print("note: skipped instructions: there is no valgrind")
        return SKIPPED
    with tempfile.TemporaryDirectory() as folder:
        cases.write_files(folder)
        counts = {case: count(program, case, folder) for case in CASES}
    here = machine()
    if "--record" in sys.argv:
        RECORD.write_text(json.dumps({"machine": here, "instructions": counts}, indent=2) + "\n")
    recorded = json.loads(RECORD.read_text())
    same = recorded["machine"] == here
    faults = 0
    for case, number in counts.items():
        before = recorded["instructions"][case]
        bad = same and number > before * SLACK
        faults += bad
        print(f"{'fault' if bad else 'note'}: instructions of {case}: {number}, recorded {before} ({number / before - 1:+.1%})")
    if not same:
        print(f"note: instructions not judged: recorded with {', '.join(recorded['machine'].values())}")
    return bool(faults)


if __name__ == "__main__":
    sys.exit(main())
