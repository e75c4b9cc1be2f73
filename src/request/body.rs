//! Bodies on their way up: bytes in memory, or a stream that the caller's code gives piece by piece.

use super::bytes::Bytes;
use super::chunked::{self, Chunked};
use super::{Progress, Request, UNKNOWN};
use crate::cancel::Cancel;
use crate::crypto::{Hex, Sha256};
use crate::error::{Error, Result, Status};
use crate::text::Text;
use std::io::{self, Read};
use std::sync::Arc;

/// Gives the bytes of a body.
pub trait Source: Send {
    /// How many there are, where that is known.
    fn length(&self) -> Option<u64>;
    /// Gives the next; 0 is the end.
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize>;
    /// Whether it can start again.
    fn can_rewind(&self) -> bool;
    /// Starts again from the first byte.
    fn rewind(&mut self) -> Result<()>;
}

/// How a body is part of the signature.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(i32)]
pub enum PayloadSigning {
    /// By its hash where it can be read twice; else in chunks, where the service takes them.
    #[default]
    Auto = 0,
    /// By its hash: a stream is read once for it, and once more to be sent.
    Hash = 1,
    /// Not at all.
    Unsigned = 2,
    /// Not at all, but with a checksum behind it (`aws-chunked`). S3 alone takes it.
    Chunked = 3,
}

/// What is sent with a request.
pub(super) enum Body {
    Bytes(Bytes),
    Stream(Stream),
}

/// A body that comes piece by piece.
pub(super) struct Stream {
    source: Box<dyn Source>,
    /// Known from the start, or since it was read for its hash.
    length: Option<u64>,
    hash: Option<Text>,
    begun: bool,
    chunked: bool,
    /// Why it could not be sent, which a transport need not know to tell.
    failure: Option<Error>,
}

impl Stream {
    pub(super) fn new(source: Box<dyn Source>) -> Stream {
        let length = source.length();
        Stream {
            source,
            length,
            hash: None,
            begun: false,
            chunked: false,
            failure: None,
        }
    }

    /// Whether it can be sent (again).
    fn is_fresh_or_rewinds(&self) -> bool {
        !self.begun || self.source.can_rewind()
    }

    /// Starts again if it has begun.
    fn start(&mut self, cancel: Option<&Cancel>) -> Result<()> {
        if self.begun {
            check(cancel)?;
            if !self.source.can_rewind() {
                let message = "failed to rewind the request's body: it can be read once only";
                return Err(Error::new(
                    Status::Serialization,
                    "SerializationError",
                    message,
                ));
            }
            self.source.rewind()?;
            self.begun = false;
        }
        Ok(())
    }

    /// Starts again if an attempt has sent it.
    fn restart(&mut self, cancel: Option<&Cancel>) -> Result<()> {
        check(cancel)?;
        self.start(None).map_err(|cause| {
            let message = "failed to prepare body for retry";
            Error::new(cause.status(), "SerializationError", message).with_cause(cause)
        })
    }

    /// Reads all of it for its hash, which also tells its length.
    fn hash(&mut self, cancel: Option<&Cancel>) -> Result<()> {
        if self.hash.is_some() {
            return Ok(());
        }
        self.start(cancel)?;
        let mut hash = Sha256::new();
        let mut buffer = vec![0; 64 * 1024];
        let mut length = 0u64;
        loop {
            check(cancel)?;
            self.begun = true;
            match self.source.read(&mut buffer)? {
                0 => break,
                count => {
                    hash.update(buffer.get(..count).unwrap_or_default());
                    length = length.saturating_add(count as u64);
                }
            }
        }
        if let Some(said) = self.source.length().filter(|said| *said != length) {
            return Err(wrong_length(said, &length.to_string()));
        }
        self.length = Some(length);
        self.hash = Some(Text::lossy(Hex::new(&hash.finish()).as_str()));
        self.start(cancel)
    }

    /// Makes sure that what is said to be empty is: nobody will read it to be sent.
    fn check_empty(&mut self) -> Result<()> {
        if self.length != Some(0) || self.hash.is_some() {
            return Ok(());
        }
        self.begun = true;
        check_end(&mut *self.source, 0)
    }

    /// Why the last attempt to send it failed, if that was its own fault.
    pub(super) fn take_failure(&mut self) -> Option<Error> {
        self.failure.take()
    }

    /// What goes over the wire, and how long it is.
    pub(super) fn wire<'a>(
        &'a mut self,
        cancel: Option<&'a Cancel>,
        progress: Option<&'a Arc<Progress>>,
        sent: &'a mut u64,
    ) -> (Box<dyn Read + Send + 'a>, Option<u64>) {
        let length = self.length;
        let chunked = self.chunked;
        self.begun = true;
        let reader = SourceReader {
            source: &mut *self.source,
            length,
            read: 0,
            failure: &mut self.failure,
            cancel,
        };
        let reader = Counted::new(reader, length, progress, sent);
        match length.filter(|_| chunked) {
            Some(length) => (
                Box::new(Chunked::new(reader, length)),
                Some(chunked::length_of(length)),
            ),
            None => (Box::new(reader), length),
        }
    }
}

/// Before each call of the source's, which may be slow: whether anybody still waits for it.
fn check(cancel: Option<&Cancel>) -> Result<()> {
    cancel.map_or(Ok(()), Cancel::check)
}

/// The caller's own bytes as they are taken to be sent, which tells how far they have come.
pub(super) struct Counted<'a, R> {
    reader: R,
    length: Option<u64>,
    progress: Option<&'a Arc<Progress>>,
    sent: &'a mut u64,
}

impl<'a, R: Read> Counted<'a, R> {
    pub(super) fn new(
        reader: R,
        length: Option<u64>,
        progress: Option<&'a Arc<Progress>>,
        sent: &'a mut u64,
    ) -> Counted<'a, R> {
        Counted {
            reader,
            length,
            progress,
            sent,
        }
    }
}

impl<R: Read> Read for Counted<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.reader.read(buffer)?;
        *self.sent += count as u64;
        if let Some(progress) = self.progress {
            progress(*self.sent, self.length.unwrap_or(UNKNOWN), 0, UNKNOWN);
        }
        Ok(count)
    }
}

/// Makes sure that a source has no more than it said. Half of somebody's data must not pass for all of it.
fn check_end(source: &mut dyn Source, said: u64) -> Result<()> {
    match source.read(&mut [0])? {
        0 => Ok(()),
        _ => Err(wrong_length(said, "more")),
    }
}

fn wrong_length(said: u64, has: &str) -> Error {
    let message = format!("the body was said to have {said} bytes, but has {has}");
    Error::new(Status::InvalidArgument, "SerializationError", message).with_retryable(false)
}

/// A source as the standard library reads: exactly as long as it said.
struct SourceReader<'a> {
    source: &'a mut dyn Source,
    length: Option<u64>,
    read: u64,
    failure: &'a mut Option<Error>,
    cancel: Option<&'a Cancel>,
}

impl SourceReader<'_> {
    fn step(&mut self, buffer: &mut [u8]) -> Result<usize> {
        check(self.cancel)?;
        let Some(length) = self.length else {
            return self.source.read(buffer);
        };
        let left = usize::try_from(length.saturating_sub(self.read)).unwrap_or(usize::MAX);
        let wanted = left.min(buffer.len());
        if wanted == 0 {
            return Ok(0);
        }
        let count = self
            .source
            .read(buffer.get_mut(..wanted).unwrap_or_default())?;
        self.read = self.read.saturating_add(count as u64);
        if count == 0 {
            return Err(wrong_length(length, &self.read.to_string()));
        }
        // Before the last of it goes out, while the server can still tell that it is not whole.
        if self.read == length {
            check_end(self.source, length)?;
        }
        Ok(count)
    }
}

impl Read for SourceReader<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.step(buffer).map_err(|error| {
            *self.failure = Some(error.clone());
            io::Error::other(error)
        })
    }
}

/// Bytes in memory as a source.
struct Memory {
    bytes: Bytes,
    read: usize,
}

impl Source for Memory {
    fn length(&self) -> Option<u64> {
        Some(self.bytes.len() as u64)
    }
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
        let mut rest = self.bytes.get(self.read..).unwrap_or_default();
        let count = rest.read(buffer).unwrap_or(0);
        self.read += count;
        Ok(count)
    }
    fn can_rewind(&self) -> bool {
        true
    }
    fn rewind(&mut self) -> Result<()> {
        self.read = 0;
        Ok(())
    }
}

impl Request {
    /// Sends what a source gives as the body.
    pub fn set_body_stream(&mut self, source: Box<dyn Source>) {
        self.body = Body::Stream(Stream::new(source));
    }

    /// Sets how the body is part of the signature.
    pub fn set_payload_signing(&mut self, signing: PayloadSigning) {
        self.payload_signing = signing;
    }

    /// How many bytes the body has, before any encoding; none where that is not known.
    pub fn body_length(&self) -> Option<u64> {
        match &self.body {
            Body::Bytes(bytes) => Some(bytes.len() as u64),
            Body::Stream(stream) => stream.length,
        }
    }

    /// Whether the body is in memory.
    pub fn has_body_in_memory(&self) -> bool {
        matches!(self.body, Body::Bytes(_))
    }

    /// Whether the body can be sent for another attempt.
    pub(crate) fn can_send_again(&self) -> bool {
        match &self.body {
            Body::Bytes(_) => true,
            Body::Stream(stream) => stream.is_fresh_or_rewinds(),
        }
    }

    /// The hash of a stream that was read for it.
    pub(crate) fn payload_hash(&self) -> Option<&Text> {
        match &self.body {
            Body::Stream(stream) if !stream.chunked => stream.hash.as_ref(),
            _ => None,
        }
    }

    /// Makes the body ready to be signed and sent, from its first byte.
    pub(super) fn prepare_payload(&mut self) -> Result<()> {
        const HASH: Text = crate::text!("X-Amz-Content-Sha256");
        let is_s3 = self.service() == "s3";
        let cancel = self.cancel.clone();
        let cancel = cancel.as_deref();
        let signing = match (self.payload_signing, &self.body) {
            _ if self.presign_seconds().is_some() => return Ok(()),
            (PayloadSigning::Auto, Body::Bytes(_)) => return Ok(()),
            (PayloadSigning::Auto, Body::Stream(stream)) if stream.source.can_rewind() => {
                PayloadSigning::Hash
            }
            (PayloadSigning::Auto, Body::Stream(_)) if is_s3 => PayloadSigning::Chunked,
            (PayloadSigning::Auto, Body::Stream(_)) => {
                let message = "cannot use a body that can be read once only: its hash is part of the signature";
                return Err(Error::new(
                    Status::InvalidArgument,
                    "SerializationError",
                    message,
                ));
            }
            (signing, _) => signing,
        };
        match signing {
            PayloadSigning::Auto | PayloadSigning::Hash => {
                if let Body::Stream(stream) = &mut self.body {
                    stream.hash(cancel)?;
                }
            }
            PayloadSigning::Unsigned => self
                .headers_mut()
                .set(HASH, crate::text!("UNSIGNED-PAYLOAD")),
            PayloadSigning::Chunked => self.prepare_chunks()?,
        }
        match &mut self.body {
            Body::Stream(stream) => {
                stream.restart(cancel)?;
                stream.check_empty()
            }
            Body::Bytes(_) => Ok(()),
        }
    }

    fn prepare_chunks(&mut self) -> Result<()> {
        if let Body::Bytes(bytes) = &mut self.body {
            let bytes = std::mem::take(bytes);
            self.body = Body::Stream(Stream::new(Box::new(Memory { bytes, read: 0 })));
        }
        let Body::Stream(stream) = &mut self.body else {
            return Ok(());
        };
        let Some(length) = stream.length else {
            let message = "a body in chunks needs a length that is known before";
            return Err(Error::new(
                Status::InvalidArgument,
                "SerializationError",
                message,
            ));
        };
        let begun = std::mem::replace(&mut stream.chunked, true);
        let headers = self.headers_mut();
        headers.set(
            crate::text!("X-Amz-Content-Sha256"),
            crate::text!("STREAMING-UNSIGNED-PAYLOAD-TRAILER"),
        );
        headers.set(
            crate::text!("X-Amz-Decoded-Content-Length"),
            Text::format(format_args!("{length}")),
        );
        headers.set(
            crate::text!("X-Amz-Trailer"),
            crate::text!("x-amz-checksum-crc32"),
        );
        if !begun {
            let encoding = match headers.get("Content-Encoding") {
                Some(before) => Text::format(format_args!("aws-chunked,{before}")),
                None => crate::text!("aws-chunked"),
            };
            headers.set(crate::text!("Content-Encoding"), encoding);
        }
        Ok(())
    }

    /// How many bytes go over the wire as the body; none where that is not known.
    pub(super) fn wire_length(&self) -> Option<u64> {
        match &self.body {
            Body::Stream(stream) if stream.chunked => stream.length.map(chunked::length_of),
            _ => self.body_length(),
        }
    }
}
