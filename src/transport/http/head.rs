//! The head of a request, as it goes over the wire.
//!
//! ureq keeps headers in a map, which writes names in lower case and brings those of one name together, and a target in
//! a type with rules of its own. What was signed must arrive as it is, so the head is written here and takes the place of
//! the one ureq writes; ureq gets what it needs to know of it to send the body and to read the reply.

use super::fault::Fault;
use super::proxy::Proxy;
use crate::text::is_token;
use crate::transport::{Body, HttpRequest};

/// A head and what it says of the body.
pub(super) struct Head {
    /// From the request line to the empty line.
    pub(super) bytes: Vec<u8>,
    pub(super) body: Framing,
    /// The server is asked before the body is sent.
    pub(super) expect: bool,
    /// The connection is not used again.
    pub(super) close: bool,
}

/// How the end of the body is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Framing {
    /// There is none.
    None,
    /// By `Content-Length`.
    Length(u64),
    /// By `Transfer-Encoding: chunked`.
    Chunked,
}

impl Head {
    /// The head of a request; `proxy` is one that is sent the request itself, not asked for a tunnel.
    pub(super) fn new(request: &HttpRequest<'_>, proxy: Option<&Proxy>) -> Result<Head, Fault> {
        check_line(request)?;
        let mut bytes = Vec::with_capacity(1024);
        let put = |bytes: &mut Vec<u8>, parts: &[&str]| {
            parts
                .iter()
                .for_each(|part| bytes.extend_from_slice(part.as_bytes()))
        };
        put(&mut bytes, &[request.method, " "]);
        if proxy.is_some() {
            put(&mut bytes, &[request.scheme, "://", request.authority]);
        }
        put(&mut bytes, &[request.target, " HTTP/1.1\r\n"]);

        let mut seen = Seen::default();
        let given = |name: &str| {
            request
                .headers
                .iter()
                .any(|header| header.name.eq_ignore_ascii_case(name))
        };
        if !given("host") {
            put(&mut bytes, &["Host: ", request.authority, "\r\n"]);
        }
        for header in request.headers {
            seen.look_at(&header.name, &header.value)?;
            put(&mut bytes, &[&header.name, ": ", &header.value, "\r\n"]);
        }
        let body = seen.framing(&request.body)?;
        match body {
            Framing::Length(length) if seen.length.is_none() => put(
                &mut bytes,
                &["Content-Length: ", &length.to_string(), "\r\n"],
            ),
            Framing::Chunked if !seen.chunked => {
                put(&mut bytes, &["Transfer-Encoding: chunked\r\n"])
            }
            Framing::None if needs_length(request.method) && seen.length.is_none() => {
                put(&mut bytes, &["Content-Length: 0\r\n"]);
            }
            _ => {}
        }
        if let Some(authorization) = proxy.and_then(|proxy| proxy.authorization.as_ref()) {
            if !given("proxy-authorization") {
                put(
                    &mut bytes,
                    &["Proxy-Authorization: ", authorization, "\r\n"],
                );
            }
        }
        put(&mut bytes, &["\r\n"]);
        let body = if body == Framing::Length(0) {
            Framing::None
        } else {
            body
        };
        Ok(Head {
            bytes,
            body,
            expect: seen.expect && body != Framing::None,
            close: seen.close,
        })
    }
}

/// Methods whose requests servers refuse without a length.
fn needs_length(method: &str) -> bool {
    matches!(method, "POST" | "PUT" | "PATCH")
}

fn check_line(request: &HttpRequest<'_>) -> Result<(), Fault> {
    if !is_token(request.method) || request.method == "CONNECT" {
        return Err(Fault::lasting(format!(
            "`{}` is no method for a request",
            request.method.escape_debug()
        )));
    }
    let target = request.target;
    if !target.starts_with('/') && target != "*" {
        return Err(Fault::lasting(
            "the request's target does not begin with `/`",
        ));
    }
    if let Some(at) = target.bytes().position(|byte| byte <= b' ' || byte == 0x7f) {
        return Err(Fault::lasting(format!(
            "the request's target has a blank or control character at byte {at}"
        )));
    }
    Ok(())
}

/// What the given headers say.
#[derive(Default)]
struct Seen {
    hosts: usize,
    length: Option<u64>,
    chunked: bool,
    expect: bool,
    close: bool,
}

impl Seen {
    fn look_at(&mut self, name: &str, value: &str) -> Result<(), Fault> {
        if !is_token(name) {
            return Err(Fault::lasting(format!(
                "`{}` is no name of a header",
                name.escape_debug()
            )));
        }
        if value
            .bytes()
            .any(|byte| (byte < b' ' && byte != b'\t') || byte == 0x7f)
        {
            return Err(Fault::lasting(format!(
                "the header `{name}` has a control character in its value"
            )));
        }
        let value = value.trim();
        let is = |known: &str| name.eq_ignore_ascii_case(known);
        let twice = || {
            Err(Fault::lasting(format!(
                "the header `{name}` is given twice"
            )))
        };
        if is("host") {
            self.hosts += 1;
            if self.hosts > 1 {
                return twice();
            }
        } else if is("content-length") {
            if self.length.is_some() {
                return twice();
            }
            let digits = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit());
            let length = value.parse().ok().filter(|_| digits);
            self.length = Some(
                length.ok_or_else(|| Fault::lasting("the header `Content-Length` is no number"))?,
            );
        } else if is("transfer-encoding") {
            if self.chunked {
                return twice();
            }
            if !value.eq_ignore_ascii_case("chunked") {
                return Err(Fault::lasting(
                    "a `Transfer-Encoding` other than `chunked` can't be sent",
                ));
            }
            self.chunked = true;
        } else if is("expect") {
            self.expect |= value.eq_ignore_ascii_case("100-continue");
        } else if is("connection") {
            self.close |= value
                .split(',')
                .any(|option| option.trim().eq_ignore_ascii_case("close"));
        }
        Ok(())
    }

    fn framing(&self, body: &Body<'_>) -> Result<Framing, Fault> {
        if self.chunked {
            return match self.length {
                Some(_) => Err(Fault::lasting(
                    "`Content-Length` and `Transfer-Encoding` are both given",
                )),
                None => Ok(Framing::Chunked),
            };
        }
        let known = match body {
            Body::Empty if self.length.is_none() => return Ok(Framing::None),
            Body::Empty => Some(0),
            Body::Bytes(bytes) => Some(bytes.len() as u64),
            Body::Reader(_, length) => *length,
        };
        match (known, self.length) {
            (Some(known), Some(given)) if known != given => Err(Fault::lasting(format!(
                "`Content-Length` is {given}, but the body has {known} bytes"
            ))),
            (Some(length), _) | (None, Some(length)) => Ok(Framing::Length(length)),
            (None, None) => Ok(Framing::Chunked),
        }
    }
}
