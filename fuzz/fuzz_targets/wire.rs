//! Headers and URLs: what is accepted, and what of it goes over the wire.
#![no_main]
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a property that does not hold ends the run"
)]

use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;
use session::request::{Headers, Url};
use session::sign::{self, escape_path, escape_path_segment};
use session::text::Text;
use session::transport::http::{HttpTransport, ProxySettings};
use session::transport::{Body, Header, HttpRequest, Purpose, Timeouts, Tls, Transport};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Mutex;
use std::sync::OnceLock;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::Duration;

#[derive(Arbitrary, Debug)]
enum Change<'a> {
    Set(&'a str, &'a str),
    Add(&'a str, &'a str),
    Remove(&'a str),
}

#[derive(Arbitrary, Debug)]
struct Input<'a> {
    changes: Vec<Change<'a>>,
    url: &'a str,
    joined: (&'a str, Option<&'a str>),
    parameters: Vec<(&'a str, &'a str)>,
    texts: [&'a str; 2],
    method: Option<&'a str>,
    target: Option<&'a str>,
    /// Given to the transport as they are.
    raw: Vec<(&'a str, &'a str)>,
    body: Option<&'a [u8]>,
}

fuzz_target!(|input: Input<'_>| {
    escapes(input.texts[0]);
    escapes(input.texts[1]);
    let target = urls(&input);
    let headers = setters(&input.changes);
    sent(&input, &headers, &target);
});

fn is_token(text: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
    !text.is_empty() && text.chars().all(allowed)
}

fn is_value(text: &str) -> bool {
    text.chars().all(|c| c == '\t' || (c >= ' ' && c != '\x7f'))
}

// ---- percent-encoding -----------------------------------------------------------------------------------------------

/// The bytes that an escaped text stands for.
fn decoded(text: &str) -> Vec<u8> {
    let mut rest = text.as_bytes();
    let mut bytes = Vec::new();
    while let Some((first, after)) = rest.split_first() {
        let digits = after
            .get(..2)
            .and_then(|digits| std::str::from_utf8(digits).ok());
        let digits = digits.filter(|digits| digits.chars().all(|c| c.is_ascii_hexdigit()));
        match (
            first,
            digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()),
        ) {
            (b'%', Some(byte)) => {
                bytes.push(byte);
                rest = &after[2..];
            }
            _ => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    bytes
}

fn escapes(text: &str) {
    for keep_slash in [false, true] {
        let mut escaped = String::new();
        escape_path_segment(text, keep_slash, &mut escaped);
        assert_eq!(decoded(&escaped), text.as_bytes());
        let kept =
            |c: char| c.is_ascii_alphanumeric() || "-._~%".contains(c) || (keep_slash && c == '/');
        assert!(escaped.chars().all(kept), "{escaped}");
    }
    let mut once = String::new();
    escape_path(text, &mut once);
    assert_eq!(decoded(&once), decoded(text));
    assert!(
        once.chars()
            .all(|c| c.is_ascii_graphic() && !"\"<>\\^`{|}?#".contains(c)),
        "{once}"
    );
    let mut twice = String::new();
    escape_path(&once, &mut twice);
    assert_eq!(twice, once);
}

// ---- URLs -----------------------------------------------------------------------------------------------------------

/// Scheme, authority, path and query of what is an absolute URL.
fn plain_url(text: &str) -> Option<(&str, &str, &str, Option<&str>)> {
    let (scheme, rest) = text.split_once("://")?;
    let mut letters = scheme.chars();
    let named = letters.next()?.is_ascii_alphabetic()
        && letters.all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c));
    let end = rest
        .chars()
        .take_while(|c| !"/?#".contains(*c))
        .map(char::len_utf8)
        .sum();
    let (authority, rest) = (&rest[..end], &rest[end..]);
    let rest = rest.split('#').next().unwrap_or_default();
    let mut pieces = rest.splitn(2, '?');
    let (path, query) = (pieces.next().unwrap_or_default(), pieces.next());
    let (host, port) = match authority.strip_prefix('[') {
        Some(rest) => {
            let (address, port) = rest.split_once(']')?;
            let valid = |c: char| c.is_ascii_alphanumeric() || ":.%".contains(c);
            (
                address,
                Some(port).filter(|_| !address.is_empty() && address.chars().all(valid))?,
            )
        }
        None => authority.split_at(authority.find(':').unwrap_or(authority.len())),
    };
    let bad = |c: char| c <= ' ' || c >= '\x7f' || "\"#/<>?[\\]^`{|}@".contains(c);
    let bracketed = authority.starts_with('[');
    let port = port.is_empty()
        || port.strip_prefix(':').is_some_and(|digits| {
            let number = digits.trim_start_matches('0');
            !digits.is_empty()
                && digits.chars().all(|c| c.is_ascii_digit())
                && (number.len() < 5 || (number.len() == 5 && number <= "65535"))
        });
    let clean = |text: &str| !text.chars().any(|c| c.is_ascii_control());
    let good = named
        && !host.is_empty()
        && (bracketed || !host.chars().any(bad))
        && port
        && clean(path)
        && query.is_none_or(clean);
    good.then_some((scheme, authority, path, query))
}

/// Checks what is made of a URL, and gives path and query as they are to be sent.
fn urls(input: &Input<'_>) -> String {
    let parsed = sign::Url::parse(input.url);
    let plain = plain_url(input.url);
    let parts = parsed
        .as_ref()
        .ok()
        .map(|url| (url.scheme, url.authority, url.path, url.query));
    assert_eq!(parts, plain);
    if let Err(error) = &parsed {
        assert!(!error.text().is_empty());
    }
    let mut url = match plain {
        Some((scheme, authority, path, query)) => {
            let url = Url::new(scheme, authority, path, query.unwrap_or_default());
            // What is put together again is the same place.
            let again = url.text().to_string();
            assert_eq!(
                plain_url(&again).map(|(s, a, p, q)| (s, a, p, q.unwrap_or_default())),
                Some((scheme, authority, path, query.unwrap_or_default()))
            );
            url
        }
        None => Url::new("http", "h", "", ""),
    };
    let (path, query) = input.joined;
    let authority = url.authority().to_owned();
    url.join(path, query);
    let text = url.text().to_string();
    let after = text.split_once("://").map_or("", |(_, rest)| rest);
    let end = after.find(['/', '?', '#']).unwrap_or(after.len());
    assert_eq!(
        &after[..end],
        authority,
        "a path does not change the host: {text}"
    );
    url.set_query(String::new());
    for (name, value) in &input.parameters {
        url.add_query(name, value);
    }
    let pairs: Vec<(Vec<u8>, Vec<u8>)> = url
        .query()
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| pair.split_once('=').expect("a pair"))
        .map(|(name, value)| (decoded(name), decoded(value)))
        .collect();
    let given: Vec<(Vec<u8>, Vec<u8>)> = input
        .parameters
        .iter()
        .map(|(name, value)| (name.as_bytes().to_vec(), value.as_bytes().to_vec()))
        .collect();
    assert_eq!(pairs, given);
    url.target()
}

// ---- headers --------------------------------------------------------------------------------------------------------

/// Makes the changes on the library's headers and on a plain list.
fn setters(changes: &[Change<'_>]) -> Headers {
    let mut headers = Headers::default();
    let mut plain: Vec<(String, String)> = Vec::new();
    for change in changes {
        let same = |name: &str, other: &str| name.eq_ignore_ascii_case(other);
        match change {
            Change::Set(name, value) | Change::Add(name, value) => {
                let good = is_token(name) && is_value(value);
                let field = ((*name).to_owned(), value.trim().to_owned());
                let result = if let Change::Add(..) = change {
                    if good {
                        plain.push(field);
                    }
                    headers.add_checked(name, value)
                } else {
                    let first = plain.iter().position(|(other, _)| same(name, other));
                    match first.filter(|_| good) {
                        Some(first) => {
                            plain[first] = field;
                            let mut index = 0..;
                            plain.retain(|(other, _)| {
                                index.next().is_some_and(|at| at <= first) || !same(name, other)
                            });
                        }
                        None if good => plain.push(field),
                        None => {}
                    }
                    headers.set_checked(name, value)
                };
                assert_eq!(result.is_ok(), good, "{name:?}: {value:?}");
                if let Err(error) = result {
                    assert!(!error.text().is_empty());
                }
            }
            Change::Remove(name) => {
                let there = plain.iter().any(|(other, _)| same(name, other));
                plain.retain(|(other, _)| !same(name, other));
                assert_eq!(headers.remove(name), there);
            }
        }
    }
    let list: Vec<(String, String)> = headers
        .as_slice()
        .iter()
        .map(|header| (header.name.to_string(), header.value.to_string()))
        .collect();
    assert_eq!(list, plain);
    headers
}

// ---- the wire -------------------------------------------------------------------------------------------------------

/// A server that keeps the heads that it gets, byte for byte.
struct Server {
    authority: String,
    heads: Mutex<Receiver<Vec<u8>>>,
    transport: HttpTransport,
}

fn server() -> &'static Server {
    static SERVER: OnceLock<Server> = OnceLock::new();
    SERVER.get_or_init(|| {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let authority = listener.local_addr().expect("an address").to_string();
        let (tell, heads) = channel();
        thread::spawn(move || {
            for stream in listener.incoming() {
                let (stream, tell) = (stream.expect("a connection"), tell.clone());
                thread::spawn(move || serve(stream, &tell));
            }
        });
        Server {
            authority,
            heads: Mutex::new(heads),
            transport: HttpTransport::new(Tls::default(), ProxySettings::default()),
        }
    })
}

/// Answers each request until the other side goes.
fn serve(mut stream: TcpStream, tell: &Sender<Vec<u8>>) -> Option<()> {
    let mut bytes = Vec::new();
    let read = |stream: &mut TcpStream, bytes: &mut Vec<u8>| {
        let mut buffer = [0; 4096];
        let count = stream.read(&mut buffer).ok().filter(|count| *count > 0)?;
        bytes.extend_from_slice(&buffer[..count]);
        Some(())
    };
    loop {
        let end = loop {
            match bytes.windows(4).position(|part| part == b"\r\n\r\n") {
                Some(end) => break end + 4,
                None => read(&mut stream, &mut bytes)?,
            }
        };
        let head: Vec<u8> = bytes.drain(..end).collect();
        let text = String::from_utf8_lossy(&head).to_lowercase();
        let field = |name: &str| {
            let mut lines = text.lines().skip(1).filter_map(|line| line.split_once(':'));
            lines
                .find(|(field, _)| *field == name)
                .map(|(_, value)| value.trim().to_owned())
        };
        tell.send(head.clone()).ok()?;
        if field("expect").is_some() {
            stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n").ok()?;
        }
        if field("transfer-encoding").is_some() {
            while !bytes.ends_with(b"0\r\n\r\n") {
                read(&mut stream, &mut bytes)?;
            }
            bytes.clear();
        } else {
            let length = field("content-length")
                .and_then(|length| length.parse().ok())
                .unwrap_or(0);
            while bytes.len() < length {
                read(&mut stream, &mut bytes)?;
            }
            bytes.drain(..length);
        }
        stream
            .write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
            .ok()?;
    }
}

/// Names that say how a message is framed: a transport may refuse what they say.
const FRAMING: [&str; 7] = [
    "host",
    "content-length",
    "transfer-encoding",
    "connection",
    "expect",
    "upgrade",
    "te",
];

fn sent(input: &Input<'_>, headers: &Headers, target: &str) {
    let server = server();
    let mut list = headers.as_slice().to_vec();
    for (name, value) in &input.raw {
        if let (Ok(name), Ok(value)) = (Text::new(name), Text::new(value)) {
            list.push(Header { name, value });
        }
    }
    let method = input.method.unwrap_or("PUT");
    let target = input.target.unwrap_or(target);
    let result = server.transport.send(HttpRequest {
        purpose: Purpose::Service,
        method,
        scheme: "http",
        authority: &server.authority,
        target,
        headers: &list,
        body: input.body.map_or(Body::Empty, Body::Bytes),
        timeouts: Timeouts {
            idle: Duration::from_secs(5),
            ..Timeouts::default()
        },
        cancel: None,
    });
    let good = is_token(method)
        && method != "CONNECT"
        && (target.starts_with('/') || target == "*")
        && target.chars().all(|c| c > ' ' && c != '\x7f')
        && list
            .iter()
            .all(|header| is_token(&header.name) && is_value(&header.value));
    let framed = list.iter().any(|header| {
        FRAMING
            .iter()
            .any(|name| header.name.eq_ignore_ascii_case(name))
    });
    let heads = server.heads.lock().expect("one thread");
    match result {
        Ok(mut reply) => {
            assert!(good, "it was sent");
            std::io::copy(&mut reply.body, &mut std::io::sink()).expect("an empty body");
            let head = heads.recv_timeout(Duration::from_secs(5)).expect("a head");
            check_head(&head, &server.authority, method, target, &list);
        }
        Err(error) => {
            assert!(!good || framed, "{error}");
            assert!(!error.text().is_empty());
        }
    }
    assert!(
        heads.try_recv().is_err(),
        "more than one request, or one that was refused"
    );
}

/// Reads a head strictly: it has the given fields, in their order, and none but those that the transport adds.
fn check_head(head: &[u8], authority: &str, method: &str, target: &str, given: &[Header]) {
    let head = std::str::from_utf8(head).expect("text goes over the wire as it is");
    let head = head.strip_suffix("\r\n\r\n").expect("the end of a head");
    let mut lines = head.split("\r\n");
    assert_eq!(
        lines.next(),
        Some(format!("{method} {target} HTTP/1.1").as_str())
    );
    let mut fields: Vec<(&str, &str)> = lines
        .map(|line| {
            assert!(!line.contains(['\r', '\n', '\0']), "{line:?}");
            line.split_once(": ").expect("a field")
        })
        .collect();
    let given: Vec<(&str, &str)> = given
        .iter()
        .map(|header| (header.name.as_str(), header.value.as_str()))
        .collect();
    let has = |name: &str| {
        given
            .iter()
            .any(|(given, _)| given.eq_ignore_ascii_case(name))
    };
    if !has("host") {
        assert_eq!(fields.remove(0), ("Host", authority));
    }
    if fields.len() > given.len() && !has("content-length") && !has("transfer-encoding") {
        let (name, _) = fields.pop().expect("a field");
        assert_eq!(name, "Content-Length");
    }
    assert_eq!(fields, given);
}
