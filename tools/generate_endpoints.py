#!/usr/bin/env python3
"""Writes what the library knows of AWS's partitions, endpoints and services, from an installed botocore.

    python3 tools/generate_endpoints.py     (with a Python that has botocore; run it anywhere in the repository)

It writes src/endpoint/partitions.rs, src/endpoint/endpoints.txt and src/service/facts.txt. The same botocore gives the same bytes.

Most endpoints follow from their partition's pattern, so the table holds only what does not. In a host, {} stands for the region. A dot
means "as the next row in rank": a region's row, then the service's in that partition (`*PARTITION`), then the partition's pattern. The
signing region of a service's row is that of its hosts without {}, which are the same for every region.
"""
import gzip
import json
import re
from pathlib import Path

import botocore

DATA = Path(botocore.__file__).parent / "data"
ROOT = Path(__file__).resolve().parent.parent
LABEL = re.compile(r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?", re.ASCII)
# In the order of the bits that the resolver counts variants by.
VARIANTS = [(), ("fips",), ("dualstack",), ("dualstack", "fips")]
HOSTS = ["{service}.{region}.{dnsSuffix}", "{service}-fips.{region}.{dnsSuffix}"] * 2
NOTE = f"Written by tools/generate_endpoints.py from botocore {botocore.__version__}; run that again, do not edit."


def by_variant(entry):
    """An entry of endpoints.json as it reads for each of its variants. Scopes and protocols hold for all of them."""
    shared = {key: entry[key] for key in ("credentialScope", "protocols") if key in entry}
    found = {0: {key: value for key, value in entry.items() if key != "variants"}}
    for variant in entry.get("variants", []):
        found[VARIANTS.index(tuple(sorted(variant["tags"])))] = shared | variant
    return found


class Partition:
    """A partition; the patterns that its regions and its hosts follow."""

    def __init__(self, data):
        self.id, self.services, self.suffix = data["partition"], data["services"], data["dnsSuffix"]
        defaults = by_variant(data["defaults"])
        assert all(entry["hostname"] == HOSTS[variant] for variant, entry in defaults.items()), "another default host"
        assert defaults[1]["dnsSuffix"] == self.suffix, "FIPS under another domain"
        self.dual_stack_suffix = defaults[2]["dnsSuffix"] if 2 in defaults else None
        assert (2 in defaults) == (3 in defaults) and defaults.get(2, {}).get("dnsSuffix") == defaults.get(3, {}).get("dnsSuffix")
        self.prefixes = prefixes(data["regionRegex"])
        self.regions = re.compile(data["regionRegex"], re.ASCII)
        assert all(self.regions.fullmatch(region) for region in data["regions"]), "a region that is not of the pattern"

    def suffix_of(self, variant):
        return self.dual_stack_suffix if variant & 2 else self.suffix

    def template(self, service, variant):
        suffix = self.suffix_of(variant)
        return suffix and HOSTS[variant].format(service=service, region="{}", dnsSuffix=suffix)


def prefixes(pattern):
    """What a region may begin with: `^(us|eu)\\-\\w+\\-\\d+$` gives us and eu."""
    head = re.fullmatch(r"\^(.*)\\-\\w\+\\-\\d\+\$", pattern).group(1).replace("\\-", "-")
    before, choice, after = re.fullmatch(r"([a-z-]*)(?:\(([a-z|]+)\))?([a-z-]*)", head).groups()
    return [before + word + after for word in (choice or "").split("|")]


class Service:
    """A service in a partition: what each variant's host is, where and under which name it is signed for."""

    def __init__(self, name, partition):
        data = partition.services[name]
        self.name, self.partition = name, partition
        self.endpoints = {region: by_variant(entry) for region, entry in data.get("endpoints", {}).items()}
        self.defaults = by_variant(data.get("defaults", {}))
        everywhere = data.get("isRegionalized") is False
        self.world = self.endpoints.get(data.get("partitionEndpoint"), {}) if everywhere else {}
        scope = self.defaults[0].get("credentialScope", {})
        assert "region" not in scope, "a signing region for a whole service"
        world = self.world.get(0, {}).get("credentialScope", {})
        self.signing_name = scope.get("service") or world.get("service") or "."

    def template(self, variant):
        """The host of a region of which nothing is listed."""
        default = self.defaults.get(variant, {})
        host = default.get("hostname") or (HOSTS[variant] if self.partition.suffix_of(variant) else None)
        suffix = default.get("dnsSuffix") or self.partition.suffix_of(variant)
        return host and host.format(service=self.name, region="{}", dnsSuffix=suffix)

    def host(self, entry, variant):
        """The template of an entry's host, with the scheme where that is not https."""
        host = entry.get("hostname")
        if host:
            suffix = entry.get("dnsSuffix") or self.defaults.get(variant, {}).get("dnsSuffix") or self.partition.suffix_of(variant)
            host = host.format(service=self.name, region="{}", dnsSuffix=suffix)
        else:
            host = self.template(variant)
        plain_http = "https" not in entry.get("protocols", ["https"])
        return f"http://{host}" if host and plain_http else host

    def everywhere(self, variant):
        """What a region gets that is not listed. A service that is not regional has its one endpoint, if that has the variant."""
        if variant in self.world:
            return self.host(self.world[variant], variant)
        return self.template(variant)

    def listed(self, region, variant):
        """What a listed region gets. Scope and protocol hold for variants that are not listed, too."""
        entries = self.endpoints[region]
        if variant in entries:
            return self.host(entries[variant], variant)
        if variant in self.world:
            return self.everywhere(variant)
        return self.host({key: entries[0][key] for key in ("protocols",) if key in entries[0]}, variant)

    def rows(self, taken):
        own = [self.everywhere(variant) for variant in range(4)]
        cells = ["." if host == self.partition.template(self.name, v) else host for v, host in enumerate(own)]
        everywhere = self.world.get(0, {}).get("credentialScope", {}).get("region", ".")
        assert all(everywhere == "." or (v in self.world) == ("{}" not in (host or "{}")) for v, host in enumerate(own)), self.name
        row = [self.signing_name, everywhere, *cells]
        if row != ["."] * 6:
            yield [self.name, "*" + self.partition.id, self.partition.id, *row]
        for region, entries in self.endpoints.items():
            # The resolver never asks for these: it takes `fips` out of a region's name, and refuses what is no host label.
            if "fips-" in region or "-fips" in region or not LABEL.fullmatch(region) or (self.name, region) in taken:
                continue
            taken.add((self.name, region))
            scope = entries[0].get("credentialScope", {})
            hosts = [self.listed(region, variant) for variant in range(4)]
            cells = ["." if expand(host, region) == expand(own[v], region) else shorten(host, region) for v, host in enumerate(hosts)]
            name = scope.get("service", self.signing_name)
            signed = scope.get("region", region)
            # A host without {} would else be signed for the service's region.
            implied = all(signed == (region if everywhere == "." or "{}" in host else everywhere) for host in hosts if host)
            row = ["." if name == self.signing_name else name, "." if implied else signed, *cells]
            if row != ["."] * 6 or not self.partition.regions.fullmatch(region):
                yield [self.name, region, self.partition.id, *row]


def expand(host, region):
    return host and host.replace("{}", region)


def shorten(host, region):
    """Writes {} for the region, once: a host has one at most."""
    host = host.replace("{}", region)
    return f".{host}".replace(f".{region}.", ".{}.", 1)[1:]


def services():
    """Each endpoint prefix with the model that stands for it: the newest of the service called so, or of the one with the shortest name."""
    found = {}
    for path in sorted(DATA.glob("*/*/service-2.json.gz")):
        metadata = json.loads(gzip.decompress(path.read_bytes()))["metadata"]
        name, prefix = path.parts[-3], metadata["endpointPrefix"]
        rank = (name == prefix, -len(name), name, metadata["apiVersion"])
        if prefix not in found or rank > found[prefix][0]:
            found[prefix] = (rank, metadata)
    return {prefix: metadata for prefix, (_, metadata) in found.items()}


def fact(prefix, metadata):
    assert "." != metadata.get("targetPrefix"), "a value that reads as none"
    protocols = ",".join(metadata.get("protocols", [metadata["protocol"]]))
    signing_name = metadata.get("signingName", prefix)
    return [
        prefix,
        protocols,
        metadata["apiVersion"],
        "." if signing_name == prefix else signing_name,
        metadata.get("jsonVersion", "."),
        metadata.get("targetPrefix", "."),
        re.sub(r"[ -]", "_", metadata["serviceId"]).lower(),
        *auth_schemes(metadata),
    ]


def auth_schemes(metadata):
    """The schemes that the library knows, where there are others than sigv4."""
    known = {"smithy.api#httpBearerAuth": "bearer", "bearer": "bearer", "aws.auth#sigv4": "sigv4", "v4": "sigv4"}
    schemes = [known[scheme] for scheme in metadata.get("auth", [metadata["signatureVersion"]]) if scheme in known]
    return [",".join(schemes)] if "bearer" in schemes else []


def write_table(path, columns, rows):
    lines = [" ".join(row) for row in rows]
    assert all(line.isascii() and line.count(" ") == len(row) - 1 for line, row in zip(lines, rows)), "a value with a blank in it"
    # Byte order, in which `#` comes before any name: the resolver finds lines by binary search.
    (ROOT / path).write_text("\n".join([f"# {NOTE}", f"# {columns}", *sorted(lines)]) + "\n")


def partition_source(partitions):
    arms = []
    for index, partition in enumerate(partitions):
        arms.append(f"        {' | '.join(json.dumps(prefix) for prefix in partition.prefixes)} => &PARTITIONS[{index}],")
    entries = []
    for partition in partitions:
        dual_stack = f"Some({json.dumps(partition.dual_stack_suffix)})" if partition.dual_stack_suffix else "None"
        entries.append(
            f"    Partition {{ id: text!({json.dumps(partition.id)}), dns_suffix: {json.dumps(partition.suffix)}, "
            f"dual_stack_dns_suffix: {dual_stack}, key: {json.dumps('*' + partition.id)} }},"
        )
    return "\n".join(
        [
            f"// {NOTE}",
            "",
            "use super::Partition;",
            "use crate::text;",
            "",
            "/// All partitions, in the order in which they are asked for a region.",
            f"pub(super) static PARTITIONS: [Partition; {len(partitions)}] = [",
            *entries,
            "];",
            "",
            "/// The partition whose regions are called PREFIX-WORD-NUMBER.",
            "pub(super) fn of_prefix(prefix: &str) -> Option<&'static Partition> {",
            "    Some(match prefix {",
            *arms,
            "        _ => return None,",
            "    })",
            "}",
            "",
        ]
    )


def main():
    partitions = [Partition(data) for data in json.loads((DATA / "endpoints.json").read_bytes())["partitions"]]
    rows, taken = [], set()
    for partition in partitions:
        for name in sorted(partition.services):
            assert all(LABEL.fullmatch(label) for label in name.split(".")), name
            rows.extend(Service(name, partition).rows(taken))
    for name, region, partition, *_ in rows:
        others = [p.id for p in partitions if p.regions.fullmatch(region)]
        assert region.startswith("*") or others in ([], [partition]), "a region listed by a partition that its name is not of"
    (ROOT / "src/endpoint/partitions.rs").write_text(partition_source(partitions))
    columns = "service, region or *partition, partition, signing name, signing region, then the host: plain, FIPS, dual-stack, both"
    write_table("src/endpoint/endpoints.txt", columns, rows)
    columns = "endpoint prefix, protocols, API version, signing name, JSON version, target prefix, id in snake case, auth schemes where not sigv4 alone"
    write_table("src/service/facts.txt", columns, [fact(*item) for item in services().items()])


if __name__ == "__main__":
    main()
