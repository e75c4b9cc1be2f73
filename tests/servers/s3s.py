"""s3s-fs, an S3 server on a folder, which verifies every signature, those of presigned URLs and of bodies too."""

import secrets
from contextlib import contextmanager
from pathlib import Path

from server import CACHE, Server


@contextmanager
def s3s(folder):
    """Gives the endpoint, the access key id and the secret."""
    root = Path(folder) / "buckets"
    root.mkdir()
    access_key_id, secret = "AKIDS3S", secrets.token_hex(20)

    def command(port):
        program = str(CACHE / "s3s-fs/bin/s3s-fs")
        keys = ["--access-key", access_key_id, "--secret-key", secret]
        return [program, "--host", "127.0.0.1", "--port", str(port), *keys, str(root)]

    with Server("s3s", command, folder) as server:
        yield server.endpoint, access_key_id, secret
