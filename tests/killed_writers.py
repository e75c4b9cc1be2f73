#!/usr/bin/env python3
"""Whoever writes a cache file may be killed behind any system call: the file is the old one or the new one.

Usage: killed_writers.py PROGRAM    (tests/c/write_cache.c)

SESSION_TEST_PYTHON names a Python with botocore, else it is that of .cache/venv: what was written must be read by it.
"""

import base64
import hashlib
import itertools
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

KILLED, SKIPPED = 3, 77
ROOT = Path(__file__).resolve().parent.parent
LOGIN = "arn:aws:iam::444444444444:user/u"
CONFIG = f"""
[profile base]
aws_access_key_id = BASE
aws_secret_access_key = S
[profile role]
role_arn = arn:aws:iam::111111111111:role/plain
source_profile = base
[profile sso]
sso_session = corp
sso_account_id = 333333333333
sso_role_name = Admin
[profile sso-role]
sso_session = corp
sso_account_id = 333333333333
sso_role_name = Admin
[sso-session corp]
sso_start_url = https://example.awsapps.com/start
sso_region = us-east-2
[profile login]
login_session = {LOGIN}
"""
# What the program leaves when it is killed, and what the AWS CLI leaves.
OURS, OTHERS = re.compile(r"tmp[0-9a-f]{16}\.tmp"), "tmpab0_defg.tmp"
TWO_DAYS_AGO = 2 * 24 * 3600


def ec_key():
    """The key of RFC 6979, A.2.5, as the CLI keeps its own."""
    private = bytes.fromhex("C9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B120F6721")
    public = bytes.fromhex(
        "60FED4BA255A9D31C961EB74C6356D68C049B8923B61FA6CE669622E60F29FB6"
        "7903FE1008B8BC99A41AE9E95628BC64F2F1B20C2D7E9F5177A3C294D4462299"
    )
    der = bytes.fromhex("30770201010420") + private + bytes.fromhex("a00a06082a8648ce3d030107a14403420004") + public
    text = base64.encodebytes(der).decode()
    return f"-----BEGIN EC PRIVATE KEY-----\n{text}-----END EC PRIVATE KEY-----\n"


def keys(expiration):
    return {"AccessKeyId": "ASIAOLD", "SecretAccessKey": "s", "SessionToken": "t", "Expiration": expiration}


def sso_token(expires_at):
    return {
        "startUrl": "https://example.awsapps.com/start", "region": "us-east-2", "accessToken": "old", "expiresAt": expires_at,
        "clientId": "c", "clientSecret": "s", "refreshToken": "r", "registrationExpiresAt": "2040-01-01T00:00:00Z", "unknown": 7,
    }


def role_of(cached):
    return {name: cached["Credentials"][name] for name in keys("")}["AccessKeyId"]


def token_of(cached):
    assert cached.keys() == sso_token("").keys() and cached["unknown"] == 7
    return {"old": "ASIAOLD", "new": "ASIANEW"}[cached["accessToken"]]


def login_of(cached):
    assert cached.keys() == LOGGED_IN.keys() and cached["unknown"] == 7
    assert cached["accessToken"].keys() == LOGGED_IN["accessToken"].keys()
    return cached["accessToken"]["accessKeyId"]


LOGGED_IN = {
    "accessToken": {"accessKeyId": "ASIAOLD", "secretAccessKey": "s", "sessionToken": "t", "accountId": "444444444444",
                    "expiresAt": "2033-05-18T03:33:20Z"},
    "tokenType": "aws_sigv4", "refreshToken": "r", "idToken": "i", "clientId": "c", "dpopKey": ec_key(),
    "signInRegion": "eu-west-1", "unknown": 7,
}
OVER = "2020-01-01T00:00:00UTC"
SSO_TOKEN = ".aws/sso/cache/" + hashlib.sha1(b"corp").hexdigest() + ".json"
LOGIN_TOKEN = ".aws/login/cache/" + hashlib.sha256(LOGIN.encode()).hexdigest() + ".json"
# Profile; the old file, if there is one; what else stands there; which key the file has, if it is what the CLI expects; what
# botocore finds it by.
KINDS = {
    "first role": ("role", None, {}, role_of, "plain"),
    "role": ("role", {"Credentials": keys(OVER)}, {}, role_of, "plain"),
    "role of SSO": ("sso-role", {"ProviderType": "sso", "Credentials": keys(OVER)},
                    {SSO_TOKEN: sso_token("2040-01-01T00:00:00Z")}, role_of, "sso-session"),
    "token of SSO": ("sso", sso_token("2033-05-18T03:33:19Z"), {}, token_of, "token"),
    "login": ("login", LOGGED_IN, {}, login_of, "login"),
}
PLACES = {"sso": SSO_TOKEN, "login": LOGIN_TOKEN}


class Home:
    """A home with one kind of cache."""

    def __init__(self, program, home, kind):
        self.program, self.home = program, Path(home)
        self.profile, self.old, self.beside, self.key_of, self.found_by = KINDS[kind]
        # The files of roles have a hash for a name: it is learnt from the first that is written.
        self.path = self.home / PLACES[self.profile] if self.profile in PLACES else None
        self.reset(None)

    def reset(self, old):
        """Puts all back to what stood there before."""
        shutil.rmtree(self.home / ".aws", ignore_errors=True)
        files = {self.home / name: json.dumps(content) for name, content in self.beside.items()}
        files[self.home / ".aws/config"] = CONFIG
        if old is not None:
            files[self.path] = old
        for path, text in files.items():
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            path.write_text(text)
            path.chmod(0o600)

    def run(self, *calls):
        environment = {"HOME": str(self.home)}
        return subprocess.run([self.program, self.profile, *map(str, calls)], env=environment).returncode

    def write(self):
        assert self.run() == 0, "the program failed"

    def first(self):
        """What an undisturbed program writes, and what stood there before."""
        old = json.dumps(self.old) if self.old is not None else None
        if self.path:
            self.reset(old)
        self.write()
        if not self.path:
            (self.path,) = (self.home / ".aws/cli/cache").iterdir()
        return old, self.path.read_text()

    def left(self):
        """What stands beside the file."""
        folder = self.path.parent
        return [path for path in folder.iterdir() if path != self.path] if folder.exists() else []

    def check(self):
        """The key in the file, which must be whole and closed to others; None if there is none."""
        if not self.path.exists():
            return None
        assert self.path.stat().st_mode & 0o7777 == 0o600, f"mode {self.path.stat().st_mode:o}"
        return self.key_of(json.loads(self.path.read_text()))

    def check_by_botocore(self):
        python = Path(os.environ.get("SESSION_TEST_PYTHON", ROOT / ".cache/venv/bin/python"))
        if not python.exists():
            return False
        command = [python, ROOT / "tests/credentials/caches.py", "read", self.home, self.found_by]
        found = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)[self.found_by]
        assert "new" in (found.get("accessToken"), found.get("access_key", "")[4:].lower()), found
        return True


def kill_everywhere(home):
    """Kills the writer behind each of its system calls; how often it was killed."""
    old, new = home.first()
    assert home.check() == "ASIANEW"
    assert not home.left(), home.left()
    seen = {"old": 0, "new": 0, "left": 0}
    for calls in itertools.count():
        home.reset(old)
        code = home.run(calls)
        if code not in (0, KILLED):
            sys.exit(f"the program ended with {code}")
        try:
            text = home.path.read_text() if home.path.exists() else None
            assert text in (old, new), f"the file is {text!r}"
            assert home.check() == {old: old and "ASIAOLD", new: "ASIANEW"}[text]
            left = home.left()
            for path in left:
                assert OURS.fullmatch(path.name), path
                assert path.stat().st_mode & 0o7777 == 0o600, path
            # What is left is in nobody's way.
            home.write()
            assert home.path.read_text() == new and home.check() == "ASIANEW"
        except (AssertionError, ValueError, KeyError) as fault:
            raise SystemExit(f"{home.profile} behind {calls} system calls: {type(fault).__name__}: {fault}") from fault
        seen["old" if text == old else "new"] += 1
        seen["left"] += len(left)
        if code == 0:
            assert not left, left
            # Killed before, in and behind the write, or nothing was tested.
            assert all(seen.values()), seen
            return old, new, calls


def check_leftovers(home, old):
    """What killed writers leave does not stay for ever: a write removes it after a day, and nothing else."""
    home.reset(old)
    home.path.parent.mkdir(parents=True, exist_ok=True)
    ours = [f"tmp{number:016x}.tmp" for number in range(100)]
    kept = {"tmp0123456789abcdef.tmp", OTHERS, "tmp0123456789abcdeg.tmp", "tmp0123456789abcdef.json"}
    for name in {*ours, *kept}:
        path = home.path.parent / name
        path.write_text("{")
        if name != "tmp0123456789abcdef.tmp":
            os.utime(path, (path.stat().st_mtime - TWO_DAYS_AGO,) * 2)
    home.write()
    left = {path.name for path in home.left()}
    assert left == kept, f"{home.profile}: {len(left)} files are left beside the cache's own, not {sorted(kept)}: {sorted(left)[:9]}"


def main():
    (program,) = sys.argv[1:]
    kills = []
    for kind in KINDS:
        with tempfile.TemporaryDirectory() as folder:
            home = Home(program, folder, kind)
            if kind == "first role" and home.run(0) == SKIPPED:
                print("note: skipped killed_writers: processes may not be traced here")
                return SKIPPED
            home.reset(None)
            old, new, count = kill_everywhere(home)
            kills.append(f"{kind} {count}")
            check_leftovers(home, old)
            home.reset(new)
            read = home.check_by_botocore()
    print(f"note: cache files are whole wherever their writer is killed: {', '.join(kills)} kills")
    if not read:
        print("note: skipped the reading by botocore: there is none")
    return 0


sys.exit(main())
