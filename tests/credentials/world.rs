//! A world of its own for each test: a home, a clock that is set, and services that answer by script.

use session::credentials::{Patient, Snapshot};
use session::error::{Error, Result, Status};
use session::load::environment::Environment;
use session::session::{Options, Session, SharedConfigState};
use session::transport::{Body, HttpReply, HttpRequest, Transport};
use std::collections::VecDeque;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

/// 2033-05-18T03:33:20Z.
pub(crate) const NOW: i64 = 2_000_000_000;

pub(crate) struct World {
    pub(crate) home: PathBuf,
    pub(crate) services: Arc<Services>,
    clock: Arc<AtomicI64>,
}

/// What was sent.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sent {
    pub(crate) url: String,
    pub(crate) body: String,
    headers: Vec<(String, String)>,
}

impl Sent {
    pub(crate) fn header(&self, name: &str) -> &str {
        let mut headers = self.headers.iter();
        headers
            .find(|(header, _)| header.eq_ignore_ascii_case(name))
            .map_or("", |(_, value)| value)
    }

    /// A field of a form, as it was sent.
    pub(crate) fn field(&self, name: &str) -> Option<&str> {
        let mut pairs = self.body.split('&').filter_map(|pair| pair.split_once('='));
        pairs
            .find(|(field, _)| *field == name)
            .map(|(_, value)| value)
    }
}

/// Replies in their order; none left means that nobody answers.
#[derive(Default)]
pub(crate) struct Services {
    replies: Mutex<VecDeque<(u16, String)>>,
    sent: Mutex<Vec<Sent>>,
}

impl Services {
    pub(crate) fn will_reply(&self, status: u16, body: impl Into<String>) {
        self.replies
            .lock()
            .unwrap()
            .push_back((status, body.into()));
    }

    pub(crate) fn sent(&self) -> Vec<Sent> {
        self.sent.lock().unwrap().clone()
    }
}

impl Transport for Services {
    fn send(&self, request: HttpRequest<'_>) -> Result<HttpReply> {
        let body = match request.body {
            Body::Bytes(bytes) => String::from_utf8(bytes.to_vec()).unwrap(),
            _ => String::new(),
        };
        let headers = request.headers.iter();
        self.sent.lock().unwrap().push(Sent {
            url: format!(
                "{}://{}{}",
                request.scheme, request.authority, request.target
            ),
            body,
            headers: headers
                .map(|header| (header.name.to_string(), header.value.to_string()))
                .collect(),
        });
        match self.replies.lock().unwrap().pop_front() {
            Some((status, body)) => Ok(HttpReply {
                status,
                headers: Vec::new(),
                body: Box::new(std::io::Cursor::new(body)),
            }),
            None => Err(Error::new(
                Status::Transport,
                "RequestError",
                "nobody answers",
            )),
        }
    }
}

impl World {
    pub(crate) fn new() -> World {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let name = format!(
            "libsession-{}-{}",
            std::process::id(),
            COUNT.fetch_add(1, Ordering::Relaxed)
        );
        let home = std::env::temp_dir().join(name);
        fs::create_dir_all(home.join(".aws")).unwrap();
        World {
            home,
            services: Arc::default(),
            clock: Arc::new(AtomicI64::new(NOW)),
        }
    }

    pub(crate) fn write(&self, path: &str, text: impl AsRef<[u8]>) -> PathBuf {
        let path = self.home.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        path
    }

    pub(crate) fn options(&self, environment: &[(&str, &str)]) -> Options {
        let mut pairs = vec![("HOME", self.home.to_str().unwrap())];
        pairs.extend(environment);
        let mut options = Options {
            shared_config: SharedConfigState::Enable,
            environment: Some(Environment::from_pairs(pairs)),
            ..Options::default()
        };
        options.config.set("region", "us-west-2").unwrap();
        options.config.transport = Some(self.services.clone());
        options.config.sleep = Some(Arc::new(|_| {}));
        let clock = self.clock.clone();
        options.config.clock = Some(Arc::new(move || {
            clock.load(Ordering::SeqCst) * 1_000_000_000
        }));
        options
    }

    /// A session whose config file this is.
    pub(crate) fn session(&self, config: &str) -> Session {
        self.write(".aws/config", config);
        Session::load(&self.options(&[])).unwrap()
    }

    pub(crate) fn set_clock(&self, seconds: i64) {
        self.clock.store(seconds, Ordering::SeqCst);
    }
}

impl Drop for World {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.home);
    }
}

/// The credentials of a session.
pub(crate) fn get(session: &Session) -> Result<Snapshot> {
    let config = session.config();
    config
        .credentials()
        .get(&|| config.now_seconds(), 0, &Patient)
}

/// The credentials of a session, asked for anew.
pub(crate) fn get_anew(session: &Session) -> Result<Snapshot> {
    session.config().credentials().expire();
    get(session)
}

pub(crate) fn mode(path: &Path) -> u32 {
    use std::os::unix::fs::MetadataExt;
    path.metadata().unwrap().mode() & 0o7777
}

/// What STS says of a role, with keys that end in this.
pub(crate) fn of_sts(operation: &str, key: &str, expiration: &str) -> String {
    format!(
        "<{operation}Response xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><{operation}Result>\
         <AssumedRoleUser><AssumedRoleId>AROA:s</AssumedRoleId>\
         <Arn>arn:aws:sts::222222222222:assumed-role/r/s</Arn></AssumedRoleUser>\
         <Credentials><AccessKeyId>ASIA{key}</AccessKeyId><SecretAccessKey>secret{key}</SecretAccessKey>\
         <SessionToken>token{key}</SessionToken><Expiration>{expiration}</Expiration></Credentials>\
         </{operation}Result></{operation}Response>"
    )
}

/// What STS says when it refuses.
pub(crate) fn refusal(code: &str) -> String {
    format!(
        "<ErrorResponse><Error><Code>{code}</Code><Message>no</Message></Error><RequestId>r</RequestId></ErrorResponse>"
    )
}

/// What SSO says of a role.
pub(crate) fn of_sso(key: &str, seconds: i64) -> String {
    format!(
        "{{\"roleCredentials\": {{\"accessKeyId\": \"ASIA{key}\", \"secretAccessKey\": \"secret{key}\", \
         \"sessionToken\": \"token{key}\", \"expiration\": {seconds}000}}}}"
    )
}
