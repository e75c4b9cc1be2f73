//! What a host's transport answers.

use super::answer::{Answer, change, unsaid};
use super::handle::{handle, null};
use super::status::session_status_t;
use super::strings::{bytes, text, text_optional};
use crate::error::{Error, Result, Status};
use crate::text::{Text, is_token};
use crate::transport::{Header, HttpReply};
use std::borrow::Cow;
use std::ffi::{CStr, c_char, c_int, c_void};
use std::io::Cursor;

/// Where a transport puts the reply. Borrowed: valid in the callback, on its thread.
///
/// What it does not take, because it is no HTTP, fails the send with that as its cause.
pub struct session_http_reply_t {
    _private: [u8; 0],
}
handle!(owned session_http_reply_t => Incoming);

/// The longest body that is kept.
const MOST: usize = 1 << 30;

/// A reply on its way in.
#[derive(Default)]
pub(crate) struct Incoming {
    status: u16,
    headers: Vec<Header>,
    body: Vec<u8>,
    /// What the transport said.
    error: Option<Error>,
    /// What it gave that can't be.
    fault: Option<Error>,
}

impl Answer for Incoming {
    fn fault(&mut self) -> &mut Option<Error> {
        &mut self.fault
    }
}

impl Incoming {
    /// The pointer that the callback gets.
    pub(crate) fn lend(&mut self) -> *mut session_http_reply_t {
        std::ptr::from_mut(self).cast()
    }

    /// The reply, or why there is none. `of_body` is why the request's body could not be read; `to_head`: the request was a HEAD.
    pub(crate) fn finish(
        mut self,
        returned: c_int,
        of_body: Option<Error>,
        to_head: bool,
    ) -> Result<HttpReply> {
        let why = self.error.take().or(self.fault.take());
        if returned != session_status_t::SESSION_OK as c_int {
            let why = why
                .or(of_body)
                .unwrap_or_else(|| cause(unsaid("transport", returned)));
            return Err(failed(returned, why));
        }
        if let Some(why) = why {
            return Err(failed(returned, why));
        }
        if self.status == 0 {
            return Err(failed(returned, cause("the transport gave no HTTP status")));
        }
        if self.status < 200 {
            let why = format!(
                "the transport gave the status {}, which is no reply's",
                self.status
            );
            return Err(failed(returned, cause(why)));
        }
        if let Some(length) = self.announced().filter(|_| !to_head) {
            let has = self.body.len();
            if (has as u64) < length {
                let why = format!("the transport gave {has} of {length} bytes of the reply's body");
                return Err(failed(returned, cause(why)));
            }
        }
        Ok(HttpReply {
            status: self.status,
            headers: self.headers,
            body: Box::new(Cursor::new(self.body)),
        })
    }

    /// How long the body must be at least. One that the transport has decoded may have any length.
    fn announced(&self) -> Option<u64> {
        let value = |name: &str| {
            let mut headers = self.headers.iter();
            headers.find(|header| header.name.eq_ignore_ascii_case(name))
        };
        let bodiless = matches!(self.status, 204 | 304);
        if bodiless || value("content-encoding").is_some() || value("transfer-encoding").is_some() {
            return None;
        }
        value("content-length")?.value.parse().ok()
    }

    fn set_status(&mut self, status: c_int) -> Result<()> {
        self.status = http_status(status)?;
        Ok(())
    }

    fn add_header(&mut self, name: &str, value: &str) -> Result<()> {
        let shown: String = name.chars().take(64).collect();
        if !is_token(name) {
            let why = format!("is {shown:?}, which no HTTP header can be named");
            return Err(Error::argument("name", why));
        }
        let value = value.trim_matches([' ', '\t']);
        if value
            .bytes()
            .any(|byte| byte.is_ascii_control() && byte != b'\t')
        {
            let why = format!("of the header {shown:?} has a line break or control character");
            return Err(Error::argument("value", why));
        }
        self.headers.push(Header {
            name: Text::lossy(name),
            value: Text::lossy(value),
        });
        Ok(())
    }

    fn write(&mut self, data: &[u8], most: usize) -> Result<()> {
        if data.len() > most.saturating_sub(self.body.len()) {
            return Err(cause(format!(
                "the reply's body has more than {most} bytes"
            )));
        }
        if self.body.try_reserve(data.len()).is_err() {
            let so_far = self.body.len();
            return Err(cause(format!(
                "no memory for the reply's body after {so_far} bytes"
            )));
        }
        self.body.extend_from_slice(data);
        Ok(())
    }
}

/// A number that a reply can have as its status.
pub(super) fn http_status(number: c_int) -> Result<u16> {
    let valid = u16::try_from(number)
        .ok()
        .filter(|status| (100..=999).contains(status));
    valid.ok_or_else(|| {
        Error::argument(
            "status",
            format_args!("is {number}, which is no HTTP status"),
        )
    })
}

fn cause(why: impl AsRef<str>) -> Error {
    Error::new(Status::Transport, "", why)
}

fn failed(returned: c_int, why: Error) -> Error {
    let status = match Status::from_number(returned) {
        Some(status @ (Status::Timeout | Status::Canceled)) => status,
        _ => Status::Transport,
    };
    let error = Error::new(status, "RequestError", "send request failed").with_cause(why);
    if status == Status::Canceled {
        error.with_retryable(false)
    } else {
        error
    }
}

/// A text that a server wrote and that need not be UTF-8, as the built-in transport reads it.
unsafe fn text_of_server<'a>(pointer: *const c_char, argument: &str) -> Result<Cow<'a, str>> {
    if pointer.is_null() {
        return Err(null(argument));
    }
    // SAFETY: not NULL, so a text that ends in NUL.
    Ok(unsafe { CStr::from_ptr(pointer) }.to_string_lossy())
}

/// Sets the HTTP status of a reply. Required.
///
/// @param reply   borrowed
/// @param status  100 to 999; one below 200, which is not the final one, fails the send
/// @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT if `reply` is NULL or `status` none
/// @thread The callback's.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_http_reply_set_status(
    reply: *mut session_http_reply_t,
    status: c_int,
) -> session_status_t {
    // SAFETY: NULL or a live reply.
    unsafe { change(reply, |reply| reply.set_status(status)) }
}

/// Adds a header to a reply, after those that it has.
///
/// @param reply  borrowed
/// @param name   borrowed
/// @param value  borrowed: blanks around it are cut off; bytes that are no UTF-8 are replaced by U+FFFD
/// @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT if a pointer is NULL, the name is none, or the value has a line
///         break or control character
/// @thread The callback's.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_http_reply_add_header(
    reply: *mut session_http_reply_t,
    name: *const c_char,
    value: *const c_char,
) -> session_status_t {
    let add = |reply: &mut Incoming| {
        // SAFETY: NULL or a text.
        let name = unsafe { text(name, "name") }?;
        // SAFETY: NULL or a text.
        reply.add_header(name, &unsafe { text_of_server(value, "value") }?)
    };
    // SAFETY: NULL or a live reply.
    unsafe { change(reply, add) }
}

/// Adds bytes to the body of a reply, as they come.
///
/// A body that ends before its Content-Length, where there is no other coding and one is to come, fails the send: half of
/// somebody's data must not pass for all of it.
///
/// @param reply   borrowed
/// @param data    borrowed: copied; NULL is right for a `length` of 0 alone
/// @param length  how many bytes
/// @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT if a pointer is NULL; SESSION_ERR_TRANSPORT if the body gets longer
///         than 1 GiB or than there is memory
/// @thread The callback's.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_http_reply_write(
    reply: *mut session_http_reply_t,
    data: *const c_void,
    length: usize,
) -> session_status_t {
    let write = |reply: &mut Incoming| {
        // SAFETY: NULL or a buffer of that length.
        reply.write(unsafe { bytes(data.cast(), length, "data") }?, MOST)
    };
    // SAFETY: NULL or a live reply.
    unsafe { change(reply, write) }
}

/// Says why there is no reply. The send fails with it as the cause, whatever the callback returns.
///
/// @param reply    borrowed
/// @param code     borrowed, nullable: a short name for programs
/// @param message  borrowed: for people
/// @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT if `reply` or `message` is NULL
/// @thread The callback's.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_http_reply_set_error(
    reply: *mut session_http_reply_t,
    code: *const c_char,
    message: *const c_char,
) -> session_status_t {
    let set = |reply: &mut Incoming| {
        // SAFETY: NULL or a text.
        let code = unsafe { text_optional(code, "code") }?.unwrap_or_default();
        // SAFETY: NULL or a text.
        let message = unsafe { text(message, "message") }?;
        reply.error = Some(Error::new(Status::Transport, code, message));
        Ok(())
    };
    // SAFETY: NULL or a live reply.
    unsafe { change(reply, set) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_body_ends_at_the_limit() {
        let mut reply = Incoming::default();
        reply.write(&[1; 6], 10).unwrap();
        reply.write(&[], 10).unwrap();
        reply.write(&[1; 4], 10).unwrap();
        let error = reply.write(&[1], 10).unwrap_err();
        assert_eq!(error.message(), "the reply's body has more than 10 bytes");
        assert_eq!(reply.body.len(), 10);
    }

    #[test]
    fn an_interim_status_is_no_reply() {
        for (status, good) in [(100, false), (101, false), (199, false), (200, true)] {
            let reply = Incoming {
                status,
                ..Incoming::default()
            };
            assert_eq!(reply.finish(0, None, false).is_ok(), good, "{status}");
        }
    }

    #[test]
    fn a_body_shorter_than_announced_is_no_reply() {
        let good = |status, header: (&str, &str), to_head| {
            let mut reply = Incoming {
                status,
                body: b"abc".to_vec(),
                ..Incoming::default()
            };
            reply.add_header("content-Length", "10").unwrap();
            reply.add_header(header.0, header.1).unwrap();
            reply.finish(0, None, to_head).is_ok()
        };
        assert!(!good(200, ("X", "y"), false));
        assert!(good(200, ("X", "y"), true));
        assert!(good(304, ("X", "y"), false));
        assert!(good(200, ("Content-Encoding", "gzip"), false));
    }

    #[test]
    fn what_the_transport_says_comes_before_what_it_did_wrong() {
        let reply = || Incoming {
            error: Some(cause("said")),
            fault: Some(cause("done")),
            ..Incoming::default()
        };
        for (returned, status) in [
            (0, Status::Transport),
            (61, Status::Timeout),
            (5, Status::Transport),
        ] {
            let error = reply()
                .finish(returned, Some(cause("body")), false)
                .err()
                .unwrap();
            assert_eq!(error.status(), status);
            assert_eq!(error.causes()[0].message(), "said");
        }
        let silent = Incoming::default().finish(-7, None, false).err().unwrap();
        let why = "the transport returned SESSION_ERR_UNKNOWN (-7) and set no error";
        assert_eq!(silent.causes()[0].message(), why);
        assert_eq!(silent.status(), Status::Transport);
    }
}
