use super::*;

fn url(service: &str, region: &str) -> String {
    url_with(service, region, |_| {})
}

fn url_with(service: &str, region: &str, change: impl FnOnce(&mut Lookup<'_>)) -> String {
    let mut lookup = Lookup {
        service,
        region,
        ..Lookup::default()
    };
    change(&mut lookup);
    let found = resolve(&lookup).unwrap();
    format!("{} {}", found.url, found.signing_region)
}

fn code(service: &str, region: &str) -> String {
    resolve(&Lookup {
        service,
        region,
        ..Lookup::default()
    })
    .unwrap_err()
    .code()
    .to_string()
}

#[test]
fn regional_services_follow_the_pattern_of_the_partition() {
    assert_eq!(
        url("s3", "us-west-2"),
        "https://s3.us-west-2.amazonaws.com us-west-2"
    );
    assert_eq!(
        url("sts", "us-east-1"),
        "https://sts.us-east-1.amazonaws.com us-east-1"
    );
    assert_eq!(
        url("sts", "cn-north-1"),
        "https://sts.cn-north-1.amazonaws.com.cn cn-north-1"
    );
    assert_eq!(
        url("foo", "us-west-2"),
        "https://foo.us-west-2.amazonaws.com us-west-2"
    );
    assert_eq!(
        url("foo", "eusc-de-east-1"),
        "https://foo.eusc-de-east-1.amazonaws.eu eusc-de-east-1"
    );
    assert_eq!(
        url("ec2", "mars-1"),
        "https://ec2.mars-1.amazonaws.com mars-1"
    );
}

#[test]
fn global_services_have_one_endpoint_and_need_no_region() {
    assert_eq!(
        url("iam", "us-west-2"),
        "https://iam.amazonaws.com us-east-1"
    );
    assert_eq!(
        url("iam", "cn-northwest-1"),
        "https://iam.cn-north-1.amazonaws.com.cn cn-north-1"
    );
    for service in WITHOUT_REGION {
        assert!(url(service, "").ends_with(" us-east-1"), "{service}");
    }
    assert_eq!(url("sts", ""), "https://sts.amazonaws.com us-east-1");
}

#[test]
fn fips_in_a_region_asks_for_fips() {
    assert_eq!(
        url("ec2", "fips-us-west-2"),
        "https://ec2-fips.us-west-2.amazonaws.com us-west-2"
    );
    assert_eq!(
        url("sts", "us-west-2-fips"),
        "https://sts-fips.us-west-2.amazonaws.com us-west-2"
    );
    assert_eq!(without_fips("a-fips-b"), "a-b");
    assert_eq!(code("s3", "fips-"), "InvalidRegion");
}

#[test]
fn variants_have_their_own_hosts() {
    let dual = |lookup: &mut Lookup<'_>| lookup.use_dual_stack = true;
    assert_eq!(
        url_with("ec2", "us-west-2", dual),
        "https://ec2.us-west-2.api.aws us-west-2"
    );
    assert_eq!(
        url_with("iam", "us-west-2", dual),
        "https://iam.global.api.aws us-east-1"
    );
    assert_eq!(
        url_with("cloudfront", "us-west-2", dual),
        "https://cloudfront.us-west-2.api.aws us-west-2"
    );
    assert_eq!(
        url_with("s3", "fips-us-west-2", dual),
        "https://s3-fips.dualstack.us-west-2.amazonaws.com us-west-2"
    );
    let lookup = Lookup {
        service: "ec2",
        region: "us-iso-east-1",
        use_dual_stack: true,
        ..Lookup::default()
    };
    assert_eq!(
        resolve(&lookup).unwrap_err().text().as_str(),
        "UnknownEndpointError: ec2 has no dual-stack endpoint in region us-iso-east-1 of partition aws-iso"
    );
}

#[test]
fn legacy_endpoints_are_global_without_variants() {
    let legacy =
        |lookup: &mut Lookup<'_>| (lookup.sts_legacy, lookup.s3_us_east_1_legacy) = (true, true);
    assert_eq!(
        url_with("sts", "us-west-2", legacy),
        "https://sts.amazonaws.com us-east-1"
    );
    assert_eq!(
        url_with("sts", "eu-south-1", legacy),
        "https://sts.eu-south-1.amazonaws.com eu-south-1"
    );
    assert_eq!(
        url_with("sts", "fips-us-west-2", legacy),
        "https://sts-fips.us-west-2.amazonaws.com us-west-2"
    );
    assert_eq!(
        url_with("s3", "us-east-1", legacy),
        "https://s3.amazonaws.com us-east-1"
    );
    assert_eq!(
        url_with("s3", "us-west-2", legacy),
        "https://s3.us-west-2.amazonaws.com us-west-2"
    );
}

#[test]
fn http_only_where_asked_for_or_listed() {
    assert_eq!(url("dynamodb", "local"), "http://localhost:8000 us-east-1");
    assert_eq!(
        url_with("s3", "us-west-2", |lookup| lookup.disable_ssl = true),
        "http://s3.us-west-2.amazonaws.com us-west-2"
    );
    assert_eq!(
        url_with("iam", "us-west-2", |lookup| lookup.disable_ssl = true),
        "http://iam.amazonaws.com us-east-1"
    );
}

#[test]
fn instance_metadata_is_in_every_region() {
    assert_eq!(
        url("ec2metadata", ""),
        "http://169.254.169.254/latest aws-global"
    );
    assert_eq!(
        url_with("ec2metadata", "a b", |lookup| lookup.imds_ipv6 = true),
        "http://[fd00:ec2::254]/latest aws-global"
    );
}

#[test]
fn names_that_are_no_host_labels_are_refused() {
    let long = "a".repeat(10_000_000);
    for region in [
        " ", "a b", "a/b", "a@b", "a.b", "-a", "a-", "é", "a\0", "a\n", &long,
    ] {
        let error = resolve(&Lookup {
            service: "s3",
            region,
            ..Lookup::default()
        })
        .unwrap_err();
        assert_eq!(error.code().as_str(), "InvalidRegion", "{region:.80}");
        assert!(error.text().len() < 300);
    }
    for service in ["", ".", "s3.", "a b", "s3/x", "s3#", "s3\0", &long] {
        assert_eq!(
            code(service, "us-west-2"),
            "InvalidArgument",
            "{service:.80}"
        );
    }
    assert_eq!(code("s3", ""), "MissingRegion");
}

#[test]
fn scopes_come_with_the_listed_endpoint() {
    let found = resolve(&Lookup {
        service: "data.iot",
        region: "us-west-2",
        ..Lookup::default()
    })
    .unwrap();
    assert_eq!(
        (found.signing_name.as_str(), found.signing_name_derived),
        ("iotdata", false)
    );
    let found = resolve(&Lookup {
        service: "email",
        region: "us-gov-west-1",
        ..Lookup::default()
    })
    .unwrap();
    assert_eq!(
        (found.signing_name.as_str(), found.signing_name_derived),
        ("email", true)
    );
    assert_eq!(found.partition, "aws-us-gov");
}

#[test]
fn every_row_reads() {
    for line in LISTED.lines().filter(|line| !line.starts_with('#')) {
        let words: Vec<_> = line.split(' ').collect();
        let row = Row::read(TABLE.find(&words[..2]).unwrap(), 3).unwrap();
        assert!(
            PARTITIONS
                .iter()
                .any(|partition| partition.id == row.partition),
            "{line}"
        );
        assert!(
            words[1]
                .strip_prefix('*')
                .is_none_or(|id| id == row.partition),
            "{line}"
        );
        assert_eq!(words.len(), 9, "{line}");
        assert!(
            line.split(' ').all(|word| word.matches("{}").count() <= 1),
            "{line}"
        );
    }
}
