//! How a signed request gets to a server and its reply back.
//!
//! A transport is told exactly what to send, and sends that: the target byte for byte, the headers in their order, no
//! redirect followed, nothing decoded. [`http`] is the built-in one; a host program may give its own.

#[cfg(not(feature = "http"))]
mod absent;
#[cfg(feature = "http")]
mod built_in;
mod host;
#[cfg(feature = "http")]
pub mod http;
mod pem;

#[cfg(not(feature = "http"))]
pub use absent::{Tls, built_in, check_tls};
#[cfg(feature = "http")]
pub use built_in::{built_in, check_tls};
pub(crate) use host::bare;
pub use host::is_loopback;
#[cfg(feature = "http")]
pub use http::Tls;
pub use pem::{PemSource, TlsSettings};

use crate::cancel::Cancel;
use crate::error::Result;
use crate::text::Text;
use std::io::Read;
use std::sync::Arc;
use std::time::Duration;

/// What a request is for, so that a transport can treat the calls for credentials apart (no proxy for IMDS, say).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i32)]
pub enum Purpose {
    /// A call of a service client.
    Service = 0,
    /// Credentials from STS.
    Sts = 1,
    /// Credentials from the SSO portal.
    Sso = 2,
    /// A token from SSO's OIDC.
    Oidc = 3,
    /// A token from the sign-in service (`aws login`).
    Signin = 4,
    /// The EC2 instance metadata service.
    Imds = 5,
    /// The ECS or EKS credentials endpoint.
    Container = 6,
}

/// A header as it goes over the wire.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// The name, spelt as given.
    pub name: Text,
    /// The value, without line breaks.
    pub value: Text,
}

/// What is sent after the headers.
pub enum Body<'a> {
    /// Nothing. `Content-Length: 0` is added for `POST`, `PUT` and `PATCH`, which servers refuse without.
    Empty,
    /// These bytes.
    Bytes(&'a [u8]),
    /// What the reader gives: this many bytes, or until its end where the length is not known.
    Reader(&'a mut (dyn Read + Send), Option<u64>),
}

/// How long the steps of a request may take. What has no limit is `Duration::MAX`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeouts {
    /// To connect, all addresses of the host together. The name look-up before it ends by the resolver's own limit.
    pub connect: Duration,
    /// To agree on TLS, or with a proxy on the tunnel.
    pub handshake: Duration,
    /// Without a byte going out or coming in.
    pub idle: Duration,
    /// From the start of the request to the last byte of the reply's body.
    pub total: Duration,
}

impl Default for Timeouts {
    /// Go's for connecting. Go waits for ever for a reply; here a silence ends after 16 minutes, which is longer than
    /// the longest call of any service (a Lambda function may run for 15).
    fn default() -> Timeouts {
        Timeouts {
            connect: Duration::from_secs(30),
            handshake: Duration::from_secs(10),
            idle: Duration::from_secs(16 * 60),
            total: Duration::MAX,
        }
    }
}

/// A request, signed and complete.
pub struct HttpRequest<'a> {
    /// What it is for.
    pub purpose: Purpose,
    /// `GET`, `PUT`, …
    pub method: &'a str,
    /// `https` or `http`.
    pub scheme: &'a str,
    /// Host and, unless it is the scheme's own, port: `s3.us-west-2.amazonaws.com`, `127.0.0.1:5000`, `[::1]:5000`.
    pub authority: &'a str,
    /// Path and query, to be sent byte for byte.
    pub target: &'a str,
    /// The headers in their order, `Host` and `Content-Length` among them where the signer set them.
    pub headers: &'a [Header],
    /// The body.
    pub body: Body<'a>,
    /// How long it may take.
    pub timeouts: Timeouts,
    /// Who may end it before.
    pub cancel: Option<&'a Arc<Cancel>>,
}

/// A reply, its body not read yet.
pub struct HttpReply {
    /// The HTTP status.
    pub status: u16,
    /// The headers in their order, those of one name together. The case of names means nothing; the built-in transport
    /// gives lower case.
    pub headers: Vec<Header>,
    /// The body as it came, not decoded; an error of it is an error of the connection or a body shorter than announced.
    pub body: Box<dyn Read + Send + Sync>,
}

/// Sends requests. Called from any thread, on several at once.
pub trait Transport: Send + Sync {
    /// Sends the request and returns the reply when its headers have come, whatever its status.
    fn send(&self, request: HttpRequest<'_>) -> Result<HttpReply>;
}
