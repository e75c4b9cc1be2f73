//! What a host's transport is to send.

use super::guard::guard_status;
use super::handle::{Out, borrow_mut, borrow_optional, handle};
use super::headers;
use super::status::session_status_t;
use super::strings::{empty, room};
use crate::error::{Error, Result, Status};
use crate::transport::{Body, Header, HttpRequest, Purpose};
use std::ffi::{c_char, c_void};
use std::io::{ErrorKind, Read};
use std::time::{Duration, Instant};

/// A signed request, to be sent as it is. Borrowed: valid in the callback, on its thread.
pub struct session_http_request_t {
    _private: [u8; 0],
}
// The lifetime is that of the callback, which ends before what the request borrows.
handle!(owned session_http_request_t => Outgoing<'static>);

/// What a request is for, so that a transport can treat calls for credentials apart: no proxy for IMDS, say.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum session_purpose_t {
    /// A call of a service client.
    SESSION_PURPOSE_SERVICE = 0,
    /// Credentials from STS.
    SESSION_PURPOSE_STS = 1,
    /// Credentials from the SSO portal.
    SESSION_PURPOSE_SSO = 2,
    /// A token from SSO's OIDC.
    SESSION_PURPOSE_OIDC = 3,
    /// A token from the sign-in service (`aws login`).
    SESSION_PURPOSE_SIGNIN = 4,
    /// The EC2 instance metadata service.
    SESSION_PURPOSE_IMDS = 5,
    /// The credentials endpoint of a container.
    SESSION_PURPOSE_CONTAINER = 6,
}
use session_purpose_t::*;

impl From<Purpose> for session_purpose_t {
    fn from(purpose: Purpose) -> session_purpose_t {
        match purpose {
            Purpose::Service => SESSION_PURPOSE_SERVICE,
            Purpose::Sts => SESSION_PURPOSE_STS,
            Purpose::Sso => SESSION_PURPOSE_SSO,
            Purpose::Oidc => SESSION_PURPOSE_OIDC,
            Purpose::Signin => SESSION_PURPOSE_SIGNIN,
            Purpose::Imds => SESSION_PURPOSE_IMDS,
            Purpose::Container => SESSION_PURPOSE_CONTAINER,
        }
    }
}

/// A request on its way out, in a form that C can read.
pub(crate) struct Outgoing<'a> {
    request: HttpRequest<'a>,
    /// Method, scheme, host and target, each with a NUL after it, one after the other.
    texts: String,
    /// Where each of them begins.
    starts: [usize; 4],
    /// How much of the body has been read.
    read: usize,
    begin: Instant,
    /// Why the body could not be read.
    failure: Option<Error>,
}

/// The place of a text in [`Outgoing`].
#[derive(Clone, Copy)]
enum Part {
    Method,
    Scheme,
    Host,
    Target,
}

impl<'a> Outgoing<'a> {
    /// Copies the texts, once for all getters.
    pub(crate) fn new(request: HttpRequest<'a>) -> Result<Outgoing<'a>> {
        let parts = [
            (request.method, "method"),
            (request.scheme, "scheme"),
            (request.authority, "host"),
            (request.target, "target"),
        ];
        let length = parts.iter().map(|(part, _)| part.len() + 1).sum();
        let mut texts = String::with_capacity(length);
        let mut starts = [0; 4];
        for ((part, name), start) in parts.into_iter().zip(&mut starts) {
            // C would see it cut short, and send something else.
            if part.contains('\0') {
                return Err(Error::argument(name, "has a NUL"));
            }
            *start = texts.len();
            texts.push_str(part);
            texts.push('\0');
        }
        Ok(Outgoing {
            request,
            texts,
            starts,
            read: 0,
            begin: Instant::now(),
            failure: None,
        })
    }

    /// The pointer that the callback gets.
    pub(crate) fn lend(&mut self) -> *mut session_http_request_t {
        std::ptr::from_mut(self).cast()
    }

    /// Why the body could not be read, if it was tried.
    pub(crate) fn into_failure(self) -> Option<Error> {
        self.failure
    }

    fn text(&self, part: Part) -> *const c_char {
        let start = self.starts.get(part as usize).copied();
        let text = start.and_then(|start| self.texts.get(start..));
        text.map_or(empty(), |text| text.as_ptr().cast())
    }

    /// -1 if it is not known.
    fn body_length(&self) -> i64 {
        let length = match &self.request.body {
            Body::Empty => Some(0),
            Body::Bytes(bytes) => Some(bytes.len() as u64),
            Body::Reader(_, length) => *length,
        };
        length
            .and_then(|length| i64::try_from(length).ok())
            .unwrap_or(-1)
    }

    fn read_body(&mut self, buffer: &mut [u8]) -> Result<usize> {
        let read = match &mut self.request.body {
            Body::Empty => Ok(0),
            Body::Bytes(bytes) => bytes.get(self.read..).unwrap_or_default().read(buffer),
            Body::Reader(reader, _) => read_some(reader, buffer),
        };
        match read {
            Ok(length) => {
                self.read = self.read.saturating_add(length);
                Ok(length)
            }
            Err(error) => {
                let why = format!("the body of the request can't be read: {error}");
                let error = Error::new(Status::Transport, "", why);
                self.failure = Some(error.clone());
                Err(error)
            }
        }
    }

    fn rewind_body(&mut self) -> Result<()> {
        match self.request.body {
            Body::Reader(..) if self.read > 0 => Err(Error::new(
                Status::Unsupported,
                "Unsupported",
                "the body of this request is a stream that can't be read again",
            )),
            _ => {
                self.read = 0;
                Ok(())
            }
        }
    }

    fn total(&self) -> Duration {
        let total = self.request.timeouts.total;
        let left = self.request.cancel.and_then(|cancel| cancel.left());
        left.map_or(total, |left| left.min(total))
    }

    fn is_canceled(&self) -> bool {
        let cancel = self.request.cancel;
        cancel.is_some_and(|cancel| cancel.check().is_err())
            || self.begin.elapsed() >= self.request.timeouts.total
    }
}

fn read_some(reader: &mut dyn Read, buffer: &mut [u8]) -> std::io::Result<usize> {
    loop {
        match reader.read(buffer) {
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            read => return read,
        }
    }
}

/// Whole milliseconds, rounded up: no limit becomes none by it.
fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos().div_ceil(1_000_000)).unwrap_or(u64::MAX)
}

unsafe fn of<T>(
    request: *const session_http_request_t,
    none: T,
    get: impl FnOnce(&Outgoing<'static>) -> T,
) -> T {
    // SAFETY: NULL or the request of a callback that runs.
    let request = unsafe { borrow_optional(request) };
    request.map_or(none, get)
}

unsafe fn text_of(request: *const session_http_request_t, part: Part) -> *const c_char {
    // SAFETY: NULL or a live request.
    unsafe { of(request, empty(), |request| request.text(part)) }
}

/// What a request is for.
///
/// @param request  borrowed, nullable
/// @return the purpose; SESSION_PURPOSE_SERVICE for NULL
/// @thread The callback's.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_http_request_purpose(
    request: *const session_http_request_t,
) -> session_purpose_t {
    // SAFETY: NULL or a live request.
    unsafe {
        of(request, SESSION_PURPOSE_SERVICE, |request| {
            request.request.purpose.into()
        })
    }
}

/// The method: `GET`, `PUT`.
///
/// @param request  borrowed, nullable
/// @return borrowed from `request`; `""` for NULL
/// @thread The callback's.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_http_request_method(
    request: *const session_http_request_t,
) -> *const c_char {
    // SAFETY: NULL or a live request.
    unsafe { text_of(request, Part::Method) }
}

/// The scheme: `https` or `http`.
///
/// @param request  borrowed, nullable
/// @return borrowed from `request`; `""` for NULL
/// @thread The callback's.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_http_request_scheme(
    request: *const session_http_request_t,
) -> *const c_char {
    // SAFETY: NULL or a live request.
    unsafe { text_of(request, Part::Scheme) }
}

/// The host to connect to, with its port unless that is the scheme's own.
///
/// @param request  borrowed, nullable
/// @return borrowed from `request`: `s3.us-west-2.amazonaws.com`, `127.0.0.1:5000`, `[::1]:5000`; `""` for NULL
/// @thread The callback's.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_http_request_host(
    request: *const session_http_request_t,
) -> *const c_char {
    // SAFETY: NULL or a live request.
    unsafe { text_of(request, Part::Host) }
}

/// Path and query, to be sent byte for byte: they are signed.
///
/// @param request  borrowed, nullable
/// @return borrowed from `request`; `""` for NULL
/// @thread The callback's.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_http_request_target(
    request: *const session_http_request_t,
) -> *const c_char {
    // SAFETY: NULL or a live request.
    unsafe { text_of(request, Part::Target) }
}

unsafe fn headers_of<'a>(request: *const session_http_request_t) -> Option<&'a [Header]> {
    // SAFETY: NULL or a live request.
    let request: Option<&Outgoing<'_>> = unsafe { borrow_optional(request) };
    request.map(|request| request.request.headers)
}

/// How many headers there are.
///
/// @param request  borrowed, nullable
/// @return the number; 0 for NULL
/// @thread The callback's.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_http_request_header_count(
    request: *const session_http_request_t,
) -> usize {
    // SAFETY: NULL or a live request.
    headers::count(unsafe { headers_of(request) })
}

/// The name of a header. Headers are sent in their order.
///
/// @param request  borrowed, nullable
/// @param index    from 0, below session_http_request_header_count()
/// @return borrowed from `request`; NULL if there is no such header
/// @thread The callback's.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_http_request_header_name(
    request: *const session_http_request_t,
    index: usize,
) -> *const c_char {
    // SAFETY: NULL or a live request.
    headers::name(unsafe { headers_of(request) }, index)
}

/// The value of a header.
///
/// @param request  borrowed, nullable
/// @param index    from 0, below session_http_request_header_count()
/// @return borrowed from `request`; NULL if there is no such header
/// @thread The callback's.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_http_request_header_value(
    request: *const session_http_request_t,
    index: usize,
) -> *const c_char {
    // SAFETY: NULL or a live request.
    headers::value(unsafe { headers_of(request) }, index)
}

/// The value of the first header of a name.
///
/// @param request  borrowed, nullable
/// @param name     borrowed, nullable: in any case
/// @return borrowed from `request`; NULL if there is no such header
/// @thread The callback's.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_http_request_header(
    request: *const session_http_request_t,
    name: *const c_char,
) -> *const c_char {
    // SAFETY: NULL or a live request.
    let headers = unsafe { headers_of(request) };
    // SAFETY: NULL or a text.
    unsafe { headers::named(headers, name) }
}

/// How long the body is.
///
/// @param request  borrowed, nullable
/// @return the bytes; -1 if that is not known before its end, so that it is sent in chunks; 0 for NULL
/// @thread The callback's.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_http_request_body_length(
    request: *const session_http_request_t,
) -> i64 {
    // SAFETY: NULL or a live request.
    unsafe { of(request, 0, Outgoing::body_length) }
}

/// Reads the next bytes of the body.
///
/// @param request   borrowed
/// @param buffer    receives the bytes; NULL is right for a `capacity` of 0 alone
/// @param capacity  how many bytes there is room for
/// @param length    receives how many were read: 0 is the end, unless `capacity` is 0. Unchanged on failure.
/// @return SESSION_OK; SESSION_ERR_TRANSPORT if the body can't be read, which is then the error of the request;
///         SESSION_ERR_INVALID_ARGUMENT if a pointer is NULL
/// @thread The callback's.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_http_request_read_body(
    request: *mut session_http_request_t,
    buffer: *mut c_void,
    capacity: usize,
    length: *mut usize,
) -> session_status_t {
    guard_status(|| {
        // SAFETY: NULL or a live request.
        let request = unsafe { borrow_mut(request, "request") }?;
        let length = Out::new(length, "length")?;
        // SAFETY: NULL or a buffer of that capacity.
        let buffer = unsafe { room(buffer.cast(), capacity, "buffer") }?;
        length.set(request.read_body(buffer)?);
        Ok(())
    })
}

/// Goes back to the beginning of the body, to send it again on another connection.
///
/// @param request  borrowed
/// @return SESSION_OK; SESSION_ERR_UNSUPPORTED if the body is a stream that has been read in part;
///         SESSION_ERR_INVALID_ARGUMENT if `request` is NULL
/// @thread The callback's.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_http_request_rewind_body(
    request: *mut session_http_request_t,
) -> session_status_t {
    guard_status(|| {
        // SAFETY: NULL or a live request.
        unsafe { borrow_mut(request, "request") }?.rewind_body()
    })
}

/// How long connecting may take.
///
/// @param request  borrowed, nullable
/// @return milliseconds; UINT64_MAX: no limit, and for NULL
/// @thread The callback's.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_http_request_connect_timeout_ms(
    request: *const session_http_request_t,
) -> u64 {
    let limit = |request: &Outgoing<'_>| milliseconds(request.request.timeouts.connect);
    // SAFETY: NULL or a live request.
    unsafe { of(request, u64::MAX, limit) }
}

/// How long the other side may keep silent.
///
/// @param request  borrowed, nullable
/// @return milliseconds without a byte going out or coming in; UINT64_MAX: no limit, and for NULL
/// @thread The callback's.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_http_request_read_timeout_ms(
    request: *const session_http_request_t,
) -> u64 {
    let limit = |request: &Outgoing<'_>| milliseconds(request.request.timeouts.idle);
    // SAFETY: NULL or a live request.
    unsafe { of(request, u64::MAX, limit) }
}

/// How long all may take, from connecting to the last byte of the reply: what is left to the deadline of the request's
/// session_cancel_t, if that is less.
///
/// @param request  borrowed, nullable
/// @return milliseconds; UINT64_MAX: no limit, and for NULL
/// @thread The callback's.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_http_request_total_timeout_ms(
    request: *const session_http_request_t,
) -> u64 {
    let limit = |request: &Outgoing<'_>| milliseconds(request.total());
    // SAFETY: NULL or a live request.
    unsafe { of(request, u64::MAX, limit) }
}

/// Whether nobody waits for the reply any more: a transport that asks now and then can stop early.
///
/// So it is once the session_cancel_t of the request is thrown or its deadline has passed, or all has taken too long. What
/// the transport answers then does not matter.
///
/// @param request  borrowed, nullable
/// @return whether it is so; false for NULL
/// @thread The callback's.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_http_request_is_canceled(
    request: *const session_http_request_t,
) -> bool {
    // SAFETY: NULL or a live request.
    unsafe { of(request, false, Outgoing::is_canceled) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transport::Timeouts;

    fn request(body: Body<'_>) -> HttpRequest<'_> {
        HttpRequest {
            purpose: Purpose::Imds,
            method: "PUT",
            scheme: "http",
            authority: "[::1]:5000",
            target: "/a%2Fb/?x=%20",
            headers: &[],
            body,
            timeouts: Timeouts::default(),
            cancel: None,
        }
    }

    #[test]
    fn texts_end_in_nul_and_one_that_has_a_nul_is_refused() {
        let outgoing = Outgoing::new(request(Body::Empty)).unwrap();
        let texts: Vec<_> = [Part::Method, Part::Scheme, Part::Host, Part::Target]
            .map(|part| {
                // SAFETY: a text of the request.
                let text = unsafe { std::ffi::CStr::from_ptr(outgoing.text(part)) };
                text.to_str().unwrap()
            })
            .to_vec();
        assert_eq!(texts, ["PUT", "http", "[::1]:5000", "/a%2Fb/?x=%20"]);
        let cut = HttpRequest {
            target: "/a\0b",
            ..request(Body::Empty)
        };
        let error = Outgoing::new(cut).err().unwrap();
        assert_eq!(error.message(), "`target` has a NUL");
    }

    #[test]
    fn a_body_of_bytes_can_be_read_again_and_a_stream_only_before_it_is_read() {
        let mut buffer = [0; 4];
        let mut bytes = Outgoing::new(request(Body::Bytes(b"hello"))).unwrap();
        assert_eq!(bytes.body_length(), 5);
        assert_eq!(bytes.read_body(&mut buffer).unwrap(), 4);
        assert_eq!(bytes.read_body(&mut buffer).unwrap(), 1);
        assert_eq!(bytes.read_body(&mut buffer).unwrap(), 0);
        bytes.rewind_body().unwrap();
        assert_eq!(bytes.read_body(&mut buffer).unwrap(), 4);
        let mut stream: &[u8] = b"hello";
        let mut stream = Outgoing::new(request(Body::Reader(&mut stream, None))).unwrap();
        assert_eq!(stream.body_length(), -1);
        stream.rewind_body().unwrap();
        assert_eq!(stream.read_body(&mut buffer).unwrap(), 4);
        let error = stream.rewind_body().unwrap_err();
        assert_eq!(error.status(), Status::Unsupported);
    }

    #[test]
    fn a_limit_is_never_rounded_to_none_nor_nothing() {
        assert_eq!(milliseconds(Duration::from_micros(1)), 1);
        assert_eq!(milliseconds(Duration::from_millis(30_000)), 30_000);
        assert_eq!(milliseconds(Duration::MAX), u64::MAX);
        assert_eq!(milliseconds(Duration::ZERO), 0);
    }
}
