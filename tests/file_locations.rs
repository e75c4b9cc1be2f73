//! The public cases of where the files of the AWS tools are: a load looks there, and says so.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test says what it expects by failing"
)]

mod skip;

use serde_json::{Value, json};
use session::explain::{Format, explain};
use session::load::environment::Environment;
use session::session::{Options, Session, SharedConfigState};
use skip::vectors;

/// What a session says of the profile and the files that it looked at.
fn looked_at(case: &Value) -> (Value, Vec<Value>) {
    let variables = case["environment"]
        .as_object()
        .expect("a case has variables");
    let text = |value: &'_ Value| value.as_str().expect("a variable is a text").to_owned();
    let mut pairs: Vec<(String, String)> = variables
        .iter()
        .map(|(name, value)| (name.clone(), text(value)))
        .collect();
    // A profile that stands nowhere is an error, unless keys in the environment do without it.
    for name in ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"] {
        pairs.push((name.to_owned(), "key".to_owned()));
    }
    let pairs = pairs
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()));
    let options = Options {
        environment: Some(Environment::from_pairs(pairs)),
        shared_config: SharedConfigState::Enable,
        ..Options::default()
    };
    let session = Session::load(&options).expect("files that are missing do no harm");
    let report: Value =
        serde_json::from_str(&explain(session.config(), Format::Json)).expect("the report is JSON");
    let files = report["files"].as_array().expect("the report has files");
    let paths = files.iter().map(|file| file["path"].clone()).collect();
    (report["profile"]["name"].clone(), paths)
}

#[test]
fn files_are_where_the_public_cases_say() {
    let Some(path) = vectors("shared-config/file-location-tests.json") else {
        return;
    };
    let text = std::fs::read_to_string(path).expect("the cases are text");
    let cases: Value = serde_json::from_str(&text).expect("the cases are JSON");
    let cases = cases["tests"].as_array().expect("the cases are a list");
    let mut passed = 0;
    for case in cases.iter().filter(|case| case["platform"] != "windows") {
        let (profile, files) = looked_at(case);
        let wanted = [&case["configLocation"], &case["credentialsLocation"]];
        assert_eq!(files.iter().collect::<Vec<_>>(), wanted, "{}", case["name"]);
        // One of the cases does not say: then it is the usual one.
        let expected = case.get("profile").cloned().unwrap_or(json!("default"));
        assert_eq!(profile, expected, "{}", case["name"]);
        passed += 1;
    }
    assert_eq!(passed, 4);
    println!("{passed} passed");
}
