//! Signatures beside those of a plain second implementation.
#![no_main]
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a property that does not hold ends the run"
)]

#[path = "../../tests/plain/sigv4.rs"]
mod plain;

use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;
use plain::{Naive, form_decode, percent_encode, sha256_hex};
use session::sign::{Payload, Signed, Signer, Subject, Url};
use session::text::Text;
use session::transport::Header;
use std::collections::BTreeSet;
use time::OffsetDateTime;
use time::macros::format_description;

/// Names that the signer treats in ways of their own, among them some of each kind.
const NAMES: [&str; 20] = [
    "Host",
    "host",
    "X-Amz-Date",
    "x-amz-security-token",
    "X-Amz-Content-Sha256",
    "x-amz-content-sha256",
    "Authorization",
    "User-Agent",
    "X-Amzn-Trace-Id",
    "Content-Type",
    "X-Amz-Signature",
    "X-Amz-Expires",
    "X-Amz-Acl",
    "x-amz-META-a",
    "X-Amz-Tagging",
    "x-amz-object-lock-mode",
    "x-AMZ-foo",
    "X-Amz-Foo",
    "X-Amz-Bar-baz",
    "Range",
];
/// Those of them that a presigned URL can have as parameters.
const HOISTED: [&str; 3] = ["x-amz-foo", "x-amz-bar-baz", "x-amz-security-token"];
const OWN: [&str; 7] = [
    "x-amz-algorithm",
    "x-amz-credential",
    "x-amz-date",
    "x-amz-expires",
    "x-amz-security-token",
    "x-amz-signedheaders",
    "x-amz-signature",
];
const SERVICES: [&str; 8] = [
    "s3",
    "sts",
    "glacier",
    "s3-outposts",
    "s3-object-lambda",
    "s3express",
    "es",
    "dynamodb",
];
const METHODS: [&str; 4] = ["GET", "PUT", "POST", "DELETE"];

#[derive(Arbitrary, Debug)]
enum Choice<'a> {
    Known(u8),
    Any(&'a str),
}

impl<'a> Choice<'a> {
    fn of(&self, known: &[&'a str]) -> &'a str {
        match self {
            Choice::Known(index) => known[usize::from(*index) % known.len()],
            Choice::Any(text) => text,
        }
    }
}

#[derive(Arbitrary, Debug)]
enum What<'a> {
    Bytes(&'a [u8]),
    Hash(&'a str),
    Unsigned,
}

#[derive(Arbitrary, Debug)]
struct Input<'a> {
    method: Choice<'a>,
    url: Choice<'a>,
    path: &'a str,
    query: &'a str,
    headers: Vec<(Choice<'a>, &'a str)>,
    payload: What<'a>,
    key: Choice<'a>,
    secret: Choice<'a>,
    token: Choice<'a>,
    region: Choice<'a>,
    service: Choice<'a>,
    time: Result<u32, i64>,
    presign: Option<Result<u16, u32>>,
    normalize: bool,
    double_encode: Option<bool>,
    content_sha256_header: bool,
    omit_token: bool,
    hoist: bool,
    explain: bool,
}

fuzz_target!(|input: Input<'_>| {
    let origin = input
        .url
        .of(&["https://h.example.com", "http://h:80", "https://[::1]:8443"]);
    let url = format!("{origin}{}?{}", input.path, input.query);
    let Ok(url) = Url::parse(&url) else { return };
    let headers: Option<Vec<Header>> = input.headers.iter().map(header).collect();
    // A NUL is no text of the library.
    let Some(headers) = headers else { return };
    let (time, seconds) = (
        input.time.map_or_else(|time| time, i64::from),
        input
            .presign
            .map(|seconds| seconds.map_or_else(|long| long, u32::from)),
    );
    let signer = Signer {
        session_token: Some(input.token.of(&["", "TOKEN/+=="])),
        payload: match input.payload {
            What::Bytes(bytes) => Payload::Bytes(bytes),
            What::Hash(hash) => Payload::Hash(hash),
            What::Unsigned => Payload::Unsigned,
        },
        normalize_path: input.normalize,
        double_encode: input.double_encode,
        content_sha256_header: input.content_sha256_header,
        omit_token: input.omit_token,
        hoist: input.hoist,
        explain: input.explain,
        ..Signer::new(
            input.key.of(&["AKIDEXAMPLE"]),
            input.secret.of(&["secret"]),
            input.region.of(&["us-east-1", "eu-west-3"]),
            input.service.of(&SERVICES),
            time,
        )
    };
    let method = input.method.of(&METHODS);
    let subject = Subject {
        method,
        url,
        headers: &headers,
    };
    let signed = match seconds {
        Some(seconds) => signer.presign(&subject, seconds),
        None => signer.sign(&subject),
    };
    let good =
        can_be_signed(&signer, &subject) && seconds.is_none_or(|it| (1..=604_800).contains(&it));
    match signed {
        Ok(signed) => {
            assert!(good, "it was signed");
            match seconds {
                Some(seconds) => presigned(&signer, &subject, seconds, &signed),
                None => by_headers(&signer, &subject, &signed),
            }
        }
        Err(error) => {
            assert!(!good, "{error}");
            assert!(!error.text().is_empty());
        }
    }
});

fn header((name, value): &(Choice<'_>, &str)) -> Option<Header> {
    Some(Header {
        name: Text::new(name.of(&NAMES)).ok()?,
        value: Text::new(value).ok()?,
    })
}

/// What can be signed without that one part of the text passes for another.
fn can_be_signed(signer: &Signer<'_>, subject: &Subject<'_>) -> bool {
    let control = |text: &str| text.chars().any(|c| c < ' ' || c == '\x7f');
    let token = |text: &str| {
        let allowed = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
        !text.is_empty() && text.chars().all(allowed)
    };
    let in_scope =
        |text: &str| !text.is_empty() && text.chars().all(|c| ('!'..='~').contains(&c) && c != '/');
    let hosts = subject.headers.iter().filter(|header| {
        header.name.eq_ignore_ascii_case("host") && !header.value.trim().is_empty()
    });
    !signer.access_key_id.is_empty()
        && !signer.secret_access_key.is_empty()
        && !control(signer.access_key_id)
        && !signer
            .session_token
            .is_some_and(|token| control(token.trim()))
        && in_scope(signer.region)
        && in_scope(signer.service)
        && token(subject.method)
        && match signer.payload {
            Payload::Hash(hash) => {
                !hash.is_empty() && hash.chars().all(|c| ('!'..='~').contains(&c))
            }
            _ => true,
        }
        && subject
            .headers
            .iter()
            .all(|header| token(&header.name) && !control(&header.value.replace('\t', "")))
        && hosts.count() <= 1
        && (-62_167_219_200..=253_402_300_799).contains(&signer.time)
}

/// What both forms have in common.
struct Parts {
    host: String,
    stamp: String,
    credential: String,
    double_encode: bool,
    payload_hash: String,
    /// The header with the payload's hash is added.
    adds_hash: bool,
    headers: Vec<(String, String)>,
}

fn parts(signer: &Signer<'_>, subject: &Subject<'_>, presign: bool) -> Parts {
    let service = signer.service;
    let s3 = ["s3", "s3-object-lambda", "s3-outposts", "s3express"].contains(&service);
    let token = signer.session_token.unwrap_or_default().trim();
    let mut host = subject.url.host().to_owned();
    let mut given_hash = None;
    let mut headers = Vec::new();
    for header in subject.headers {
        let (name, value) = (header.name.to_lowercase(), header.value.trim().to_owned());
        match name.as_str() {
            "host" if value.is_empty() => {}
            "host" => host = value,
            "x-amz-content-sha256" if value.is_empty() => {}
            "x-amz-content-sha256" => {
                given_hash.get_or_insert_with(|| value.clone());
                headers.push((name, value));
            }
            "x-amz-date" => {}
            "x-amz-security-token" if !token.is_empty() => {}
            _ => headers.push((name, header.value.to_string())),
        }
    }
    let open = presign && s3 && service != "s3-outposts";
    let (hash, adds_hash) = match signer.payload {
        Payload::Hash(hash) => (hash.to_owned(), s3 || service == "glacier"),
        Payload::Unsigned => ("UNSIGNED-PAYLOAD".to_owned(), !open),
        Payload::Bytes(_) if open => ("UNSIGNED-PAYLOAD".to_owned(), false),
        Payload::Bytes(bytes) => (sha256_hex(bytes), s3 || service == "glacier"),
    };
    let asked_for = signer.content_sha256_header && !presign;
    let stamp = OffsetDateTime::from_unix_timestamp(signer.time).expect("a time that was signed");
    let format = format_description!("[year][month][day]T[hour][minute][second]Z");
    let stamp = stamp.format(format).expect("a time");
    let credential = format!(
        "{}/{}/{}/{service}/aws4_request",
        signer.access_key_id,
        &stamp[..8],
        signer.region
    );
    Parts {
        host,
        stamp,
        credential,
        double_encode: signer.double_encode.unwrap_or(!s3),
        adds_hash: given_hash.is_none() && (adds_hash || asked_for),
        payload_hash: given_hash.unwrap_or(hash),
        headers,
    }
}

fn naive<'a>(
    subject: &Subject<'a>,
    parts: &'a Parts,
    query: &'a str,
    normalize: bool,
) -> Naive<'a> {
    Naive {
        method: subject.method,
        host: &parts.host,
        path: subject.url.path,
        query,
        headers: parts.headers.clone(),
        payload_hash: parts.payload_hash.clone(),
        double_encode: parts.double_encode,
        normalize,
    }
}

fn by_headers(signer: &Signer<'_>, subject: &Subject<'_>, signed: &Signed) {
    let mut parts = parts(signer, subject, false);
    let token = signer.session_token.unwrap_or_default().trim();
    let mut added = vec![("x-amz-date".to_owned(), parts.stamp.clone())];
    if !token.is_empty() {
        added.push(("x-amz-security-token".to_owned(), token.to_owned()));
    }
    if parts.adds_hash {
        added.push((
            "x-amz-content-sha256".to_owned(),
            parts.payload_hash.clone(),
        ));
    }
    for header in &added {
        if !(signer.omit_token && header.0 == "x-amz-security-token") {
            parts.headers.push(header.clone());
        }
    }
    let query = subject.url.query.unwrap_or_default();
    let naive = naive(subject, &parts, query, signer.normalize_path);
    if signer.explain {
        assert_eq!(
            signed.canonical_request().as_str(),
            naive.canonical_request()
        );
    }
    let signature = naive.signature(
        signer.secret_access_key,
        &parts.stamp,
        signer.region,
        signer.service,
    );
    assert_eq!(signed.signature().as_str(), signature);
    let authorization = format!(
        "AWS4-HMAC-SHA256 Credential={}, SignedHeaders={}, Signature={signature}",
        parts.credential,
        naive.signed_headers()
    );
    added.push(("authorization".to_owned(), authorization));
    let headers: Vec<_> = signed
        .headers()
        .map(|(name, value)| (name.to_lowercase(), value.to_string()))
        .collect();
    assert_eq!(headers, added);
    // What is sent has each of them once.
    let mut sent = subject.headers.to_vec();
    signed.apply_to(&mut sent);
    for (name, value) in added {
        let same: Vec<&str> = sent
            .iter()
            .filter(|header| header.name.eq_ignore_ascii_case(&name))
            .map(|header| header.value.as_str())
            .collect();
        assert_eq!(same, [value], "{name}");
    }
}

fn presigned(signer: &Signer<'_>, subject: &Subject<'_>, seconds: u32, signed: &Signed) {
    let mut parts = parts(signer, subject, true);
    let token = signer.session_token.unwrap_or_default().trim();
    let mut hoisted: Vec<(String, String)> = Vec::new();
    parts.headers.retain(|(name, value)| {
        let is = |list: &[&str]| list.contains(&name.as_str());
        if signer.hoist && is(&HOISTED) {
            hoisted.push((parameter(name), value.clone()));
            return false;
        }
        !is(&OWN) || name == "x-amz-security-token"
    });
    // A name that is not listed here may or may not be hoisted: only the signer knows.
    let unknown = |name: &str| {
        name.starts_with("x-amz-") && !NAMES.iter().any(|known| known.eq_ignore_ascii_case(name))
    };
    if parts.headers.iter().any(|(name, _)| unknown(name)) {
        return;
    }
    if parts.adds_hash {
        parts.headers.push((
            "x-amz-content-sha256".to_owned(),
            parts.payload_hash.clone(),
        ));
    }
    let escape = |text: &str| percent_encode(text.as_bytes(), "");
    let names = naive(subject, &parts, "", false).signed_headers();
    let mut query: Vec<String> = Vec::new();
    for pair in subject.url.query.unwrap_or_default().split('&') {
        let name = form_decode(pair.split('=').next().unwrap_or_default());
        let name = String::from_utf8_lossy(&name).into_owned();
        let own = OWN.iter().any(|own| own.eq_ignore_ascii_case(&name));
        if !own && !hoisted.iter().any(|(hoisted, _)| *hoisted == name) {
            query.push(pair.to_owned());
        }
    }
    for (name, value) in &hoisted {
        // What is not ASCII stays: its order is that of what comes raw.
        let escaped: String = value
            .chars()
            .map(|c| {
                if c.is_ascii() {
                    escape(&c.to_string())
                } else {
                    c.to_string()
                }
            })
            .collect();
        query.push(format!("{name}={escaped}"));
    }
    query.push("X-Amz-Algorithm=AWS4-HMAC-SHA256".to_owned());
    query.push(format!("X-Amz-Credential={}", escape(&parts.credential)));
    query.push(format!("X-Amz-Date={}", parts.stamp));
    query.push(format!("X-Amz-Expires={seconds}"));
    query.push(format!("X-Amz-SignedHeaders={}", escape(&names)));
    let token = (!token.is_empty()).then(|| format!("X-Amz-Security-Token={}", escape(token)));
    if !signer.omit_token {
        query.extend(token.clone());
    }
    let query = query.join("&");
    let naive = naive(subject, &parts, &query, signer.normalize_path);
    if signer.explain {
        assert_eq!(
            signed.canonical_request().as_str(),
            naive.canonical_request()
        );
    }
    let signature = naive.signature(
        signer.secret_access_key,
        &parts.stamp,
        signer.region,
        signer.service,
    );
    let path = match parts.double_encode {
        true => subject.url.path.to_owned(),
        false => percent_encode(subject.url.path.as_bytes(), "/%!$&'()*+,;=:@[]"),
    };
    let late = token
        .filter(|_| signer.omit_token)
        .map(|token| format!("&{token}"));
    assert_eq!(
        signed.url().as_str(),
        format!(
            "{}://{}{path}?{}{}&X-Amz-Signature={signature}",
            subject.url.scheme,
            subject.url.authority,
            naive.canonical_query(),
            late.unwrap_or_default()
        )
    );
    // What was signed is what must be sent along.
    let lower = |name: &str| name.to_lowercase();
    let mut sent: BTreeSet<String> = signed.headers().map(|(name, _)| lower(&name)).collect();
    sent.insert("host".to_owned());
    let expected: BTreeSet<String> = names.split(';').map(lower).collect();
    assert_eq!(sent, expected);
}

/// A header's name as a parameter has it.
fn parameter(name: &str) -> String {
    let words = name.split('-').map(|word| {
        let mut letters = word.chars();
        let first = letters.next().map(|c| c.to_ascii_uppercase());
        first.into_iter().chain(letters).collect::<String>()
    });
    words.collect::<Vec<_>>().join("-")
}
