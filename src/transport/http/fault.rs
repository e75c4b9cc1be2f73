//! Why an exchange failed, said so that a person can act on it.
//!
//! A fault travels inside the error types of ureq and rustls and is taken out again at the end.

use crate::error::{Error, Status};
use std::fmt;
use std::io;

/// What class of failure it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A deadline has passed.
    Timeout,
    /// The other side closed or reset the connection.
    Cut,
    /// Something that another try will not change: a certificate, a setting.
    Lasting,
    /// Anything else.
    Other,
}

/// A failure and its reason.
#[derive(Clone, Debug)]
pub(super) struct Fault {
    pub(super) kind: Kind,
    pub(super) text: String,
}

impl Fault {
    pub(super) fn new(kind: Kind, text: impl Into<String>) -> Fault {
        Fault {
            kind,
            text: text.into(),
        }
    }

    pub(super) fn other(text: impl Into<String>) -> Fault {
        Fault::new(Kind::Other, text)
    }

    pub(super) fn lasting(text: impl Into<String>) -> Fault {
        Fault::new(Kind::Lasting, text)
    }

    /// The fault in an error of reading or writing; `what` was being done.
    pub(super) fn of_io(error: io::Error, what: &str) -> Fault {
        use io::ErrorKind::{
            BrokenPipe, ConnectionAborted, ConnectionReset, NotConnected, UnexpectedEof,
        };
        let kind = match error.kind() {
            BrokenPipe | ConnectionAborted | ConnectionReset | NotConnected | UnexpectedEof => {
                Kind::Cut
            }
            _ => Kind::Other,
        };
        match error.downcast::<Fault>() {
            Ok(fault) => fault,
            Err(error) => match error
                .get_ref()
                .and_then(|inner| inner.downcast_ref::<rustls::Error>())
            {
                Some(tls) => super::tls::fault(tls, what),
                None => Fault::new(kind, format!("{what}: {error}")),
            },
        }
    }

    /// The fault in an error of ureq, in an exchange with `host`.
    pub(super) fn of(error: ureq::Error, host: &str) -> Fault {
        match error {
            ureq::Error::Other(inner) => match inner.downcast::<Fault>() {
                Ok(fault) => *fault,
                Err(inner) => Fault::other(inner.to_string()),
            },
            ureq::Error::Io(error)
                if error
                    .get_ref()
                    .is_some_and(|inner| inner.is::<ureq::Error>()) =>
            {
                match error.downcast::<ureq::Error>() {
                    Ok(error) => Fault::of(error, host),
                    Err(error) => Fault::of_io(error, host),
                }
            }
            // ureq's own, where it misses the rest of a head or body.
            ureq::Error::Io(error)
                if error.kind() == io::ErrorKind::UnexpectedEof
                    && error.raw_os_error().is_none() =>
            {
                match error.downcast::<Fault>() {
                    Ok(fault) => fault,
                    Err(_) => Fault::new(
                        Kind::Cut,
                        format!("`{host}` closed the connection in the middle of its reply"),
                    ),
                }
            }
            ureq::Error::Io(error) => Fault::of_io(error, &format!("the connection to `{host}`")),
            // A chunk whose length is cut.
            ureq::Error::BodyStalled => Fault::new(
                Kind::Cut,
                format!("`{host}` closed the connection in a chunk"),
            ),
            ureq::Error::LargeResponseHeader(_, limit) => Fault::other(format!(
                "the headers of the reply of `{host}` are longer than {limit} bytes"
            )),
            ureq::Error::Protocol(error) => Fault::other(format!(
                "the reply of `{host}` can't be understood as HTTP/1.1: {error}"
            )),
            error => Fault::other(format!("{error}, in an exchange with `{host}`")),
        }
    }

    /// The error that a caller of the transport gets.
    pub(super) fn into_error(self) -> Error {
        let status = match self.kind {
            Kind::Timeout => Status::Timeout,
            _ => Status::Transport,
        };
        let error = Error::new(status, "RequestError", "send request failed")
            .with_cause(Error::new(status, "", self.text));
        match self.kind {
            Kind::Lasting => error.with_retryable(false),
            _ => error,
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl std::error::Error for Fault {}

impl From<Fault> for io::Error {
    fn from(fault: Fault) -> io::Error {
        let kind = match fault.kind {
            Kind::Timeout => io::ErrorKind::TimedOut,
            Kind::Cut => io::ErrorKind::UnexpectedEof,
            Kind::Lasting | Kind::Other => io::ErrorKind::Other,
        };
        io::Error::new(kind, fault)
    }
}

impl From<Fault> for ureq::Error {
    fn from(fault: Fault) -> ureq::Error {
        ureq::Error::Other(Box::new(fault))
    }
}
