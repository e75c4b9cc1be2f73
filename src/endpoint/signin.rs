//! The sign-in service is in no table: its hosts begin with the region, and have suffixes of the console's.

use super::{Endpoint, Lookup, Partition, scheme};
use crate::text;
use crate::text::Text;

/// Where the sign-in service is, by the rules of its own rule set.
pub(super) fn endpoint(
    lookup: &Lookup<'_>,
    region: &str,
    fips: bool,
    partition: &Partition,
) -> Endpoint {
    let dns = partition.dns_suffix;
    let dual_stack = partition
        .dual_stack_dns_suffix
        .filter(|_| lookup.use_dual_stack);
    let host = match (fips, dual_stack, partition.id.as_str()) {
        (false, None, id) => format!("{region}.signin.{}", console_suffix(id).unwrap_or(dns)),
        (true, None, "aws-us-gov") if region == "us-gov-west-1" => format!("signin-fips.{GOV}"),
        (true, None, "aws-us-gov") => format!("{region}.signin-fips.{GOV}"),
        (true, None, _) => format!("signin-fips.{region}.{dns}"),
        (false, Some(suffix), _) => format!("signin.{region}.{suffix}"),
        (true, Some(suffix), _) => format!("signin-fips.{region}.{suffix}"),
    };
    Endpoint {
        url: Text::lossy(format!("{}{host}", scheme(lookup.disable_ssl))),
        partition: partition.id.clone(),
        signing_region: Text::lossy(region),
        signing_name: text!("signin"),
        signing_name_derived: false,
    }
}

const GOV: &str = "amazonaws-us-gov.com";

fn console_suffix(partition: &str) -> Option<&'static str> {
    Some(match partition {
        "aws" => "aws.amazon.com",
        "aws-cn" => "amazonaws.cn",
        "aws-us-gov" => GOV,
        "aws-iso" => "c2shome.ic.gov",
        "aws-iso-b" => "sc2shome.sgov.gov",
        "aws-iso-e" => "csphome.adc-e.uk",
        "aws-iso-f" => "csphome.hci.ic.gov",
        "aws-eusc" => "amazonaws-eusc.eu",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use crate::endpoint::{Lookup, resolve};

    #[test]
    fn the_region_comes_first_but_for_variants() {
        for (region, fips, dual, url) in [
            (
                "us-east-1",
                false,
                false,
                "https://us-east-1.signin.aws.amazon.com",
            ),
            (
                "cn-north-1",
                false,
                false,
                "https://cn-north-1.signin.amazonaws.cn",
            ),
            (
                "us-gov-east-1",
                false,
                false,
                "https://us-gov-east-1.signin.amazonaws-us-gov.com",
            ),
            (
                "us-gov-west-1",
                true,
                false,
                "https://signin-fips.amazonaws-us-gov.com",
            ),
            (
                "us-gov-east-1",
                true,
                false,
                "https://us-gov-east-1.signin-fips.amazonaws-us-gov.com",
            ),
            (
                "us-west-2",
                true,
                false,
                "https://signin-fips.us-west-2.amazonaws.com",
            ),
            ("us-west-2", false, true, "https://signin.us-west-2.api.aws"),
            (
                "us-west-2",
                true,
                true,
                "https://signin-fips.us-west-2.api.aws",
            ),
        ] {
            let lookup = Lookup {
                service: "signin",
                region,
                use_fips: fips,
                use_dual_stack: dual,
                ..Lookup::default()
            };
            assert_eq!(resolve(&lookup).unwrap().url, url);
        }
    }
}
