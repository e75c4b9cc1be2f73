//! `AWS_ENDPOINT_URL`, `AWS_ENDPOINT_URL_<SERVICE>`, `endpoint_url` and the `services` section: AWS's own cases.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test says what it expects by failing"
)]

mod skip;

use serde_json::Value;
use session::config::Config;
use session::load::environment::Environment;
use session::service::Client;
use session::session::{Options, Session, SharedConfigState};
use session::text::Text;
use skip::vectors;
use std::fmt::Write;
use std::sync::Arc;

#[test]
fn configured_endpoints_win_as_aws_says() {
    let Some(path) = vectors("endpoints/configured-urls.json") else {
        return;
    };
    let text = std::fs::read_to_string(path).unwrap();
    let document: Value = serde_json::from_str(&text).unwrap();
    let mut passed = 0;
    for suite in document["testSuites"].as_array().unwrap() {
        let path = std::env::temp_dir().join(format!("session-urls-{}", std::process::id()));
        std::fs::write(&path, config_file(suite)).unwrap();
        for case in suite["endpointUrlTests"].as_array().unwrap() {
            let name = |key: &str| case[key].as_str().unwrap();
            let pairs = suite["environments"][name("environment")]
                .as_object()
                .unwrap();
            let environment = pairs
                .iter()
                .map(|(name, value)| (name.as_str(), value.as_str().unwrap()));
            let mut config = Config::default();
            for (field, value) in suite["client_configs"][name("client_config")]
                .as_object()
                .unwrap()
            {
                let value = value
                    .as_str()
                    .map_or_else(|| value.to_string(), str::to_owned);
                // What these cases call the client's endpoint_url is Go's Endpoint.
                config
                    .set(
                        if field == "endpoint_url" {
                            "endpoint"
                        } else {
                            field
                        },
                        &value,
                    )
                    .unwrap();
            }
            let session = Session::load(&Options {
                profile: Text::lossy(name("profile")),
                shared_config: SharedConfigState::Enable,
                environment: Some(Environment::from_pairs(environment)),
                files: Some(vec![path.clone()]),
                ..Options::default()
            })
            .unwrap();
            let client = Client::new(
                &session,
                Text::lossy(name("service")),
                Some(&Arc::new(config)),
            )
            .unwrap();
            let expected = case["output"]["endpointUrl"].as_str().unwrap();
            assert_eq!(client.endpoint().as_str(), expected, "{}", name("name"));
            passed += 1;
        }
        std::fs::remove_file(&path).unwrap();
    }
    println!("configured endpoints: {passed} passed");
    assert!(passed > 0);
}

fn config_file(suite: &Value) -> String {
    let mut text = String::new();
    for (profile, keys) in suite["profiles"].as_object().unwrap() {
        writeln!(text, "[profile {profile}]").unwrap();
        for (key, value) in keys.as_object().unwrap() {
            writeln!(text, "{key} = {}", value.as_str().unwrap()).unwrap();
        }
    }
    for (section, services) in suite["services"].as_object().unwrap() {
        writeln!(text, "[services {section}]").unwrap();
        for (service, keys) in services.as_object().unwrap() {
            writeln!(text, "{service} =").unwrap();
            for (key, value) in keys.as_object().unwrap() {
                writeln!(text, "  {key} = {}", value.as_str().unwrap()).unwrap();
            }
        }
    }
    text
}
