//! One exchange with a server: the request as it is now, over the client's transport.

use super::body::Body;
use super::bytes::Bytes;
use super::{Progress, Request, Response, UNKNOWN};
use crate::error::Result;
use crate::transport::{self, HttpReply, HttpRequest};
use std::io::{self, Read};
use std::sync::Arc;

impl Request {
    /// Sends the request as it is, and gives the reply when its headers have come.
    pub(super) fn exchange(&mut self) -> Result<Response> {
        let to_send = self.wire_length();
        // Apart from the rest, as a stream is read while the headers are lent to the transport.
        let mut body = std::mem::replace(&mut self.body, Body::Bytes(Bytes::default()));
        let result = self.exchange_body(&mut body);
        let failure = match &mut body {
            Body::Stream(stream) => stream.take_failure(),
            Body::Bytes(_) => None,
        };
        self.body = body;
        match result {
            Ok(reply) => {
                let progress = self.progress.clone().map(|progress| (progress, to_send));
                Ok(Response::new(reply, self.cancel.clone(), progress))
            }
            // Whatever a cancelled wait or a body's failure looked like to the transport, that is what it was.
            Err(error) => Err(self.check_cancel().err().or(failure).unwrap_or(error)),
        }
    }

    fn exchange_body(&self, body: &mut Body) -> Result<HttpReply> {
        let transport = self.client.transport()?;
        let target = self.url.target();
        let progress = self.progress.as_ref();
        let mut counted;
        let outgoing = match (body, progress) {
            (Body::Bytes(bytes), _) if bytes.is_empty() => transport::Body::Empty,
            (Body::Bytes(bytes), None) => transport::Body::Bytes(bytes),
            (Body::Bytes(bytes), Some(_)) => {
                let length = Some(bytes.len() as u64);
                counted = Counted::new(Box::new(&**bytes), length, progress);
                transport::Body::Reader(&mut counted, length)
            }
            (Body::Stream(stream), _) => {
                let (reader, length) = stream.wire(self.cancel.as_deref());
                counted = Counted::new(reader, length, progress);
                transport::Body::Reader(&mut counted, length)
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

/// A body that tells how far it has come.
struct Counted<'a> {
    reader: Box<dyn Read + Send + 'a>,
    sent: u64,
    length: Option<u64>,
    progress: Option<&'a Arc<Progress>>,
}

impl<'a> Counted<'a> {
    fn new(
        reader: Box<dyn Read + Send + 'a>,
        length: Option<u64>,
        progress: Option<&'a Arc<Progress>>,
    ) -> Counted<'a> {
        Counted {
            reader,
            sent: 0,
            length,
            progress,
        }
    }
}

impl Read for Counted<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.reader.read(buffer)?;
        self.sent += count as u64;
        if let Some(progress) = self.progress {
            progress(self.sent, self.length.unwrap_or(UNKNOWN), 0, UNKNOWN);
        }
        Ok(count)
    }
}
