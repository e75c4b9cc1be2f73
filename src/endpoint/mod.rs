//! Where a service is: from service and region to URL, signing region and signing name.
//!
//! The rules are those of AWS's SDKs before rule sets: a host follows from the pattern of the region's partition, unless
//! the service, or the service in this region, is listed with another. What is listed is in `endpoints.txt`.

#[rustfmt::skip]
mod partitions;
mod signin;

use crate::error::{Error, Result, Status};
use crate::table::{Table, count};
use crate::text;
use crate::text::Text;
use partitions::{PARTITIONS, of_prefix};
use std::borrow::Cow;

const LISTED: &str = include_str!("endpoints.txt");
static TABLE: Table<{ count(LISTED) }> = Table::new(LISTED);

/// The region that stands for the one endpoint of a partition, and for S3's and STS's endpoints of old.
const GLOBAL: &str = "aws-global";

/// The services that have an endpoint without a region.
const WITHOUT_REGION: [&str; 11] = [
    "budgets",
    "ce",
    "chime",
    "cloudfront",
    "iam",
    "importexport",
    "organizations",
    "route53",
    "sts",
    "support",
    "waf",
];

/// The regions that had no STS endpoint of their own at first, and are the global endpoint's in legacy mode.
const LEGACY_STS: [&str; 15] = [
    "ap-northeast-1",
    "ap-south-1",
    "ap-southeast-1",
    "ap-southeast-2",
    "ca-central-1",
    "eu-central-1",
    "eu-north-1",
    "eu-west-1",
    "eu-west-2",
    "eu-west-3",
    "sa-east-1",
    "us-east-1",
    "us-east-2",
    "us-west-1",
    "us-west-2",
];

/// A group of regions with a DNS suffix and accounts of its own: `aws`, `aws-cn`, …
#[derive(Debug)]
pub struct Partition {
    /// `aws`, as it stands in ARNs.
    pub id: Text,
    /// `amazonaws.com`.
    pub dns_suffix: &'static str,
    /// `api.aws`; none where the partition has no IPv6 endpoints.
    pub dual_stack_dns_suffix: Option<&'static str>,
    /// `*aws`: what stands in the table for all of its regions.
    key: &'static str,
}

/// What to find an endpoint for. The default is the regional endpoint over HTTPS.
#[derive(Clone, Copy, Debug, Default)]
pub struct Lookup<'a> {
    /// The service's endpoint prefix: `s3`, `monitoring`, `api.ecr`.
    pub service: &'a str,
    /// The region. `fips-us-east-1` and the like ask for FIPS, too.
    pub region: &'a str,
    /// Only FIPS 140 validated endpoints.
    pub use_fips: bool,
    /// Only endpoints with IPv6.
    pub use_dual_stack: bool,
    /// `http`.
    pub disable_ssl: bool,
    /// STS's global endpoint for the regions that had no other at first.
    pub sts_legacy: bool,
    /// S3's global endpoint for us-east-1.
    pub s3_us_east_1_legacy: bool,
    /// The IPv6 address of the instance metadata service.
    pub imds_ipv6: bool,
}

/// Where a service is, and what to sign for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// Scheme and host: `https://s3.us-west-2.amazonaws.com`. Only that of the instance metadata service has a path.
    pub url: Text,
    /// The id of the partition.
    pub partition: Text,
    /// The region to sign for.
    pub signing_region: Text,
    /// The service to sign for.
    pub signing_name: Text,
    /// Whether the signing name is merely the endpoint prefix, so that the service's own is better where it has one.
    pub signing_name_derived: bool,
}

/// Finds the endpoint. No service is unknown: what is not listed follows the partition's pattern.
pub fn resolve(lookup: &Lookup<'_>) -> Result<Endpoint> {
    let service = lookup.service;
    if service.len() > 128 || !service.split('.').all(is_host_label) {
        return Err(Error::argument(
            "service",
            format_args!("is no endpoint prefix of a service: {}", quoted(service)),
        ));
    }
    if service == "ec2metadata" {
        return Ok(instance_metadata(lookup));
    }
    let plain = without_fips(lookup.region);
    let fips = lookup.use_fips || plain != lookup.region;
    let region = match &*plain {
        "" if lookup.region.is_empty() && WITHOUT_REGION.contains(&service) => GLOBAL,
        "" if lookup.region.is_empty() => return Err(missing_region(service)),
        region if !fips && !lookup.use_dual_stack && is_legacy(lookup, region) => GLOBAL,
        region => region,
    };
    if !is_host_label(region) {
        return Err(invalid_region(lookup.region));
    }

    if service == "signin" {
        return Ok(signin::endpoint(
            lookup,
            region,
            fips,
            partition_of_region(region),
        ));
    }
    let listed = Listed::find(
        service,
        region,
        usize::from(fips) + 2 * usize::from(lookup.use_dual_stack),
    );
    let partition = listed.partition;
    let url = match listed.host {
        Some(host) => listed_url(host, region, lookup.disable_ssl),
        None => {
            let suffix = if lookup.use_dual_stack {
                partition.dual_stack_dns_suffix
            } else {
                Some(partition.dns_suffix)
            };
            let suffix = suffix.ok_or_else(|| no_dual_stack(service, region, partition))?;
            let dash_fips = if fips { "-fips" } else { "" };
            concat(&[
                scheme(lookup.disable_ssl),
                service,
                dash_fips,
                ".",
                region,
                ".",
                suffix,
            ])
        }
    };
    Ok(Endpoint {
        url: Text::lossy(url),
        partition: partition.id.clone(),
        signing_region: Text::lossy(listed.signing_region.unwrap_or(region)),
        signing_name: Text::lossy(listed.signing_name.unwrap_or(service)),
        signing_name_derived: listed.signing_name.is_none(),
    })
}

/// The partition that a region is of. What fits no partition's pattern is taken for a region of `aws`.
pub fn partition_of_region(region: &str) -> &'static Partition {
    let [aws, ..] = &PARTITIONS;
    partition_by_pattern(region).unwrap_or(aws)
}

/// The region without the `fips` that asks for FIPS in names like `fips-us-east-1` and `us-gov-west-1-fips`.
pub fn without_fips(region: &str) -> Cow<'_, str> {
    if !region.contains("fips-") && !region.contains("-fips") {
        return Cow::Borrowed(region);
    }
    Cow::Owned(
        region
            .replace("-fips-", "-")
            .replace("fips-", "")
            .replace("-fips", ""),
    )
}

/// Whether a text can be a label of a host name: letters, digits and inner hyphens, 63 at most.
pub fn is_host_label(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.len() <= 63
        && bytes.first().is_some_and(u8::is_ascii_alphanumeric)
        && bytes.last().is_some_and(u8::is_ascii_alphanumeric)
        && bytes
            .iter()
            .all(|&byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

/// What is listed for a service in a region, or else for all regions of the partition.
struct Listed {
    partition: &'static Partition,
    signing_name: Option<&'static str>,
    signing_region: Option<&'static str>,
    /// With `{}` for the region.
    host: Option<&'static str>,
}

impl Listed {
    /// `variant` is 1 for FIPS, 2 for dual-stack, 3 for both.
    fn find(service: &str, region: &str, variant: usize) -> Listed {
        let in_region = TABLE
            .find(&[service, region])
            .and_then(|row| Row::read(row, variant));
        let partition = match &in_region {
            Some(row) => partition_by_id(row.partition),
            None => partition_of_region(region),
        };
        let in_partition = TABLE
            .find(&[service, partition.key])
            .and_then(|row| Row::read(row, variant));
        let of = |column: fn(&Row) -> Option<&'static str>| {
            in_region
                .as_ref()
                .and_then(column)
                .or_else(|| in_partition.as_ref().and_then(column))
        };
        let host = of(|row| row.host);
        let signing_region = match &in_region {
            Some(Row {
                signing_region: Some(signing_region),
                ..
            }) => Some(*signing_region),
            _ if host.is_some_and(|host| !host.contains("{}")) => {
                in_partition.as_ref().and_then(|row| row.signing_region)
            }
            _ => None,
        };
        Listed {
            partition,
            signing_name: of(|row| row.signing_name),
            signing_region,
            host,
        }
    }
}

/// A line of the table, after its two words of key.
struct Row {
    partition: &'static str,
    signing_name: Option<&'static str>,
    signing_region: Option<&'static str>,
    host: Option<&'static str>,
}

impl Row {
    fn read(line: &'static str, variant: usize) -> Option<Row> {
        let mut words = line.split(' ');
        let partition = words.next()?;
        let mut said = words.map(|word| (word != ".").then_some(word));
        Some(Row {
            partition,
            signing_name: said.next()?,
            signing_region: said.next()?,
            host: said.nth(variant)?,
        })
    }
}

fn partition_by_id(id: &str) -> &'static Partition {
    let [aws, ..] = &PARTITIONS;
    PARTITIONS
        .iter()
        .find(|partition| partition.id == id)
        .unwrap_or(aws)
}

/// By the pattern of all regions' names, PREFIX-WORD-NUMBER.
fn partition_by_pattern(region: &str) -> Option<&'static Partition> {
    let (rest, number) = region.rsplit_once('-')?;
    let (prefix, word) = rest.rsplit_once('-')?;
    let fits =
        !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()) && !word.is_empty();
    if fits { of_prefix(prefix) } else { None }
}

fn is_legacy(lookup: &Lookup<'_>, region: &str) -> bool {
    match lookup.service {
        "sts" => lookup.sts_legacy && LEGACY_STS.contains(&region),
        "s3" => lookup.s3_us_east_1_legacy && region == "us-east-1",
        _ => false,
    }
}

fn scheme(disable_ssl: bool) -> &'static str {
    if disable_ssl { "http://" } else { "https://" }
}

fn listed_url(host: &str, region: &str, disable_ssl: bool) -> String {
    let (scheme, host) = match host.strip_prefix("http://") {
        Some(host) => ("http://", host),
        None => (scheme(disable_ssl), host),
    };
    match host.split_once("{}") {
        Some((before, after)) => concat(&[scheme, before, region, after]),
        None => concat(&[scheme, host]),
    }
}

/// One string of several, with the room that [`Text`] needs for its NUL.
fn concat(parts: &[&str]) -> String {
    let mut whole = String::with_capacity(parts.iter().map(|part| part.len()).sum::<usize>() + 1);
    parts.iter().for_each(|part| whole.push_str(part));
    whole
}

/// The EC2 instance metadata service has one address in all regions, and its requests aren't signed.
fn instance_metadata(lookup: &Lookup<'_>) -> Endpoint {
    Endpoint {
        url: if lookup.imds_ipv6 {
            text!("http://[fd00:ec2::254]/latest")
        } else {
            text!("http://169.254.169.254/latest")
        },
        partition: partition_of_region(lookup.region).id.clone(),
        signing_region: text!("aws-global"),
        signing_name: text!("ec2metadata"),
        signing_name_derived: true,
    }
}

fn missing_region(service: &str) -> Error {
    Error::new(
        Status::Config,
        "MissingRegion",
        format!("could not find region configuration for {service}"),
    )
}

fn invalid_region(region: &str) -> Error {
    let why =
        "is no region: letters, digits and inner hyphens, 63 at most, can be part of a host name";
    Error::new(
        Status::Config,
        "InvalidRegion",
        format!("{} {why}", quoted(region)),
    )
}

fn no_dual_stack(service: &str, region: &str, partition: &Partition) -> Error {
    let Partition { id, .. } = partition;
    let message =
        format!("{service} has no dual-stack endpoint in region {region} of partition {id}");
    Error::new(Status::Config, "UnknownEndpointError", message)
}

/// Text of any length and content, for a message.
fn quoted(text: &str) -> String {
    match text.char_indices().nth(80) {
        Some((end, _)) => format!("{:?}…", text.get(..end).unwrap_or_default()),
        None => format!("{text:?}"),
    }
}

#[cfg(test)]
mod tests;
