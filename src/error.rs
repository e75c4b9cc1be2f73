//! What went wrong: a stable status, AWS's code, a message that names what, where and why, and the causes.
//!
//! The shape is that of Go's `awserr`: `CODE: MESSAGE`, then what is known of the reply, then each cause.

use crate::redact;
use crate::text::Text;
use std::fmt;
use std::path::Path;

/// The result type of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// The class of an error: what a program branches on. The numbers are part of the ABI and never reused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i32)]
pub enum Status {
    /// An argument is NULL, out of range or no valid text.
    InvalidArgument = 1,
    /// The object can't do this now: a request was sent already, a response was read already.
    InvalidState = 2,
    /// This build lacks what is asked for.
    Unsupported = 3,
    /// A setting has no valid value, or settings contradict each other.
    Config = 20,
    /// A file is no configuration file, or could not be used.
    ConfigFile = 21,
    /// The profile that was asked for exists in no file.
    ProfileNotFound = 22,
    /// No credentials could be had.
    Credentials = 40,
    /// The request could not be sent, or its reply not be read.
    Transport = 60,
    /// A deadline has passed.
    Timeout = 61,
    /// The caller cancelled.
    Canceled = 62,
    /// The service refused.
    Service = 80,
    /// The reply could not be understood.
    Serialization = 81,
    /// A handler set the error.
    Handler = 82,
    /// A fault of this library. The object may only be freed.
    Internal = 99,
}

/// An error with its causes.
#[derive(Clone)]
pub struct Error(Box<Detail>);

#[derive(Clone)]
struct Detail {
    status: Status,
    code: Text,
    message: Text,
    /// The whole error for people, kept in step with the other fields.
    text: Text,
    causes: Vec<Error>,
    path: Text,
    line: u32,
    column: u32,
    http_status: u16,
    request_id: Text,
    host_id: Text,
    retryable: Option<bool>,
}

impl Error {
    /// An error of a class, with AWS's or Go's code for it and a message for people.
    pub fn new(status: Status, code: impl AsRef<str>, message: impl AsRef<str>) -> Error {
        Error(Box::new(Detail {
            status,
            code: Text::lossy(code),
            message: Text::lossy(message),
            text: Text::EMPTY,
            causes: Vec::new(),
            path: Text::EMPTY,
            line: 0,
            column: 0,
            http_status: 0,
            request_id: Text::EMPTY,
            host_id: Text::EMPTY,
            retryable: None,
        }))
        .told()
    }

    /// An argument that can't be used: `argument` is its name in the interface.
    pub fn argument(argument: &str, why: impl fmt::Display) -> Error {
        Error::new(
            Status::InvalidArgument,
            "InvalidArgument",
            format!("`{argument}` {why}"),
        )
    }

    /// Adds a cause; causes are listed in the order they are added.
    pub fn with_cause(mut self, cause: Error) -> Error {
        self.0.causes.push(cause);
        self.told()
    }

    /// Says in which file, and where in it (from 1; 0: not known).
    pub fn with_position(mut self, path: &Path, line: u32, column: u32) -> Error {
        self.0.path = Text::lossy(path.to_string_lossy());
        (self.0.line, self.0.column) = (line, column);
        self.told()
    }

    /// Says which reply it was.
    pub fn with_reply(
        mut self,
        http_status: u16,
        request_id: impl AsRef<str>,
        host_id: impl AsRef<str>,
    ) -> Error {
        self.0.http_status = http_status;
        self.0.request_id = Text::lossy(request_id);
        self.0.host_id = Text::lossy(host_id);
        self.told()
    }

    /// Says whether another try may succeed.
    pub fn with_retryable(mut self, retryable: bool) -> Error {
        self.0.retryable = Some(retryable);
        self
    }

    /// The same without these secrets, which others have put into its texts.
    pub(crate) fn without(mut self, secrets: &[&str]) -> Error {
        if !secrets.iter().any(|secret| self.text().contains(secret)) {
            return self;
        }
        let detail = &mut *self.0;
        for text in [
            &mut detail.code,
            &mut detail.message,
            &mut detail.request_id,
            &mut detail.host_id,
        ] {
            *text = Text::lossy(redact::without(text, secrets));
        }
        let causes = std::mem::take(&mut detail.causes).into_iter();
        detail.causes = causes.map(|cause| cause.without(secrets)).collect();
        self.told()
    }

    /// The class.
    pub fn status(&self) -> Status {
        self.0.status
    }

    /// AWS's or Go's code: `AccessDenied`, `NoCredentialProviders`. Empty if there is none.
    pub fn code(&self) -> &Text {
        &self.0.code
    }

    /// What happened, in a sentence.
    pub fn message(&self) -> &Text {
        &self.0.message
    }

    /// Code, message, reply and all causes, as a person wants to read it.
    pub fn text(&self) -> &Text {
        &self.0.text
    }

    /// What led to it.
    pub fn causes(&self) -> &[Error] {
        &self.0.causes
    }

    /// The file it was found in; empty if none.
    pub fn path(&self) -> &Text {
        &self.0.path
    }

    /// The line in that file, from 1; 0 if not known.
    pub fn line(&self) -> u32 {
        self.0.line
    }

    /// The column in that line, in bytes from 1; 0 if not known.
    pub fn column(&self) -> u32 {
        self.0.column
    }

    /// The HTTP status of the reply; 0 if there was none.
    pub fn http_status(&self) -> u16 {
        self.0.http_status
    }

    /// The id that the service gave the request; empty if none.
    pub fn request_id(&self) -> &Text {
        &self.0.request_id
    }

    /// S3's second id, `x-amz-id-2`; empty if none.
    pub fn host_id(&self) -> &Text {
        &self.0.host_id
    }

    /// Whether another try may succeed, where that is known of the error itself.
    pub fn retryable(&self) -> Option<bool> {
        self.0.retryable
    }

    /// Writes the text anew after a change.
    fn told(mut self) -> Error {
        let detail = &*self.0;
        let mut text = match (detail.code.as_str(), detail.message.as_str()) {
            ("", message) => message.to_owned(),
            (code, "") => code.to_owned(),
            (code, message) => format!("{code}: {message}"),
        };
        if !detail.path.is_empty() {
            let place = match (detail.line, detail.column) {
                (0, _) => format!("\n\tin {}", detail.path),
                (line, 0) => format!("\n\tin {}:{line}", detail.path),
                (line, column) => format!("\n\tin {}:{line}:{column}", detail.path),
            };
            text.push_str(&place);
        }
        if detail.http_status != 0 {
            text.push_str(&format!(
                "\n\tstatus code: {}, request id: {}",
                detail.http_status, detail.request_id
            ));
            if !detail.host_id.is_empty() {
                text.push_str(&format!(", host id: {}", detail.host_id));
            }
        }
        for cause in &detail.causes {
            text.push_str("\ncaused by: ");
            text.push_str(cause.text());
        }
        self.0.text = Text::lossy(text);
        self
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Error({:?}, {:?})", self.status(), self.text())
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.causes().first().map(|cause| cause as _)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_has_code_place_reply_and_causes() {
        let cause = Error::new(Status::Transport, "", "connection refused");
        let error = Error::new(Status::Service, "AccessDenied", "no")
            .with_position(Path::new("/f"), 3, 9)
            .with_reply(403, "R", "H")
            .with_cause(cause);
        assert_eq!(
            error.text().as_str(),
            "AccessDenied: no\n\tin /f:3:9\n\tstatus code: 403, request id: R, host id: H\ncaused by: connection refused"
        );
    }
}
