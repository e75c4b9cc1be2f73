//! SigV4 against AWS's test vectors, the recorded answers of the Go package, and a second implementation.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test says what it expects by failing"
)]

#[path = "plain/sigv4.rs"]
mod plain;
mod skip;

use plain::{Naive, percent_encode, sha256_hex};
use serde_json::Value;
use session::sign::{Payload, Signed, Signer, Subject, Url};
use session::text::Text;
use session::transport::Header;
use skip::vectors;
use std::fs;
use std::path::Path;
use time::{PrimitiveDateTime, format_description::BorrowedFormatItem, macros::format_description};

fn header(name: &str, value: &str) -> Header {
    Header {
        name: Text::new(name).unwrap(),
        value: Text::new(value).unwrap(),
    }
}

fn added(signed: &Signed) -> Vec<(String, String)> {
    signed
        .headers()
        .map(|(name, value)| (name.to_lowercase(), value.to_string()))
        .collect()
}

fn seconds(text: &str, format: &[BorrowedFormatItem<'_>]) -> i64 {
    PrimitiveDateTime::parse(text, format)
        .unwrap()
        .assume_utc()
        .unix_timestamp()
}

// ---- AWS's test vectors ---------------------------------------------------------------------------------------------

/// A request as the vectors spell it: a line, headers that may go on in the next line, an empty line, a body.
struct WireRequest {
    method: String,
    target: String,
    headers: Vec<(String, String)>,
    body: String,
}

fn wire_request(text: &str) -> WireRequest {
    let (head, body) = text.split_once("\n\n").unwrap_or((text, ""));
    let mut lines = head.lines();
    let (method, rest) = lines.next().unwrap().split_once(' ').unwrap();
    let target = rest.strip_suffix(" HTTP/1.1").unwrap();
    let mut headers: Vec<(String, String)> = Vec::new();
    for line in lines {
        if line.starts_with(' ') {
            // A value folded over lines, which HTTP no longer has and the signer refuses.
            let last = &mut headers.last_mut().unwrap().1;
            *last = format!("{last} {}", line.trim());
        } else {
            let (name, value) = line.split_once(':').unwrap();
            headers.push((name.to_owned(), value.to_owned()));
        }
    }
    WireRequest {
        method: method.to_owned(),
        target: target.to_owned(),
        headers,
        body: body.trim_end().to_owned(),
    }
}

/// The parameters of a URL, whatever their order.
fn parameters(target: &str) -> (String, Vec<String>) {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let mut parameters: Vec<String> = query.split('&').map(str::to_owned).collect();
    parameters.sort();
    (path.to_owned(), parameters)
}

#[test]
fn vectors_of_aws() {
    let Some(folder) = vectors("signing/v4") else {
        return;
    };
    let mut folders = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let folder = entry.unwrap().path();
        check_vector(&folder);
        folders += 1;
    }
    assert!(folders >= 20, "{folders} folders");
    println!("{folders} folders, header and query form");
}

fn check_vector(folder: &Path) {
    let case = folder.file_name().unwrap().to_string_lossy();
    let read = |name: &str| {
        fs::read_to_string(folder.join(name))
            .unwrap()
            .trim_end_matches('\n')
            .to_owned()
    };
    let context: Value = serde_json::from_str(&read("context.json")).unwrap();
    let request = wire_request(&fs::read_to_string(folder.join("request.txt")).unwrap());
    let host = &request
        .headers
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case("host"))
        .unwrap()
        .1;
    let url = format!("https://{host}{}", request.target);
    let headers: Vec<Header> = request
        .headers
        .iter()
        .map(|(name, value)| header(name, value))
        .collect();
    let subject = Subject {
        method: &request.method,
        url: Url::parse(&url).unwrap(),
        headers: &headers,
    };
    let text = |value: &'static str| context.pointer(value).and_then(Value::as_str);
    let format = format_description!("[year]-[month]-[day]T[hour]:[minute]:[second]Z");
    let signer = Signer {
        session_token: text("/credentials/token"),
        payload: Payload::Bytes(request.body.as_bytes()),
        normalize_path: context["normalize"].as_bool().unwrap(),
        content_sha256_header: context["sign_body"].as_bool().unwrap(),
        omit_token: context["omit_session_token"].as_bool().unwrap_or(false),
        explain: true,
        ..Signer::new(
            text("/credentials/access_key_id").unwrap(),
            text("/credentials/secret_access_key").unwrap(),
            text("/region").unwrap(),
            text("/service").unwrap(),
            seconds(text("/timestamp").unwrap(), format),
        )
    };

    let signed = signer.sign(&subject).unwrap();
    assert_eq!(
        signed.canonical_request().as_str(),
        read("header-canonical-request.txt"),
        "{case}"
    );
    assert_eq!(
        signed.string_to_sign().as_str(),
        read("header-string-to-sign.txt"),
        "{case}"
    );
    assert_eq!(
        signed.signature().as_str(),
        read("header-signature.txt"),
        "{case}"
    );
    let expected =
        wire_request(&fs::read_to_string(folder.join("header-signed-request.txt")).unwrap());
    let mut sent = headers.clone();
    signed.apply_to(&mut sent);
    let mut sent: Vec<_> = sent
        .iter()
        .map(|header| (header.name.to_lowercase(), header.value.to_string()))
        .collect();
    let mut wanted: Vec<_> = expected
        .headers
        .iter()
        .map(|(name, value)| (name.to_lowercase(), value.clone()))
        .collect();
    // Values of one name keep their order; names need not.
    sent.sort_by(|a, b| a.0.cmp(&b.0));
    wanted.sort_by(|a, b| a.0.cmp(&b.0));
    assert_eq!(sent, wanted, "{case}");
    assert_eq!(signed.url().as_str(), url, "{case}");

    let expires = context["expiration_in_seconds"].as_u64().unwrap() as u32;
    let signed = signer.presign(&subject, expires).unwrap();
    assert_eq!(
        signed.canonical_request().as_str(),
        read("query-canonical-request.txt"),
        "{case}"
    );
    assert_eq!(
        signed.string_to_sign().as_str(),
        read("query-string-to-sign.txt"),
        "{case}"
    );
    assert_eq!(
        signed.signature().as_str(),
        read("query-signature.txt"),
        "{case}"
    );
    let expected =
        wire_request(&fs::read_to_string(folder.join("query-signed-request.txt")).unwrap());
    let target = signed
        .url()
        .strip_prefix("https://")
        .unwrap()
        .strip_prefix(host.as_str())
        .unwrap()
        .to_owned();
    let (path, query) = parameters(&target);
    let (expected_path, expected_query) = parameters(&expected.target);
    assert_eq!(path, expected_path, "{case}");
    let encoded = |list: Vec<String>| {
        list.iter()
            .map(|text| text.replace('ሴ', "%E1%88%B4"))
            .collect::<Vec<_>>()
    };
    let mut expected_query = encoded(expected_query);
    expected_query.sort();
    assert_eq!(query, expected_query, "{case}");
}

// ---- the Go package -------------------------------------------------------------------------------------------------

/// Differences that need not be, as the comparer of the recordings has it: the order of a header-signed URL's query, and
/// headers other than the signature's.
#[test]
fn answers_of_the_go_package() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/conformance/go-session.json");
    let scenarios: Vec<Value> = serde_json::from_str(&fs::read_to_string(file).unwrap()).unwrap();
    let mut failed = Vec::new();
    let mut count = 0;
    for scenario in scenarios
        .iter()
        .filter(|scenario| scenario["kind"] == "sign")
    {
        count += 1;
        let differences = compare_with_go(&scenario["sign"], &scenario["expect"]);
        if !differences.is_empty() {
            failed.push(format!("{}: {}", scenario["name"], differences.join("; ")));
        }
    }
    assert!(
        failed.is_empty(),
        "{} of {count} failed\n{}",
        failed.len(),
        failed.join("\n")
    );
    assert_eq!(count, 140);
}

fn compare_with_go(given: &Value, expect: &Value) -> Vec<String> {
    let text = |name: &str| given[name].as_str();
    let given_headers: Vec<(&str, &str)> = given["headers"]
        .as_object()
        .map(|headers| {
            headers
                .iter()
                .map(|(name, value)| (name.as_str(), value.as_str().unwrap()))
                .collect()
        })
        .unwrap_or_default();
    let headers: Vec<Header> = given_headers
        .iter()
        .map(|(name, value)| header(name, value))
        .collect();
    let url = text("url").unwrap();
    let format = format_description!("[year][month][day]T[hour][minute][second]Z");
    let flag = |name: &str| given[name].as_bool().unwrap_or(false);
    let signer = Signer {
        session_token: text("session_token"),
        payload: match text("body") {
            _ if flag("unsigned_payload") => Payload::Unsigned,
            body => Payload::Bytes(body.unwrap_or_default().as_bytes()),
        },
        double_encode: flag("disable_uri_path_escaping").then_some(false),
        explain: true,
        ..Signer::new(
            text("access_key_id").unwrap(),
            text("secret_access_key").unwrap(),
            text("region").unwrap(),
            text("service").unwrap(),
            seconds(text("time").unwrap(), format),
        )
    };
    let subject = Subject {
        method: text("method").unwrap(),
        url: Url::parse(url).unwrap(),
        headers: &headers,
    };
    let signed = match given["expires_seconds"].as_u64() {
        Some(seconds) => signer.presign(&subject, seconds as u32),
        None => signer.sign(&subject),
    };
    let mut differences = Vec::new();
    let mut same = |what: &str, want: Option<&str>, got: Option<&str>| {
        if want != got {
            differences.push(format!("{what}: want {want:?}, got {got:?}"));
        }
    };
    let signed = match signed {
        Ok(signed) => signed,
        Err(error) => {
            same("error", expect["error"].as_str(), Some(error.text()));
            return differences;
        }
    };
    assert!(expect["error"].is_null());
    let want_url = expect["url"].as_str().unwrap();
    if want_url.contains("X-Amz-Signature") {
        same("url", Some(want_url), Some(&signed.url()));
    }
    let added = added(&signed);
    for name in [
        "authorization",
        "x-amz-date",
        "x-amz-security-token",
        "x-amz-content-sha256",
    ] {
        let got = added
            .iter()
            .find(|(added, _)| added == name)
            .map(|(_, value)| value.as_str());
        same(name, expect["headers"][name].as_str(), got);
    }
    differences
}

// ---- a second implementation ----------------------------------------------------------------------------------------

/// Xorshift: the same numbers in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % end as u64) as usize
    }

    fn one<'a>(&mut self, list: &[&'a str]) -> &'a str {
        list[self.below(list.len())]
    }

    fn text(&mut self, pieces: &[&str], most: usize) -> String {
        (0..self.below(most + 1))
            .map(|_| self.one(pieces))
            .collect()
    }
}

#[test]
fn agrees_with_a_second_implementation() {
    let segments = [
        "/", "//", "a", "B-c", ".", "..", "/./", "/../", "%20", "%2F", " ", "é", "ሴ", "+", "(",
        "'", "~", ":", "@", "%", "\"", "😀",
    ];
    let query_pieces = [
        "&", "=", "a", "b", "A", "-", "%20", "%2B", "+", "%zz", "%", "é", " ", ";", "/", "%ff",
        "&&", "acl", "ab",
    ];
    let values = [
        "a",
        " ",
        "  ",
        "\t",
        "\"",
        ",",
        "é",
        "long value ",
        "=",
        ";",
        "\u{a0}",
    ];
    let names = [
        "X-Custom",
        "x-custom",
        "Content-Type",
        "A",
        "Zed",
        "X-Amz-Meta-é",
        "X-Amz-Meta-A",
        "User-Agent",
        "Range",
        "X-Amz-Acl",
    ];
    let names: Vec<&str> = names.into_iter().filter(|name| name.is_ascii()).collect();
    let secrets = ["secret", "é", SECRET, &"0123456789".repeat(20)];
    let mut random = Random(0x5eed_cafe_f00d_0001);
    for round in 0..4000 {
        let path = format!("/{}", random.text(&segments, 8)).replace(['?', '#'], "");
        let path = if random.below(20) == 0 {
            ""
        } else {
            path.as_str()
        };
        let query = random.text(&query_pieces, 12);
        let port = random.one(&["", ":443", ":8443", ":80"]);
        let url = format!("https://h.example.com{port}{path}?{query}");
        let host = format!("h.example.com{}", if port == ":443" { "" } else { port });
        let mut headers: Vec<(String, String)> = (0..random.below(30))
            .map(|_| (random.one(&names).to_owned(), random.text(&values, 6)))
            .collect();
        let body = random.text(&values, 40);
        let (secret, region, service) = (
            random.one(&secrets),
            random.one(&["us-east-1", "eu-west-3"]),
            random.one(&["s3", "sts", "es", "glacier"]),
        );
        let token = random.one(&["", "TOKEN/+=="]);
        let unsigned = random.below(4) == 0;
        let normalize = random.below(3) == 0;
        let time = random.below(4_000_000_000) as i64;
        let given: Vec<Header> = headers
            .iter()
            .map(|(name, value)| header(name, value))
            .collect();
        let signer = Signer {
            session_token: Some(token),
            payload: if unsigned {
                Payload::Unsigned
            } else {
                Payload::Bytes(body.as_bytes())
            },
            normalize_path: normalize,
            explain: random.below(2) == 0,
            ..Signer::new("AKIDEXAMPLE", secret, region, service, time)
        };
        let method = random.one(&["GET", "PUT", "DELETE"]);
        let subject = Subject {
            method,
            url: Url::parse(&url).unwrap(),
            headers: &given,
        };
        let stamp = time::OffsetDateTime::from_unix_timestamp(time).unwrap();
        let stamp = stamp
            .format(format_description!(
                "[year][month][day]T[hour][minute][second]Z"
            ))
            .unwrap();
        let body_hash = if unsigned {
            "UNSIGNED-PAYLOAD".to_owned()
        } else {
            sha256_hex(body.as_bytes())
        };
        let credential = format!(
            "AKIDEXAMPLE/{}/{region}/{service}/aws4_request",
            &stamp[..8]
        );

        if round % 2 == 0 {
            headers.push(("X-Amz-Date".into(), stamp.clone()));
            if !token.is_empty() {
                headers.push(("X-Amz-Security-Token".into(), token.into()));
            }
            if unsigned || ["s3", "glacier"].contains(&service) {
                headers.push(("X-Amz-Content-Sha256".into(), body_hash.clone()));
            }
            let naive = Naive {
                method,
                host: &host,
                path,
                query: &query,
                headers,
                payload_hash: body_hash,
                double_encode: service != "s3",
                normalize,
            };
            let signed = signer.sign(&subject).unwrap();
            if signer.explain {
                assert_eq!(
                    signed.canonical_request().as_str(),
                    naive.canonical_request(),
                    "{url}"
                );
            }
            let expected = format!(
                "AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders={}, Signature={}",
                naive.signed_headers(),
                naive.signature(secret, &stamp, region, service)
            );
            assert_eq!(added(&signed).last().unwrap().1, expected, "{url}");
        } else {
            let payload_hash = if service == "s3" {
                "UNSIGNED-PAYLOAD".to_owned()
            } else {
                body_hash
            };
            if service == "glacier" || (unsigned && service != "s3") {
                headers.push(("X-Amz-Content-Sha256".into(), payload_hash.clone()));
            }
            let mut naive = Naive {
                method,
                host: &host,
                path,
                query: "",
                headers,
                payload_hash,
                double_encode: service != "s3",
                normalize,
            };
            let escape = |text: &str| percent_encode(text.as_bytes(), "");
            let mut whole = format!(
                "{query}&X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential={}&X-Amz-Date={stamp}&X-Amz-Expires=60&X-Amz-SignedHeaders={}",
                escape(&credential),
                escape(&naive.signed_headers())
            );
            if !token.is_empty() {
                whole += &format!("&X-Amz-Security-Token={}", escape(token));
            }
            naive.query = &whole;
            let signed = signer.presign(&subject, 60).unwrap();
            if signer.explain {
                assert_eq!(
                    signed.canonical_request().as_str(),
                    naive.canonical_request(),
                    "{url}"
                );
            }
            let signature = naive.signature(secret, &stamp, region, service);
            let expected = format!("?{}&X-Amz-Signature={signature}", naive.canonical_query());
            assert!(
                signed.url().ends_with(&expected),
                "{}\n{expected}",
                signed.url().as_str()
            );
        }
    }
}

const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
