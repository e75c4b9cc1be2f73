// Written by tools/generate_endpoints.py from botocore 1.44.5; run that again, do not edit.

use super::Partition;
use crate::text;

/// All partitions, in the order in which they are asked for a region.
pub(super) static PARTITIONS: [Partition; 8] = [
    Partition { id: text!("aws"), dns_suffix: "amazonaws.com", dual_stack_dns_suffix: Some("api.aws"), key: "*aws" },
    Partition { id: text!("aws-cn"), dns_suffix: "amazonaws.com.cn", dual_stack_dns_suffix: Some("api.amazonwebservices.com.cn"), key: "*aws-cn" },
    Partition { id: text!("aws-us-gov"), dns_suffix: "amazonaws.com", dual_stack_dns_suffix: Some("api.aws"), key: "*aws-us-gov" },
    Partition { id: text!("aws-iso"), dns_suffix: "c2s.ic.gov", dual_stack_dns_suffix: None, key: "*aws-iso" },
    Partition { id: text!("aws-iso-b"), dns_suffix: "sc2s.sgov.gov", dual_stack_dns_suffix: None, key: "*aws-iso-b" },
    Partition { id: text!("aws-iso-e"), dns_suffix: "cloud.adc-e.uk", dual_stack_dns_suffix: None, key: "*aws-iso-e" },
    Partition { id: text!("aws-iso-f"), dns_suffix: "csp.hci.ic.gov", dual_stack_dns_suffix: None, key: "*aws-iso-f" },
    Partition { id: text!("aws-eusc"), dns_suffix: "amazonaws.eu", dual_stack_dns_suffix: Some("api.amazonwebservices.eu"), key: "*aws-eusc" },
];

/// The partition whose regions are called PREFIX-WORD-NUMBER.
pub(super) fn of_prefix(prefix: &str) -> Option<&'static Partition> {
    Some(match prefix {
        "us" | "eu" | "ap" | "sa" | "ca" | "me" | "af" | "il" | "mx" => &PARTITIONS[0],
        "cn" => &PARTITIONS[1],
        "us-gov" => &PARTITIONS[2],
        "us-iso" => &PARTITIONS[3],
        "us-isob" => &PARTITIONS[4],
        "eu-isoe" => &PARTITIONS[5],
        "us-isof" => &PARTITIONS[6],
        "eusc-de" => &PARTITIONS[7],
        _ => return None,
    })
}
