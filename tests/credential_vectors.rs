//! Whole chains of credentials against AWS's own vectors: an environment, files and recorded HTTP traffic in; credentials,
//! or a failure, out.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test says what it expects by failing"
)]

mod skip;

use serde_json::Value as Json;
use session::credentials::{NEVER, Patient};
use session::error::{Error, Result, Status};
use session::explain::{Format, explain};
use session::load::environment::Environment;
use session::session::{Options, Session, SharedConfigState};
use session::text::Text;
use session::transport::{Body, Header, HttpReply, HttpRequest, Transport};
use skip::vectors;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

/// Where the cases lose against a decision, and why.
const LOSES: [(&str, &str); 4] = [
    (
        "profile-provider/credential_process",
        "its command has a pipe, and no shell is asked; besides, it stands beside a source_profile without a role",
    ),
    (
        "profile-provider/sso_override_global_env_url",
        "the token of SSO is not sent over plain http, but to this machine",
    ),
    (
        "infinite loop with static credentials",
        "as in Go, a cycle ends at its second visit, where static keys are used",
    ),
    (
        "profile only contains configuration",
        "as in Go, the container and the instance are asked where nothing is configured",
    ),
];

fn json(path: &Path) -> Json {
    let text = fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_slice(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// A folder for one case, gone with it.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Folder {
        let name = name.replace(|c: char| !c.is_ascii_alphanumeric(), "-");
        let path = std::env::temp_dir().join(format!("libsession-{}-{name}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).unwrap();
        Folder(path)
    }

    fn copy(&self, from: &Path) {
        copy(from, &self.0);
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn copy(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).into_iter().flatten() {
        let (from, to) = (
            entry.as_ref().unwrap().path(),
            to.join(entry.unwrap().file_name()),
        );
        if from.is_dir() {
            fs::create_dir_all(&to).unwrap();
            copy(&from, &to);
        } else {
            fs::copy(&from, &to).unwrap();
        }
    }
}

/// A request and its reply, as they were recorded.
#[derive(Clone, Default)]
struct Exchange {
    method: String,
    uri: String,
    headers: BTreeMap<String, String>,
    form: BTreeMap<String, String>,
    status: u16,
    reply_headers: Vec<Header>,
    reply: String,
}

impl Exchange {
    fn of_traffic(traffic: &Json) -> Vec<Exchange> {
        let mut exchanges: BTreeMap<u64, Exchange> = BTreeMap::new();
        for event in traffic["events"].as_array().unwrap() {
            let exchange = exchanges
                .entry(event["connection_id"].as_u64().unwrap())
                .or_default();
            let action = &event["action"];
            if let Some(request) = action.get("Request") {
                let request = &request["request"];
                exchange.method = request["method"].as_str().unwrap().to_owned();
                exchange.uri = request["uri"].as_str().unwrap().to_owned();
                exchange.headers = headers(&request["headers"]);
            } else if let Some(response) = action.get("Response") {
                let response = &response["response"]["Ok"];
                exchange.status = u16::try_from(response["status"].as_u64().unwrap()).unwrap();
                let header = |(name, value)| Header {
                    name: Text::lossy(name),
                    value: Text::lossy(value),
                };
                let kept = headers(&response["headers"]).into_iter();
                // Some are longer in the record than the reply that was written for it.
                let kept = kept.filter(|(name, _)| name != "content-length");
                exchange.reply_headers = kept.map(header).collect();
            } else if let Some(data) = action.get("Data") {
                let text = data["data"]["Utf8"].as_str().unwrap();
                if data["direction"] == "Request" {
                    exchange.form = pairs(text);
                } else {
                    exchange.reply.push_str(text);
                }
            }
        }
        exchanges.into_values().collect()
    }

    /// What is wrong with a request that should be this one.
    fn differences(&self, request: &HttpRequest<'_>) -> String {
        let mut differences = String::new();
        let mut compare = |what: &str, want: &str, got: &str| {
            if want != got {
                let _ = writeln!(differences, "{what}: want {want:?}, got {got:?}");
            }
        };
        compare("method", &self.method, request.method);
        let (place, query) = parts(&self.uri);
        let sent = format!(
            "{}://{}{}",
            request.scheme, request.authority, request.target
        );
        let (sent_place, sent_query) = parts(&sent);
        compare("place", &place, &sent_place);
        compare("query", &format!("{query:?}"), &format!("{sent_query:?}"));
        let sent_header = |name: &str| {
            let mut headers = request.headers.iter();
            headers
                .find(|header| header.name.eq_ignore_ascii_case(name))
                .map_or("", |header| header.value.as_str())
        };
        for name in [
            "x-amz-sso_bearer_token",
            "x-amz-security-token",
            "x-aws-ec2-metadata-token",
            "x-aws-ec2-metadata-token-ttl-seconds",
        ] {
            let want = self.headers.get(name).map_or("", String::as_str);
            compare(name, want, sent_header(name));
        }
        let authorization = self.headers.get("authorization").map_or("", String::as_str);
        let signer = |text: &str| text.split('/').next().unwrap_or_default().to_owned();
        // A container's token is no signature.
        if authorization.starts_with("AWS4") || sent_header("authorization").starts_with("AWS4") {
            compare(
                "signer",
                &signer(authorization),
                &signer(sent_header("authorization")),
            );
        }
        let form = match &request.body {
            Body::Bytes(bytes) => pairs(std::str::from_utf8(bytes).unwrap()),
            _ => BTreeMap::new(),
        };
        for name in ["Action", "Version", "WebIdentityToken"] {
            let text =
                |form: &BTreeMap<String, String>| form.get(name).cloned().unwrap_or_default();
            compare(name, &text(&self.form), &text(&form));
        }
        differences
    }
}

fn headers(json: &Json) -> BTreeMap<String, String> {
    let all = json.as_object().into_iter().flatten();
    all.map(|(name, values)| {
        let value = values[0].as_str().unwrap().to_owned();
        (name.to_ascii_lowercase(), value)
    })
    .collect()
}

/// The place of a URL, and its query in any order.
fn parts(url: &str) -> (String, BTreeMap<String, String>) {
    let (place, query) = url.split_once('?').unwrap_or((url, ""));
    (place.trim_end_matches('/').to_owned(), pairs(query))
}

fn pairs(text: &str) -> BTreeMap<String, String> {
    let pairs = text.split('&').filter_map(|pair| pair.split_once('='));
    pairs
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

/// Gives the recorded replies in their order. What comes behind the last can only be that tried again.
#[derive(Default)]
struct Replay {
    exchanges: Vec<Exchange>,
    sent: Mutex<usize>,
    faults: Mutex<String>,
}

impl Transport for Replay {
    fn send(&self, request: HttpRequest<'_>) -> Result<HttpReply> {
        let mut sent = self.sent.lock().unwrap();
        let exchange = self.exchanges.get(*sent).or(self.exchanges.last());
        let fault = exchange.map_or("nothing was recorded".to_owned(), |exchange| {
            exchange.differences(&request)
        });
        *sent += 1;
        match exchange {
            Some(exchange) if fault.is_empty() => Ok(HttpReply {
                status: exchange.status,
                headers: exchange.reply_headers.clone(),
                body: Box::new(std::io::Cursor::new(exchange.reply.clone())),
            }),
            _ => {
                let mut faults = self.faults.lock().unwrap();
                let _ = write!(
                    faults,
                    "request {sent} to {}{}: {fault}",
                    request.authority, request.target
                );
                Err(Error::new(
                    Status::Transport,
                    "RequestError",
                    "not recorded",
                ))
            }
        }
    }
}

/// Runs one folder, and says what is wrong.
fn run(folder: &Path, name: &str) -> std::result::Result<(), String> {
    let place = Folder::new(name);
    place.copy(&folder.join("fs"));
    let environment = json(&folder.join("env.json"));
    let on_disk = |value: &str| match value.strip_prefix('/') {
        Some(path) => place.0.join(path).to_str().unwrap().to_owned(),
        None => value.to_owned(),
    };
    let mut environment: Vec<(String, String)> = environment
        .as_object()
        .unwrap()
        .iter()
        .map(|(name, value)| (name.clone(), on_disk(value.as_str().unwrap())))
        .collect();
    if name.starts_with("profile-provider/") {
        // They are about profiles alone: where one says nothing, these vectors ask no instance.
        environment.push(("AWS_EC2_METADATA_DISABLED".to_owned(), "true".to_owned()));
    }
    let replay = Arc::new(Replay {
        exchanges: Exchange::of_traffic(&json(&folder.join("http-traffic.json"))),
        ..Replay::default()
    });
    let pairs = environment
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()));
    let mut options = Options {
        shared_config: SharedConfigState::Enable,
        environment: Some(Environment::from_pairs(pairs)),
        ..Options::default()
    };
    options.config.transport = Some(replay.clone());
    options.config.sleep = Some(Arc::new(|_| {}));
    // Before any of the recorded credentials expires.
    const NOW: i64 = 1_000_000_000;
    options.config.clock = Some(Arc::new(|| NOW * 1_000_000_000));
    let got = Session::load(&options)
        .and_then(|session| session.config().credentials().get(&|| NOW, 0, &Patient));

    let faults = replay.faults.lock().unwrap().clone();
    if !faults.is_empty() {
        return Err(faults);
    }
    let (sent, recorded) = (*replay.sent.lock().unwrap(), replay.exchanges.len());
    if sent < recorded {
        return Err(format!("{sent} of {recorded} requests were made: {got:?}"));
    }
    match (
        json(&folder.join("test-case.json"))["result"].get("Ok"),
        got,
    ) {
        (None, Err(_)) => Ok(()),
        (None, Ok(value)) => Err(format!("a failure was expected, not {value:?}")),
        (Some(_), Err(error)) => Err(error.to_string()),
        (Some(want), Ok(value)) => {
            let text = |name: &str| want[name].as_str().unwrap_or_default().to_owned();
            let want = [
                text("access_key_id"),
                text("secret_access_key"),
                text("session_token"),
                text("account_id"),
                want["expiry"].as_i64().unwrap_or(NEVER).to_string(),
            ];
            let got = [
                value.access_key_id.to_string(),
                value.secret_access_key.as_str().to_owned(),
                value.session_token.as_str().to_owned(),
                value.account_id.to_string(),
                value.expires_at.to_string(),
            ];
            if got == want {
                Ok(())
            } else {
                Err(format!("want {want:?}, got {got:?}"))
            }
        }
    }
}

/// Whether a case did what is expected of it; a line is printed where it did not.
fn expected(name: &str, result: std::result::Result<(), String>) -> bool {
    let loses = LOSES.iter().find(|(loser, _)| *loser == name);
    match (loses, result) {
        (None, Ok(())) => true,
        (Some((_, why)), Err(_)) => {
            println!("{name}: loses, as {why}");
            true
        }
        (None, Err(error)) => {
            println!("{name}: {error}");
            false
        }
        (Some(_), Ok(())) => {
            println!("{name}: is listed as losing, and does not");
            false
        }
    }
}

#[test]
fn chains_give_what_was_recorded() {
    let Some(vectors) = vectors("credentials") else {
        return;
    };
    let (mut count, mut failed) = (0, 0);
    for (set, least) in [
        ("default-credential-provider-chain", 15),
        ("profile-provider", 11),
    ] {
        let mut folders: Vec<PathBuf> = fs::read_dir(vectors.join(set))
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .collect();
        folders.sort();
        assert!(folders.len() >= least, "{set} has {}", folders.len());
        for folder in folders {
            let name = format!("{set}/{}", folder.file_name().unwrap().to_str().unwrap());
            count += 1;
            failed += usize::from(!expected(&name, run(&folder, &name)));
        }
    }
    assert_eq!(failed, 0, "of {count} folders");
}

/// A chain, spelt as the vectors do, of what a session says of itself.
fn chain(session: &Session) -> Vec<(String, BTreeMap<String, String>)> {
    let report = explain(session.config(), Format::Json);
    let report: Json = serde_json::from_str(&report).unwrap();
    let steps = report["credentials"]["chain"].as_array().unwrap().iter();
    steps
        .map(|step| {
            let values = step["values"].as_array().unwrap().iter();
            let values = values.map(|value| {
                let text = |name: &str| value[name].as_str().unwrap().to_owned();
                (text("name"), text("value"))
            });
            (
                step["provider"].as_str().unwrap().to_owned(),
                values.collect(),
            )
        })
        .collect()
}

/// Whether a step is what the vectors call by this name, with these values.
fn is_step(step: &(String, BTreeMap<String, String>), kind: &str, want: &Json) -> bool {
    let (provider, values) = step;
    let provider_of = |kind: &str| match kind {
        "AccessKey" => "SharedConfigCredentials",
        "AssumeRole" => "AssumeRoleProvider",
        "WebIdentityToken" => "WebIdentityCredentials",
        "Sso" => "SSOProvider",
        "Process" => "ProcessProvider",
        "NamedSource" => "EC2RoleProvider",
        other => panic!("no provider is known for {other}"),
    };
    // Keys are masked; whose they are is compared where they are used.
    let compared = !matches!(kind, "AccessKey" | "NamedSource");
    let same =
        |(name, want): (&String, &Json)| values.get(name).map(String::as_str) == want.as_str();
    *provider == provider_of(kind) && (!compared || want.as_object().unwrap().iter().all(same))
}

fn run_profiles(case: &Json, name: &str) -> std::result::Result<(), String> {
    let place = Folder::new(name);
    let mut config = String::new();
    for (kind, title) in [("profiles", "profile"), ("sso_sessions", "sso-session")] {
        for (name, settings) in case["input"][kind].as_object().into_iter().flatten() {
            let _ = writeln!(config, "[{title} {name}]");
            for (key, value) in settings.as_object().unwrap() {
                let _ = writeln!(config, "{key} = {}", value.as_str().unwrap());
            }
        }
    }
    fs::create_dir_all(place.0.join(".aws")).unwrap();
    fs::write(place.0.join(".aws/config"), &config).unwrap();
    let options = Options {
        profile: Text::lossy(case["input"]["selected_profile"].as_str().unwrap()),
        shared_config: SharedConfigState::Enable,
        environment: Some(Environment::from_pairs([(
            "HOME",
            place.0.to_str().unwrap(),
        )])),
        ..Options::default()
    };
    let session = Session::load(&options);
    let Some(want) = case["output"].get("ProfileChain") else {
        return match session {
            Err(_) => Ok(()),
            Ok(session) => Err(format!("a failure was expected, not {:?}", chain(&session))),
        };
    };
    let got = chain(&session.map_err(|error| error.to_string())?);
    let want = want.as_array().unwrap();
    let same = got.len() == want.len()
        && got.iter().zip(want).all(|(step, want)| {
            let (kind, want) = want.as_object().unwrap().iter().next().unwrap();
            is_step(step, kind, want)
        });
    if same {
        Ok(())
    } else {
        Err(format!("want {want:?}, got {got:?}"))
    }
}

#[test]
fn profiles_are_chained_as_in_the_vectors() {
    let Some(vectors) = vectors("credentials") else {
        return;
    };
    let cases = json(&vectors.join("assume-role-tests.json"));
    let cases = cases.as_array().unwrap();
    assert!(cases.len() >= 12);
    let failed = cases.iter().filter(|case| {
        let name = case["docs"].as_str().unwrap();
        !expected(name, run_profiles(case, name))
    });
    assert_eq!(failed.count(), 0, "of {} cases", cases.len());
}
