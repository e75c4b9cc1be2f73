#!/usr/bin/env python3
"""Puts the results of one run side by side: our time, the best peer's, their ratio, and the gate that it has to meet.

Usage: table.py RESULTS [LIBRARY]    lines of case, program, nanoseconds, allocations, bytes and note, with tabs between
"""

import os
import re
import sys

# The gates are ratios within one run: (case, what of it, most, of whom).
GATES = [
    ("session.env", "ns", 0.28, "go-v1"),
    ("session.env", "allocations", 15, None),
    ("session.small", "ns", 0.08, "go-v1"),
    ("session.small", "allocations", 40, None),
    ("session.1k", "ns", 0.009, "go-v1"),
    ("session.1k", "allocations", 60, None),
    ("session.10k", "ns", 0.0085, "go-v1"),
    ("session.10k", "allocations", 60, None),
    ("session.chain5", "ns", 0.075, "go-v1"),
    ("copy.region", "ns", 0.08, "go-v1"),
    ("copy.region", "allocations", 2, None),
    ("client.s3", "ns", 0.32, "go-v1"),
    ("handlers.0", "ns", 0.28, "rust-sdk"),
    ("handlers.0", "allocations", 40, None),
    ("handlers.each", "ns", 0.5, "go-v1"),
    ("creds.t1", "ns", 0.55, "rust-sdk"),
    ("creds.t1", "allocations", 0, None),
    ("creds.t2", "ns", 0.4, "rust-sdk"),
    ("creds.t8", "ns", 0.4, "rust-sdk"),
    ("sign.get", "ns", 0.33, "rust-sdk"),
    ("sign.get", "allocations", 3, None),
    ("sign.presign", "ns", 0.33, "rust-sdk"),
    ("sign.put1m", "ns", 1.03, "limit"),
    ("req.get.c1", "cpu_us", 0.70, "libcurl-sigv4"),
    ("req.get.c1", "p50_us", 1.12, "limit-libcurl-raw"),
    ("req.put.c1", "cpu_us", 0.75, "libcurl-sigv4"),
    ("req.get.c8", "ns", 0.5, "rust-sdk"),
    ("req.get64m.c1", "ns", 1.03, "limit-libcurl-raw"),
    ("req.put64m.c1", "ns", 0.85, "rust-sdk"),
    ("foot.load", "ns", 0.31, "rust-sdk"),
    ("foot.load", "maxrss_kb", 0.45, "go-v1"),
    ("foot.list", "ns", 0.4, "rust-sdk"),
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


def line(case, row, what, most, of):
    ours = row["ours"].get(what)
    peer = best_peer(row, what)
    theirs = row[peer][what] if peer else None
    limits = [values[what] for name, values in row.items() if name.startswith("limit") and values.get(what)]
    of_limit = f"{ours / min(limits):.2f}" if limits else ""
    # A name may have the version after it.
    bases = [1] if of is None else [values[what] for name, values in row.items() if name.startswith(of) and what in values]
    base = bases[0] if bases else None
    gate = f"≤ {most:g}" + (f" × {of}" if of else "")
    met = "not run" if base is None else "yes" if ours <= most * base else "**no**"
    if of and base:
        gate += f" (is {ours / base:.3g})"
    ratio = f"{ours / theirs:.3g}" if theirs else ""
    best = f"{shown(theirs, what)} {peer}" if peer else ""
    return f"| {case} {'' if what == 'ns' else what} | {shown(ours, what)} | {best} | {ratio} | {of_limit} | {gate} | {met} |"


def main():
    results = read(sys.argv[1])
    add_cost_of_a_handler(results)
    print("| case | ours | best peer | ours/peer | ours/limit | gate | met |")
    print("|---|---|---|---|---|---|---|")
    for case, what, most, of in GATES:
        row = results.get(case, {})
        if what in row.get("ours", {}):
            print(line(case, row, what, most, of))
    times = {case: row["ours"]["ns"] for case, row in results.items() if "ours" in row}
    for case, other, most in ("session.10k", "session.1k", 11), ("creds.t8", "creds.t2", 1.2):
        if case in times and other in times:
            ratio = times[case] / times[other]
            print(f"| {case}/{other} | {ratio:.2f} | | | | ≤ {most} | {'yes' if ratio <= most else '**no**'} |")
    if len(sys.argv) > 2:
        size = os.path.getsize(sys.argv[2])
        print(f"| library, stripped | {size / 1e6:.2f} MB | | | | ≤ 4 MB | {'yes' if size <= LIBRARY_BYTES else '**no**'} |")


if __name__ == "__main__":
    main()
