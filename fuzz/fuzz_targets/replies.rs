//! Replies of services, and what else comes from outside: none panics, and no error tells a secret.
#![no_main]
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a property that does not hold ends the run"
)]

use arbitrary::{Arbitrary, Unstructured};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use libfuzzer_sys::fuzz_target;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use serde_json::{Value, json};
use session::credentials::Patient;
use session::crypto::{Hex, sha256};
use session::error::{Error, Result, Status};
use session::load::environment::Environment;
use session::request::Request;
use session::service::Client;
use session::service::document::Document;
use session::session::{Options, Session, SharedConfigState};
use session::text::Text;
use session::transport::{Header, HttpReply, HttpRequest, Transport};
use std::fs;
use std::io::Cursor;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock};

/// What no error may tell, nor either half of it: what is put in may stand between.
const SECRET: &str = "QwErTy5ecret";
const HALVES: [&str; 2] = ["QwErTy", "5ecret"];
/// 2033-05-18T03:33:20Z.
const NOW: i64 = 2_000_000_000;
const LATER: &str = "2033-05-18T04:33:20Z";

#[derive(Arbitrary, Clone, Copy, Debug, PartialEq)]
enum Source {
    Container,
    Imds,
    ImdsToken,
    AssumeRole,
    WebIdentity,
    Sso,
    Oidc,
    SsoCache,
    Login,
    LoginCache,
    Process,
}

#[derive(Arbitrary, Debug)]
enum Input<'a> {
    /// Bytes put into a good reply.
    Credentials {
        source: Source,
        status: Option<u16>,
        at: u16,
        piece: &'a [u8],
    },
    /// Any bytes as a reply of a service.
    Service {
        service: u8,
        status: u16,
        headers: Vec<(u8, &'a str)>,
        body: &'a [u8],
    },
    /// Any bytes as a document.
    Document(&'a [u8]),
}

fuzz_target!(|data: &[u8]| {
    // What a service says itself is shown; a secret is where this target puts it.
    let is_half = |part: &[u8]| HALVES.iter().any(|half| part == half.as_bytes());
    if data.windows(6).any(is_half) {
        return;
    }
    let Ok(input) = Input::arbitrary_take_rest(Unstructured::new(data)) else {
        return;
    };
    match input {
        Input::Credentials {
            source,
            status,
            at,
            piece,
        } => credentials(source, status, at, piece),
        Input::Service {
            service,
            status,
            headers,
            body,
        } => service_reply(service, status, &headers, body),
        Input::Document(bytes) => document(bytes),
    }
});

// ---- credentials ----------------------------------------------------------------------------------------------------

/// A home whose files name each kind of source, and the key of its login.
struct Home {
    path: PathBuf,
    login_key: String,
}

const CONFIG: &str = "[profile role]\nrole_arn = arn:aws:iam::222222222222:role/r\nsource_profile = keys\n\
    [profile keys]\naws_access_key_id = AKID\naws_secret_access_key = QwErTy5ecret\n\
    [profile sso]\nsso_session = corp\nsso_account_id = 333333333333\nsso_role_name = Admin\n\
    [sso-session corp]\nsso_region = us-east-2\nsso_start_url = https://example.awsapps.com/start\n\
    [profile login]\nlogin_session = arn:aws:iam::444444444444:user/u\n\
    [profile process]\ncredential_process = cat output\n";

fn home() -> &'static Home {
    static HOME: OnceLock<Home> = OnceLock::new();
    HOME.get_or_init(|| {
        let path =
            std::env::temp_dir().join(format!("session-fuzz-replies-{}", std::process::id()));
        for folder in [".aws/sso/cache", ".aws/login/cache"] {
            fs::create_dir_all(path.join(folder)).expect("a temporary folder");
        }
        let output = format!("cat \"{}\"", path.join("output").display());
        let config = CONFIG.replace("cat output", &output);
        fs::write(path.join(".aws/config"), config).expect("a temporary file");
        fs::write(path.join("token"), SECRET).expect("a temporary file");
        let random = SystemRandom::new();
        let key = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random);
        let key = STANDARD.encode(key.expect("a key").as_ref());
        let login_key = format!("-----BEGIN PRIVATE KEY-----\n{key}\n-----END PRIVATE KEY-----\n");
        Home { path, login_key }
    })
}

type Reply = (u16, Vec<Header>, Vec<u8>);

/// Replies in their order, the last again and again.
struct Script(Mutex<Vec<Reply>>);

impl Script {
    fn of(replies: Vec<(u16, Vec<u8>)>) -> Arc<Script> {
        // EC2 tells with a token how long it lasts.
        let ttl = Header {
            name: Text::lossy("X-Aws-Ec2-Metadata-Token-Ttl-Seconds"),
            value: Text::lossy("21600"),
        };
        let mut replies: Vec<_> = replies
            .into_iter()
            .map(|(status, body)| (status, vec![ttl.clone()], body))
            .collect();
        replies.reverse();
        Arc::new(Script(Mutex::new(replies)))
    }
}

impl Transport for Script {
    fn send(&self, _: HttpRequest<'_>) -> Result<HttpReply> {
        let mut replies = self.0.lock().expect("one thread");
        let reply = match replies.len() {
            0 => None,
            1 => replies.first().cloned(),
            _ => replies.pop(),
        };
        let (status, headers, body) =
            reply.ok_or_else(|| Error::new(Status::Transport, "RequestError", "nobody answers"))?;
        Ok(HttpReply {
            status,
            headers,
            body: Box::new(Cursor::new(body)),
        })
    }
}

fn options(transport: Arc<Script>, environment: &[(&str, &str)]) -> Options {
    let home = home().path.to_str().expect("a path of text");
    let mut pairs = vec![("HOME", home), ("PATH", "/usr/bin:/bin")];
    pairs.extend(environment);
    let mut options = Options {
        shared_config: SharedConfigState::Enable,
        environment: Some(Environment::from_pairs(pairs)),
        ..Options::default()
    };
    options.config.set("region", "us-west-2").expect("a field");
    options.config.set("max_retries", "1").expect("a field");
    options.config.transport = Some(transport);
    options.config.sleep = Some(Arc::new(|_| {}));
    options.config.clock = Some(Arc::new(|| NOW * 1_000_000_000));
    options
}

fn of_sts(operation: &str) -> String {
    format!(
        "<{operation}Response xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><{operation}Result>\
         <Credentials><AccessKeyId>ASIA</AccessKeyId><SecretAccessKey>{SECRET}</SecretAccessKey>\
         <SessionToken>{SECRET}</SessionToken><Expiration>{LATER}</Expiration></Credentials>\
         </{operation}Result></{operation}Response>"
    )
}

fn sso_token(expires_at: &str) -> Value {
    json!({
        "startUrl": "https://example.awsapps.com/start",
        "accessToken": SECRET,
        "expiresAt": expires_at,
        "clientId": "CID",
        "clientSecret": SECRET,
        "registrationExpiresAt": "2040-01-01T00:00:00Z",
        "refreshToken": SECRET,
    })
}

fn login(expires_at: &str) -> Value {
    json!({
        "accessToken": {"accessKeyId": "ASIA", "secretAccessKey": SECRET, "sessionToken": SECRET,
                        "accountId": "444444444444", "expiresAt": expires_at},
        "tokenType": "aws_sigv4", "refreshToken": SECRET, "idToken": SECRET, "clientId": "CID",
        "dpopKey": home().login_key, "signInRegion": "eu-west-1",
    })
}

/// What a good reply, or file, of a source is.
fn good(source: Source) -> String {
    let keys = json!({"Code": "Success", "Version": 1, "AccessKeyId": "ASIA", "SecretAccessKey": SECRET, "Token": SECRET,
                      "SessionToken": SECRET, "Expiration": LATER});
    match source {
        Source::Container | Source::Imds | Source::Process => keys.to_string(),
        Source::ImdsToken => SECRET.to_owned(),
        Source::AssumeRole => of_sts("AssumeRole"),
        Source::WebIdentity => of_sts("AssumeRoleWithWebIdentity"),
        Source::Sso => json!({"roleCredentials": {"accessKeyId": "ASIA", "secretAccessKey": SECRET,
                              "sessionToken": SECRET, "expiration": (NOW + 3600) * 1000}})
        .to_string(),
        Source::Oidc => json!({"accessToken": SECRET, "expiresIn": 28800, "refreshToken": SECRET,
                               "tokenType": "Bearer"})
        .to_string(),
        Source::SsoCache => sso_token(LATER).to_string(),
        Source::Login => json!({"accessToken": {"accessKeyId": "ASIA", "secretAccessKey": SECRET,
                                "sessionToken": SECRET}, "expiresIn": 900, "refreshToken": SECRET})
        .to_string(),
        Source::LoginCache => login(LATER).to_string(),
    }
}

/// Words of which a reply's text is meant to be shown.
const SHOWN: [&str; 7] = [
    "message",
    "code",
    "error",
    "__type",
    "requestid",
    "hostid",
    "fault",
];

fn credentials(source: Source, status: Option<u16>, at: u16, piece: &[u8]) {
    // To start a program takes as long as many other inputs: it is done for few of them.
    if source == Source::Process && status.is_none_or(|status| status % 32 != 0) {
        return;
    }
    let lower = String::from_utf8_lossy(piece).to_lowercase();
    if SHOWN.iter().any(|word| lower.contains(word)) {
        return;
    }
    let good_reply = good(source).into_bytes();
    let at = usize::from(at) % (good_reply.len() + 1);
    let whole = [&good_reply[..at], piece, &good_reply[at..]].concat();
    let status = status.map_or(200, |status| status % 1000);
    let untouched = piece.is_empty() && (status == 200 || source == Source::Process);
    let sso = good(Source::Sso).into_bytes();
    let home = home();
    let sso_cache = home
        .path
        .join(".aws/sso/cache/ee0bfd2552fbd840c02cc48b6e823320543c450f.json");
    let login_cache = home.path.join(format!(
        ".aws/login/cache/{}.json",
        Hex::new(&sha256(b"arn:aws:iam::444444444444:user/u")).as_str()
    ));
    let write = |path: &Path, bytes: &[u8]| fs::write(path, bytes).expect("a temporary file");
    let token_file = home.path.join("token");
    let token_file = token_file.to_str().expect("a path of text");
    let expired = "2000-01-01T00:00:00Z";
    let (profile, replies, environment) = match source {
        Source::Container => (
            "",
            vec![(status, whole)],
            vec![("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/c")],
        ),
        Source::Imds => {
            let token = (200, b"TOKEN".to_vec());
            (
                "",
                vec![token, (200, b"role".to_vec()), (status, whole)],
                vec![],
            )
        }
        Source::ImdsToken => {
            let keys = good(Source::Imds).into_bytes();
            (
                "",
                vec![(status, whole), (200, b"role".to_vec()), (200, keys)],
                vec![],
            )
        }
        Source::AssumeRole => ("role", vec![(status, whole)], vec![]),
        Source::WebIdentity => (
            "",
            vec![(status, whole)],
            vec![
                ("AWS_WEB_IDENTITY_TOKEN_FILE", token_file),
                ("AWS_ROLE_ARN", "arn:aws:iam::222222222222:role/r"),
            ],
        ),
        Source::Sso => {
            write(&sso_cache, good(Source::SsoCache).as_bytes());
            ("sso", vec![(status, whole)], vec![])
        }
        Source::Oidc => {
            write(&sso_cache, sso_token(expired).to_string().as_bytes());
            ("sso", vec![(status, whole), (200, sso)], vec![])
        }
        Source::SsoCache => {
            write(&sso_cache, &whole);
            ("sso", vec![(200, sso)], vec![])
        }
        Source::Login => {
            write(&login_cache, login(expired).to_string().as_bytes());
            ("login", vec![(status, whole)], vec![])
        }
        Source::LoginCache => {
            write(&login_cache, &whole);
            (
                "login",
                vec![(200, good(Source::Login).into_bytes())],
                vec![],
            )
        }
        Source::Process => {
            write(&home.path.join("output"), &whole);
            ("process", vec![], vec![])
        }
    };
    let script = Script::of(replies);
    let mut options = options(script, &environment);
    options.profile = Text::lossy(profile);
    let session = Session::load(&options).expect("a session");
    let config = session.config();
    let got = config
        .credentials()
        .get(&|| config.now_seconds(), 0, &Patient);
    match got {
        Ok(value) if untouched => assert_eq!(value.secret_access_key.as_str(), SECRET),
        Ok(value) => {
            let text = |text: &str| assert!(!text.is_empty() && !text.contains('\0'));
            text(&value.access_key_id);
            text(value.secret_access_key.as_str());
        }
        Err(error) => {
            assert!(!untouched, "{source:?}: {error}");
            check_error(&error);
        }
    }
}

fn check_error(error: &Error) {
    assert!(!error.text().is_empty());
    let shown = |text: &str| HALVES.iter().any(|half| text.contains(half));
    assert!(!shown(error.text()), "{error}");
    for text in [
        error.code(),
        error.message(),
        error.request_id(),
        error.host_id(),
    ] {
        assert!(!shown(text) && !text.contains('\0'), "{error}");
    }
    error.causes().iter().for_each(check_error);
}

// ---- services -------------------------------------------------------------------------------------------------------

const SERVICES: [&str; 6] = ["s3", "sts", "ec2", "dynamodb", "lambda", "unknown"];
const HEADERS: [&str; 8] = [
    "x-amzn-errortype",
    "x-amzn-requestid",
    "x-amz-request-id",
    "x-amz-id-2",
    "location",
    "retry-after",
    "date",
    "x-amz-bucket-region",
];

fn service_reply(service: u8, status: u16, headers: &[(u8, &str)], body: &[u8]) {
    let header = |(name, value): &(u8, &str)| Header {
        name: Text::lossy(HEADERS[usize::from(*name) % HEADERS.len()]),
        value: Text::lossy(value),
    };
    let status = status % 700;
    let headers = headers.iter().map(header).collect();
    let script = Arc::new(Script(Mutex::new(vec![(status, headers, body.to_vec())])));
    let keys = [
        ("AWS_ACCESS_KEY_ID", "AKID"),
        ("AWS_SECRET_ACCESS_KEY", SECRET),
    ];
    let session = Session::load(&options(script, &keys)).expect("a session");
    let service = Text::lossy(SERVICES[usize::from(service) % SERVICES.len()]);
    let client = Arc::new(Client::new(&session, service, None).expect("a client"));
    let (operation, method) = (Text::lossy("GetThing"), Text::lossy("GET"));
    let mut request =
        Request::new(&client, operation, method, "/bucket/key", None).expect("a request");
    match request.send() {
        Ok(mut response) => {
            assert_eq!(response.status(), status);
            assert_eq!(response.whole(1 << 20).expect("a whole body"), body);
        }
        Err(error) => {
            check_error(&error);
            assert_eq!(error.http_status(), status, "{error}");
        }
    }
}

// ---- documents ------------------------------------------------------------------------------------------------------

fn document(bytes: &[u8]) {
    let parsed = match Document::parse(bytes) {
        Ok(parsed) => parsed,
        Err(error) => return check_error(&error),
    };
    let text = std::str::from_utf8(bytes).expect("what was parsed is text");
    match &parsed {
        Document::Json(value) => {
            let text = text.trim_start_matches('\u{feff}').trim();
            let plain: Value = serde_json::from_str(text).expect("what was parsed is JSON");
            assert_eq!(*value, plain);
        }
        Document::Xml(elements) => {
            assert_eq!(parsed.root(), elements[0].name);
            let mut deepest = 0;
            for element in elements {
                // Each is the child of one before it, and the root stands alone.
                assert!(element.depth >= 1 && element.depth <= deepest + 1 && element.depth <= 64);
                assert!((element.depth == 1) == (deepest == 0));
                deepest = element.depth;
                assert!(text.contains(&element.name));
                assert!(parsed.text_of(&element.name).is_some());
            }
            again(elements);
        }
    }
}

/// What is written of a document reads the same.
fn again(elements: &[session::service::document::Element]) {
    let escaped = |text: &str| {
        let mut out = String::new();
        text.chars().for_each(|c| match c {
            '<' | '>' | '&' | '"' | '\'' | '\r' | '\n' | '\t' => {
                out.push_str(&format!("&#{};", u32::from(c)));
            }
            _ => out.push(c),
        });
        out
    };
    // A name that has no letter first may not be written.
    let plain = |name: &str| {
        name.starts_with(|c: char| c.is_ascii_alphabetic())
            && name.chars().all(|c| c.is_ascii_alphanumeric())
    };
    if !elements.iter().all(|element| plain(&element.name)) {
        return;
    }
    let mut text = String::new();
    let mut open: Vec<&str> = Vec::new();
    for element in elements {
        while open.len() >= element.depth {
            text.push_str(&format!("</{}>", open.pop().unwrap_or_default()));
        }
        text.push_str(&format!("<{}>{}", element.name, escaped(&element.text)));
        open.push(&element.name);
    }
    while let Some(name) = open.pop() {
        text.push_str(&format!("</{name}>"));
    }
    let Ok(Document::Xml(read)) = Document::parse(text.as_bytes()) else {
        panic!("no document: {text}");
    };
    let fields = |elements: &[session::service::document::Element]| {
        elements
            .iter()
            .map(|element| (element.name.clone(), element.text.clone(), element.depth))
            .collect::<Vec<_>>()
    };
    assert_eq!(fields(&read), fields(elements));
}
