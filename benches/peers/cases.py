#!/usr/bin/env python3
"""The cases of ours.c that need no server: the files and variables that each is run with.

Usage: cases.py PROGRAM [CASE...]    runs the program once for each case, all by default
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

KEYS = "aws_access_key_id = AKIAEXAMPLEEXAMPLE00\naws_secret_access_key = wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY00\n"
SETTINGS = "region = us-west-2\noutput = json\nmax_attempts = 3\n"

# The profile of each case that reads files.
PROFILES = {"small": "dev", "1k": "p00500", "10k": "p05000", "chain5": "hop0"}

CASES = [
    *("session.env", *(f"session.{name}" for name in PROFILES)),
    *("copy.region", "client.s3", "sign.get", "sign.put1m", "sign.presign"),
    *("handlers.0", "handlers.1", "handlers.10", "handlers.100"),
]


def sections(names, body):
    return "".join(f"[{name}]\n{body}\n" for name in names)


def write_files(folder):
    """Writes NAME.config and NAME.credentials for each of PROFILES: the same bytes as those that the peers read."""
    three = ["default", "dev", "prod"]
    texts = {"small": (sections(["default", "profile dev", "profile prod"], SETTINGS), sections(three, KEYS))}
    for name, number in ("1k", 1000), ("10k", 10000):
        profiles = (f"profile p{i:05d}" for i in range(number))
        texts[name] = (
            sections(profiles, SETTINGS + "duration_seconds = 3600\n"),
            sections(["default", PROFILES[name]], KEYS).rstrip("\n") + "\n\n",
        )
    hops = ""
    for i, source in enumerate(["hop1", "hop2", "hop3", "hop4", "base"]):
        role = f"role_arn = arn:aws:iam::12345678901{i}:role/r{i}\nsource_profile = {source}\nregion = us-west-2\n"
        hops += sections([f"profile hop{i}"], role)
    texts["chain5"] = (hops, f"[base]\n{KEYS}")
    for name, (config, credentials) in texts.items():
        Path(folder, f"{name}.config").write_text(config)
        Path(folder, f"{name}.credentials").write_text(credentials)


def variables(case, folder):
    """The environment of a case: nothing of the caller's but what PEERS_N says."""
    kept = {name: os.environ[name] for name in ("PEERS_N", "LD_LIBRARY_PATH") if name in os.environ}
    name = case.removeprefix("session.")
    nowhere = {"AWS_CONFIG_FILE": "/nonexistent", "AWS_SHARED_CREDENTIALS_FILE": "/nonexistent"}
    own = nowhere
    if case == "session.env":
        own = nowhere | {
            "PEERS_ENV_ONLY": "1",
            "AWS_ACCESS_KEY_ID": "AKIAEXAMPLEEXAMPLE00",
            "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY00",
            "AWS_REGION": "us-west-2",
            "AWS_DEFAULT_REGION": "us-west-2",
        }
    elif name in PROFILES:
        own = {
            "AWS_CONFIG_FILE": f"{folder}/{name}.config",
            "AWS_SHARED_CREDENTIALS_FILE": f"{folder}/{name}.credentials",
            "AWS_PROFILE": PROFILES[name],
        }
    return kept | {"HOME": str(folder), "AWS_EC2_METADATA_DISABLED": "true"} | own


def main():
    program, *cases = sys.argv[1:]
    with tempfile.TemporaryDirectory() as folder:
        write_files(folder)
        for case in cases or CASES:
            subprocess.run([program, case], env=variables(case, folder), check=True)


if __name__ == "__main__":
    main()
