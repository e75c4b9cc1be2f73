"""Writes and reads the caches that tools of AWS share, with botocore.

    caches.py write HOME
    caches.py read HOME [NAME...]

`write` fills the caches as the AWS CLI does. `read` prints, as JSON, what botocore finds in them without asking anybody.
"""

import json
import os
import sys

os.environ["HOME"] = sys.argv[2]

from botocore import credentials, utils  # noqa: E402 - it looks HOME up when it is loaded

HOME = sys.argv[2]
EXPIRATION = "2040-01-01T00:00:00+00:00"
POLICY = '{"Version": "2012-10-17", "Statement": [{"Sid": "\\u00e9/\\ud83d\\ude00", "Effect": "Allow"}]}'
# Each is what a profile of the test says.
ROLES = {
    "plain": {},
    "full": {
        "RoleSessionName": "sn", "ExternalId": "\u00e9/x", "SerialNumber": "arn:aws:iam::111111111111:mfa/u", "DurationSeconds": 3600,
        "Policy": POLICY, "PolicyArns": [{"arn": "arn:aws:iam::aws:policy/ReadOnlyAccess"}],
        "Tags": [{"Key": "k", "Value": "v"}], "TransitiveTagKeys": ["k"], "SourceIdentity": "me",
    },
}
LOGIN = "arn:aws:iam::444444444444:user/u"


def nobody(*_, **__):
    raise LookupError("nobody is asked")


class Sts:
    def __init__(self, name):
        self.name = name

    def assume_role(self, **_):
        return {"Credentials": keys(self.name), "AssumedRoleUser": {"Arn": "arn:aws:sts::222222222222:assumed-role/r/s"}}


class Sso:
    class exceptions:
        class UnauthorizedException(Exception):
            pass

    def get_role_credentials(self, **_):
        return {"roleCredentials": {"accessKeyId": "ASIAsso", "secretAccessKey": "secretsso", "sessionToken": "tokensso", "expiration": 2208988800000}}


def keys(name):
    return {"AccessKeyId": f"ASIA{name}", "SecretAccessKey": f"secret{name}", "SessionToken": f"token{name}", "Expiration": EXPIRATION}


def cache(*folders):
    return utils.JSONFileCache(os.path.join(HOME, ".aws", *folders))


def role(name, client):
    return credentials.AssumeRoleCredentialFetcher(
        client, credentials.Credentials("B", "S"), "arn:aws:iam::111111111111:role/" + name, extra_args=ROLES[name],
        mfa_prompter=lambda _: "123456", cache=cache("cli", "cache"),
    )


def sso(client, **which):
    return credentials.SSOCredentialFetcher(
        "https://example.awsapps.com/start", "us-east-2", "Admin", "333333333333", client,
        token_loader=lambda *_: {"accessToken": "t", "expiresAt": EXPIRATION}, cache=cache("cli", "cache"), **which,
    )


def write():
    for name in ROLES:
        role(name, lambda *_, name=name, **__: Sts(name)).fetch_credentials()
    sso(lambda *_, **__: Sso()).fetch_credentials()
    tokens = utils.SSOTokenLoader(cache("sso", "cache"))
    token = {"accessToken": "botocore's", "expiresAt": "2040-01-01T00:00:00Z"}
    tokens.save_token("https://example.awsapps.com/start", token)
    tokens.save_token("https://example.awsapps.com/start", token, session_name="corp")
    login = {
        "accessToken": {"accessKeyId": "ASIAlogin", "secretAccessKey": "secretlogin", "sessionToken": "tokenlogin",
                        "accountId": "444444444444", "expiresAt": "2040-01-01T00:00:00Z"},
        "refreshToken": "r", "dpopKey": "k", "clientId": "c",
    }
    cache("login", "cache")[utils.generate_login_cache_key(LOGIN)] = login


def sso_session():
    token = utils.SSOTokenLoader(cache("sso", "cache"))("", session_name="corp")
    return {name: token[name] for name in ("accessToken", "expiresAt")}


def login():
    tokens = utils.LoginTokenLoader(cache("login", "cache"))
    return credentials.LoginCredentialFetcher(LOGIN, tokens, nobody).load_cached_credentials()


FOUND = {
    "plain": lambda: role("plain", nobody).fetch_credentials(),
    "full": lambda: role("full", nobody).fetch_credentials(),
    "sso": lambda: sso(nobody).fetch_credentials(),
    "sso-session": lambda: sso(nobody, sso_session_name="corp").fetch_credentials(),
    "token": sso_session,
    "login": login,
}


def read():
    names = sys.argv[3:] or ["plain", "full", "sso", "sso-session", "token"]
    print(json.dumps({name: FOUND[name]() for name in names}))


{"write": write, "read": read}[sys.argv[1]]()
