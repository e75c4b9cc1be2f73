//! The query of a signed URL: read, sorted and written again.

use super::escape::{Keep, escape, escape_bytes, escaped, unescape};
use super::output::Output;
use super::short::Short;
use std::cmp::Ordering;

pub(super) const ALGORITHM: &str = "X-Amz-Algorithm";
pub(super) const CREDENTIAL: &str = "X-Amz-Credential";
pub(super) const DATE: &str = "X-Amz-Date";
pub(super) const EXPIRES: &str = "X-Amz-Expires";
pub(super) const SECURITY_TOKEN: &str = "X-Amz-Security-Token";
pub(super) const SIGNED_HEADERS: &str = "X-Amz-SignedHeaders";
pub(super) const SIGNATURE: &str = "X-Amz-Signature";

/// Whether a presigned URL has its own parameter of this name.
pub(super) fn is_own_parameter(name: &str) -> bool {
    [
        ALGORITHM,
        CREDENTIAL,
        DATE,
        EXPIRES,
        SECURITY_TOKEN,
        SIGNED_HEADERS,
        SIGNATURE,
    ]
    .into_iter()
    .any(|own| name.eq_ignore_ascii_case(own))
}

/// The parameters of a URL.
pub(super) struct Query<'a>(Short<Parameter<'a>, 16>);

impl<'a> Query<'a> {
    pub(super) fn new() -> Query<'a> {
        Query(Short::new(Parameter {
            name: Piece::EMPTY,
            value: Piece::EMPTY,
            hoisted: false,
        }))
    }

    /// Reads the query of a URL. A parameter without `=` has an empty value, `+` is a blank, a `%` without two digits is
    /// itself. `keep` may drop parameters by their names.
    pub(super) fn read(&mut self, text: &'a str, keep: impl Fn(Piece<'a>) -> bool) {
        for parameter in text.split('&').filter(|parameter| !parameter.is_empty()) {
            let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
            let name = Piece::encoded(name);
            if keep(name) {
                self.0.push(Parameter {
                    name,
                    value: Piece::encoded(value),
                    hoisted: false,
                });
            }
        }
    }

    /// Adds a parameter of the signature.
    pub(super) fn push(&mut self, name: &'a str, value: &'a str) {
        self.0.push(Parameter {
            name: Piece::plain(name),
            value: Piece::plain(value),
            hoisted: false,
        });
    }

    /// Makes a header a parameter, in place of those that have its name already.
    pub(super) fn hoist(&mut self, name: &'a str, value: &'a str) {
        let name = Piece {
            text: name,
            spelling: Spelling::HeaderName,
            raw: false,
        };
        self.0.push(Parameter {
            name,
            value: Piece::plain(value),
            hoisted: true,
        });
    }

    /// Puts the parameters in the order of the signature. To be called when all are there.
    pub(super) fn sort(&mut self) {
        self.0.as_mut_slice().sort_unstable_by(Parameter::order);
    }

    /// Writes the canonical query.
    pub(super) fn write(&self, out: &mut impl Output) {
        let mut hoisted: Option<Piece<'_>> = None;
        let mut first = true;
        for parameter in self.0.as_slice() {
            // A hoisted header stands before what it replaces.
            if parameter.hoisted {
                hoisted = Some(parameter.name);
            } else if hoisted.is_some_and(|name| name.order(&parameter.name).is_eq()) {
                continue;
            }
            if !first {
                out.put_ascii(b'&');
            }
            first = false;
            parameter.name.write(out);
            out.put_ascii(b'=');
            parameter.value.write(out);
        }
    }
}

#[derive(Clone, Copy)]
struct Parameter<'a> {
    name: Piece<'a>,
    value: Piece<'a>,
    hoisted: bool,
}

impl Parameter<'_> {
    fn order(&self, other: &Parameter<'_>) -> Ordering {
        self.name
            .order(&other.name)
            .then(other.hoisted.cmp(&self.hoisted))
            .then_with(|| self.value.order(&other.value))
    }
}

/// A name or a value, which stands for the bytes that it decodes to.
#[derive(Clone, Copy)]
pub(super) struct Piece<'a> {
    text: &'a str,
    spelling: Spelling,
    /// It has characters that had to be percent-encoded, and are not.
    raw: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Spelling {
    /// As it is.
    Plain,
    /// Percent-encoded, and `+` a blank.
    Encoded,
    /// The name of a header, meant with a capital at the start of each word.
    HeaderName,
}

impl<'a> Piece<'a> {
    const EMPTY: Piece<'static> = Piece {
        text: "",
        spelling: Spelling::Plain,
        raw: false,
    };

    fn plain(text: &'a str) -> Piece<'a> {
        Piece {
            text,
            spelling: Spelling::Plain,
            raw: !text.is_ascii(),
        }
    }

    fn encoded(text: &'a str) -> Piece<'a> {
        let plain = !text.bytes().any(|byte| byte == b'%' || byte == b'+');
        let spelling = if plain {
            Spelling::Plain
        } else {
            Spelling::Encoded
        };
        Piece {
            text,
            spelling,
            raw: !text.is_ascii(),
        }
    }

    /// Whether it is a parameter that a presigned URL has of its own.
    pub(super) fn is_own_parameter(&self) -> bool {
        if self.spelling == Spelling::Plain {
            return is_own_parameter(self.text);
        }
        // Decoded, no longer than the longest of them and a byte.
        let name: Option<String> = self
            .bytes()
            .take(SECURITY_TOKEN.len() + 1)
            .map(|b| b.is_ascii().then_some(char::from(b)))
            .collect();
        name.is_some_and(|name| is_own_parameter(&name))
    }

    fn bytes(&self) -> Bytes<'a> {
        Bytes {
            rest: self.text.as_bytes().iter(),
            spelling: self.spelling,
            word_start: true,
        }
    }

    /// The order of the Go package, by the decoded bytes. The description of SigV4 means the encoded ones, which is another
    /// order only where they aren't ASCII; AWS's vectors have it so for names that come raw, and so has this.
    fn order(&self, other: &Piece<'_>) -> Ordering {
        match (self.raw || other.raw, self.spelling, other.spelling) {
            (true, ..) => self.key().cmp(other.key()),
            (false, Spelling::Plain, Spelling::Plain) => self.text.cmp(other.text),
            _ => self.bytes().cmp(other.bytes()),
        }
    }

    /// The bytes that decide the order.
    fn key(&self) -> impl Iterator<Item = u8> {
        let raw = self.raw;
        self.bytes().flat_map(move |byte| {
            let escaped = escaped(byte).filter(|_| raw);
            escaped
                .unwrap_or([byte, 0, 0])
                .into_iter()
                .take(if escaped.is_some() { 3 } else { 1 })
        })
    }

    fn write(&self, out: &mut impl Output) {
        match self.spelling {
            Spelling::Plain => escape(self.text, Keep::UNRESERVED, out),
            _ => escape_bytes(self.bytes(), out),
        }
    }
}

/// The bytes that a piece stands for.
struct Bytes<'a> {
    rest: std::slice::Iter<'a, u8>,
    spelling: Spelling,
    word_start: bool,
}

impl Iterator for Bytes<'_> {
    type Item = u8;

    fn next(&mut self) -> Option<u8> {
        let byte = *self.rest.next()?;
        match (self.spelling, byte) {
            (Spelling::Encoded, b'+') => Some(b' '),
            (Spelling::Encoded, b'%') => Some(unescape(&mut self.rest)),
            (Spelling::HeaderName, _) => {
                let capital = std::mem::replace(&mut self.word_start, byte == b'-');
                Some(if capital {
                    byte.to_ascii_uppercase()
                } else {
                    byte.to_ascii_lowercase()
                })
            }
            _ => Some(byte),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn canonical(text: &str) -> String {
        let mut query = Query::new();
        query.read(text, |_| true);
        written(query)
    }

    fn written(mut query: Query<'_>) -> String {
        query.sort();
        let mut out = String::new();
        query.write(&mut out);
        out
    }

    #[test]
    fn parameters_are_decoded_sorted_and_encoded() {
        for (given, expected) in [
            ("", ""),
            ("&&", ""),
            ("acl", "acl="),
            ("=", "="),
            (
                "b=2&a=z&a=b&c=x%20y&d=%2B&e",
                "a=b&a=z&b=2&c=x%20y&d=%2B&e=",
            ),
            ("a+b=c+d", "a%20b=c%20d"),
            ("a=b=c", "a=b%3Dc"),
            ("a=%zz&b=%4&c=%", "a=%25zz&b=%254&c=%25"),
            ("a=%ff%2f", "a=%FF%2F"),
            ("ሴ=é b", "%E1%88%B4=%C3%A9%20b"),
            ("a;b=c", "a%3Bb=c"),
            // By name first, then by value, both decoded.
            ("ab=1&a=2&a-b=3", "a=2&a-b=3&ab=1"),
            ("%C3%BC=1&x=2&%41=3", "A=3&x=2&%C3%BC=1"),
            ("x=%41&x=%2B&x=A", "x=%2B&x=A&x=A"),
            // But what comes raw, by its escapes.
            ("ü=1&x=2&a=3&-=4", "%C3%BC=1&-=4&a=3&x=2"),
            ("x=b&x=é", "x=%C3%A9&x=b"),
        ] {
            assert_eq!(canonical(given), expected, "{given}");
        }
        let many: Vec<String> = (0..1000)
            .map(|number| format!("k{:03}", number * 7 % 1000))
            .collect();
        let sorted: Vec<String> = (0..1000).map(|number| format!("k{number:03}=")).collect();
        assert_eq!(canonical(&many.join("&")), sorted.join("&"));
    }

    #[test]
    fn a_hoisted_header_replaces_parameters_of_its_name() {
        let mut query = Query::new();
        query.read(
            "X-Amz-Foo=old&X-Amz%2DFoo=older&x-amz-foo=other&z=1",
            |_| true,
        );
        query.hoist("x-AMZ-foo", "b c");
        query.hoist("X-Amz-Foo", "a");
        assert_eq!(
            written(query),
            "X-Amz-Foo=a&X-Amz-Foo=b%20c&x-amz-foo=other&z=1"
        );
    }

    #[test]
    fn knows_its_own_parameters_however_they_are_spelt() {
        for name in [
            "X-Amz-Signature",
            "x-amz-signature",
            "X%2DAmz-Signature",
            "%58-Amz-Date",
            "X-Amz-SignedHeaders",
        ] {
            assert!(Piece::encoded(name).is_own_parameter(), "{name}");
        }
        for name in [
            "X-Amz-Signatures",
            "X-Amz-",
            "",
            "%C3%BC",
            "X%2DAmz-Signatures",
            "X-Amz-Foo",
        ] {
            assert!(!Piece::encoded(name).is_own_parameter(), "{name}");
        }
    }
}
