//! AWS's published vectors of the container's endpoint and of the endpoint of EC2's metadata service.
//!
//! An error case compares that it fails, not the wording.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test says what it expects by failing"
)]

mod skip;

use serde_json::Value as Json;
use session::config::Config;
use session::credentials::container::Container;
use session::credentials::imds::Imds;
use session::credentials::{Patient, Provider};
use session::error::{Error, Result, Status};
use session::load::environment::Environment;
use session::session::{Options, Session, SharedConfigState};
use session::transport::{HttpReply, HttpRequest, Transport};
use skip::vectors;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

/// Keeps the URLs that it is asked for, and gives nothing.
#[derive(Default)]
struct Recorder(Mutex<Vec<String>>);

impl Transport for Recorder {
    fn send(&self, request: HttpRequest<'_>) -> Result<HttpReply> {
        let HttpRequest {
            scheme,
            authority,
            target,
            ..
        } = request;
        self.0
            .lock()
            .unwrap()
            .push(format!("{scheme}://{authority}{target}"));
        Err(Error::new(
            Status::Transport,
            "RequestError",
            "nobody is there",
        ))
    }
}

/// The cases of a file; none where the vectors are not there.
fn cases(file: &str) -> Vec<Json> {
    let Some(path) = vectors(&format!("credentials/{file}")) else {
        return Vec::new();
    };
    let json: Json = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    json["tests"].as_array().unwrap().clone()
}

/// Runs a provider in a session of the case, and gives the first URL that it asks for.
fn asked(
    case: &Json,
    files: Option<Vec<PathBuf>>,
    mut config: Config,
    provider: impl Fn(&Session) -> Box<dyn Provider>,
) -> Result<String> {
    let recorder = Arc::new(Recorder::default());
    config.transport = Some(recorder.clone());
    config.sleep = Some(Arc::new(|_| ()));
    let mut options = Options::of(config);
    let variables = case["env"].as_object().unwrap().iter();
    let variables = variables.map(|(name, value)| (name.as_str(), value.as_str().unwrap()));
    options.environment = Some(Environment::from_pairs(variables));
    options.shared_config = SharedConfigState::Enable;
    options.files = Some(files.unwrap_or_default());
    let session = Session::load(&options)?;
    let failure = provider(&session).retrieve(&Patient).unwrap_err();
    let first = recorder.0.lock().unwrap().first().cloned();
    first.ok_or(failure)
}

fn compare(case: &Json, asked: Result<String>) {
    let name = case["docs"].as_str().unwrap();
    match (case["result"]["Ok"].as_str(), asked) {
        (Some(expected), Ok(url)) => assert_eq!(url, expected, "{name}"),
        (Some(expected), Err(error)) => panic!("{name}: {error}, not {expected}"),
        (None, Ok(url)) => panic!("{name}: asked {url}"),
        (None, Err(error)) => assert!(!error.code().is_empty(), "{name}: {error}"),
    }
}

#[test]
fn ecs() {
    let cases = cases("ecs-tests.json");
    for case in &cases {
        let container = |session: &Session| -> Box<dyn Provider> {
            Box::new(Container::new(session.config().loaded()))
        };
        compare(case, asked(case, None, Config::default(), container));
    }
    assert!(cases.is_empty() || cases.len() == 8);
}

#[test]
fn imds_endpoint() {
    let cases = cases("imds-endpoint-tests.json");
    let folder = std::env::temp_dir().join(format!("session-imds-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    for case in &cases {
        let mut files = Vec::new();
        for (name, text) in case["fs"].as_object().unwrap() {
            let path = folder.join(name);
            std::fs::write(&path, text.as_str().unwrap()).unwrap();
            files.push(path);
        }
        let mut config = Config::default();
        for (over, field) in [
            ("endpoint_override", "ec2_metadata_service_endpoint"),
            ("mode_override", "ec2_metadata_service_endpoint_mode"),
        ] {
            if let Some(value) = case[over].as_str() {
                config.set(field, value).unwrap();
            }
        }
        let imds = |session: &Session| -> Box<dyn Provider> {
            Box::new(Imds::new(session.config().loaded()))
        };
        compare(case, asked(case, Some(files), config, imds));
    }
    std::fs::remove_dir_all(&folder).unwrap();
    assert!(cases.is_empty() || cases.len() == 4);
}
