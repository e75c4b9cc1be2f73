//! Bearer tokens: of the environment, and of SSO sessions as in AWS's published vectors.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test says what it expects by failing"
)]

mod skip;

use serde_json::Value as Json;
use session::credentials::NEVER;
use session::credentials::bearer::token;
use session::error::Status;
use session::load::environment::Environment;
use session::session::{Options, Session, SharedConfigState};
use skip::vectors;
use std::fs;
use std::path::{Path, PathBuf};

fn session(environment: &[(&str, &str)]) -> Session {
    let options = Options {
        shared_config: SharedConfigState::Enable,
        environment: Some(Environment::from_pairs(environment.iter().copied())),
        ..Options::default()
    };
    Session::load(&options).unwrap()
}

/// A folder that is gone with the test.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Folder {
        let path =
            std::env::temp_dir().join(format!("session-bearer-{}-{name}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Folder(path)
    }

    fn copy(&self, from: &Path, under: &str) {
        for entry in fs::read_dir(from).unwrap() {
            let from = entry.unwrap().path();
            let name = format!("{under}/{}", from.file_name().unwrap().to_str().unwrap());
            let to = self.0.join(name.trim_start_matches('/'));
            if from.is_dir() {
                fs::create_dir_all(&to).unwrap();
                self.copy(&from, &name);
            } else {
                fs::copy(&from, &to).unwrap();
            }
        }
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[test]
fn sso_sessions_as_in_the_vectors() {
    let Some(vectors) = vectors("credentials/default-token-provider-chain") else {
        return;
    };
    let mut count = 0;
    for case in fs::read_dir(vectors)
        .unwrap()
        .map(|case| case.unwrap().path())
    {
        let json =
            |name| serde_json::from_slice::<Json>(&fs::read(case.join(name)).unwrap()).unwrap();
        let name = case.file_name().unwrap().to_str().unwrap();
        let folder = Folder::new(name);
        folder.copy(&case.join("fs"), "");
        let environment = json("env.json");
        let on_disk = |value: &Json| match value.as_str().unwrap() {
            path if path.starts_with('/') => format!("{}{path}", folder.0.display()),
            value => value.to_owned(),
        };
        let pairs = environment.as_object().unwrap().iter();
        let pairs: Vec<(&str, String)> = pairs
            .map(|(name, value)| (name.as_str(), on_disk(value)))
            .collect();
        let pairs: Vec<(&str, &str)> = pairs
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        let expected = &json("test-case.json")["result"]["Ok"];
        let found = token(session(&pairs).config(), "bedrock").unwrap();
        assert_eq!(
            found.text.as_str(),
            expected["token"].as_str().unwrap(),
            "{name}"
        );
        // 2080-10-16T03:56:45Z
        assert_eq!(expected["expiration"], "2080-10-16T03:56:45Z", "{name}");
        assert_eq!(found.expires_at, 3_496_276_605, "{name}");

        // The variable goes first, and only that of the service.
        let with = |variable| session(&[&pairs[..], &[(variable, " own-token\n")]].concat());
        let own = token(with("AWS_BEARER_TOKEN_BEDROCK").config(), "bedrock").unwrap();
        assert_eq!((own.text.as_str(), own.expires_at), ("own-token", NEVER));
        let other = token(with("AWS_BEARER_TOKEN_OTHER").config(), "bedrock").unwrap();
        assert_eq!(other.text.as_str(), "foobarbaz");
        count += 1;
    }
    assert_eq!(count, 3);
}

#[test]
fn the_variable_is_the_signing_name_in_capitals() {
    let session = session(&[
        ("AWS_BEARER_TOKEN_MY_SERVICE_2", "t.o/k=e+n"),
        ("HOME", "/nowhere"),
    ]);
    let found = token(session.config(), "my-Service-2").unwrap();
    assert_eq!(found.text.as_str(), "t.o/k=e+n");
}

#[test]
fn without_one_each_place_is_named() {
    let session = session(&[("AWS_BEARER_TOKEN_BEDROCK", " "), ("HOME", "/nowhere")]);
    let error = token(session.config(), "bedrock").unwrap_err();
    assert_eq!(error.status(), Status::Credentials);
    assert_eq!(error.code(), "NoBearerTokenProviders");
    assert!(error.text().contains("AWS_BEARER_TOKEN_BEDROCK"), "{error}");
    assert!(error.text().contains("names no sso_session"), "{error}");
}

#[test]
fn bad_input_is_an_error_that_hides_the_token() {
    for bad in [
        "hidden\r\nX: y",
        "hidden token",
        "hidden\u{7f}",
        "hidden\u{e9}",
    ] {
        let session = session(&[("AWS_BEARER_TOKEN_BEDROCK", bad), ("HOME", "/nowhere")]);
        let error = token(session.config(), "bedrock").unwrap_err();
        assert_eq!(error.code(), "EnvConfigError", "{error}");
        assert!(!error.text().contains("hidden"), "{error}");
    }
    let session = session(&[("HOME", "/nowhere")]);
    for bad in ["", "a b", "a=b", "\u{e9}", "a\0b", &"x".repeat(1000)] {
        let error = token(session.config(), bad).unwrap_err();
        assert_eq!(error.status(), Status::InvalidArgument, "{bad:?}");
    }
}
