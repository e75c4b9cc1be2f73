"""Prints what botocore's own resolver answers for every service, region and variant of its endpoints.json.

The first line is botocore's version. Then come tab-separated lines: partition, service, region, variant (1 FIPS, 2 dual-stack, 3 both),
scheme, host, signing region, signing name, remark. The four of the answer are empty where botocore has no such endpoint. A remark says
what the data has to do with a known difference, which the test then allows:

  global   the service is not regional, and its one endpoint lacks the variant
  suffix   the service has a DNS suffix of its own
  scope    signing region and signing name are in two places
"""
import json
import logging
import sys
from pathlib import Path

import botocore
from botocore.exceptions import EndpointVariantError
from botocore.regions import EndpointResolver

logging.disable(logging.CRITICAL)


def fresh(partition, name):
    """The service alone, copied: the resolver writes into what it is given."""
    service = partition["services"].get(name)
    if service is None:
        return {**partition, "services": {}}
    endpoints = {region: dict(entry) for region, entry in service["endpoints"].items()}
    return {**partition, "services": {name: {**service, "endpoints": endpoints}}}


def resolve(partitions, name, region, variant):
    resolver = EndpointResolver({"partitions": [fresh(partition, name) for partition in partitions]})
    try:
        found = resolver.construct_endpoint(name, region, None, bool(variant & 2), bool(variant & 1))
    except EndpointVariantError:
        return None
    if found is None:
        return None
    scope = found.get("credentialScope", {})
    scheme = "https" if "https" in found["protocols"] else "http"
    return found["partition"], [scheme, found["hostname"], scope.get("region", found["endpointName"]), scope.get("service", name)]


def remark(service, region, variant):
    defaults = service.get("defaults", {})
    entry = service["endpoints"].get(region, {})
    if service.get("isRegionalized") is False and variant not in variants(service["endpoints"].get(service.get("partitionEndpoint"), {})):
        return "global"
    if variant == 0 and "dnsSuffix" in defaults:
        return "suffix"
    if "service" in defaults.get("credentialScope", {}) and "region" in entry.get("credentialScope", {}):
        return "scope"
    return ""


def variants(entry):
    bits = {"fips": 1, "dualstack": 2}
    return [0, *(sum(bits[tag] for tag in variant["tags"]) for variant in entry.get("variants", []))]


def main():
    path = Path(botocore.__file__).parent / "data" / "endpoints.json"
    partitions = json.loads(path.read_bytes())["partitions"]
    lines = [botocore.__version__]
    for partition in partitions:
        for name, service in partition["services"].items():
            for region in sorted({*partition["regions"], *service["endpoints"]}):
                for variant in range(4):
                    found = resolve(partitions, name, region, variant)
                    where, answer = found or (partition["partition"], [""] * 4)
                    lines.append("\t".join([where, name, region, str(variant), *answer, remark(service, region, variant)]))
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
