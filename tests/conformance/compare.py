#!/usr/bin/env python3
"""Compares answers to scenarios with the recorded ones.

    compare.py SCENARIOS.json ANSWERS.json [--only env,files,…]

A line for each difference, then "N passed, N failed"; the exit status is 1 if anything failed. `--only` takes the parts of the names before the `/`.

Not compared, because programs may differ in it: the wording of errors, `s3_use_arn_region`, empty against absent text, how often one request is tried in
a row while credentials are fetched, the order of a header-signed URL's query, and an expiry that the recorded package hides.
"""

import argparse
import json
import sys

CONFIG_FIELDS = (
    "region", "endpoint", "disable_ssl", "s3_force_path_style", "s3_use_accelerate", "use_dual_stack_endpoint", "use_fips_endpoint",
    "sts_regional_endpoint", "s3_us_east_1_regional_endpoint", "enable_endpoint_discovery", "ec2_metadata_enable_fallback",
)
CLIENT_FIELDS = ("service", "endpoint", "region", "signing_region")
CREDENTIAL_FIELDS = ("access_key_id", "secret_access_key", "session_token", "provider")
SIGNED_HEADERS = ("authorization", "x-amz-date", "x-amz-security-token", "x-amz-content-sha256")
# Their expiry can't be seen from outside the recorded package's chain.
EXPIRY_HIDDEN = ("EC2RoleProvider", "CredentialsEndpointProvider")


def as_object(value):
    """Null is an object without members."""
    if not isinstance(value, (dict, type(None))):
        raise TypeError(f"expected an object, got {spelt(value)}")
    return value or {}


def as_list(value):
    """Null is an empty list."""
    if not isinstance(value, (list, type(None))):
        raise TypeError(f"expected a list, got {spelt(value)}")
    return value or []


def spelt(value):
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


class Comparison:
    """Collects the differences between what is expected of one scenario and what was answered."""

    def __init__(self):
        self.differences = []

    def equal(self, where, expected, given):
        # As JSON, so that true is not 1.
        if spelt(expected) != spelt(given):
            self.differences.append(f"{where}: expected {spelt(expected)}, got {spelt(given)}")

    def equal_or_empty(self, where, expected, given):
        """Null, "", 0, false and absence all say that nothing is set."""
        self.equal(where, expected or None, given or None)

    def each(self, where, expected, given, compare):
        """Compares lists of objects, item by item."""
        self.equal(f"{where}.count", len(expected), len(given))
        for index, (one, other) in enumerate(zip(expected, given)):
            compare(f"{where}[{index}]", one, as_object(other))

    def error(self, where, expected, given):
        if expected is None or given is None:
            self.equal(where, expected, given)
        elif "code" in expected:
            given = as_object(given)
            self.equal(f"{where}.code", expected["code"], given.get("code"))
            for field in ("status", "request_id"):
                if expected.get(field):
                    self.equal(f"{where}.{field}", expected[field], given.get(field))

    def config(self, where, expected, given):
        for field in CONFIG_FIELDS:
            self.equal_or_empty(f"{where}.{field}", expected.get(field), given.get(field))
        retries = [None if number == -1 else number for number in (expected.get("max_retries"), given.get("max_retries"))]
        self.equal(f"{where}.max_retries", *retries)

    def client(self, where, expected, given):
        # No signing name is recorded where the service's own constructor chooses it.
        fields = CLIENT_FIELDS + (("signing_name",) if expected["signing_name"] else ())
        for field in fields:
            self.equal_or_empty(f"{where}.{field} of {expected['service']}", expected[field], given.get(field))

    def credentials(self, expected, given):
        if "error" in expected:
            return self.error("credentials.error", expected["error"], given.get("error"))
        for field in CREDENTIAL_FIELDS:
            self.equal_or_empty(f"credentials.{field}", expected.get(field), given.get(field))
        if expected["provider"] not in EXPIRY_HIDDEN:
            self.equal_or_empty("credentials.expires", expected.get("expires"), given.get("expires"))

    def request(self, where, expected, given):
        for field in ("method", "url", "form"):
            self.equal(f"{where}.{field}", expected.get(field), given.get(field))
        if "body" in expected:
            self.equal(f"{where}.body", json.loads(expected["body"]), json.loads(given.get("body") or "null"))
        for name, value in expected.get("headers", {}).items():
            self.equal(f"{where}.headers.{name}", value, as_object(given.get("headers")).get(name))

    # One method for each kind of scenario.

    def load(self, expected, given):
        self.error("error", expected.get("error"), given.get("error"))
        if expected.get("error") is not None:
            return
        self.config("config", expected["config"], as_object(given.get("config")))
        if "copies" in expected:
            self.each("copies", expected["copies"], as_list(given.get("copies")), self.config)
        if "clients" in expected:
            self.each("clients", expected["clients"], as_list(given.get("clients")), self.client)
        if "credentials" in expected:
            self.credentials(expected["credentials"], as_object(given.get("credentials")))
            if "error" not in expected["credentials"]:
                self.each("requests", without_repeats(expected.get("requests")), without_repeats(given.get("requests")), self.request)

    def call(self, expected, given):
        self.error("error", expected.get("error"), given.get("error"))
        for field in ("account", "arn"):
            self.equal_or_empty(field, expected.get(field), given.get(field))
        for field in ("retry_count", "trace"):
            self.equal(field, expected.get(field), given.get(field))
        self.each("requests", as_list(expected.get("requests")), as_list(given.get("requests")), self.request)

    def handlers(self, expected, given):
        self.equal("results", expected["results"], given.get("results"))

    def sign(self, expected, given):
        self.error("error", expected.get("error"), given.get("error"))
        if "X-Amz-Signature" in expected["url"]:
            self.equal("url", expected["url"], given.get("url"))
        for name in SIGNED_HEADERS:
            self.equal(f"headers.{name}", expected["headers"].get(name), as_object(given.get("headers")).get(name))


def without_repeats(requests):
    """The requests, of which those that only try the one before again are left out."""
    kept = []
    for request in as_list(requests):
        same = tuple(spelt(as_object(request).get(field)) for field in ("method", "url", "form"))
        if not kept or kept[-1][0] != same:
            kept.append((same, request))
    return [request for _, request in kept]


KINDS = {"load": Comparison.load, "call": Comparison.call, "handlers": Comparison.handlers, "sign": Comparison.sign}


def differences(scenario, answer):
    """What is different about an answer, a line for each point; nothing if all is well."""
    if not isinstance(answer, dict):
        return ["not answered"]
    comparison = Comparison()
    try:
        KINDS[scenario["kind"]](comparison, scenario["expect"], answer)
    except (TypeError, ValueError) as problem:
        comparison.differences.append(f"an answer of another shape: {problem}")
    return comparison.differences


def main():
    parser = argparse.ArgumentParser(description="Compares answers to scenarios with the recorded ones.")
    parser.add_argument("scenarios")
    parser.add_argument("answers")
    parser.add_argument("--only", type=lambda text: text.split(","), help="parts of the names before the /, comma-separated")
    given = parser.parse_args()
    with open(given.scenarios, encoding="utf-8") as file:
        scenarios = json.load(file)
    with open(given.answers, encoding="utf-8") as file:
        answers = {answer["name"]: answer.get("answer") for answer in json.load(file)}

    failed = 0
    chosen = [one for one in scenarios if given.only is None or one["name"].split("/")[0] in given.only]
    for scenario in chosen:
        found = differences(scenario, answers.get(scenario["name"]))
        for line in found:
            print(f"{scenario['name']}: {line}")
        failed += bool(found)
    print(f"{len(chosen) - failed} passed, {failed} failed")
    # Nothing compared is nothing known.
    sys.exit(failed > 0 or not chosen)


if __name__ == "__main__":
    main()
