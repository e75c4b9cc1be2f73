//! Responses.

use super::error::session_error_t;
use super::guard::{guard, guard_value};
use super::handle::{Out, borrow_mut, borrow_optional, handle, null, take};
use super::headers;
use super::status::session_status_t;
use super::strings::{given, room, text};
use crate::error::{Error, Status};
use crate::request::Response;
use crate::transport::Header;
use std::ffi::{c_char, c_int, c_void};

/// The reply of a service.
pub struct session_response_t {
    _private: [u8; 0],
}
handle!(owned session_response_t => Response);

/// The HTTP status of a reply.
///
/// @param response  borrowed, nullable
/// @return the status; 0 for NULL
/// @thread The response's.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_response_status(response: *const session_response_t) -> c_int {
    // SAFETY: NULL or a live response.
    unsafe { borrow_optional(response) }.map_or(0, |response| c_int::from(response.status()))
}

unsafe fn headers_of<'a>(response: *const session_response_t) -> Option<&'a [Header]> {
    // SAFETY: NULL or a live response.
    let response: Option<&Response> = unsafe { borrow_optional(response) };
    response.map(|response| response.headers().as_slice())
}

/// The value of a header.
///
/// @param response  borrowed, nullable
/// @param name      borrowed, nullable: the name, in any case
/// @return borrowed from `response`; NULL if there is no such header
/// @thread The response's.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_response_header(
    response: *const session_response_t,
    name: *const c_char,
) -> *const c_char {
    // SAFETY: NULL or a live response.
    let headers = unsafe { headers_of(response) };
    // SAFETY: NULL or a text.
    unsafe { headers::named(headers, name) }
}

/// How many headers a reply has.
///
/// @param response  borrowed, nullable
/// @return the number; 0 for NULL
/// @thread The response's.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_response_header_count(
    response: *const session_response_t,
) -> usize {
    // SAFETY: NULL or a live response.
    headers::count(unsafe { headers_of(response) })
}

/// The name of a header.
///
/// @param response  borrowed, nullable
/// @param index     from 0, below session_response_header_count()
/// @return borrowed from `response`; NULL if there is no such header
/// @thread The response's.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_response_header_name(
    response: *const session_response_t,
    index: usize,
) -> *const c_char {
    // SAFETY: NULL or a live response.
    headers::name(unsafe { headers_of(response) }, index)
}

/// The value of a header.
///
/// @param response  borrowed, nullable
/// @param index     from 0, below session_response_header_count()
/// @return borrowed from `response`; NULL if there is no such header
/// @thread The response's.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_response_header_value(
    response: *const session_response_t,
    index: usize,
) -> *const c_char {
    // SAFETY: NULL or a live response.
    headers::value(unsafe { headers_of(response) }, index)
}

/// Reads the next bytes of a reply's body, as they come.
///
/// @param response  borrowed
/// @param buffer    receives the bytes
/// @param capacity  of `buffer`, in bytes
/// @param length    receives how many were read; 0 is the end of the body. Unchanged on failure.
/// @param error     nullable: receives details on failure; free with session_error_free()
/// @return SESSION_OK; SESSION_ERR_TRANSPORT if the body was cut; SESSION_ERR_TIMEOUT; SESSION_ERR_CANCELED;
///         SESSION_ERR_INVALID_ARGUMENT if a pointer is NULL or `capacity` is 0
/// @thread The response's.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_response_read(
    response: *mut session_response_t,
    buffer: *mut c_void,
    capacity: usize,
    length: *mut usize,
    error: *mut *mut session_error_t,
) -> session_status_t {
    guard(error, || {
        // SAFETY: NULL or a live response, used by this thread alone.
        let response = unsafe { borrow_mut(response, "response") }?;
        let length = Out::new(length, "length")?;
        // SAFETY: NULL or a buffer of that capacity.
        let buffer = unsafe { room(buffer.cast(), capacity, "buffer") }?;
        if buffer.is_empty() {
            // Nothing read would look like the end.
            return Err(Error::argument("capacity", "is 0"));
        }
        length.set(response.read(buffer)?);
        Ok(())
    })
}

/// Gives a reply's whole body, read to its end.
///
/// @param response  borrowed
/// @param limit     the most bytes that are read; a longer body is an error
/// @param data      nullable: receives the body, borrowed from `response`, with a NUL behind it. Unchanged on failure.
/// @param length    nullable: receives its bytes. Unchanged on failure.
/// @param error     nullable: receives details on failure; free with session_error_free()
/// @return SESSION_OK; SESSION_ERR_TRANSPORT if the body was cut or is longer; SESSION_ERR_TIMEOUT; SESSION_ERR_CANCELED;
///         SESSION_ERR_INVALID_STATE if a part of it was read by session_response_read(); SESSION_ERR_INVALID_ARGUMENT if
///         `response` is NULL, or both outputs are
/// @thread The response's.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_response_body(
    response: *mut session_response_t,
    limit: usize,
    data: *mut *const c_char,
    length: *mut usize,
    error: *mut *mut session_error_t,
) -> session_status_t {
    guard(error, || {
        // SAFETY: NULL or a live response, used by this thread alone.
        let response = unsafe { borrow_mut(response, "response") }?;
        let (data, out_length) = (Out::optional(data), Out::optional(length));
        if data.is_none() && out_length.is_none() {
            return Err(null("data"));
        }
        let length = response.whole(limit)?.len();
        if let Some(data) = data {
            data.set(response.whole_with_nul().as_ptr().cast());
        }
        if let Some(out) = out_length {
            out.set(length);
        }
        Ok(())
    })
}

/// Gives the text of the first element, or member, of a name in an XML or JSON reply.
///
/// Reads the body to its end, at most 64 MiB with a million elements or values.
///
/// @param response  borrowed
/// @param name      borrowed: the name, without prefix
/// @param out       receives the text; free it with session_string_free(). Unchanged on failure.
/// @param error     nullable: receives details on failure; free with session_error_free()
/// @return SESSION_OK; SESSION_ERR_SERIALIZATION if the reply is neither XML nor JSON or has no such element;
///         SESSION_ERR_INVALID_ARGUMENT if a pointer is NULL; otherwise as session_response_body()
/// @thread The response's.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_response_value(
    response: *mut session_response_t,
    name: *const c_char,
    out: *mut *mut c_char,
    error: *mut *mut session_error_t,
) -> session_status_t {
    const LIMIT: usize = 64 << 20;
    guard(error, || {
        // SAFETY: NULL or a live response, used by this thread alone.
        let response = unsafe { borrow_mut(response, "response") }?;
        // SAFETY: NULL or a text.
        let name = unsafe { text(name, "name") }?;
        let out = Out::new(out, "out")?;
        let value = response.document(LIMIT)?.value_of(name).ok_or_else(|| {
            let shown: String = name.chars().take(64).collect();
            Error::new(
                Status::Serialization,
                "ValueNotFound",
                format!("the reply has no element or member {shown:?}"),
            )
        })?;
        out.set(given(value));
        Ok(())
    })
}

/// Frees a response; NULL is ignored. A body that was not read to its end costs its connection.
///
/// @param response  owned, nullable: given up
/// @thread The response's.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_response_free(response: *mut session_response_t) {
    // SAFETY: NULL or a live response that is given up.
    guard_value((), || drop(unsafe { take(response) }));
}
