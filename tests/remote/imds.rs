//! The metadata service of EC2.

use crate::server::Server;
use crate::{
    Answer, LATER, NOW, Seen, World, credentials, keys, load, ok, reason, refused, rubbish, status,
    timed,
};
use session::credentials::imds::Imds;
use session::credentials::{Patient, Provider, Value};
use session::error::Result;
use session::transport::Purpose;
use std::sync::Arc;
use std::time::Duration;

const BASE: &str = "http://169.254.169.254";
const TOKEN: &str = "/latest/api/token";
const ROLES: &str = "/latest/meta-data/iam/security-credentials/";

/// A token that lasts.
fn token(text: &str, ttl: &str) -> Answer {
    let header = ("X-Aws-Ec2-Metadata-Token-Ttl-Seconds", ttl.to_owned());
    Ok((200, vec![header], text.as_bytes().to_vec()))
}

/// The service as it should be, with a role whose credentials last until then.
fn healthy(seen: &Seen, expiration: &str) -> Answer {
    match seen.line.rsplit_once("/latest/").map(|(_, path)| path) {
        Some("api/token") => token("TOKEN", "21600"),
        Some("meta-data/iam/security-credentials/") => ok("role\n"),
        Some("meta-data/iam/security-credentials/role") => ok(keys("AK", expiration)),
        _ => status(404),
    }
}

fn well() -> Arc<World> {
    World::new(|seen| healthy(seen, LATER))
}

fn lines(paths: &[(&str, &str)]) -> Vec<String> {
    paths
        .iter()
        .map(|(method, path)| format!("{method} {BASE}{path}"))
        .collect()
}

fn role() -> String {
    format!("{ROLES}role")
}

/// The provider itself, without the source that keeps what it gives.
fn imds(world: &Arc<World>) -> impl Fn() -> Result<Value> {
    let imds = Imds::new(world.session(&[]).config().loaded());
    move || imds.retrieve(&Patient)
}

#[test]
fn asks_for_a_token_a_role_and_its_credentials() {
    let world = well();
    let session = world.session(&[]);
    let value = credentials(&session).unwrap();
    assert_eq!(value.access_key_id, "AK");
    assert_eq!(value.provider, "EC2RoleProvider");
    assert_eq!(value.account_id, "123456789012");
    assert_eq!(value.expires_at, NOW + 3600);
    let seen = world.seen();
    assert_eq!(
        seen[0].header("x-aws-ec2-metadata-token-ttl-seconds"),
        Some("21600")
    );
    for call in &seen[1..] {
        assert_eq!(call.header("x-aws-ec2-metadata-token"), Some("TOKEN"));
    }
    for call in &seen {
        assert_eq!(call.purpose, Purpose::Imds);
        assert_eq!(call.timeouts.total, Duration::from_secs(1));
        assert_eq!(call.header("authorization"), None);
    }
    let called: Vec<String> = seen.into_iter().map(|seen| seen.line).collect();
    assert_eq!(
        called,
        lines(&[("PUT", TOKEN), ("GET", ROLES), ("GET", &role())])
    );

    // The token is kept until half a minute before its end.
    world.pass(21600 - 31);
    credentials(&session).unwrap();
    assert_eq!(world.lines(), lines(&[("GET", ROLES), ("GET", &role())]));
    world.pass(1);
    credentials(&session).unwrap();
    assert_eq!(world.lines().len(), 3);
}

#[test]
fn version_1_is_used_only_where_there_are_no_tokens() {
    for code in [403, 404, 405] {
        let world = World::new(move |seen| match seen.line.contains(TOKEN) {
            true => status(code),
            false => healthy(seen, LATER),
        });
        let session = world.session(&[]);
        credentials(&session).unwrap();
        let seen = world.seen();
        assert_eq!(seen.len(), 3);
        assert!(
            seen.iter()
                .all(|seen| seen.header("x-aws-ec2-metadata-token").is_none())
        );
        // It is not tried again.
        credentials(&session).unwrap();
        assert_eq!(world.lines(), lines(&[("GET", ROLES), ("GET", &role())]));

        let session = world.session(&[("AWS_EC2_METADATA_V1_DISABLED", " True ")]);
        let error = credentials(&session).unwrap_err();
        assert!(
            error.text().contains("fallback to IMDSv1 is disabled"),
            "{error}"
        );
        assert_eq!(world.lines(), lines(&[("PUT", TOKEN)]));
    }
    for answer in [400, 401, 429, 500, 503, 302, 0] {
        let world = World::new(move |_| {
            if answer == 0 {
                refused()
            } else {
                status(answer)
            }
        });
        let error = credentials(&world.session(&[])).unwrap_err();
        let cause = &reason(&error).causes()[0];
        assert_eq!(cause.code(), "EC2MetadataError", "{answer}: {error}");
        assert_eq!(world.lines(), lines(&[("PUT", TOKEN)]), "{answer}");
    }
}

#[test]
fn a_token_that_is_refused_is_replaced_once() {
    let world = well();
    let provider = imds(&world);
    provider().unwrap();
    world.seen();
    world.follow(|seen| match seen.header("x-aws-ec2-metadata-token") {
        None => token("NEXT", "60"),
        Some("NEXT") => healthy(seen, LATER),
        Some(_) => status(401),
    });
    provider().unwrap();
    let path = role();
    let expected = [
        ("GET", ROLES),
        ("PUT", TOKEN),
        ("GET", ROLES),
        ("GET", &path),
    ];
    assert_eq!(world.lines(), lines(&expected));

    world.pass(60);
    world.follow(|seen| match seen.line.contains(TOKEN) {
        true => token("BAD", "60"),
        false => status(401),
    });
    let error = provider().unwrap_err();
    assert_eq!(error.code(), "EC2RoleRequestError", "{error}");
    assert_eq!(world.lines().len(), 4);
}

#[test]
fn its_variables_are_heard() {
    let world = well();
    for (name, value, origin) in [
        (
            "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE",
            "ipv6",
            "http://[fd00:ec2::254]",
        ),
        (
            "AWS_EC2_METADATA_SERVICE_ENDPOINT",
            "http://127.0.0.1:1338/a/path",
            "http://127.0.0.1:1338",
        ),
        (
            "AWS_EC2_METADATA_SERVICE_ENDPOINT",
            "https://host.example.com",
            "https://host.example.com",
        ),
        ("AWS_ENDPOINT_URL", "https://other.example.com", BASE),
    ] {
        credentials(&world.session(&[(name, value)])).unwrap();
        let called = world.lines();
        assert_eq!(called[0], format!("PUT {origin}{TOKEN}"));
        assert_eq!(called[2], format!("GET {origin}{ROLES}role"));
    }
    credentials(&world.session(&[("AWS_METADATA_SERVICE_TIMEOUT", " 7 ")])).unwrap();
    assert_eq!(world.seen()[0].timeouts.connect, Duration::from_secs(7));

    world.follow(|_| status(500));
    let attempts = [
        ("AWS_METADATA_SERVICE_NUM_ATTEMPTS", "4"),
        ("AWS_MAX_ATTEMPTS", "9"),
    ];
    credentials(&world.session(&attempts)).unwrap_err();
    assert_eq!(world.seen().len(), 4);

    let disabled = world.session(&[("AWS_EC2_METADATA_DISABLED", "TRUE")]);
    let error = credentials(&disabled).unwrap_err();
    assert_eq!(reason(&error).code(), "EC2RoleRequestError");
    assert!(
        error.text().contains("AWS_EC2_METADATA_DISABLED"),
        "{error}"
    );
    assert!(world.seen().is_empty());
}

#[test]
fn bad_words_are_errors_when_it_is_used() {
    let world = well();
    for (name, value) in [
        ("AWS_EC2_METADATA_DISABLED", "yes"),
        ("AWS_EC2_METADATA_V1_DISABLED", "1"),
        ("AWS_METADATA_SERVICE_TIMEOUT", "0"),
        ("AWS_METADATA_SERVICE_TIMEOUT", "+1"),
        ("AWS_METADATA_SERVICE_TIMEOUT", "1s"),
        ("AWS_METADATA_SERVICE_NUM_ATTEMPTS", "-1"),
        ("AWS_METADATA_SERVICE_NUM_ATTEMPTS", "99999999999999999999"),
    ] {
        let error = credentials(&world.session(&[(name, value)])).unwrap_err();
        assert_eq!(reason(&error).code(), "EnvConfigError", "{name}");
        assert!(reason(&error).message().contains(name), "{error}");
        // Keys of the environment do not need it.
        let keys = [
            (name, value),
            ("AWS_ACCESS_KEY_ID", "A"),
            ("AWS_SECRET_ACCESS_KEY", "S"),
        ];
        credentials(&world.session(&keys)).unwrap();
    }
    for bad in [
        "nonsense",
        "ftp://host",
        "http://",
        "http://a b/",
        "http://u:hid@den@host",
    ] {
        let session = world.session(&[("AWS_EC2_METADATA_SERVICE_ENDPOINT", bad)]);
        let error = credentials(&session).unwrap_err();
        assert_eq!(reason(&error).code(), "EC2MetadataError", "{bad}: {error}");
        assert!(!error.text().contains("hid"), "{error}");
    }
    assert!(world.seen().is_empty());
}

#[test]
fn the_roles_name_is_escaped() {
    let world = World::new(|seen| match &seen.line {
        line if line.contains(TOKEN) => token("TOKEN", "60"),
        line if line.ends_with('/') => ok(" a/../b c?d#é \nother"),
        _ => ok(keys("AK", LATER)),
    });
    credentials(&world.session(&[])).unwrap();
    let called = world.lines();
    assert_eq!(
        called[2],
        format!("GET {BASE}{ROLES}a%2F..%2Fb%20c%3Fd%23%C3%A9")
    );

    for (list, code) in [
        ("", "EmptyEC2RoleList"),
        (" \n ", "EmptyEC2RoleList"),
        ("..", "EC2RoleRequestError"),
        (".", "EC2RoleRequestError"),
        ("a\u{1}b", "EC2RoleRequestError"),
        (&"x".repeat(100_000), "EC2RoleRequestError"),
    ] {
        let list = list.to_owned();
        world.follow(move |seen| match seen.line.contains(TOKEN) {
            true => token("TOKEN", "60"),
            false => ok(list.clone()),
        });
        let error = credentials(&world.session(&[])).unwrap_err();
        assert_eq!(reason(&error).code(), code, "{error}");
        assert_eq!(world.seen().len(), 2);
    }
}

#[test]
fn a_failed_look_up_is_remembered_for_a_while() {
    let world = World::new(|_| refused());
    let session = world.session(&[]);
    let first = credentials(&session).unwrap_err();
    assert_eq!(world.seen().len(), 1);
    for _ in 0..29 {
        world.pass(1);
        let error = credentials(&session).unwrap_err();
        assert_eq!(error.text(), first.text());
    }
    assert!(world.seen().is_empty());
    world.pass(1);
    credentials(&session).unwrap_err();
    assert_eq!(
        world.seen().len(),
        1,
        "the second failure counts from its own time"
    );
    world.pass(29);
    credentials(&session).unwrap_err();
    assert!(world.seen().is_empty());
    // The clock is set back.
    world.pass(-100_000);
    world.follow(|seen| healthy(seen, LATER));
    credentials(&session).unwrap();
}

#[test]
fn expired_credentials_stay_in_use_while_it_is_down() {
    let world = well();
    let provider = imds(&world);
    assert_eq!(provider().unwrap().expires_at, NOW + 3600);
    world.follow(|_| refused());
    // While they are good, an early refresh fails and whoever holds them goes on.
    world.pass(3300);
    assert_eq!(provider().unwrap_err().code(), "EC2RoleRequestError");
    // At their end they are given again, and again.
    world.pass(3600 - 3300 - 30);
    assert_eq!(provider().unwrap().expires_at, world.now() + 300);
    for _ in 0..24 {
        world.pass(300);
        let value = provider().unwrap();
        assert_eq!(value.access_key_id, "AK");
        assert_eq!(value.expires_at, world.now() + 300);
    }
    // The service gives expired ones, and then good ones.
    world.follow(|seen| healthy(seen, LATER));
    world.pass(300);
    assert_eq!(provider().unwrap().expires_at, world.now() + 300);
    world.follow(|seen| healthy(seen, "2027-01-01T00:00:00Z"));
    assert_eq!(provider().unwrap().expires_at, NOW + 365 * 86400);
}

#[test]
fn through_the_session_they_stay_in_use_too() {
    let world = well();
    let session = world.session(&[]);
    let get = || {
        let now = world.now();
        session
            .config()
            .credentials()
            .get(&|| now, 0, &session::credentials::Patient)
    };
    get().unwrap();
    world.follow(|_| refused());
    world.pass(3601);
    for _ in 0..100 {
        world.pass(60);
        let value = get().unwrap();
        assert!(value.expires_at > world.now());
    }
    world.follow(|seen| healthy(seen, "2027-01-01T00:00:00Z"));
    world.pass(301);
    assert_eq!(get().unwrap().expires_at, NOW + 365 * 86400);
}

#[test]
fn rubbish_is_an_error_that_does_not_repeat_it() {
    for body in rubbish() {
        let shown: String = String::from_utf8_lossy(&body).chars().take(60).collect();
        let reply = body.clone();
        let world = World::new(move |seen| match seen.line.ends_with("/role") {
            true => ok(reply.clone()),
            false => healthy(seen, LATER),
        });
        let error = credentials(&world.session(&[])).unwrap_err();
        assert_eq!(reason(&error).code(), "EC2RoleRequestError", "{shown}");
        assert!(error.text().len() < 2000, "{shown}");
        // A list of roles is no secret, but nothing comes of this one. In the place of the token it is no better.
        let (list, text) = (body.clone(), body);
        let world = World::new(move |seen| match seen.line.contains(TOKEN) {
            true => token("TOKEN", "60"),
            false if seen.line.ends_with('/') => ok(list.clone()),
            false => status(404),
        });
        let error = credentials(&world.session(&[])).unwrap_err();
        assert_eq!(error.code(), "NoCredentialProviders", "{shown}");
        assert!(error.text().len() < 2000, "{shown}");
        let world = World::new(move |_| ok(text.clone()));
        reason(&credentials(&world.session(&[])).unwrap_err());
    }
    for (text, ttl) in [
        ("", "60"),
        ("a b", "60"),
        ("a\r\nb", "60"),
        ("é", "60"),
        ("T", ""),
        ("T", "-1"),
        ("T", "soon"),
        ("T", "99999999999"),
    ] {
        let world = World::new(move |_| token(text, ttl));
        let error = credentials(&world.session(&[])).unwrap_err();
        assert_eq!(
            reason(&error).causes()[0].code(),
            "EC2MetadataError",
            "{text:?} {ttl:?}"
        );
    }
    let world = World::new(|seen| match seen.line.ends_with("/role") {
        true => ok(r#"{"Code": "AssumeRoleUnauthorizedAccess", "Message": "no"}"#),
        false => healthy(seen, LATER),
    });
    let error = credentials(&world.session(&[])).unwrap_err();
    assert!(
        error.text().contains("AssumeRoleUnauthorizedAccess: no"),
        "{error}"
    );
}

#[test]
fn a_service_that_says_nothing_is_given_up_and_no_proxy_is_asked() {
    // It accepts, reads, and waits until the other side has gone.
    let server = Server::script(|stream| {
        use std::io::Read;
        let _ = stream.read_to_end(&mut Vec::new());
    });
    let world = World::new(|_| refused());
    let endpoint = format!("http://127.0.0.1:{}", server.port);
    let environment = [
        ("AWS_EC2_METADATA_SERVICE_ENDPOINT", endpoint.as_str()),
        ("HTTP_PROXY", "http://127.0.0.1:1"),
    ];
    let error = credentials(&load(timed(&world), &environment).unwrap()).unwrap_err();
    assert!(error.text().contains("took too long"), "{error}");
    assert_eq!(server.heads().len(), 1);
}
