"""A fake STS for what moto does not check: AssumeRole with an MFA code, signatures verified by botocore.

The profile `mfa` of its users assumes a role with the device `arn:aws:iam::123456789012:mfa/guide`, whose code is 123456.
Run as a program with a port, it serves; needs the Python of the tests, which has botocore.
"""

import re
import sys
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs

from server import CACHE, Server

KEY, SECRET = "AKIAFAKESTSEXAMPLE00", "the/secret+of/the/fake+sts/00000000000000"
DEVICE, CODE, ROLE = "arn:aws:iam::123456789012:mfa/guide", "123456", "arn:aws:iam::123456789012:role/guide"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.answer(200, "<Up/>")

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        form = {name: values[0] for name, values in parse_qs(body.decode()).items()}
        if not self.is_signed(body):
            return self.refuse("SignatureDoesNotMatch", "The signature is not that of the secret key.")
        if form.get("Action") != "AssumeRole" or form.get("RoleArn") != ROLE:
            return self.refuse("AccessDenied", "No such role.")
        if form.get("SerialNumber") != DEVICE or form.get("TokenCode") != CODE:
            return self.refuse("AccessDenied", "MultiFactorAuthentication failed with invalid MFA one time pass code.")
        end = datetime.now(timezone.utc) + timedelta(seconds=int(form["DurationSeconds"]))
        self.answer(200, (
            "<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>ASIAMFAEXAMPLE000000</AccessKeyId>"
            "<SecretAccessKey>assumed</SecretAccessKey><SessionToken>token</SessionToken>"
            f"<Expiration>{end:%Y-%m-%dT%H:%M:%SZ}</Expiration></Credentials></AssumeRoleResult>"
            "<ResponseMetadata><RequestId>fake-1</RequestId></ResponseMetadata></AssumeRoleResponse>"))

    def is_signed(self, body):
        """Whether botocore comes to the same signature, with the secret, the scope and the headers of the request."""
        from botocore.auth import SigV4Auth
        from botocore.awsrequest import AWSRequest
        from botocore.credentials import Credentials

        found = re.fullmatch(
            r"AWS4-HMAC-SHA256 Credential=([^/]+)/\d{8}/([^/]+)/sts/aws4_request, SignedHeaders=([^,]+), Signature=(\w+)",
            self.headers.get("Authorization", ""))
        if not found or found[1] != KEY:
            return False
        headers = {name: self.headers[name] for name in found[3].split(";")}
        url = f"http://{self.headers['Host']}{self.path}"
        request = AWSRequest(self.command, url, data=body, headers=headers)
        request.context["timestamp"] = self.headers["X-Amz-Date"]
        signer = SigV4Auth(Credentials(KEY, SECRET), "sts", found[2])
        # botocore keeps some headers out of what it signs; here those count that the request says it signed.
        signer.headers_to_sign = lambda request: request.headers
        return signer.signature(signer.string_to_sign(request, signer.canonical_request(request)), request) == found[4]

    def refuse(self, code, message):
        self.answer(403, f"<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error>"
                         "<RequestId>fake-0</RequestId></ErrorResponse>")

    def answer(self, status, text):
        self.send_response(status)
        self.send_header("Content-Type", "text/xml")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_):
        pass


def profiles(endpoint):
    """What the config file has besides: the role, and where STS is."""
    return (f"\n[profile mfa]\nregion = us-east-1\nrole_arn = {ROLE}\nsource_profile = default\nmfa_serial = {DEVICE}\n"
            f"endpoint_url = {endpoint}\n")


@contextmanager
def sts(folder):
    """Gives the endpoint, the access key id and the secret."""

    def command(port):
        return [str(CACHE / "venv/bin/python"), str(Path(__file__)), str(port)]

    with Server("sts", command, folder) as server:
        yield server.endpoint, KEY, SECRET


if __name__ == "__main__":
    ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
