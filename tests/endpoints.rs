//! Endpoints against what others answer: the Go package's recorded clients, and botocore for all of its endpoint data.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test says what it expects by failing"
)]

mod skip;

use serde_json::Value;
use session::endpoint::{Endpoint, Lookup, is_host_label, resolve, without_fips};
use skip::skipped;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The settings that endpoints depend on, merged from left to right.
#[derive(Clone, Default)]
struct Settings(BTreeMap<String, Value>);

impl Settings {
    fn merge(&mut self, config: &Value) {
        let fields = config.as_object().into_iter().flatten();
        self.0
            .extend(fields.map(|(name, value)| (name.clone(), value.clone())));
    }

    fn text(&self, name: &str) -> &str {
        self.0.get(name).and_then(Value::as_str).unwrap_or_default()
    }

    /// Booleans, and Go's tri-states: 1 is enabled.
    fn flag(&self, name: &str) -> bool {
        self.0
            .get(name)
            .is_some_and(|value| value == &Value::Bool(true) || value == 1)
    }

    fn lookup<'a>(&'a self, service: &'a str) -> Lookup<'a> {
        Lookup {
            service,
            region: self.text("region"),
            use_fips: self.flag("use_fips_endpoint"),
            use_dual_stack: self.flag("use_dual_stack_endpoint"),
            disable_ssl: self.flag("disable_ssl"),
            sts_legacy: self.text("sts_regional_endpoint") == "legacy",
            s3_us_east_1_legacy: self.text("s3_us_east_1_regional_endpoint") == "legacy",
            imds_ipv6: false,
        }
    }
}

/// What a client answers, in the order of the recorded fields.
fn answer(lookup: &Lookup<'_>) -> [String; 4] {
    match resolve(lookup) {
        Ok(Endpoint {
            url,
            partition,
            signing_region,
            signing_name,
            ..
        }) => [url, partition, signing_region, signing_name].map(|text| text.to_string()),
        Err(_) => Default::default(),
    }
}

#[test]
fn clients_are_where_go_has_them() {
    let path = root().join("tests/conformance/go-session.json");
    let scenarios: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let (mut compared, mut custom) = (0, 0);
    for scenario in scenarios.as_array().unwrap() {
        let wanted = scenario["expect"]["clients"]
            .as_array()
            .into_iter()
            .flatten();
        let asked = scenario["clients"].as_array().into_iter().flatten();
        for (client, want) in asked.zip(wanted) {
            let mut settings = Settings::default();
            settings.merge(&scenario["expect"]["config"]);
            settings.merge(&client["config"]);
            if !settings.text("endpoint").is_empty() {
                custom += 1;
                continue;
            }
            let want = ["endpoint", "partition", "signing_region", "signing_name"]
                .map(|name| want[name].as_str().unwrap().to_owned());
            let service = client["service"].as_str().unwrap();
            assert_eq!(
                answer(&settings.lookup(service)),
                want,
                "{} {client}",
                scenario["name"]
            );
            compared += 1;
        }
    }
    println!("{compared} clients compared, {custom} with an endpoint of their own");
    assert!(compared > 400, "{compared}");
}

/// A line of what botocore answers, next to what we do: scheme, host, signing region, signing name.
struct Row<'a> {
    partition: &'a str,
    service: &'a str,
    region: &'a str,
    variant: u8,
    remark: &'a str,
    theirs: [&'a str; 4],
    ours: [String; 4],
}

impl<'a> Row<'a> {
    fn read(line: &'a str) -> Row<'a> {
        let cells: Vec<_> = line.split('\t').collect();
        let [
            partition,
            service,
            region,
            variant,
            scheme,
            host,
            signing_region,
            signing_name,
            remark,
        ] = cells[..]
        else {
            panic!("not a line of nine cells: {line:?}");
        };
        let variant = variant.parse().unwrap();
        let (found_in, ours) = of_variant(service, region, variant);
        let theirs = [scheme, host, signing_region, signing_name];
        if ours == theirs && !theirs[1].is_empty() {
            assert_eq!(found_in, partition, "{line}");
        }
        Row {
            partition,
            service,
            region,
            variant,
            remark,
            theirs,
            ours,
        }
    }

    /// Whether all but one of the answers agree.
    fn only_differs_in(&self, which: usize) -> bool {
        self.ours
            .iter()
            .zip(self.theirs)
            .enumerate()
            .all(|(at, (ours, theirs))| (ours == theirs) != (at == which))
    }
}

/// The partition, and scheme, host, signing region and signing name; empty if there is no endpoint.
fn of_variant(service: &str, region: &str, variant: u8) -> (String, [String; 4]) {
    let (use_fips, use_dual_stack) = (variant & 1 != 0, variant & 2 != 0);
    let [url, partition, signing_region, signing_name] = answer(&Lookup {
        service,
        region,
        use_fips,
        use_dual_stack,
        ..Lookup::default()
    });
    let (scheme, host) = url.split_once("://").unwrap_or_default();
    (
        partition,
        [
            scheme.to_owned(),
            host.to_owned(),
            signing_region,
            signing_name,
        ],
    )
}

/// A reason to differ, and the rows that it holds for.
type Exception = (&'static str, fn(&Row<'_>) -> bool);

/// Where we differ from botocore's resolver, and why. All follow the Go package.
const EXCEPTIONS: [Exception; 8] = [
    (
        "a region with fips in its name asks for FIPS in the region that is left",
        |row| {
            let plain = without_fips(row.region);
            plain != row.region && row.ours == of_variant(row.service, &plain, row.variant | 1).1
        },
    ),
    (
        "a listed name with a dot in it is no host label, so it is refused",
        |row| {
            !is_host_label(row.region)
                && row.region.contains('.')
                && row.ours.iter().all(String::is_empty)
        },
    ),
    (
        "a global service without the variant: the region's own host, not one called after the global region",
        |row| {
            row.remark == "global"
                && row.theirs[1].contains("-global.")
                && row.ours[1]
                    == row.theirs[1].replace(
                        &format!(".{}-global.", row.partition),
                        &format!(".{}.", row.region),
                    )
                && row.ours[2] == row.region
        },
    ),
    (
        "CodeCatalyst's endpoint names no signing region: the client's, not the name of the global region",
        |row| row.service == "codecatalyst" && row.only_differs_in(2) && row.ours[2] == row.region,
    ),
    (
        "a service's own DNS suffix holds for all its regions, as in the service's rule set",
        |row| {
            row.remark == "suffix"
                && row.only_differs_in(1)
                && row.ours[1].starts_with(&format!("{}.{}.", row.service, row.region))
        },
    ),
    (
        "the service's signing name holds although the region has a scope of its own",
        |row| row.remark == "scope" && row.only_differs_in(3) && row.theirs[3] == row.service,
    ),
    (
        "S3 is listed with dual-stack in isolated partitions, for which botocore has none by rule",
        |row| {
            row.theirs[1].is_empty()
                && ["s3", "s3-control"].contains(&row.service)
                && ["aws-iso", "aws-iso-b"].contains(&row.partition)
                && row.ours[1].contains(".dualstack.")
        },
    ),
    (
        "the region `iam` of IAM has no dual-stack host, so the global one serves",
        |row| {
            (row.service, row.region, row.variant) == ("iam", "iam", 2)
                && row.ours[1] == "iam.global.api.aws"
        },
    ),
];

#[test]
fn endpoints_are_where_botocore_has_them() {
    let python = match std::env::var_os("SESSION_TEST_PYTHON") {
        Some(python) => PathBuf::from(python),
        None => root().join(".cache/venv/bin/python"),
    };
    if !python.exists() {
        return skipped(format_args!(
            "no {} with botocore; SESSION_TEST_PYTHON may name one",
            python.display()
        ));
    }
    let output = Command::new(&python)
        .arg(root().join("tests/endpoints/expected.py"))
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let output = String::from_utf8(output.stdout).unwrap();
    let (version, lines) = output.split_once('\n').unwrap();
    let table = std::fs::read_to_string(root().join("src/endpoint/endpoints.txt")).unwrap();
    if !table
        .lines()
        .next()
        .unwrap()
        .contains(&format!("botocore {version};"))
    {
        return skipped(format_args!(
            "{} has botocore {version}, which the tables are not from",
            python.display()
        ));
    }

    let (mut agreed, mut excepted) = (0, [0; EXCEPTIONS.len()]);
    for line in lines.lines() {
        let row = Row::read(line);
        if row.ours == row.theirs {
            agreed += 1;
            continue;
        }
        let exception = EXCEPTIONS.iter().position(|(_, allows)| allows(&row));
        excepted[exception.unwrap_or_else(|| panic!("{line}\nbut here: {:?}", row.ours))] += 1;
    }
    println!("{agreed} endpoints as in botocore {version}");
    for ((reason, _), count) in EXCEPTIONS.iter().zip(excepted) {
        println!("{count:>6} not: {reason}");
        assert!(count > 0, "an exception that nothing needs: {reason}");
    }
    assert!(agreed > 40_000, "{agreed}");
}
