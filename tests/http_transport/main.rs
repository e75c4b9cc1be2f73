//! The built-in transport against servers on 127.0.0.1 that follow a script, every byte of the wire looked at.
#![cfg(feature = "http")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test says what it expects by failing"
)]

mod faults;
mod pool;
mod proxy;
mod server;
#[path = "../skip/mod.rs"]
mod skip;
mod tls;
mod wire;

use session::error::{Error, Status};
use session::text::Text;
use session::transport::http::{HttpTransport, ProxySettings, Tls};
use session::transport::{Body, Header, HttpReply, HttpRequest, Purpose, Timeouts, Transport};
use std::time::Duration;

/// A transport with nothing set.
fn transport() -> HttpTransport {
    HttpTransport::new(Tls::default(), ProxySettings::default())
}

/// A request to change as a test needs it.
fn request<'a>(authority: &'a str, method: &'a str, target: &'a str) -> HttpRequest<'a> {
    HttpRequest {
        purpose: Purpose::Service,
        method,
        scheme: "http",
        authority,
        target,
        headers: &[],
        body: Body::Empty,
        timeouts: Timeouts {
            idle: Duration::from_secs(20),
            ..Timeouts::default()
        },
        cancel: None,
    }
}

fn headers(pairs: &[(&str, &str)]) -> Vec<Header> {
    pairs
        .iter()
        .map(|(name, value)| Header {
            name: Text::new(*name).unwrap(),
            value: Text::new(*value).unwrap(),
        })
        .collect()
}

fn read(reply: HttpReply) -> std::io::Result<Vec<u8>> {
    let HttpReply { mut body, .. } = reply;
    let mut bytes = Vec::new();
    std::io::Read::read_to_end(&mut body, &mut bytes).map(|_| bytes)
}

/// The error of a request that must fail, checked to be of the shape that all have.
fn failure(transport: &HttpTransport, request: HttpRequest<'_>) -> Error {
    let error = transport.send(request).err().expect("an error");
    assert_eq!(error.code().as_str(), "RequestError");
    assert_eq!(error.message().as_str(), "send request failed");
    assert_eq!(error.causes().len(), 1, "{error}");
    assert!(matches!(
        error.status(),
        Status::Transport | Status::Timeout
    ));
    error
}
