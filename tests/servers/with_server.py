#!/usr/bin/env python3
"""Runs a command beside a server that stands in for AWS, and stops the server, whatever happens.

Usage: with_server.py moto|s3s|sts -- COMMAND [ARGUMENT...]

The command finds a key of the server in AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, and in the profiles `default` and
`profile_name`; the endpoint in GUIDE_ENDPOINT and AWS_ENDPOINT_URL; the server's name in SESSION_TEST_SERVER. Of the
caller's own AWS and proxy settings it sees nothing. Its exit code is the exit code. Beside sts, AWS_PROFILE names a profile that
assumes a role with MFA, and the keys are in the files alone.
"""

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

from moto import moto
from s3s import s3s
from sts import profiles, sts

SERVERS = {"moto": moto, "s3s": s3s, "sts": sts}
PROXIES = {"http_proxy", "https_proxy", "all_proxy"}


def environment(name, folder, endpoint, access_key_id, secret):
    config, credentials = Path(folder) / "config", Path(folder) / "credentials"
    roles = profiles(endpoint) if name == "sts" else ""
    config.write_text(f"[default]\nregion = us-east-1\n\n[profile profile_name]\nregion = us-west-2\n{roles}")
    keys = f"aws_access_key_id = {access_key_id}\naws_secret_access_key = {secret}\n"
    credentials.write_text(f"[default]\n{keys}\n[profile_name]\n{keys}")

    inherited = {k: v for k, v in os.environ.items() if not k.startswith("AWS_") and k.lower() not in PROXIES}
    if name == "sts":
        return {**inherited, "AWS_PROFILE": "mfa", "AWS_CONFIG_FILE": str(config), "AWS_SHARED_CREDENTIALS_FILE": str(credentials)}
    return {
        **inherited,
        "AWS_ACCESS_KEY_ID": access_key_id,
        "AWS_SECRET_ACCESS_KEY": secret,
        "AWS_REGION": "us-east-1",
        "AWS_CONFIG_FILE": str(config),
        "AWS_SHARED_CREDENTIALS_FILE": str(credentials),
        "AWS_ENDPOINT_URL": endpoint,
        "GUIDE_ENDPOINT": endpoint,
        "SESSION_TEST_SERVER": name,
    }


def main():
    if len(sys.argv) < 4 or sys.argv[1] not in SERVERS or sys.argv[2] != "--":
        raise SystemExit(__doc__)
    name, command = sys.argv[1], sys.argv[3:]
    # A polite end leaves the `with` blocks, which stop the server.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    with tempfile.TemporaryDirectory() as folder, SERVERS[name](folder) as access:
        code = subprocess.run(command, env=environment(name, folder, *access)).returncode
    return code if code >= 0 else 128 - code


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(128 + signal.SIGINT)
