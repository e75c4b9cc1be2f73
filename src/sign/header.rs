//! The headers that a signature covers.

use super::output::Output;
use super::query::is_own_parameter;
use super::short::Short;
use super::url::has_control;
use crate::error::{Error, Result};
use crate::text::is_token;
use crate::transport::Header;
use std::cmp::Ordering;

pub(super) const DATE: &str = "x-amz-date";
pub(super) const TOKEN: &str = "x-amz-security-token";
pub(super) const CONTENT_SHA256: &str = "x-amz-content-sha256";

/// Headers that a proxy or the transport may change on the way, and the signature itself: never signed.
const UNSIGNED: [&str; 3] = ["authorization", "user-agent", "x-amzn-trace-id"];

/// Headers whose names start with `X-Amz-` and which a presigned URL must nevertheless have sent as headers.
const REQUIRED: [&str; 29] = [
    "x-amz-acl",
    CONTENT_SHA256,
    "x-amz-copy-source",
    "x-amz-copy-source-if-match",
    "x-amz-copy-source-if-modified-since",
    "x-amz-copy-source-if-none-match",
    "x-amz-copy-source-if-unmodified-since",
    "x-amz-copy-source-range",
    "x-amz-copy-source-server-side-encryption-customer-algorithm",
    "x-amz-copy-source-server-side-encryption-customer-key",
    "x-amz-copy-source-server-side-encryption-customer-key-md5",
    "x-amz-expected-bucket-owner",
    "x-amz-grant-full-control",
    "x-amz-grant-read",
    "x-amz-grant-read-acp",
    "x-amz-grant-write",
    "x-amz-grant-write-acp",
    "x-amz-metadata-directive",
    "x-amz-mfa",
    "x-amz-request-payer",
    "x-amz-server-side-encryption",
    "x-amz-server-side-encryption-aws-kms-key-id",
    "x-amz-server-side-encryption-context",
    "x-amz-server-side-encryption-customer-algorithm",
    "x-amz-server-side-encryption-customer-key",
    "x-amz-server-side-encryption-customer-key-md5",
    "x-amz-storage-class",
    "x-amz-tagging",
    "x-amz-website-redirect-location",
];

/// And all whose names start like this.
const REQUIRED_PREFIXES: [&str; 2] = ["x-amz-meta-", "x-amz-object-lock-"];

/// What decides how headers are treated.
#[derive(Clone, Copy)]
pub(super) struct Treatment {
    /// The signer gives a security token of its own.
    pub(super) token: bool,
    /// The signature goes into the query.
    pub(super) presign: bool,
    /// Headers may become parameters of a presigned URL.
    pub(super) hoist: bool,
}

enum Role {
    Signed,
    Unsigned,
    Hoisted,
    Host,
    ContentSha256,
}

impl Treatment {
    fn role(self, name: &str) -> Role {
        let is = |other: &str| name.eq_ignore_ascii_case(other);
        if !starts_with(name, "x-amz-") {
            return match () {
                () if is("host") => Role::Host,
                () if UNSIGNED.into_iter().any(is) => Role::Unsigned,
                () => Role::Signed,
            };
        }
        match () {
            () if is(CONTENT_SHA256) => Role::ContentSha256,
            // Of an earlier signature; this one brings its own.
            () if is(DATE) || (is(TOKEN) && self.token) => Role::Unsigned,
            () if !self.presign => Role::Signed,
            () if is_own_parameter(name) && !is(TOKEN) => Role::Unsigned,
            () if self.hoist && !is_required(name) => Role::Hoisted,
            () => Role::Signed,
        }
    }

    /// Whether a presigned URL is good only together with this header; `host` is the URL's own.
    pub(super) fn must_be_sent(self, header: &Header, host: &str) -> bool {
        let value = header.value.trim();
        match self.role(&header.name) {
            Role::Signed => true,
            Role::ContentSha256 => !value.is_empty(),
            Role::Host => !value.is_empty() && value != host,
            Role::Unsigned | Role::Hoisted => false,
        }
    }
}

/// Whether a presigned URL must have this header sent, although its name starts with `X-Amz-`.
fn is_required(name: &str) -> bool {
    REQUIRED
        .into_iter()
        .any(|required| name.eq_ignore_ascii_case(required))
        || REQUIRED_PREFIXES
            .into_iter()
            .any(|prefix| starts_with(name, prefix))
}

fn starts_with(name: &str, prefix: &str) -> bool {
    name.get(..prefix.len())
        .is_some_and(|start| start.eq_ignore_ascii_case(prefix))
}

/// The headers of a request, sorted out.
pub(super) struct Given<'a> {
    /// What is signed; the signer's own are added to it.
    pub(super) signed: Fields<'a>,
    /// The value of `Host`, if there is one.
    pub(super) host: Option<&'a str>,
    /// The value of `X-Amz-Content-Sha256`, if there is one.
    pub(super) content_sha256: Option<&'a str>,
}

impl<'a> Given<'a> {
    /// Checks and sorts out; `hoisted` gets those that become parameters of the URL.
    pub(super) fn read(
        headers: &'a [Header],
        treatment: Treatment,
        mut hoisted: impl FnMut(&'a Header),
    ) -> Result<Given<'a>> {
        let mut given = Given {
            signed: Fields::new(),
            host: None,
            content_sha256: None,
        };
        for header in headers {
            check(header)?;
            let (name, value) = (header.name.as_str(), header.value.trim());
            match treatment.role(name) {
                Role::Signed => given.signed.push(name, value),
                Role::Unsigned => {}
                Role::Hoisted => hoisted(header),
                Role::Host if value.is_empty() => {}
                Role::Host => {
                    if given.host.replace(value).is_some() {
                        return Err(Error::argument("headers", "have more than one Host"));
                    }
                }
                // As if it were not there: the signer may put its own in its place.
                Role::ContentSha256 if value.is_empty() => {}
                Role::ContentSha256 => {
                    given.content_sha256.get_or_insert(value);
                    given.signed.push(name, value);
                }
            }
        }
        Ok(given)
    }
}

/// Refuses what could pass for another header, or for the end of them. Values may be secret and are not quoted.
fn check(header: &Header) -> Result<()> {
    if !is_token(&header.name) {
        let name: String = header.name.chars().take(80).collect();
        return Err(Error::argument(
            "headers",
            format_args!("have a name that is no header name: {name:?}"),
        ));
    }
    if has_control(&header.value)
        && header
            .value
            .bytes()
            .any(|byte| byte.is_ascii_control() && byte != b'\t')
    {
        return Err(Error::argument(
            "headers",
            format_args!(
                "have a line break or control character in the value of {}",
                header.name
            ),
        ));
    }
    Ok(())
}

/// Names and values to sign.
pub(super) struct Fields<'a>(Short<Field<'a>, 24>);

#[derive(Clone, Copy)]
struct Field<'a> {
    /// As it was given.
    name: &'a str,
    value: &'a str,
    /// The start of the name in lower case, which nearly always decides the order.
    start: u64,
    /// The place in the request: values of one name stay in their order.
    place: usize,
}

impl Field<'_> {
    fn order(&self, other: &Field<'_>) -> Ordering {
        let names = || lowercase(self.name).cmp(lowercase(other.name));
        self.start
            .cmp(&other.start)
            .then_with(names)
            .then(self.place.cmp(&other.place))
    }

    fn is_same(&self, other: &Field<'_>) -> bool {
        self.start == other.start && self.name.eq_ignore_ascii_case(other.name)
    }
}

impl<'a> Fields<'a> {
    fn new() -> Fields<'a> {
        Fields(Short::new(Field {
            name: "",
            value: "",
            start: 0,
            place: 0,
        }))
    }

    /// Adds a header; the value is trimmed already.
    pub(super) fn push(&mut self, name: &'a str, value: &'a str) {
        let mut start = [0; 8];
        for (byte, given) in start.iter_mut().zip(lowercase(name)) {
            *byte = given;
        }
        self.0.push(Field {
            name,
            value,
            start: u64::from_be_bytes(start),
            place: self.0.as_slice().len(),
        });
    }

    /// Puts them in the order of the signature. To be called when all are there.
    pub(super) fn sort(&mut self) {
        self.0.as_mut_slice().sort_unstable_by(Field::order);
    }

    /// Writes `name:value` lines, the values of one name joined by commas.
    pub(super) fn write_lines(&self, out: &mut impl Output) {
        let mut last: Option<&Field<'_>> = None;
        for field in self.0.as_slice() {
            match last {
                Some(last) if last.is_same(field) => out.put_ascii(b','),
                _ => {
                    if last.is_some() {
                        out.put_ascii(b'\n');
                    }
                    out.put_lowercase(field.name);
                    out.put_ascii(b':');
                }
            }
            put_single_spaced(field.value, out);
            last = Some(field);
        }
        out.put_ascii(b'\n');
    }

    /// Writes each name once, with `separator` between them.
    pub(super) fn write_names(&self, separator: &str, out: &mut impl Output) {
        let mut last: Option<&Field<'_>> = None;
        for field in self.0.as_slice() {
            if !last.is_some_and(|last| last.is_same(field)) {
                if last.is_some() {
                    out.put(separator);
                }
                out.put_lowercase(field.name);
            }
            last = Some(field);
        }
    }

    /// Room for the names with a separator of three bytes each.
    pub(super) fn names_len(&self) -> usize {
        self.0
            .as_slice()
            .iter()
            .map(|field| field.name.len() + 3)
            .sum()
    }
}

fn lowercase(name: &str) -> impl Iterator<Item = u8> {
    name.bytes().map(|byte| byte.to_ascii_lowercase())
}

/// Writes text with each run of blanks as one, also between quotes.
fn put_single_spaced(text: &str, out: &mut impl Output) {
    let mut run = 0;
    let mut after_blank = false;
    for (at, byte) in text.bytes().enumerate() {
        let blank = byte == b' ';
        if blank && after_blank {
            out.put(text.get(run..at).unwrap_or_default());
            run = at + 1;
        }
        after_blank = blank;
    }
    out.put(text.get(run..).unwrap_or_default());
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::Text;

    fn headers(list: &[(&str, &str)]) -> Vec<Header> {
        let header = |&(name, value): &(&str, &str)| Header {
            name: Text::new(name).unwrap(),
            value: Text::new(value).unwrap(),
        };
        list.iter().map(header).collect()
    }

    const SIGN: Treatment = Treatment {
        token: false,
        presign: false,
        hoist: false,
    };
    const PRESIGN: Treatment = Treatment {
        token: false,
        presign: true,
        hoist: true,
    };

    fn read(list: &[(&str, &str)], treatment: Treatment) -> (String, String, Vec<String>) {
        let headers = headers(list);
        let mut hoisted = Vec::new();
        let mut given = Given::read(&headers, treatment, |header| {
            hoisted.push(header.name.to_string())
        })
        .unwrap();
        given.signed.sort();
        let (mut lines, mut names) = (String::new(), String::new());
        given.signed.write_lines(&mut lines);
        given.signed.write_names(";", &mut names);
        (lines, names, hoisted)
    }

    #[test]
    fn lines_are_sorted_joined_trimmed_and_single_spaced() {
        let (lines, names, _) = read(
            &[
                ("My-Header10", "x"),
                ("my-header1", "  b  b "),
                ("B", ""),
                ("MY-HEADER1", "a"),
                ("My-Header", "\t\"q   q\""),
                ("My-Header1", ""),
                ("User-Agent", "u"),
                ("X-Amzn-Trace-Id", "t"),
                ("AUTHORIZATION", "old"),
                ("X-Amz-Date", "old"),
            ],
            SIGN,
        );
        assert_eq!(
            lines,
            "b:\nmy-header:\"q q\"\nmy-header1:b b,a,\nmy-header10:x\n"
        );
        assert_eq!(names, "b;my-header;my-header1;my-header10");
    }

    #[test]
    fn any_number_of_headers() {
        let names: Vec<String> = (0..500)
            .map(|number| format!("h-{:03}", number * 7 % 500))
            .collect();
        let list: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "v")).collect();
        let (lines, ..) = read(&list, SIGN);
        assert_eq!(
            lines,
            (0..500)
                .map(|number| format!("h-{number:03}:v\n"))
                .collect::<String>()
        );
    }

    #[test]
    fn hoists_all_but_the_required() {
        let given = [
            ("X-Amz-Foo", "1"),
            ("x-amz-grant-Full-Control", "1"),
            ("X-AMZ-META-a", "1"),
            ("X-Amz-Object-Lock-Mode", "1"),
            ("X-Amz-Acl", "1"),
            ("Range", "1"),
            ("X-Amz-Security-Token", "1"),
            ("X-Amz-Signature", "old"),
            ("X-Amz-Expires", "old"),
        ];
        let (_, names, hoisted) = read(&given, PRESIGN);
        assert_eq!(
            names,
            "range;x-amz-acl;x-amz-grant-full-control;x-amz-meta-a;x-amz-object-lock-mode"
        );
        assert_eq!(hoisted, ["X-Amz-Foo", "X-Amz-Security-Token"]);
        let (_, names, hoisted) = read(
            &given,
            Treatment {
                hoist: false,
                token: true,
                ..PRESIGN
            },
        );
        assert_eq!(
            names,
            "range;x-amz-acl;x-amz-foo;x-amz-grant-full-control;x-amz-meta-a;x-amz-object-lock-mode"
        );
        assert!(hoisted.is_empty());
    }

    #[test]
    fn refuses_smuggled_headers_without_quoting_values() {
        for (name, value) in [
            ("a", "secret\r\nb: c"),
            ("a", "secret\n"),
            ("a", "secret\u{1}"),
            ("a", "secret\u{7f}"),
            ("a:b", "secret"),
            ("a\r\nb", "secret"),
            ("", "secret"),
            ("a b", "secret"),
            ("é", "secret"),
        ] {
            let headers = headers(&[(name, value)]);
            let error = Given::read(&headers, SIGN, |_| ()).err().unwrap();
            assert_eq!(error.code().as_str(), "InvalidArgument");
            assert!(!error.text().contains("secret"));
            assert!(!error.text().contains('\n'));
        }
        let two = headers(&[("Host", "a"), ("host", "b")]);
        assert!(Given::read(&two, SIGN, |_| ()).is_err());
    }
}
