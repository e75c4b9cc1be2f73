//! `X-Amzn-Trace-Id` in Lambda functions: AWS's own cases.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test says what it expects by failing"
)]

mod skip;

use serde_json::Value;
use session::config::Config;
use session::credentials::Credentials;
use session::error::Result;
use session::load::environment::Environment;
use session::request::Request;
use session::service::Client;
use session::session::{Options, Session};
use session::text;
use session::text::Text;
use session::transport::{HttpReply, HttpRequest, Transport};
use skip::vectors;
use std::io;
use std::sync::{Arc, Mutex};

/// Keeps the trace ids that it is sent.
#[derive(Default)]
struct Recorder(Mutex<Vec<String>>);

impl Transport for Recorder {
    fn send(&self, request: HttpRequest<'_>) -> Result<HttpReply> {
        let sent = request.headers.iter();
        *self.0.lock().unwrap() = sent
            .filter(|header| header.name.eq_ignore_ascii_case("x-amzn-trace-id"))
            .map(|header| format!("{}: {}", header.name, header.value))
            .collect();
        Ok(HttpReply {
            status: 200,
            headers: Vec::new(),
            body: Box::new(io::empty()),
        })
    }
}

fn lines(value: &Value) -> Vec<String> {
    let lines = value.as_array().unwrap().iter();
    lines
        .map(|line| line.as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn a_call_in_a_call_is_told_as_one() {
    let Some(path) = vectors("shared-config/recursion-detection.json") else {
        return;
    };
    let json = std::fs::read_to_string(path).unwrap();
    let cases: Vec<Value> = serde_json::from_str(&json).unwrap();
    for case in &cases {
        let recorder = Arc::new(Recorder::default());
        let environment = case["env"].as_object().unwrap().iter();
        let mut config = Config::default();
        config.set("region", "us-west-2").unwrap();
        config.credentials = Some(Arc::new(Credentials::Anonymous));
        config.transport = Some(recorder.clone());
        let session = Session::load(&Options {
            config,
            environment: Some(Environment::from_pairs(
                environment.map(|(name, value)| (name.as_str(), value.as_str().unwrap())),
            )),
            files: Some(Vec::new()),
            ..Options::default()
        })
        .unwrap();
        let client = Arc::new(Client::new(&session, text!("s3"), None).unwrap());
        let mut request =
            Request::new(&client, text!("GetObject"), text!("GET"), "/k", None).unwrap();
        for line in lines(&case["requestHeadersBefore"]) {
            let (name, value) = line.split_once(": ").unwrap();
            let (name, value) = (Text::lossy(name), Text::lossy(value));
            request.headers_mut().set(name, value);
        }
        request.send().unwrap();
        let sent = recorder.0.lock().unwrap().clone();
        assert_eq!(sent, lines(&case["requestHeadersAfter"]), "{case}");
    }
    println!("recursion detection: {} passed", cases.len());
    assert!(!cases.is_empty());
}
