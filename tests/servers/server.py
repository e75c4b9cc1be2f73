"""A server on a free port of 127.0.0.1 that lives as long as a `with` block."""

import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

CACHE = Path(__file__).resolve().parents[2] / ".cache"
START_SECONDS = 60


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def die_with_parent():
    """Runs in the server: even a killed parent must leave nothing behind."""
    if sys.platform == "linux":
        pr_set_pdeathsig = 1
        ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGKILL)


class Server:
    """`command` is a function that takes the port and returns the command line."""

    def __init__(self, name, command, folder, environment=None):
        self.name = name
        self.command = command
        self.log = Path(folder) / f"{name}.log"
        self.environment = {**os.environ, **(environment or {})}

    def __enter__(self):
        # Another program may take the port before the server does.
        for attempt in range(3):
            port = free_port()
            self.endpoint = f"http://127.0.0.1:{port}"
            self.start(port)
            try:
                if self.is_ready(port):
                    return self
            except BaseException:
                self.stop()
                raise
            self.stop()
            if "in use" not in self.log.read_text(errors="replace"):
                break
        raise SystemExit(f"{self.name} did not start; its log:\n{self.log.read_text(errors='replace')}")

    def __exit__(self, *_):
        self.stop()

    def start(self, port):
        command = self.command(port)
        if not Path(command[0]).exists():
            raise SystemExit(f"{command[0]} is missing: run scripts/need.sh {self.name}")
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=self.environment,
                start_new_session=True,
                preexec_fn=die_with_parent,
            )

    def is_ready(self, port):
        """Waits until the server accepts connections; False if it ended or takes too long."""
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                return self.process.poll() is None
            except OSError:
                time.sleep(0.05)
        return False

    def stop(self):
        for sign in (signal.SIGTERM, signal.SIGKILL):
            try:
                os.killpg(self.process.pid, sign)
            except ProcessLookupError:
                pass
            try:
                self.process.wait(timeout=5)
            except subprocess.TimeoutExpired:
                continue
