//! The built-in transport: HTTP/1.1 by ureq, TLS by rustls.
//!
//! ureq runs the protocol. What it would do differently from what a signed request needs is done here, below it, in the
//! connection that it is given: the head goes out as it was written, names are looked up only to connect, every wait has
//! an end, a failure says what failed and where. There is no thread, no process-wide state but certificates that were
//! read, and nothing happens before the first request: no socket, no system certificate, no pool.

mod body;
mod certificates;
mod connection;
mod exempt;
mod fault;
mod head;
mod interim;
mod kept;
mod pool;
mod proxy;
mod socket;
mod tls;

pub use certificates::SystemStore;
pub use proxy::ProxySettings;
pub use tls::Tls;

use super::{Header, HttpReply, HttpRequest, Transport};
use crate::error::Result;
use crate::text::Text;
use body::{Download, Upload};
use fault::Fault;
use head::{Framing, Head};
use pool::{Lane, Pool, Pools};
use proxy::{Proxy, split_port};
use socket::Limits;
use std::fmt;
use std::io;
use std::sync::Arc;
use ureq::http;

/// The transport that is used unless the host program brings its own.
pub struct HttpTransport {
    tls: Tls,
    proxies: ProxySettings,
    pools: Pools,
}

impl HttpTransport {
    /// A transport. Nothing is opened, read or started until a request is sent.
    pub fn new(tls: Tls, proxies: ProxySettings) -> HttpTransport {
        HttpTransport {
            tls,
            proxies,
            pools: Pools::default(),
        }
    }

    fn exchange(&self, mut request: HttpRequest<'_>) -> Result<HttpReply, Fault> {
        let limits = Limits::of(&request.timeouts, request.cancel);
        let proxy = self.route(&request)?;
        // A tunnel is asked for when the connection is made; without one, the proxy gets the request itself.
        let forward = proxy.as_deref().filter(|_| request.scheme == "http");
        let pool = self.pools.current(&self.tls);
        let mut fresh = false;
        loop {
            let head = Head::new(&request, forward)?;
            let lane = pool.get(request.scheme, request.authority, proxy.as_ref(), fresh)?;
            let (result, can_repeat) = attempt(&mut request, head, &lane, limits.clone());
            match result {
                Ok(response) => {
                    check(&response, &lane.authority)?;
                    return Ok(reply(response, lane, pool));
                }
                Err(fault) => {
                    if fresh
                        || !can_repeat
                        || !lane.exchange.lock().was_stale(&fault, request.method)
                    {
                        return Err(fault);
                    }
                    fresh = true;
                }
            }
        }
    }

    fn route(&self, request: &HttpRequest<'_>) -> Result<Option<Arc<Proxy>>, Fault> {
        let tls = match request.scheme {
            "https" => true,
            "http" => false,
            scheme => {
                return Err(Fault::lasting(format!(
                    "`{}` is no scheme: http and https are",
                    scheme.escape_debug()
                )));
            }
        };
        let authority = request.authority;
        let wrong = || {
            Fault::lasting(format!(
                "`{}` is no host with or without a port",
                authority.escape_debug()
            ))
        };
        // A name has at most 253 bytes. What stands before an `@` is no host.
        let known = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~:[]%".contains(&byte);
        if authority.len() > 300 || !authority.bytes().all(known) {
            return Err(wrong());
        }
        let (host, port) = split_port(authority)
            .filter(|(host, _)| !host.is_empty())
            .ok_or_else(wrong)?;
        self.proxies.route(
            request.purpose,
            tls,
            host,
            port.unwrap_or(if tls { 443 } else { 80 }),
        )
    }
}

/// Sends the request once. Says also whether its body could be sent again.
fn attempt(
    request: &mut HttpRequest<'_>,
    head: Head,
    lane: &Lane,
    limits: Limits,
) -> (Result<http::Response<ureq::Body>, Fault>, bool) {
    let outline = match outline(request.method, &head, lane) {
        Ok(outline) => outline,
        Err(error) => return (Err(Fault::lasting(error.to_string())), false),
    };
    // A body from memory can follow without a pause; a reader may take its time.
    let follows =
        matches!(request.body, super::Body::Bytes(_)) && head.body != Framing::None && !head.expect;
    lane.exchange
        .lock()
        .begin(head.bytes, follows, &request.timeouts, limits);
    let mut upload = Upload::new(&mut request.body, head.body, lane);
    let result = match head.body {
        Framing::None => lane.agent.run(outline),
        _ => lane
            .agent
            .run(outline.map(|()| ureq::SendBody::from_reader(&mut upload))),
    };
    (
        result.map_err(|error| Fault::of(error, &lane.authority)),
        upload.can_repeat(),
    )
}

/// What ureq must know of a request to send its body and read its reply.
fn outline(method: &str, head: &Head, lane: &Lane) -> http::Result<http::Request<()>> {
    let mut outline = http::Request::builder()
        .method(method)
        .uri(lane.uri.clone());
    outline = match head.body {
        Framing::None => outline.header("content-length", 0),
        Framing::Length(length) => outline.header("content-length", length),
        Framing::Chunked => outline.header("transfer-encoding", "chunked"),
    };
    if head.expect {
        outline = outline.header("expect", "100-continue");
    }
    if head.close {
        outline = outline.header("connection", "close");
    }
    outline.body(())
}

/// Refuses what ureq lets pass, a body framed in a way that nobody here can read above all.
fn check(response: &http::Response<ureq::Body>, host: &str) -> Result<(), Fault> {
    if response.status() == http::StatusCode::SWITCHING_PROTOCOLS {
        return Err(Fault::lasting(format!(
            "`{host}` switched protocols, which nobody asked for"
        )));
    }
    let mut codings = response.headers().get_all("transfer-encoding").iter();
    match (codings.next(), codings.next()) {
        (None, _) => Ok(()),
        (Some(coding), None) if coding.as_bytes().eq_ignore_ascii_case(b"chunked") => Ok(()),
        _ => Err(Fault::lasting(format!(
            "the reply of `{host}` has a `Transfer-Encoding` other than `chunked`"
        ))),
    }
}

fn reply(response: http::Response<ureq::Body>, lane: Lane, pool: Arc<Pool>) -> HttpReply {
    let (parts, body) = response.into_parts();
    let text = |bytes: &[u8]| Text::lossy(String::from_utf8_lossy(bytes));
    let headers = parts
        .headers
        .iter()
        .map(|(name, value)| Header {
            name: Text::lossy(name.as_str()),
            value: text(value.as_bytes()),
        })
        .collect();
    let idle = lane.exchange.lock().is_idle();
    let body: Box<dyn io::Read + Send + Sync> = if idle {
        // ureq has put the connection by: there is no body.
        pool.put(lane);
        Box::new(io::empty())
    } else {
        Box::new(Download::new(body, lane, pool))
    };
    HttpReply {
        status: parts.status.as_u16(),
        headers,
        body,
    }
}

impl Transport for HttpTransport {
    fn send(&self, request: HttpRequest<'_>) -> Result<HttpReply> {
        self.exchange(request).map_err(Fault::into_error)
    }
}

impl fmt::Debug for HttpTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpTransport")
            .field("tls", &self.tls)
            .field("proxies", &self.proxies)
            .finish_non_exhaustive()
    }
}
