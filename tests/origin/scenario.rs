//! A recorded scenario: its files made, its options set, its secrets marked so that each can be told from anything else.

use crate::reader::{Property, Spelling, properties};
use serde_json::Value;
use session::config::Config;
use session::credentials::{Credentials, Value as Keys};
use session::error::Result;
use session::load::environment::Environment;
use session::session::{Options, Session, SharedConfigState};
use session::text::Text;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

/// Stands in every secret of a scenario and nowhere else.
pub(crate) const PRIVATE: &str = "~PRIVATE~";

const SECRET_VARIABLES: [&str; 6] = [
    "AWS_ACCESS_KEY_ID",
    "AWS_ACCESS_KEY",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SECRET_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN",
];

const SECRET_KEYS: [&str; 4] = [
    "aws_access_key_id",
    "aws_secret_access_key",
    "aws_session_token",
    "external_id",
];

/// All recorded scenarios that load something.
pub(crate) fn all() -> Vec<Value> {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/conformance/go-session.json"
    );
    let text = std::fs::read_to_string(path).expect("the scenarios can be read");
    let all: Vec<Value> = serde_json::from_str(&text).expect("the scenarios are JSON");
    all.into_iter()
        .filter(|scenario| scenario["kind"] == "load")
        .collect()
}

/// A folder that is removed at the end.
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn new(name: &str) -> Folder {
        let path =
            std::env::temp_dir().join(format!("session-origin-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&path).expect("a folder can be made");
        Folder(path)
    }

    pub(crate) fn path(&self, name: &str) -> String {
        self.0.join(name).display().to_string()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Marks a secret. What is shown of an access key id, its end, stays free of the mark.
pub(crate) fn marked(secret: &str) -> String {
    if secret.trim().is_empty() {
        secret.to_owned()
    } else {
        format!("{PRIVATE}{secret}WXYZ")
    }
}

fn marked_file(text: &str) -> String {
    let marked_line = |line: &str| match line.split_once('=') {
        Some((key, value)) if SECRET_KEYS.contains(&key.trim().to_lowercase().as_str()) => {
            // Quotes and comments are left for the reader to take apart.
            let plain = !value.contains(['"', '#', ';']);
            if plain {
                format!("{key}= {}", marked(value.trim()))
            } else {
                line.to_owned()
            }
        }
        _ => line.to_owned(),
    };
    text.split('\n')
        .map(marked_line)
        .collect::<Vec<_>>()
        .join("\n")
}

fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::Null | Value::Array(_) | Value::Object(_) => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}

pub(crate) struct Scenario {
    source: Value,
    variables: BTreeMap<String, String>,
}

impl Scenario {
    /// Makes the files.
    pub(crate) fn new(source: &Value, folder: &Folder) -> Scenario {
        let place = folder.path("");
        let text = source
            .to_string()
            .replace("${DIR}", place.trim_end_matches('/'));
        let source: Value = serde_json::from_str(&text).expect("still JSON");
        for (name, content) in source["files"].as_object().into_iter().flatten() {
            let path = PathBuf::from(folder.path(name));
            std::fs::create_dir_all(path.parent().expect("a parent"))
                .expect("a folder can be made");
            let content = content.as_str().expect("a file is text");
            std::fs::write(path, marked_file(content)).expect("a file can be written");
        }
        let mut variables = BTreeMap::from([("HOME".to_owned(), folder.path("home"))]);
        for (name, value) in source["env"].as_object().into_iter().flatten() {
            let value = scalar(value).expect("a variable is text");
            let secret = SECRET_VARIABLES.contains(&name.as_str());
            variables.insert(name.clone(), if secret { marked(&value) } else { value });
        }
        Scenario { source, variables }
    }

    pub(crate) fn name(&self) -> &str {
        self.source["name"].as_str().unwrap_or_default()
    }

    pub(crate) fn options(&self) -> &Value {
        &self.source["options"]
    }

    /// A variable that is set to more than blanks.
    pub(crate) fn variable(&self, name: &str) -> Option<&str> {
        let value = self.variables.get(name).map(String::as_str);
        value.filter(|value| !value.trim().is_empty())
    }

    pub(crate) fn shared_config(&self) -> bool {
        match self.options()["shared_config_state"].as_str() {
            Some("enable") => true,
            Some("disable") => false,
            _ => {
                let words = ["1", "t", "T", "true", "TRUE", "True"];
                self.variable("AWS_SDK_LOAD_CONFIG")
                    .is_some_and(|word| words.contains(&word))
            }
        }
    }

    /// Settings of the program by name, as text.
    pub(crate) fn settings(&self, given: &Value) -> BTreeMap<String, String> {
        let given = given.as_object().into_iter().flatten();
        given
            .filter_map(|(name, value)| Some((name.clone(), scalar(value)?)))
            .collect()
    }

    /// The configuration that a program gives.
    pub(crate) fn config(&self, given: &Value) -> Config {
        let mut config = Config::default();
        for (name, value) in self.settings(given) {
            config.set(&name, &value).expect("a good setting");
        }
        if let Some(keys) = given["credentials"].as_object() {
            let part =
                |name: &str| marked(keys.get(name).and_then(Value::as_str).unwrap_or_default());
            let (id, secret, token) = (
                part("access_key_id"),
                part("secret_access_key"),
                part("session_token"),
            );
            let keys = Keys::of_keys(&id, &secret, &token, "StaticProvider");
            config.credentials = Some(Arc::new(Credentials::fixed(keys)));
        }
        config
    }

    pub(crate) fn load(&self) -> Result<Session> {
        let options = self.options();
        let pairs = self
            .variables
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()));
        let mut given = Options::of(self.config(&options["config"]));
        given.environment = Some(Environment::from_pairs(pairs));
        given.profile = Text::lossy(options["profile"].as_str().unwrap_or_default());
        given.shared_config = match options["shared_config_state"].as_str() {
            Some("enable") => SharedConfigState::Enable,
            Some("disable") => SharedConfigState::Disable,
            _ => SharedConfigState::FromEnvironment,
        };
        let listed = options["files"].is_array();
        given.files = listed.then(|| self.paths().into_iter().map(PathBuf::from).collect());
        let seconds = options["assume_role_seconds"].as_u64();
        given.assume_role_duration = seconds.and_then(|seconds| seconds.try_into().ok());
        if let Some(code) = options["mfa"].as_str().map(Text::lossy) {
            given.token_provider = Some(Arc::new(move |_| Ok(code.clone())));
        }
        Session::load(&given)
    }

    /// The files that are looked at, in their order.
    pub(crate) fn paths(&self) -> Vec<String> {
        if let Some(files) = self.options()["files"].as_array() {
            return files
                .iter()
                .filter_map(Value::as_str)
                .map(str::to_owned)
                .collect();
        }
        let usual = |variable: &str, name: &str| match self.variable(variable) {
            Some(path) => path.to_owned(),
            None => format!("{}/.aws/{name}", self.variable("HOME").expect("a home")),
        };
        let config = self
            .shared_config()
            .then(|| usual("AWS_CONFIG_FILE", "config"));
        let credentials = usual("AWS_SHARED_CREDENTIALS_FILE", "credentials");
        config.into_iter().chain([credentials]).collect()
    }

    /// What the files say, in the order they are looked at.
    pub(crate) fn properties(&self) -> Vec<Property> {
        let listed = self.options()["files"].is_array();
        let paths = self.paths();
        let mut all = Vec::new();
        for (index, path) in paths.iter().enumerate() {
            let spelling = match (listed, index + 1 == paths.len()) {
                (true, _) => Spelling::Either,
                (false, true) => Spelling::Credentials,
                (false, false) => Spelling::Config,
            };
            if let Ok(text) = std::fs::read_to_string(path) {
                all.extend(properties(path, &text, spelling));
            }
        }
        all
    }
}
