//! One exchange with a server: the request as it is now, over the client's transport.

use super::body::{Body, Counted};
use super::bytes::Bytes;
use super::{Request, Response};
use crate::error::Result;
use crate::transport::{self, HttpReply, HttpRequest};

impl Request {
    /// Sends the request as it is, and gives the reply when its headers have come.
    pub(super) fn exchange(&mut self) -> Result<Response> {
        let mut sent = 0;
        // Apart from the rest, as a stream is read while the headers are lent to the transport.
        let mut body = std::mem::replace(&mut self.body, Body::Bytes(Bytes::default()));
        let result = self.exchange_body(&mut body, &mut sent);
        let failure = match &mut body {
            Body::Stream(stream) => stream.take_failure(),
            Body::Bytes(_) => None,
        };
        self.body = body;
        match result {
            Ok(reply) => {
                let progress = self.progress.clone();
                let progress = progress.map(|progress| (progress, sent, self.body_length()));
                Ok(Response::new(reply, self.cancel.clone(), progress))
            }
            // Whatever a cancelled wait or a body's failure looked like to the transport, that is what it was.
            Err(error) => Err(self.check_cancel().err().or(failure).unwrap_or(error)),
        }
    }

    fn exchange_body(&self, body: &mut Body, sent: &mut u64) -> Result<HttpReply> {
        let transport = self.client.transport()?;
        let target = self.url.target();
        let progress = self.progress.as_ref();
        let (mut counted, mut wire);
        let outgoing = match (body, progress) {
            (Body::Bytes(bytes), _) if bytes.is_empty() => transport::Body::Empty,
            (Body::Bytes(bytes), None) => transport::Body::Bytes(bytes),
            (Body::Bytes(bytes), Some(_)) => {
                let length = Some(bytes.len() as u64);
                counted = Counted::new(&**bytes, length, progress, sent);
                transport::Body::Reader(&mut counted, length)
            }
            (Body::Stream(stream), _) => {
                let length;
                (wire, length) = stream.wire(self.cancel.as_deref(), progress, sent);
                transport::Body::Reader(&mut wire, length)
            }
        };
        transport.send(HttpRequest {
            purpose: self.client.purpose(),
            method: &self.method,
            scheme: self.url.scheme(),
            authority: self.url.authority(),
            target: &target,
            headers: self.headers.as_slice(),
            body: outgoing,
            timeouts: self.client.timeouts(),
            cancel: self.cancel.as_ref(),
        })
    }
}
