//! A reply: its status and headers, and its body, read as it comes or as a whole.

use super::{Progress, UNKNOWN};
use crate::cancel::Cancel;
use crate::error::{Error, Result, Status};
use crate::request::Headers;
use crate::service::document::Document;
use crate::text::Text;
use crate::transport::HttpReply;
use std::io::Read;
use std::sync::Arc;
use zeroize::Zeroize;

/// A reply of a service.
pub struct Response {
    status: u16,
    headers: Headers,
    body: Body,
    document: Option<Document>,
    cancel: Option<Arc<Cancel>>,
    /// Who is told how far the body has come, and how much of the request's was sent, of how much.
    progress: Option<(Arc<Progress>, u64, Option<u64>)>,
    received: u64,
}

enum Body {
    /// Still to come.
    Stream(Box<dyn Read + Send + Sync>),
    /// Read in part by the caller, who has the rest to read.
    Begun(Box<dyn Read + Send + Sync>),
    /// Here, with a NUL behind it for C, and how much of it the caller has read.
    Whole(Vec<u8>, usize),
    /// Reading failed; again and again.
    Failed(Error),
}

impl Response {
    /// Takes a reply of a transport over.
    pub(super) fn new(
        reply: HttpReply,
        cancel: Option<Arc<Cancel>>,
        progress: Option<(Arc<Progress>, u64, Option<u64>)>,
    ) -> Response {
        Response {
            status: reply.status,
            headers: reply.headers.into(),
            body: Body::Stream(reply.body),
            document: None,
            cancel,
            progress,
            received: 0,
        }
    }

    /// The next bytes from the wire. Stops with the error of a cancel, whatever that looked like to the transport.
    fn receive(
        &mut self,
        stream: &mut (dyn Read + Send + Sync),
        buffer: &mut [u8],
    ) -> Result<usize> {
        let canceled =
            |cancel: &Option<Arc<Cancel>>| cancel.as_ref().and_then(|cancel| cancel.check().err());
        if let Some(error) = canceled(&self.cancel) {
            return Err(error);
        }
        let count =
            read_some(stream, buffer).map_err(|error| canceled(&self.cancel).unwrap_or(error))?;
        self.received += count as u64;
        if let Some((progress, sent, to_send)) = &self.progress {
            let length = self
                .headers
                .get("content-length")
                .and_then(|length| length.parse().ok());
            let to_send = to_send.unwrap_or(UNKNOWN);
            progress(*sent, to_send, self.received, length.unwrap_or(UNKNOWN));
        }
        Ok(count)
    }

    /// A reply that a handler makes up, without headers.
    pub fn made_up(status: u16, body: Vec<u8>) -> Response {
        let reply = HttpReply {
            status,
            headers: Vec::new(),
            body: Box::new(std::io::Cursor::new(body)),
        };
        Response::new(reply, None, None)
    }

    /// The HTTP status.
    pub fn status(&self) -> u16 {
        self.status
    }

    /// The headers.
    pub fn headers(&self) -> &Headers {
        &self.headers
    }

    /// The headers, to be changed.
    pub fn headers_mut(&mut self) -> &mut Headers {
        &mut self.headers
    }

    /// A header, or nothing.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", Text::as_str)
    }

    /// Reads the next bytes of the body; 0 is its end.
    pub fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
        match &mut self.body {
            Body::Whole(bytes, read) => {
                let rest = bytes
                    .get(*read..bytes.len().saturating_sub(1))
                    .unwrap_or_default();
                let count = rest.len().min(buffer.len());
                if let (Some(to), Some(from)) = (buffer.get_mut(..count), rest.get(..count)) {
                    to.copy_from_slice(from);
                }
                *read += count;
                Ok(count)
            }
            Body::Failed(error) => Err(error.clone()),
            Body::Stream(_) | Body::Begun(_) => {
                let body = std::mem::replace(&mut self.body, Body::Whole(vec![0], 0));
                let (Body::Stream(mut stream) | Body::Begun(mut stream)) = body else {
                    return Ok(0);
                };
                match self.receive(&mut *stream, buffer) {
                    Ok(count) => {
                        self.body = Body::Begun(stream);
                        Ok(count)
                    }
                    Err(error) => {
                        self.body = Body::Failed(error.clone());
                        Err(error)
                    }
                }
            }
        }
    }

    fn receive_whole(
        &mut self,
        stream: &mut (dyn Read + Send + Sync),
        limit: usize,
    ) -> Result<Vec<u8>> {
        let announced = self
            .headers
            .get("content-length")
            .and_then(|length| length.parse::<usize>().ok());
        let announced = announced.unwrap_or(0);
        if announced > limit {
            return Err(too_long(limit));
        }
        // What a server announces is no reason to take much memory before it comes. A byte more than is to come shows
        // the end without another allocation; so does the NUL behind it.
        let mut bytes = vec![0; announced.min(1 << 20) + 2];
        let mut length = 0;
        loop {
            if bytes.len() - length < 2 {
                bytes.resize((bytes.len() * 2).max(4096), 0);
            }
            let end = bytes.len() - 1;
            match self.receive(stream, bytes.get_mut(length..end).unwrap_or_default())? {
                0 => break,
                count => length += count,
            }
            if length > limit {
                return Err(too_long(limit));
            }
        }
        bytes.truncate(length);
        bytes.push(0);
        Ok(bytes)
    }

    /// The whole body, read to its end if it was not yet. One of more than `limit` bytes is an error.
    pub fn whole(&mut self, limit: usize) -> Result<&[u8]> {
        if let Body::Stream(_) = &self.body {
            let body = std::mem::replace(&mut self.body, Body::Whole(vec![0], 0));
            let Body::Stream(mut stream) = body else {
                return Ok(&[]);
            };
            self.body = match self.receive_whole(&mut *stream, limit) {
                Ok(bytes) => Body::Whole(bytes, 0),
                Err(error) => Body::Failed(error),
            };
        }
        match &self.body {
            Body::Whole(bytes, _) => {
                let length = bytes.len().saturating_sub(1);
                if length > limit {
                    return Err(too_long(limit));
                }
                Ok(bytes.get(..length).unwrap_or_default())
            }
            Body::Failed(error) => Err(error.clone()),
            Body::Stream(_) | Body::Begun(_) => Err(Error::new(
                Status::InvalidState,
                "InvalidState",
                "part of the body has been read: the rest can only be read on",
            )),
        }
    }

    /// The whole body, if it was read.
    pub(crate) fn whole_if_read(&self) -> Option<&[u8]> {
        match &self.body {
            Body::Whole(bytes, _) => bytes.get(..bytes.len().saturating_sub(1)),
            _ => None,
        }
    }

    /// The whole body as it was read, with a NUL behind it, for C; nothing while it is not whole.
    pub fn whole_with_nul(&self) -> &[u8] {
        match &self.body {
            Body::Whole(bytes, _) => bytes,
            _ => b"\0",
        }
    }

    /// Overwrites what was read of the body, which was a secret.
    pub(crate) fn wipe(&mut self) {
        if let Body::Whole(bytes, _) = &mut self.body {
            bytes.zeroize();
            bytes.push(0);
        }
        if let Some(mut document) = self.document.take() {
            document.wipe();
        }
    }

    /// The body as a document, read to its end and parsed if it was not yet.
    pub fn document(&mut self, limit: usize) -> Result<&Document> {
        if self.document.is_none() {
            let document = Document::parse(self.whole(limit)?);
            self.document = Some(document.map_err(|error| {
                error.with_reply(
                    self.status,
                    self.header("x-amzn-requestid"),
                    self.header("x-amz-id-2"),
                )
            })?);
        }
        self.document
            .as_ref()
            .ok_or_else(|| Error::new(Status::Internal, "InternalError", "no document"))
    }
}

fn read_some(stream: &mut (dyn Read + Send + Sync), buffer: &mut [u8]) -> Result<usize> {
    loop {
        match stream.read(buffer) {
            Ok(count) => return Ok(count),
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => return Err(read_error(&error)),
        }
    }
}

fn too_long(limit: usize) -> Error {
    Error::new(
        Status::Transport,
        "ResponseTooLarge",
        format!("the body of the reply has more than {limit} bytes"),
    )
}

/// The error of a body that could not be read. A transport wraps its own error; any other is of the connection.
fn read_error(error: &std::io::Error) -> Error {
    match error
        .get_ref()
        .and_then(|inner| inner.downcast_ref::<Error>())
    {
        Some(own) => own.clone(),
        None => Error::new(
            Status::Transport,
            "ReadError",
            "failed to read the body of the reply",
        )
        .with_cause(Error::new(Status::Transport, "", error.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn response(body: &'static [u8]) -> Response {
        let reply = HttpReply {
            status: 200,
            headers: Vec::new(),
            body: Box::new(body),
        };
        Response::new(reply, None, None)
    }

    #[test]
    fn a_body_is_read_in_parts_or_as_a_whole() {
        let mut parts = response(b"abc");
        let mut buffer = [0; 2];
        assert_eq!(parts.read(&mut buffer).unwrap(), 2);
        assert!(parts.whole(10).is_err());
        assert_eq!(parts.read(&mut buffer).unwrap(), 1);
        assert_eq!(parts.read(&mut buffer).unwrap(), 0);

        let mut whole = response(b"abc");
        assert_eq!(whole.whole(3).unwrap(), b"abc");
        assert_eq!(whole.whole_with_nul(), b"abc\0");
        assert_eq!(whole.read(&mut buffer).unwrap(), 2);
        assert_eq!(whole.read(&mut buffer).unwrap(), 1);
        assert_eq!(whole.read(&mut buffer).unwrap(), 0);
    }

    #[test]
    fn a_body_above_the_limit_is_an_error_and_stays_one() {
        let mut response = response(b"abcd");
        assert_eq!(response.whole(3).unwrap_err().code(), "ResponseTooLarge");
        assert_eq!(response.whole(30).unwrap_err().code(), "ResponseTooLarge");
    }
}
