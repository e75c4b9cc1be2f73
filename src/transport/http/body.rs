//! Bodies on their way: the request's up, the reply's down.

use super::fault::{Fault, Kind};
use super::head::Framing;
use super::pool::{Lane, Pool};
use crate::transport::Body;
use std::io::{self, Read};
use std::sync::Arc;

/// A request's body as ureq reads it: exactly as long as the head says.
pub(super) struct Upload<'a, 'b> {
    body: &'a mut Body<'b>,
    /// Read so far.
    read: u64,
    /// To come; `None`: until the end.
    left: Option<u64>,
    lane: &'a Lane,
}

impl<'a, 'b> Upload<'a, 'b> {
    pub(super) fn new(body: &'a mut Body<'b>, framing: Framing, lane: &'a Lane) -> Upload<'a, 'b> {
        let left = match framing {
            Framing::None => Some(0),
            Framing::Length(length) => Some(length),
            Framing::Chunked => None,
        };
        Upload {
            body,
            read: 0,
            left,
            lane,
        }
    }

    /// Whether the same body can be sent once more.
    pub(super) fn can_repeat(&self) -> bool {
        self.read == 0 || !matches!(self.body, Body::Reader(..))
    }

    fn fill(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match &mut *self.body {
            Body::Empty => Ok(0),
            Body::Bytes(bytes) => {
                let mut rest = usize::try_from(self.read)
                    .ok()
                    .and_then(|read| bytes.get(read..))
                    .unwrap_or_default();
                rest.read(buffer)
            }
            Body::Reader(reader, _) => loop {
                match reader.read(buffer) {
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                    Err(error) => {
                        return Err(Fault::other(format!(
                            "reading the request's body failed: {error}"
                        ))
                        .into());
                    }
                    result => return result,
                }
            },
        }
    }
}

impl Read for Upload<'_, '_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let wanted = self.left.map_or(buffer.len(), |left| {
            usize::try_from(left)
                .unwrap_or(usize::MAX)
                .min(buffer.len())
        });
        if wanted == 0 {
            return Ok(0);
        }
        // Nobody listens any more: what is left is let go unread, so that the reply can be looked at.
        let read = if self.lane.exchange.lock().is_deaf() {
            self.left.map_or(0, |_| wanted)
        } else {
            self.fill(buffer.get_mut(..wanted).unwrap_or_default())?
                .min(wanted)
        };
        self.read += read as u64;
        match &mut self.left {
            Some(left) if read == 0 => {
                let (read, whole) = (self.read, self.read.saturating_add(*left));
                let text = format!("the request's body ended after {read} of {whole} bytes");
                return Err(Fault::new(Kind::Lasting, text).into());
            }
            Some(left) => *left -= read as u64,
            None => {}
        }
        Ok(read)
    }
}

/// A reply's body, read from the socket as it is asked for.
pub(super) struct Download {
    body: ureq::BodyReader<'static>,
    /// To come, where `Content-Length` says it.
    left: Option<u64>,
    read: u64,
    host: String,
    /// Given back for the next request when all has been read.
    lane: Option<Lane>,
    pool: Arc<Pool>,
    fault: Option<Fault>,
}

impl Download {
    pub(super) fn new(body: ureq::Body, lane: Lane, pool: Arc<Pool>) -> Download {
        let (left, host) = (body.content_length(), lane.authority.clone());
        Download {
            body: body.into_reader(),
            left,
            read: 0,
            host,
            lane: Some(lane),
            pool,
            fault: None,
        }
    }

    fn step(&mut self, buffer: &mut [u8]) -> Result<usize, Fault> {
        self.pool.check_process()?;
        if let Some(lane) = &self.lane {
            lane.exchange.lock().allow();
        }
        let read = self.body.read(buffer).map_err(|error| {
            let mut fault = Fault::of(ureq::Error::from(error), &self.host);
            if fault.kind == Kind::Cut {
                let whole = self
                    .left
                    .map(|left| format!(" of {}", self.read.saturating_add(left)))
                    .unwrap_or_default();
                fault.text = format!(
                    "the body was cut after {}{whole} bytes: {}",
                    self.read, fault.text
                );
            }
            fault
        })?;
        self.read += read as u64;
        self.left = self.left.map(|left| left.saturating_sub(read as u64));
        if read == 0 {
            if let Some(lane) = self.lane.take() {
                self.pool.put(lane);
            }
        }
        Ok(read)
    }
}

impl Read for Download {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        // An error is an error for good: a caller that reads on must not take what is left for the end.
        if let Some(fault) = &self.fault {
            return Err(fault.clone().into());
        }
        let result = self.step(buffer).and_then(|read| {
            // The last byte is known to be the last: the connection is free now, not at a read that may never come.
            if read > 0 && self.left == Some(0) {
                self.step(&mut [0])?;
            }
            Ok(read)
        });
        result.map_err(|fault| {
            self.lane = None;
            self.fault = Some(fault.clone());
            fault.into()
        })
    }
}
