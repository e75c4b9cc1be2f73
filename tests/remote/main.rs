//! Credentials of the container's endpoint and of EC2's metadata service, which here are scripts and servers of ours.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test says what it expects by failing"
)]

mod container;
mod imds;
mod server;

use session::config::Config;
use session::credentials::{Patient, Snapshot};
use session::error::{Error, Result, Status};
use session::load::environment::Environment;
use session::session::{Options, Session};
use session::text::Text;
use session::transport::{Header, HttpReply, HttpRequest, Purpose, Timeouts, Transport};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};

/// 2026-01-01.
pub(crate) const NOW: i64 = 1_767_225_600;
/// An hour later.
pub(crate) const LATER: &str = "2026-01-01T01:00:00Z";

/// A request as a transport saw it.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) line: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) purpose: Purpose,
    pub(crate) timeouts: Timeouts,
}

impl Seen {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let found = self
            .headers
            .iter()
            .find(|(set, _)| set.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }
}

/// What a script answers: a status, headers and a body, or a failure of the connection.
pub(crate) type Answer = Result<(u16, Vec<(&'static str, String)>, Vec<u8>)>;

type Script = dyn Fn(&Seen) -> Answer + Send + Sync;

/// A transport that follows a script, with a clock that is set by hand.
pub(crate) struct World {
    script: Mutex<Arc<Script>>,
    seen: Mutex<Vec<Seen>>,
    now: AtomicI64,
}

impl World {
    pub(crate) fn new(script: impl Fn(&Seen) -> Answer + Send + Sync + 'static) -> Arc<World> {
        Arc::new(World {
            script: Mutex::new(Arc::new(script)),
            seen: Mutex::new(Vec::new()),
            now: AtomicI64::new(NOW),
        })
    }

    pub(crate) fn follow(&self, script: impl Fn(&Seen) -> Answer + Send + Sync + 'static) {
        *self.script.lock().unwrap() = Arc::new(script);
    }

    pub(crate) fn now(&self) -> i64 {
        self.now.load(Ordering::SeqCst)
    }

    pub(crate) fn pass(&self, seconds: i64) {
        self.now.fetch_add(seconds, Ordering::SeqCst);
    }

    /// The requests since the last time.
    pub(crate) fn seen(&self) -> Vec<Seen> {
        std::mem::take(&mut *self.seen.lock().unwrap())
    }

    pub(crate) fn lines(&self) -> Vec<String> {
        self.seen().into_iter().map(|seen| seen.line).collect()
    }

    /// A session in this world.
    pub(crate) fn session(self: &Arc<World>, environment: &[(&str, &str)]) -> Session {
        let mut config = timed(self);
        config.transport = Some(self.clone());
        load(config, environment).unwrap()
    }
}

impl Transport for World {
    fn send(&self, request: HttpRequest<'_>) -> Result<HttpReply> {
        let HttpRequest {
            method,
            scheme,
            authority,
            target,
            ..
        } = request;
        let headers = request.headers.iter();
        let seen = Seen {
            line: format!("{method} {scheme}://{authority}{target}"),
            headers: headers
                .map(|header| (header.name.to_string(), header.value.to_string()))
                .collect(),
            purpose: request.purpose,
            timeouts: request.timeouts,
        };
        self.seen.lock().unwrap().push(seen.clone());
        let script = self.script.lock().unwrap().clone();
        let (status, headers, body) = script(&seen)?;
        let headers = headers.into_iter().map(|(name, value)| Header {
            name: Text::lossy(name),
            value: Text::lossy(value),
        });
        Ok(HttpReply {
            status,
            headers: headers.collect(),
            body: Box::new(std::io::Cursor::new(body)),
        })
    }
}

/// A configuration whose clock is the world's, and that waits for nothing.
pub(crate) fn timed(world: &Arc<World>) -> Config {
    let world = world.clone();
    let mut config = Config::default();
    config.clock = Some(Arc::new(move || world.now() * 1_000_000_000));
    config.sleep = Some(Arc::new(|_| ()));
    config
}

pub(crate) fn load(config: Config, environment: &[(&str, &str)]) -> Result<Session> {
    let mut options = Options::of(config);
    options.environment = Some(Environment::from_pairs(environment.iter().copied()));
    options.files = Some(Vec::new());
    Session::load(&options)
}

/// Asks a session's source anew, whatever it holds.
pub(crate) fn credentials(session: &Session) -> Result<Snapshot> {
    let config = session.config();
    config.credentials().expire();
    config
        .credentials()
        .get(&|| config.now_seconds(), 0, &Patient)
}

pub(crate) fn ok(body: impl Into<Vec<u8>>) -> Answer {
    Ok((200, Vec::new(), body.into()))
}

pub(crate) fn status(status: u16) -> Answer {
    Ok((status, Vec::new(), Vec::new()))
}

pub(crate) fn refused() -> Answer {
    Err(Error::new(
        Status::Transport,
        "RequestError",
        "send request failed",
    ))
}

pub(crate) fn keys(id: &str, expiration: &str) -> String {
    format!(
        r#"{{"Code": "Success", "AccessKeyId": "{id}", "SecretAccessKey": "SECRET", "Token": "T", "AccountId": "123456789012", "Expiration": "{expiration}"}}"#
    )
}

/// The reason of the last provider of the chain, below `NoCredentialProviders`.
pub(crate) fn reason(error: &Error) -> &Error {
    assert_eq!(error.code(), "NoCredentialProviders", "{error}");
    let codes: Vec<&str> = error
        .causes()
        .iter()
        .map(|cause| cause.code().as_str())
        .collect();
    assert_eq!(
        codes[..2],
        ["EnvAccessKeyNotFound", "SharedCredsLoad"],
        "{error}"
    );
    assert_eq!(codes.len(), 3, "{error}");
    assert!(!error.text().contains("SECRET"), "{error}");
    &error.causes()[2]
}

/// Replies that are no credentials; what they say must not come out.
pub(crate) fn rubbish() -> Vec<Vec<u8>> {
    let mut all: Vec<Vec<u8>> = [
        "",
        "SECRET",
        "<html>SECRET</html>",
        "{\"AccessKeyId\": \"SECRET",
        "[\"SECRET\"]",
        "null",
        "{}",
        r#"{"Code": "Success", "AccessKeyId": 5, "SecretAccessKey": "SECRET", "Expiration": "2026-01-01T01:00:00Z"}"#,
        r#"{"Code": "Success", "AccessKeyId": "A", "SecretAccessKey": ["SECRET"], "Expiration": "2026-01-01T01:00:00Z"}"#,
        r#"{"Code": "Success", "AccessKeyId": "A", "SecretAccessKey": "SECRET", "Expiration": -1}"#,
        r#"{"Code": "Success", "AccessKeyId": "A", "SecretAccessKey": "SECRET", "Expiration": "300000-01-01T00:00:00Z"}"#,
        r#"{"Code": "Success", "AccessKeyId": "A", "SecretAccessKey": "SECRET", "Expiration": "-2026-01-01T01:00:00Z"}"#,
        r#"{"Code": "Success", "AccessKeyId": "A", "SecretAccessKey": "SECRET", "Token": "SECRET\nX: y", "Expiration": "2026-01-01T01:00:00Z"}"#,
        r#"{"Code": "Success", "AccessKeyId": "A\u0000", "SecretAccessKey": "SECRET", "Expiration": "2026-01-01T01:00:00Z"}"#,
        r#"{"Code": "Success", "AccessKeyId": "A", "SecretAccessKey": "", "Expiration": "2026-01-01T01:00:00Z"}"#,
        r#"{"Code": "Success", "SecretAccessKey": "SECRET", "Expiration": "2026-01-01T01:00:00Z"}"#,
    ]
    .iter()
    .map(|text| text.as_bytes().to_vec())
    .collect();
    all.push(vec![0xff, 0xfe, 0]);
    all.push(vec![b'['; 200_000]);
    let mut large = br#"{"AccessKeyId": ""#.to_vec();
    large.resize(10 << 20, b'x');
    all.push(large);
    all
}
