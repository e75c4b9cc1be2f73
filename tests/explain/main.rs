//! What `explain` makes of odd and secret values.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test says what it expects by failing"
)]

use serde_json::Value;
use session::config::{Config, Field};
use session::credentials::Credentials;
use session::error::{Error, Status};
use session::explain::{Format, explain, origin};
use session::load::environment::{Environment, Variable};
use session::session::{Options, Session, SharedConfigState};
use session::text::Text;
use session::transport::PemSource;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A file that is removed at the end.
struct File(PathBuf);

impl File {
    fn new(name: &str, content: impl AsRef<[u8]>) -> File {
        let name = format!("session-explain-{}-{name}", std::process::id());
        let path = std::env::temp_dir().join(name);
        std::fs::write(&path, content).unwrap();
        File(path)
    }

    fn shown(&self) -> String {
        self.0.display().to_string()
    }
}

impl Drop for File {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

fn options(files: &[&Path], profile: &str, variables: &[(&str, &str)]) -> Options {
    Options {
        environment: Some(Environment::from_pairs(variables.iter().copied())),
        files: Some(files.iter().map(|path| path.to_path_buf()).collect()),
        profile: Text::lossy(profile),
        shared_config: SharedConfigState::Enable,
        ..Options::default()
    }
}

fn texts(session: &Session) -> (String, Value) {
    let json = explain(session.config(), Format::Json);
    let text = explain(session.config(), Format::Text);
    (text, serde_json::from_str(&json).unwrap())
}

fn setting<'a>(report: &'a Value, name: &str) -> &'a Value {
    let settings = report["settings"].as_array().unwrap();
    settings.iter().find(|entry| entry["name"] == name).unwrap()
}

fn values<'a>(report: &'a Value, step: usize) -> Vec<(&'a str, &'a str)> {
    let values = report["credentials"]["chain"][step]["values"]
        .as_array()
        .unwrap();
    let pair = |entry: &'a Value| {
        (
            entry["name"].as_str().unwrap(),
            entry["value"].as_str().unwrap(),
        )
    };
    values.iter().map(pair).collect()
}

#[test]
fn a_newline_in_a_value_makes_no_line_of_the_text() {
    let forged = "x\n  region   forged  code\u{2028}\u{202e}\u{1b}[2K\r";
    let odd_path = std::env::temp_dir().join("no\nsuch  file");
    let variables = [("AWS_EXECUTION_ENV", forged), ("AWS_REGION", "r  code")];
    let mut options = options(&[&odd_path], "", &variables);
    options.config.set("csm_host", forged).unwrap();
    let session = Session::load(&options).unwrap();
    let (text, json) = texts(&session);
    let of_region = text
        .lines()
        .filter(|line| line.trim_start().starts_with("region "));
    assert_eq!(of_region.count(), 1, "{text}");
    assert!(text.contains("  \"r  code\"  "), "{text}");
    let shown = r#""x\n  region   forged  code\u{2028}\u{202e}\u{1b}[2K\r""#;
    assert_eq!(text.matches(shown).count(), 2, "{text}");
    let odd = |c: char| (c.is_control() && c != '\n') || matches!(c, '\u{202e}' | '\u{2028}');
    assert!(!text.contains(odd), "{text}");
    let variables = json["environment"].as_array().unwrap();
    let told = variables
        .iter()
        .find(|entry| entry["name"] == "AWS_EXECUTION_ENV");
    assert_eq!(told.unwrap()["value"], forged);
    assert_eq!(json["files"][0]["state"], "missing");
}

#[test]
fn a_profile_of_an_odd_name_stays_on_its_line() {
    // A header holds no newline; a program's option can.
    let name = "a\tb (c) \u{202e}";
    let file = File::new("odd-name", format!("[profile \"{name}\"]\nregion = r\n"));
    let session = Session::load(&options(&[&file.0], name, &[])).unwrap();
    let (text, json) = texts(&session);
    let told = format!("file {}:2 (profile a\\tb (c) \\u{{202e}})", file.shown());
    assert_eq!(origin(session.config(), "region").unwrap(), told);
    assert!(text.contains(&told), "{text}");
    assert_eq!(json["profile"]["name"], name);
    assert_eq!(
        setting(&json, "region")["origin"]["section"],
        format!("profile {name}")
    );

    let keys = [
        ("AWS_ACCESS_KEY_ID", "ID"),
        ("AWS_SECRET_ACCESS_KEY", "S"),
        ("AWS_PROFILE", "x\nregion  y"),
    ];
    let session = Session::load(&options(&[&file.0], "", &keys)).unwrap();
    let (text, json) = texts(&session);
    assert_eq!(json["profile"]["name"], "x\nregion  y");
    assert!(
        text.starts_with("profile        \"x\\nregion  y\"  environment AWS_PROFILE\n"),
        "{text}"
    );
}

#[test]
fn secrets_are_masked_wherever_they_stand() {
    let content = "\
        [profile p]\ncredential_process = /opt/get --token s3cr3t 's3cr3t s3cr3t'\n\
        [profile assignment]\ncredential_process = TOKEN=s3cr3t get\n\
        [profile role]\nrole_arn = arn:aws:iam::1:role/r\nsource_profile = keys\nexternal_id = s3cr3t\n\
        role_session_name = me\nservices = s\nmfa_serial = arn:aws:iam::1:mfa/me\nduration_seconds = 1000\n\
        [profile keys]\naws_access_key_id = AKs3cr3tEXAMPLEWXYZ\naws_secret_access_key = s3cr3t\n\
        aws_session_token = s3cr3t\n\
        [services s]\nsts =\n  endpoint_url = https://u:s3cr3t@h\n";
    let file = File::new("secrets", content);
    let variables = [
        ("HTTP_PROXY", "http://u:s3cr3t@proxy:1"),
        ("HTTPS_PROXY", "u:s3cr3t/?#@x@proxy:2"),
        ("https_proxy", "http://s3cr3t@proxy:3"),
        ("AWS_CONTAINER_AUTHORIZATION_TOKEN", "Basic s3cr3t"),
        (
            "AWS_CONTAINER_CREDENTIALS_FULL_URI",
            "http://u:s3cr3t@h/p?token=s3cr3t",
        ),
        ("AWS_EC2_METADATA_SERVICE_ENDPOINT", "http://u:s3cr3t@h"),
        ("AWS_ENDPOINT_URL", "https://u:s3cr3t@all"),
        ("AWS_ENDPOINT_URL_S3", "https://u:s3cr3t@one"),
        ("AWS_SECRET_KEY", "s3cr3t"),
        ("AWS_SESSION_TOKEN", "s3cr3t"),
    ];
    let load = |profile: &str| {
        let mut options = options(&[&file.0], profile, &variables);
        options
            .config
            .set("endpoint", "https://u:s3cr3t@h:9/p")
            .unwrap();
        options.token_provider = Some(Arc::new(|_| Err(Error::new(Status::Credentials, "", ""))));
        let session = Session::load(&options).unwrap();
        let (text, json) = texts(&session);
        assert!(!text.contains("s3cr3t"), "{text}");
        assert!(!json.to_string().contains("s3cr3t"), "{json}");
        for shown in [
            "https://****@h:9/p",
            "https://****@all",
            "http://****@proxy:1",
            "  ****@proxy:2",
            "http://****@proxy:3",
        ] {
            assert!(text.contains(shown), "{shown}: {text}");
        }
        json
    };
    assert_eq!(
        values(&load("p"), 0),
        [("credential_process", "/opt/get ...")]
    );
    assert_eq!(
        values(&load("assignment"), 0),
        [("credential_process", "...")]
    );
    let role = load("role");
    assert_eq!(role["credentials"]["provider"], "AssumeRoleProvider");
    let keys = [
        ("aws_access_key_id", "****WXYZ"),
        ("aws_secret_access_key", "****"),
        ("aws_session_token", "****"),
    ];
    assert_eq!(values(&role, 0), keys);
    let asked = [
        ("role_arn", "arn:aws:iam::1:role/r"),
        ("source_profile", "keys"),
        ("role_session_name", "me"),
        ("external_id", "****"),
        ("mfa_serial", "arn:aws:iam::1:mfa/me"),
        ("duration_seconds", "1000"),
    ];
    assert_eq!(values(&role, 1), asked);
}

#[test]
fn a_url_loses_its_password_whatever_names_it() {
    let url = "https://u:s3cr3t@h/p?token=s3cr3t";
    let shown = |name: &str, options: &Options| {
        // A value that is no URL may not be one, or may be a file that is not there.
        let Ok(session) = Session::load(options) else {
            return;
        };
        let (text, json) = texts(&session);
        let clear = [text, json.to_string()]
            .iter()
            .any(|text| text.contains("s3cr3t"));
        let of_url = ["_url", "endpoint", "_uri", "_proxy", "_host"]
            .iter()
            .any(|end| name.to_ascii_lowercase().ends_with(end));
        assert!(!clear || !of_url, "{name}");
    };
    for variable in Variable::ALL {
        let pair = [(variable.name(), url)];
        shown(variable.name(), &options(&[], "", &pair));
    }
    for field in Field::ALL {
        let name = field.facts().name;
        let mut code = options(&[], "", &[]);
        if code.config.set(name, url).is_ok() {
            shown(name, &code);
        }
        let Some(key) = field.facts().outside.key else {
            continue;
        };
        let content = format!("[default]\n{} = {url}\n", key.name());
        let file = File::new(name, content);
        shown(name, &options(&[&file.0], "", &[]));
    }
}

#[test]
fn a_large_value_is_told_whole_in_json_and_cut_in_text() {
    let large = "\u{e9}\u{7}".repeat(1 << 19);
    let file = File::new(
        "large",
        format!("[default]\nregion = {large}\ncredential_process = {large}\n"),
    );
    let variables = [
        ("HTTP_PROXY", large.as_str()),
        ("AWS_ACCESS_KEY_ID", &large),
    ];
    let session = Session::load(&options(&[&file.0], "", &variables)).unwrap();
    let (text, json) = texts(&session);
    assert!(text.len() < 20_000, "{}", text.len());
    assert!(text.contains(&format!("... ({} bytes)", large.len())));
    assert_eq!(setting(&json, "region")["value"], large.as_str());
}

#[test]
fn what_is_no_text_is_told_as_far_as_it_is_one() {
    let file = File::new("bytes", b"[default]\nregion = a\xffb\n");
    let session =
        Session::load(&options(&[&file.0], "", &[("AWS_EXECUTION_ENV", "a\0b")])).unwrap();
    let (text, json) = texts(&session);
    assert_eq!(setting(&json, "region")["value"], "a\u{fffd}b");
    assert!(!text.contains('\0') && !explain(session.config(), Format::Json).contains('\0'));
    assert!(origin(session.config(), "region\0").is_err());
}

#[test]
fn pem_that_an_option_gave_hides_the_variable() {
    let mut options = options(&[], "", &[("AWS_CA_BUNDLE", "/none.pem")]);
    options.tls.ca_bundle = Some(PemSource::bytes(include_str!("authority.pem")));
    let session = match Session::load(&options) {
        Ok(session) => session,
        // A build without the built-in transport has no use for it.
        Err(error) => return assert_eq!(error.status(), Status::Unsupported, "{error}"),
    };
    let (text, json) = texts(&session);
    assert_eq!(origin(session.config(), "ca_bundle").unwrap(), "code");
    let told = setting(&json, "ca_bundle");
    assert!(
        told["value"].is_null() && told["origin"]["kind"] == "code",
        "{told}"
    );
    let line = text
        .lines()
        .find(|line| line.starts_with("  ca_bundle "))
        .unwrap();
    assert!(
        line.contains("(PEM in memory)") && line.ends_with("code"),
        "{line}"
    );
}

#[test]
fn a_file_that_was_passed_over_is_told_as_it_is() {
    let broken = File::new("broken", "[default\nregion = r\n");
    let path = broken.shown();
    let variables = [
        ("AWS_ACCESS_KEY_ID", "ID"),
        ("AWS_SECRET_ACCESS_KEY", "S"),
        ("AWS_SHARED_CREDENTIALS_FILE", path.as_str()),
    ];
    let mut given = Options::of(Config::default());
    given.environment = Some(Environment::from_pairs(variables));
    let (text, json) = texts(&Session::load(&given).unwrap());
    assert_eq!(json["files"][0]["state"], "invalid");
    assert!(text.contains(&format!("{path}  invalid\n")), "{text}");

    let session = Session::load(&options(&[&std::env::temp_dir()], "", &[])).unwrap();
    assert_eq!(texts(&session).1["files"][0]["state"], "unreadable");
}

#[test]
fn a_session_that_could_not_be_loaded_says_why() {
    let mut config = Config::default();
    assert!(config.set("max_retries", "many\nmore").is_err());
    config.set("region", "r").unwrap();
    let session = Session::load_deferred(&config);
    let (text, json) = texts(&session);
    assert!(
        json["error"].as_str().unwrap().contains("max_retries"),
        "{json}"
    );
    assert!(json["credentials"]["chain"].as_array().unwrap().is_empty());
    let told = |line: &str| line.starts_with("error ") && line.contains("max_retries");
    assert!(text.lines().any(told), "{text}");
    assert_eq!(origin(session.config(), "credentials").unwrap(), "unset");
    assert_eq!(origin(session.config(), "region").unwrap(), "code");
}

#[test]
fn keys_are_told_from_where_they_are_used() {
    let content = "[default]\naws_access_key_id = ID\naws_secret_access_key = S\naws_session_token = T\nrole_session_name = me\n";
    let file = File::new("own", content);
    let keys = [("AWS_ACCESS_KEY", "ID"), ("AWS_SECRET_ACCESS_KEY", "S")];
    let line = |line: u32| format!("file {}:{line} (profile default)", file.shown());
    let of = |session: &Session, name: &str| origin(session.config(), name).unwrap();

    let session = Session::load(&options(&[&file.0], "", &[])).unwrap();
    assert_eq!(of(&session, "credentials"), line(2));
    assert_eq!(of(&session, "aws_secret_access_key"), line(3));
    assert_eq!(of(&session, "aws_session_token"), line(4));

    let mut of_both = options(&[&file.0], "", &keys);
    let session = Session::load(&of_both).unwrap();
    assert_eq!(of(&session, "credentials"), "environment AWS_ACCESS_KEY");
    assert_eq!(
        of(&session, "aws_secret_access_key"),
        "environment AWS_SECRET_ACCESS_KEY"
    );
    // The file's token is not the environment's.
    assert_eq!(of(&session, "aws_session_token"), "unset");
    assert_eq!(of(&session, "role_session_name"), line(5));

    of_both.config.credentials = Some(Arc::new(Credentials::Anonymous));
    let session = Session::load(&of_both).unwrap();
    assert_eq!(of(&session, "credentials"), "code");
    assert_eq!(of(&session, "aws_secret_access_key"), "code");
    assert_eq!(
        texts(&session).1["credentials"]["provider"],
        "AnonymousCredentials"
    );
}
