//! Bodies by callbacks: up from a stream, down into a callback; their progress, and their end by a cancel.

use super::callback::{UserData, session_free_fn};
use super::cancel::session_cancel_t;
use super::error::session_error_t;
use super::guard::{guard, guard_status};
use super::handle::{borrow_mut, borrow_shared_optional, null};
use super::request::session_request_t;
use super::response::session_response_t;
use super::status::session_status_t;
use super::strings::bytes;
use super::table::{self, Table};
use crate::error::{Error, Result, Status};
use crate::request::{PayloadSigning, Source};
use std::ffi::{c_int, c_void};
use std::sync::Arc;

/// A body that the host gives piece by piece.
///
/// Begin with SESSION_BODY_INIT, or set `size` to `sizeof(session_body_t)` and the rest to 0. Both callbacks run on the
/// thread that sends the request, and must not unwind or longjmp.
#[repr(C)]
pub struct session_body_t {
    /// The size of this table.
    pub size: usize,
    /// How many bytes there are; -1 if that is not known. A body that is shorter or longer fails the request: once all is
    /// read, `read` is asked for more.
    pub length: i64,
    /// Gives the next bytes: at most `capacity` into `buffer`, how many into `length`; 0 is the end. Anything but
    /// SESSION_OK fails the request with that status, and it is not tried again.
    pub read: Option<
        unsafe extern "C" fn(
            user_data: *mut c_void,
            buffer: *mut c_void,
            capacity: usize,
            length: *mut usize,
        ) -> session_status_t,
    >,
    /// Starts again from the first byte, for another try or after the hash; NULL: the body can be read once only.
    pub rewind: Option<unsafe extern "C" fn(user_data: *mut c_void) -> session_status_t>,
    /// Given to each call.
    pub user_data: *mut c_void,
    /// Frees `user_data`, exactly once; may be NULL.
    pub free_user_data: session_free_fn,
}

// SAFETY: `repr(C)`, begins with the size; numbers, a pointer and functions that may be NULL.
unsafe impl Table for session_body_t {
    const FIRST_SIZE: usize = 6 * size_of::<usize>();
}

/// How a body is part of the signature.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum session_payload_signing_t {
    /// By its hash where it can be read twice; else in chunks, where the service is S3.
    SESSION_PAYLOAD_SIGNING_AUTO = 0,
    /// By its hash: a stream is read once for it, and once more to be sent.
    SESSION_PAYLOAD_SIGNING_HASH = 1,
    /// Not at all (`UNSIGNED-PAYLOAD`).
    SESSION_PAYLOAD_SIGNING_UNSIGNED = 2,
    /// Not at all, but with a checksum behind it (`aws-chunked`); S3 alone takes it.
    SESSION_PAYLOAD_SIGNING_CHUNKED = 3,
}
use session_payload_signing_t::*;

/// Told how far the bodies of a request and its reply have come.
///
/// @param sent        bytes of the request's body that were sent
/// @param to_send     how many there are; UINT64_MAX if that is not known
/// @param received    bytes of the reply's body that were received
/// @param to_receive  how many there are; UINT64_MAX if that is not known
/// @param user_data   the pointer given when it was set
///
/// Runs on the thread that sends or reads.
pub type session_progress_fn = Option<
    unsafe extern "C" fn(
        sent: u64,
        to_send: u64,
        received: u64,
        to_receive: u64,
        user_data: *mut c_void,
    ),
>;

/// Takes the next bytes of a reply's body.
///
/// @param data       borrowed: valid in the call
/// @param length     how many, at least 1
/// @param user_data  the pointer given with the callback
/// @return SESSION_OK; anything else ends the reading with that status
pub type session_write_fn = Option<
    unsafe extern "C" fn(
        data: *const c_void,
        length: usize,
        user_data: *mut c_void,
    ) -> session_status_t,
>;

/// The callbacks with their answers read as numbers: C may return any.
type Read = unsafe extern "C" fn(*mut c_void, *mut c_void, usize, *mut usize) -> c_int;
type Rewind = unsafe extern "C" fn(*mut c_void) -> c_int;
type Write = unsafe extern "C" fn(*const c_void, usize, *mut c_void) -> c_int;

struct HostSource {
    length: Option<u64>,
    read: Read,
    rewind: Option<Rewind>,
    data: UserData,
}

impl Source for HostSource {
    fn length(&self) -> Option<u64> {
        self.length
    }

    fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
        let mut length = 0;
        // SAFETY: the host gave function and data together; the buffer is live and as long as is said.
        let answer = unsafe {
            (self.read)(
                self.data.pointer(),
                buffer.as_mut_ptr().cast(),
                buffer.len(),
                &raw mut length,
            )
        };
        accept(answer, "read")?;
        if length > buffer.len() {
            let why = format!(
                "the body's read callback gave {length} bytes for room of {}",
                buffer.len()
            );
            return Err(Error::new(Status::Handler, "InvalidBody", why).with_retryable(false));
        }
        Ok(length)
    }

    fn can_rewind(&self) -> bool {
        self.rewind.is_some()
    }

    fn rewind(&mut self) -> Result<()> {
        let rewind = self.rewind.ok_or_else(|| null("body->rewind"))?;
        // SAFETY: the host gave function and data together.
        accept(unsafe { rewind(self.data.pointer()) }, "rewind")
    }
}

/// The error of a callback that did not answer SESSION_OK.
fn accept(answer: c_int, callback: &str) -> Result<()> {
    if answer == 0 {
        return Ok(());
    }
    let status = Status::from_number(answer).unwrap_or(Status::Handler);
    let message = format!("the body's {callback} callback returned {answer}");
    Err(Error::new(status, "BodyError", message).with_retryable(false))
}

unsafe fn host_source(body: *const session_body_t) -> Result<HostSource> {
    // SAFETY: NULL or a table.
    let table = unsafe { table::read(body, "body") }?;
    let data = UserData::new(table.user_data, table.free_user_data);
    let read = table.read.ok_or_else(|| null("body->read"))?;
    // SAFETY: the types differ in the enumeration that is returned, which is a C `int` or `unsigned int`.
    let read = unsafe {
        std::mem::transmute::<
            unsafe extern "C" fn(*mut c_void, *mut c_void, usize, *mut usize) -> session_status_t,
            Read,
        >(read)
    };
    let rewind = table.rewind.map(|rewind| {
        // SAFETY: as above.
        unsafe {
            std::mem::transmute::<unsafe extern "C" fn(*mut c_void) -> session_status_t, Rewind>(
                rewind,
            )
        }
    });
    let length = match table.length {
        -1 => None,
        length => Some(u64::try_from(length).map_err(|_| {
            Error::argument(
                "body->length",
                format_args!("is {length}, but -1 or a number of bytes is expected"),
            )
        })?),
    };
    Ok(HostSource {
        length,
        read,
        rewind,
        data,
    })
}

/// Sets a body that is given piece by piece.
///
/// @param request  borrowed
/// @param body     borrowed: the table is copied; its `user_data` is the library's from now on
/// @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT if a pointer is NULL, `body->read` is, or a number is out of range
/// @thread The request's.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_request_set_body_stream(
    request: *mut session_request_t,
    body: *const session_body_t,
) -> session_status_t {
    guard_status(|| {
        // SAFETY: NULL or a table.
        let source = unsafe { host_source(body) };
        // SAFETY: NULL or a live request, used by this thread alone.
        let request = unsafe { borrow_mut(request, "request") }?;
        request.set_body_stream(Box::new(source?));
        Ok(())
    })
}

/// Memory of the host's that a request sends from.
struct HostMemory {
    bytes: *const u8,
    length: usize,
    _data: UserData,
}

// SAFETY: the host promises that the bytes stay as they are: any thread may read them.
unsafe impl Send for HostMemory {}
// SAFETY: as above.
unsafe impl Sync for HostMemory {}

impl AsRef<[u8]> for HostMemory {
    fn as_ref(&self) -> &[u8] {
        // SAFETY: checked when it was made, and kept until its data is freed.
        unsafe { bytes(self.bytes, self.length, "data") }.unwrap_or_default()
    }
}

/// Sets the body without a copy: it is hashed and sent from where it is, again for each attempt.
///
/// @param request         borrowed
/// @param data            borrowed until `free_user_data` is called, or the request has another body or is freed; it must
///                        stay as it is until then. NULL is right for a length of 0 alone
/// @param length          in bytes
/// @param user_data       nullable: given to `free_user_data` and nothing else; often `data` itself
/// @param free_user_data  nullable: told once, on any thread, that the library has done with `data`; also if this call fails
/// @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT if `request` is NULL, or `data` is with a length
/// @thread The request's.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_request_set_body_borrowed(
    request: *mut session_request_t,
    data: *const c_void,
    length: usize,
    user_data: *mut c_void,
    free_user_data: session_free_fn,
) -> session_status_t {
    guard_status(|| {
        let memory = HostMemory {
            bytes: data.cast(),
            length,
            _data: UserData::new(user_data, free_user_data),
        };
        // SAFETY: NULL or as many bytes as is said.
        unsafe { bytes(memory.bytes, length, "data") }?;
        // SAFETY: NULL or a live request, used by this thread alone.
        let request = unsafe { borrow_mut(request, "request") }?;
        request.set_body_lent(Box::new(memory));
        Ok(())
    })
}

/// Sets how the body of a request is part of its signature.
///
/// @param request  borrowed
/// @param signing  a session_payload_signing_t
/// @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT if `request` is NULL or `signing` none of them
/// @thread The request's.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_request_set_payload_signing(
    request: *mut session_request_t,
    signing: c_int,
) -> session_status_t {
    guard_status(|| {
        // SAFETY: NULL or a live request, used by this thread alone.
        let request = unsafe { borrow_mut(request, "request") }?;
        let signing = match signing {
            number if number == SESSION_PAYLOAD_SIGNING_AUTO as c_int => PayloadSigning::Auto,
            number if number == SESSION_PAYLOAD_SIGNING_HASH as c_int => PayloadSigning::Hash,
            number if number == SESSION_PAYLOAD_SIGNING_UNSIGNED as c_int => {
                PayloadSigning::Unsigned
            }
            number if number == SESSION_PAYLOAD_SIGNING_CHUNKED as c_int => PayloadSigning::Chunked,
            other => {
                let why = format_args!("is {other}, which is no session_payload_signing_t");
                return Err(Error::argument("signing", why));
            }
        };
        request.set_payload_signing(signing);
        Ok(())
    })
}

/// Lets a cancel end whatever a request waits for: its credentials, a connection, a reply, its body, the time before
/// another try.
///
/// A name look-up ends at the resolver's own time-out; a callback is not interrupted, nor is the refreshing of a login
/// (`aws login`, `aws sso login`), whose token is good once.
///
/// @param request  borrowed
/// @param cancel   borrowed, nullable: shared from now on; NULL: nothing ends it
/// @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT if `request` is NULL
/// @thread The request's; the cancel is used from any.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_request_set_cancel(
    request: *mut session_request_t,
    cancel: *const session_cancel_t,
) -> session_status_t {
    guard_status(|| {
        // SAFETY: NULL or a live request, used by this thread alone.
        let request = unsafe { borrow_mut(request, "request") }?;
        // SAFETY: NULL or a live cancel.
        request.set_cancel(unsafe { borrow_shared_optional(cancel) });
        Ok(())
    })
}

/// Sets who is told how far the bodies of a request and its reply have come.
///
/// @param request         borrowed
/// @param progress        nullable: the callback; NULL: nobody
/// @param user_data       nullable: given to each call; the library's from now on
/// @param free_user_data  nullable: frees `user_data`, exactly once, when request and response are gone; also if this call
///                        fails
/// @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT if `request` is NULL
/// @thread The request's.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_request_set_progress(
    request: *mut session_request_t,
    progress: session_progress_fn,
    user_data: *mut c_void,
    free_user_data: session_free_fn,
) -> session_status_t {
    let data = UserData::new(user_data, free_user_data);
    guard_status(|| {
        // SAFETY: NULL or a live request, used by this thread alone.
        let request = unsafe { borrow_mut(request, "request") }?;
        let progress = progress.map(|progress| -> Arc<crate::request::Progress> {
            Arc::new(move |sent, to_send, received, to_receive| {
                // SAFETY: the host gave function and data together.
                unsafe { progress(sent, to_send, received, to_receive, data.pointer()) }
            })
        });
        request.set_progress(progress);
        Ok(())
    })
}

/// Reads a reply's body to its end into a callback, as it comes.
///
/// @param response   borrowed
/// @param write      the callback
/// @param user_data  nullable: given to each call; yours
/// @param error      nullable: receives details on failure; free with session_error_free()
/// @return SESSION_OK; as session_response_read(); the status that the callback returned, if not SESSION_OK
/// @thread The response's.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_response_read_to(
    response: *mut session_response_t,
    write: session_write_fn,
    user_data: *mut c_void,
    error: *mut *mut session_error_t,
) -> session_status_t {
    const PIECE: usize = 256 * 1024;
    guard(error, || {
        // SAFETY: NULL or a live response, used by this thread alone.
        let response = unsafe { borrow_mut(response, "response") }?;
        let write = write.ok_or_else(|| null("write"))?;
        // SAFETY: the types differ in the enumeration that is returned, which is a C `int` or `unsigned int`.
        let write = unsafe {
            std::mem::transmute::<
                unsafe extern "C" fn(*const c_void, usize, *mut c_void) -> session_status_t,
                Write,
            >(write)
        };
        let mut piece = vec![0; PIECE];
        loop {
            let count = response.read(&mut piece)?;
            if count == 0 {
                return Ok(());
            }
            // SAFETY: the host gave function and data together; the bytes outlive the call.
            let answer = unsafe { write(piece.as_ptr().cast(), count, user_data) };
            accept(answer, "write")?;
        }
    })
}
