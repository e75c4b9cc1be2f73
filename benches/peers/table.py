#!/usr/bin/env python3
"""Puts the results of one run side by side: our time, the best peer's, their ratio, and the gate that it has to meet.

Usage: table.py RESULTS [LIBRARY]    lines of case, program, nanoseconds, allocations, bytes and note, with tabs between
"""

import os
import re
import sys

# What is asked, (case, what of it, most, most as a ratio, of whom): the number on the machine where the gates were set, and
# the ratio to a program in the same run, which goes for every machine.
GATES = [
    ("session.env", "ns", 2.5e3, 0.28, "go-v1"),
    ("session.env", "allocations", 15, None, None),
    ("session.small", "ns", 8e3, 0.08, "go-v1"),
    ("session.small", "allocations", 40, None, None),
    ("session.1k", "ns", 150e3, 0.009, "go-v1"),
    ("session.1k", "allocations", 60, None, None),
    ("session.10k", "ns", 1.5e6, 0.0085, "go-v1"),
    ("session.10k", "allocations", 60, None, None),
    ("session.chain5", "ns", 12e3, 0.075, "go-v1"),
    ("copy.region", "ns", 100, 0.08, "go-v1"),
    ("copy.region", "allocations", 2, None, None),
    ("client.s3", "ns", 1.5e3, 0.32, "go-v1"),
    ("handlers.0", "ns", 10e3, 0.28, "rust-sdk"),
    ("handlers.0", "allocations", 40, None, None),
    ("handlers.each", "ns", 8, 0.5, "go-v1"),
    ("creds.t1", "ns", 20, 0.55, "rust-sdk"),
    ("creds.t1", "allocations", 0, None, None),
    ("creds.t2", "ns", 40, 0.4, "rust-sdk"),
    ("creds.t8", "ns", 40, 0.4, "rust-sdk"),
    ("sign.get", "ns", 1.6e3, 0.33, "rust-sdk"),
    ("sign.get", "allocations", 3, None, None),
    ("sign.presign", "ns", 2e3, 0.33, "rust-sdk"),
    ("sign.put1m", "ns", None, 1.03, "limit"),
    ("req.get.c1", "cpu_us", 50, 0.70, "libcurl-sigv4"),
    ("req.get.c1", "p50_us", None, 1.12, "limit-libcurl-raw"),
    ("req.put.c1", "cpu_us", 52, 0.75, "libcurl-sigv4"),
    ("req.get.c8", "ns", 35e3, 0.5, "rust-sdk"),
    ("req.get64m.c1", "ns", None, 1.03, "limit-libcurl-raw"),
    ("req.get64m.c1", "cpu_us", 14800, 1.0, "rust-sdk"),
    ("req.put64m.c1", "ns", 62e6, 0.85, "rust-sdk"),
    ("foot.load", "ns", 1.3e6, 0.31, "rust-sdk"),
    ("foot.load", "maxrss_kb", 4500, 0.45, "go-v1"),
    ("foot.list", "ns", 2e6, 0.4, "rust-sdk"),
]

LIBRARY_BYTES = 4_000_000


def read(path):
    """What was measured: {case: {program: {what: number}}}."""
    results = {}
    for line in open(path):
        case, program, ns, allocations, _, note = line.rstrip("\n").split("\t")
        row = {"ns": float(ns)} | {name: float(value) for name, value in re.findall(r"(\w+)=([\d.]+)", note)}
        if int(allocations) >= 0:
            row["allocations"] = int(allocations)
        results.setdefault(case, {})[program] = row
    return results


def add_cost_of_a_handler(results):
    """handlers.each: what one handler more costs."""
    none, many = results.get("handlers.0", {}), results.get("handlers.100", {})
    each = {name: {"ns": (many[name]["ns"] - none[name]["ns"]) / 100} for name in none.keys() & many.keys()}
    if each:
        results["handlers.each"] = each


def shown(value, what):
    if value is None:
        return ""
    if what != "ns":
        return f"{value:g}"
    for unit, size in ("s", 1e9), ("ms", 1e6), ("µs", 1e3):
        if value >= size:
            return f"{value / size:.4g} {unit}"
    return f"{value:.3g} ns"


def best_peer(row, what):
    peers = {name: values[what] for name, values in row.items() if name != "ours" and not name.startswith("limit") and what in values}
    return min(peers, key=peers.get) if peers else None


def met(good):
    return "yes" if good else "**no**"


def line(case, row, what, most, share, of):
    ours = row["ours"].get(what)
    peer = best_peer(row, what)
    theirs = row[peer][what] if peer else None
    limits = [values[what] for name, values in row.items() if name.startswith("limit") and values.get(what)]
    gate = f"≤ {shown(most, what)}: {met(ours <= most)}" if most is not None else ""
    ratio = ""
    if of:
        # A name may have the version after it.
        bases = [values[what] for name, values in row.items() if name.startswith(of) and what in values]
        ratio = f"≤ {share:g} × {of}: "
        ratio += f"{ours / bases[0]:.3g}, {met(ours <= share * bases[0])}" if bases else "not run"
    cells = [
        f"{case} {'' if what == 'ns' else what}".strip(),
        shown(ours, what),
        gate,
        ratio,
        f"{shown(theirs, what)} {peer}" if peer else "",
        f"{ours / theirs:.3g}" if theirs else "",
        f"{ours / min(limits):.2f}" if limits else "",
    ]
    return f"| {' | '.join(cells)} |"


def main():
    results = read(sys.argv[1])
    add_cost_of_a_handler(results)
    print("| case | ours | gate | as a ratio | best peer | ours/peer | ours/limit |")
    print("|---|---|---|---|---|---|---|")
    for case, what, most, share, of in GATES:
        row = results.get(case, {})
        if what in row.get("ours", {}):
            print(line(case, row, what, most, share, of))
    times = {case: row["ours"]["ns"] for case, row in results.items() if "ours" in row}
    for case, other, most in ("session.10k", "session.1k", 11), ("creds.t8", "creds.t2", 1.2):
        if case in times and other in times:
            ratio = times[case] / times[other]
            print(f"| {case}/{other} | {ratio:.2f} | ≤ {most}: {met(ratio <= most)} | | | | |")
    if len(sys.argv) > 2:
        size = os.path.getsize(sys.argv[2])
        print(f"| library, stripped | {size / 1e6:.2f} MB | ≤ 4 MB: {met(size <= LIBRARY_BYTES)} | | | | |")


if __name__ == "__main__":
    main()
