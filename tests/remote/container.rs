//! The container's endpoint.

use crate::server::Server;
use crate::{
    LATER, NOW, World, credentials, keys, load, ok, reason, refused, rubbish, status, timed,
};
use session::error::Status;
use session::transport::Purpose;
use std::fs::OpenOptions;
use std::io::{Read, Write};
use std::process::Command;
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

type Fault = fn(&mut std::net::TcpStream);

const FULL: &str = "AWS_CONTAINER_CREDENTIALS_FULL_URI";
const RELATIVE: &str = "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI";
const TOKEN: &str = "AWS_CONTAINER_AUTHORIZATION_TOKEN";
const TOKEN_FILE: &str = "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE";

#[test]
fn the_relative_uri_wins_and_everything_is_carried_over() {
    let world = World::new(|_| ok(keys("AK", LATER)));
    let session = world.session(&[
        (RELATIVE, "/v2//c?id=a%2Fb"),
        (FULL, "http://localhost/other"),
        (TOKEN, "Basic abc"),
    ]);
    let value = credentials(&session).unwrap();
    assert_eq!(value.access_key_id, "AK");
    assert_eq!(value.secret_access_key.as_str(), "SECRET");
    assert_eq!(value.session_token.as_str(), "T");
    assert_eq!(value.account_id, "123456789012");
    assert_eq!(value.provider, "CredentialsEndpointProvider");
    assert_eq!(value.expires_at, NOW + 3600);
    let seen = world.seen();
    assert_eq!(seen.len(), 1);
    assert_eq!(seen[0].line, "GET http://169.254.170.2/v2//c?id=a%2Fb");
    assert_eq!(seen[0].header("authorization"), Some("Basic abc"));
    assert_eq!(seen[0].header("accept"), Some("application/json"));
    assert_eq!(seen[0].purpose, Purpose::Container);
    assert!(seen[0].timeouts.total < Duration::from_secs(60));
}

#[test]
fn a_general_endpoint_url_or_the_programs_own_does_not_lead_it_elsewhere() {
    let world = World::new(|_| ok(keys("AK", LATER)));
    let mut config = timed(&world);
    config.set("endpoint", "https://own.example.com").unwrap();
    config.transport = Some(world.clone());
    let environment = [
        (RELATIVE, "/c"),
        ("AWS_ENDPOINT_URL", "https://other.example.com"),
    ];
    credentials(&load(config, &environment).unwrap()).unwrap();
    assert_eq!(world.lines(), ["GET http://169.254.170.2/c"]);
}

#[test]
fn without_expiration_they_last() {
    let world = World::new(|_| ok(r#"{"accesskeyid": "AK", "SecretAccessKey": "SK"}"#));
    let value = credentials(&world.session(&[(RELATIVE, "/c")])).unwrap();
    assert_eq!(value.expires_at, session::credentials::NEVER);
    assert_eq!(value.session_token.as_str(), "");
}

#[test]
fn hosts_over_plain_http_are_this_machine_and_the_agents() {
    let world = World::new(|_| ok(keys("AK", LATER)));
    for good in [
        "http://127.0.0.1/c",
        "http://127.255.0.9:8080/c",
        "http://[::1]:80/c",
        "http://[::ffff:127.0.0.1]/c",
        "http://169.254.170.2/c",
        "http://169.254.170.23/c",
        "http://[fd00:ec2::23]/c",
        "http://LOCALHOST:1/c",
        "https://anything.example.com/c",
    ] {
        credentials(&world.session(&[(FULL, good)])).unwrap();
        assert_eq!(world.lines(), [format!("GET {good}")]);
    }
    for bad in [
        "http://10.0.0.8/c",
        "http://169.254.169.254/c",
        "http://0.0.0.0/c",
        "http://[::]/c",
        "http://[fd00:ec2::24]/c",
        "http://127.1/c",
        "http://2130706433/c",
        "http://127.0.0.1.example.com/c",
        "http://localhost.example.com/c",
        "http://user@127.0.0.1/c",
        "http://127.0.0.1@example.com/c",
        "http://127.0.0.1 /c",
        "HTTP://example.com/c",
        "ftp://127.0.0.1/c",
        "file:///etc/passwd",
        "/c",
        "127.0.0.1/c",
        "http:///c",
        "http://",
    ] {
        let error = credentials(&world.session(&[(FULL, bad)])).unwrap_err();
        assert_eq!(
            reason(&error).code(),
            "CredentialsEndpointError",
            "{bad}: {error}"
        );
        assert!(world.seen().is_empty(), "{bad}");
    }
    for bad in [".example.com/c", "@example.com/c", ":80@example.com/", "c"] {
        let error = credentials(&world.session(&[(RELATIVE, bad)])).unwrap_err();
        reason(&error);
        assert!(world.seen().is_empty(), "{bad}");
    }
}

#[test]
fn a_name_is_looked_up_and_its_checked_address_is_asked() {
    let world = World::new(|_| refused());
    let server = Server::replying(200, keys("AK", LATER).into_bytes());
    let url = format!("http://localhost:{}/c", server.port);
    // Without a transport of the program's: the built-in one.
    let session = load(timed(&world), &[(FULL, &url)]).unwrap();
    assert_eq!(credentials(&session).unwrap().access_key_id, "AK");
    let heads = server.heads();
    let host = format!("host: localhost:{}\r\n", server.port);
    assert!(heads[0].to_ascii_lowercase().contains(&host), "{heads:?}");
    assert!(heads[0].starts_with("GET /c HTTP/1.1\r\n"), "{heads:?}");

    // A name that is not this machine's, or not there at all.
    let session = load(timed(&world), &[(FULL, "http://no-such-host.invalid/c")]).unwrap();
    let error = credentials(&session).unwrap_err();
    assert!(error.text().contains("no-such-host.invalid"), "{error}");
    assert_eq!(reason(&error).code(), "CredentialsEndpointError");
}

#[test]
fn no_proxy_comes_between() {
    let world = World::new(|_| refused());
    let server = Server::replying(200, keys("AK", LATER).into_bytes());
    let url = format!("http://127.0.0.1:{}/c", server.port);
    let environment = [(FULL, url.as_str()), ("HTTP_PROXY", "http://127.0.0.1:1")];
    credentials(&load(timed(&world), &environment).unwrap()).unwrap();
}

#[test]
fn the_token_file_is_read_each_time_and_wins() {
    let folder = std::env::temp_dir().join(format!("session-remote-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join("token");
    let path = file.to_str().unwrap();
    let world = World::new(|_| ok(keys("AK", LATER)));
    let session = world.session(&[(RELATIVE, "/c"), (TOKEN, "literal"), (TOKEN_FILE, path)]);
    for (content, sent) in [("one", "one"), (" two\r\n\n", "two")] {
        std::fs::write(&file, content).unwrap();
        credentials(&session).unwrap();
        assert_eq!(world.seen()[0].header("authorization"), Some(sent));
    }
    std::fs::write(&file, " \n").unwrap();
    credentials(&session).unwrap();
    assert_eq!(world.seen()[0].header("authorization"), None);

    let large = vec![b'x'; 1 << 20];
    for bad in [
        &b"SECRET\r\nHost: evil"[..],
        b"SECRET\nb",
        b"SECRET\xff",
        b"SECRET\x01b",
        &large,
    ] {
        std::fs::write(&file, bad).unwrap();
        let error = credentials(&session).unwrap_err();
        assert_eq!(reason(&error).code(), "CredentialsEndpointError", "{error}");
        assert!(world.seen().is_empty());
    }
    std::fs::remove_dir_all(&folder).unwrap();
    let error = credentials(&session).unwrap_err();
    assert!(error.text().contains(path), "{error}");
    assert!(world.seen().is_empty());
}

#[test]
fn a_token_file_that_is_a_pipe_is_not_waited_for() {
    let file = std::env::temp_dir().join(format!("session-remote-{}-pipe", std::process::id()));
    let made = Command::new("mkfifo").arg(&file).status().unwrap();
    assert!(made.success());
    let world = World::new(|_| ok(keys("AK", LATER)));
    let session = world.session(&[(RELATIVE, "/c"), (TOKEN_FILE, file.to_str().unwrap())]);
    let (done, outcome) = channel();
    let get = thread::spawn(move || {
        // Nobody writes to it.
        done.send(credentials(&session)).unwrap();
        let _idle = OpenOptions::new()
            .read(true)
            .write(true)
            .open(&file)
            .unwrap();
        done.send(credentials(&session)).unwrap();
        std::fs::remove_file(&file).unwrap();
    });
    let next = || outcome.recv_timeout(Duration::from_secs(10)).unwrap();
    assert_eq!(next().unwrap().access_key_id, "AK");
    assert_eq!(world.seen()[0].header("authorization"), None);
    // Somebody will, later.
    assert_eq!(
        reason(&next().unwrap_err()).code(),
        "CredentialsEndpointError"
    );
    get.join().unwrap();
}

#[test]
fn rubbish_is_an_error_that_does_not_repeat_it() {
    let world = World::new(|_| refused());
    let session = world.session(&[(RELATIVE, "/c")]);
    for body in rubbish() {
        let shown: String = String::from_utf8_lossy(&body).chars().take(60).collect();
        world.follow(move |_| ok(body.clone()));
        let error = credentials(&session).unwrap_err();
        assert_eq!(reason(&error).code(), "CredentialsEndpointError", "{shown}");
        assert!(error.text().len() < 2000, "{shown}");
    }
}

#[test]
fn refusals_are_told_with_their_reason_and_retried_where_that_helps() {
    let world = World::new(|_| refused());
    let session = world.session(&[(RELATIVE, "/c")]);
    world.follow(|_| {
        Ok((
            404,
            Vec::new(),
            br#"{"code": "NoId", "message": "none"}"#.to_vec(),
        ))
    });
    let error = credentials(&session).unwrap_err();
    let cause = &reason(&error).causes()[0];
    assert_eq!(
        (cause.code().as_str(), cause.message().as_str()),
        ("NoId", "none")
    );
    assert_eq!(cause.http_status(), 404);
    assert_eq!(world.seen().len(), 1);

    world.follow(|_| {
        Ok((
            302,
            vec![("location", "http://example.com/".to_owned())],
            Vec::new(),
        ))
    });
    let error = credentials(&session).unwrap_err();
    assert!(error.text().contains("http://example.com/"), "{error}");
    assert_eq!(world.lines(), ["GET http://169.254.170.2/c"]);

    // An endpoint that repeats what it was told.
    let held = World::new(|_| {
        let body = br#"{"code": "No", "message": "bad token abcdefgh1234"}"#;
        Ok((403, Vec::new(), body.to_vec()))
    });
    let session = held.session(&[(RELATIVE, "/c"), (TOKEN, "Basic abcdefgh1234")]);
    let error = credentials(&session).unwrap_err();
    assert!(error.text().contains("bad token <redacted>"), "{error}");

    let session = world.session(&[(RELATIVE, "/c")]);
    for answer in [500, 503, 429] {
        world.follow(move |_| status(answer));
        let error = credentials(&session).unwrap_err();
        assert_eq!(reason(&error).causes()[0].http_status(), answer, "{error}");
        assert_eq!(world.seen().len(), 3);
    }
    world.follow(|_| refused());
    let error = credentials(&session).unwrap_err();
    assert_eq!(reason(&error).causes()[0].status(), Status::Transport);
    assert_eq!(world.seen().len(), 3);
}

#[test]
fn connections_that_break_are_errors() {
    let world = World::new(|_| refused());
    let faults: [(&str, Fault); 4] = [
        ("cut head", |peer| drop(peer.write_all(b"HTTP/1.1 200 O"))),
        ("cut body", |peer| {
            drop(peer.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{"))
        }),
        ("no HTTP", |peer| drop(peer.write_all(b"hello\r\n\r\n"))),
        ("announced too long", |peer| {
            drop(peer.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n{"));
            // Until the other side has had enough.
            drop(peer.read(&mut [0; 1]));
        }),
    ];
    for (name, fault) in faults {
        let server = Server::script(fault);
        let url = format!("http://127.0.0.1:{}/c", server.port);
        let error = credentials(&load(timed(&world), &[(FULL, &url)]).unwrap()).unwrap_err();
        assert_eq!(
            reason(&error).code(),
            "CredentialsEndpointError",
            "{name}: {error}"
        );
    }
    // Nobody listens.
    let gone = Server::closed();
    let url = format!("http://localhost:{gone}/c");
    let error = credentials(&load(timed(&world), &[(FULL, &url)]).unwrap()).unwrap_err();
    assert_eq!(
        reason(&error).causes()[0].status(),
        Status::Transport,
        "{error}"
    );
}
