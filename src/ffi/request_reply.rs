//! The reply that a request has, and the one that a handler gives it.

use super::handle::borrow_optional;
use super::headers;
use super::http_reply::http_status;
use super::request::{change, session_request_t};
use super::status::session_status_t;
use super::strings::{bytes, text};
use crate::error::{Error, Status};
use crate::request::{Request, Response};
use std::ffi::{c_char, c_int, c_void};

/// The HTTP status of the reply.
///
/// @param request  borrowed, nullable
/// @return the status; 0 before a reply and for NULL
/// @thread The request's.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_request_http_status(request: *const session_request_t) -> c_int {
    // SAFETY: NULL or a live request.
    unsafe { borrow_optional(request) }.map_or(0, |request| c_int::from(request.http_status()))
}

/// A header of the reply, for handlers that run after SEND.
///
/// @param request  borrowed, nullable
/// @param name     borrowed, nullable: the name, in any case
/// @return borrowed from `request` until it changes; NULL if there is no reply or no such header
/// @thread The request's.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_request_response_header(
    request: *const session_request_t,
    name: *const c_char,
) -> *const c_char {
    // SAFETY: NULL or a live request.
    let response = unsafe { borrow_optional(request) }.and_then(Request::response);
    // SAFETY: NULL or a text.
    unsafe { headers::named(response.map(|response| response.headers().as_slice()), name) }
}

/// Gives a request its reply, in the place of one that it has: for handlers that stand in for `core.SendHandler`.
///
/// The lists that follow read it as they would read one from the service.
///
/// @param request  borrowed
/// @param status   the HTTP status, 100 to 999
/// @param body     borrowed: copied; NULL is right for a length of 0 alone
/// @param length   in bytes
/// @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT if `request` is NULL, `status` none, or `body` NULL with a length
/// @thread The request's.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_request_set_response(
    request: *mut session_request_t,
    status: c_int,
    body: *const c_void,
    length: usize,
) -> session_status_t {
    let set = |request: &mut Request| {
        // SAFETY: NULL or as many bytes as is said.
        let body = unsafe { bytes(body.cast(), length, "body") }?;
        request.set_response(Response::made_up(http_status(status)?, body.to_vec()));
        Ok(())
    };
    // SAFETY: NULL or a live request.
    unsafe { change(request, set) }
}

/// Adds a header to the reply that a request has, after those that it has.
///
/// @param request  borrowed
/// @param name     borrowed
/// @param value    borrowed: blanks around it are cut off
/// @return SESSION_OK; SESSION_ERR_INVALID_STATE if there is no reply; SESSION_ERR_INVALID_ARGUMENT if a pointer is NULL,
///         `name` is no header name or `value` has a control character
/// @thread The request's.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_request_add_response_header(
    request: *mut session_request_t,
    name: *const c_char,
    value: *const c_char,
) -> session_status_t {
    let add = |request: &mut Request| {
        // SAFETY: NULL or a text.
        let name = unsafe { text(name, "name") }?;
        // SAFETY: NULL or a text.
        let value = unsafe { text(value, "value") }?;
        let response = request.response_mut().ok_or_else(|| {
            Error::new(
                Status::InvalidState,
                "InvalidState",
                "the request has no reply yet",
            )
        })?;
        response.headers_mut().add_checked(name, value)
    };
    // SAFETY: NULL or a live request.
    unsafe { change(request, add) }
}
