"""moto, the stand-in for AWS, with signatures verified, and a user whose key may do everything."""

import json
import re
import urllib.error
import urllib.parse
import urllib.request
from contextlib import contextmanager

from server import CACHE, Server

USER = "guide"
POLICY = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
# moto lets the first calls pass without a valid signature: those that make the user. From then on it verifies.
CALLS_THAT_MAKE_THE_USER = 3


def iam(endpoint, action, **parameters):
    """One call to IAM. moto reads from the credential scope which service is meant; the signature is a dummy."""
    scope = "AKIDMAKER/20260101/us-east-1/iam/aws4_request"
    request = urllib.request.Request(
        endpoint,
        urllib.parse.urlencode({"Action": action, "Version": "2010-05-08", **parameters}).encode(),
        {"Authorization": f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0"},
    )
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with direct.open(request, timeout=30) as reply:
        return reply.read().decode()


def refuses(endpoint):
    """Whether a call with a dummy signature is now refused."""
    try:
        iam(endpoint, "ListUsers")
        return False
    except urllib.error.HTTPError as refusal:
        return refusal.code == 403


@contextmanager
def moto(folder):
    """Gives the endpoint, the access key id and the secret."""

    def command(port):
        return [str(CACHE / "venv/bin/moto_server"), "-H", "127.0.0.1", "-p", str(port)]

    with Server("moto", command, folder, {"INITIAL_NO_AUTH_ACTION_COUNT": str(CALLS_THAT_MAKE_THE_USER)}) as server:
        iam(server.endpoint, "CreateUser", UserName=USER)
        iam(server.endpoint, "PutUserPolicy", UserName=USER, PolicyName="all", PolicyDocument=json.dumps(POLICY))
        key = iam(server.endpoint, "CreateAccessKey", UserName=USER)
        if not refuses(server.endpoint):
            raise SystemExit("moto accepts a wrong signature: it would prove nothing")
        access_key_id, secret = (re.search(f"<{name}>(.+?)</{name}>", key)[1] for name in ("AccessKeyId", "SecretAccessKey"))
        yield server.endpoint, access_key_id, secret
