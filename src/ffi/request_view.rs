//! What a request says of itself.

use super::error::{lend, session_error_t};
use super::guard::guard_value;
use super::handle::{Out, borrow_optional};
use super::headers;
use super::request::session_request_t;
use super::strings::{empty, lent};
use crate::request::Request;
use crate::text::Text;
use crate::transport::Header;
use std::ffi::{c_char, c_int, c_void};

unsafe fn text_of(
    request: *const session_request_t,
    of: impl FnOnce(&Request) -> &Text,
) -> *const c_char {
    guard_value(empty(), || {
        // SAFETY: NULL or a live request.
        unsafe { borrow_optional(request) }.map_or(empty(), |request| lent(of(request)))
    })
}

/// The service a request goes to.
///
/// @param request  borrowed, nullable
/// @return borrowed from `request` until it changes: the id of its endpoints; `""` for NULL
/// @thread The request's.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_request_service(
    request: *const session_request_t,
) -> *const c_char {
    // SAFETY: NULL or a live request.
    unsafe { text_of(request, Request::service) }
}

/// The operation of a request.
///
/// @param request  borrowed, nullable
/// @return borrowed from `request` until it changes: `PutObject`; `""` for NULL
/// @thread The request's.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_request_operation(
    request: *const session_request_t,
) -> *const c_char {
    // SAFETY: NULL or a live request.
    unsafe { text_of(request, Request::operation) }
}

/// The params of a request, as they were given.
///
/// @param request  borrowed, nullable
/// @return borrowed from `request` until it changes: a JSON object; `"{}"` if none were; `""` for NULL
/// @thread The request's.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_request_params(
    request: *const session_request_t,
) -> *const c_char {
    // SAFETY: NULL or a live request.
    unsafe { text_of(request, Request::params) }
}

/// The HTTP method of a request.
///
/// @param request  borrowed, nullable
/// @return borrowed from `request` until it changes: `PUT`; `""` for NULL
/// @thread The request's.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_request_method(
    request: *const session_request_t,
) -> *const c_char {
    // SAFETY: NULL or a live request.
    unsafe { text_of(request, Request::method) }
}

/// Where a request goes.
///
/// @param request  borrowed, nullable
/// @return borrowed from `request` until it changes: a URL; before BUILD its path is the template's; `""` without an endpoint; `""` for NULL
/// @thread The request's.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_request_url(request: *const session_request_t) -> *const c_char {
    // SAFETY: NULL or a live request.
    unsafe { text_of(request, Request::url_text) }
}

/// The region of a request's client.
///
/// @param request  borrowed, nullable
/// @return borrowed from `request` until it changes: `""` if there is none; `""` for NULL
/// @thread The request's.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_request_region(
    request: *const session_request_t,
) -> *const c_char {
    // SAFETY: NULL or a live request.
    unsafe { text_of(request, Request::region) }
}

/// The endpoint of a request's client.
///
/// @param request  borrowed, nullable
/// @return borrowed from `request` until it changes: a URL; `""` if there is none; `""` for NULL
/// @thread The request's.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_request_endpoint(
    request: *const session_request_t,
) -> *const c_char {
    // SAFETY: NULL or a live request.
    unsafe { text_of(request, Request::endpoint) }
}

/// The region that a request is signed for.
///
/// @param request  borrowed, nullable
/// @return borrowed from `request` until it changes: the region; `""` for NULL
/// @thread The request's.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_request_signing_region(
    request: *const session_request_t,
) -> *const c_char {
    // SAFETY: NULL or a live request.
    unsafe { text_of(request, Request::signing_region) }
}

/// The name that is signed for the service.
///
/// @param request  borrowed, nullable
/// @return borrowed from `request` until it changes: the name; `""` for NULL
/// @thread The request's.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_request_signing_name(
    request: *const session_request_t,
) -> *const c_char {
    // SAFETY: NULL or a live request.
    unsafe { text_of(request, Request::signing_name) }
}

/// The partition of a request's endpoint.
///
/// @param request  borrowed, nullable
/// @return borrowed from `request` until it changes: `aws`, `aws-cn`; `""` for an endpoint that the program named; `""` for NULL
/// @thread The request's.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_request_partition(
    request: *const session_request_t,
) -> *const c_char {
    // SAFETY: NULL or a live request.
    unsafe { text_of(request, Request::partition) }
}

/// The id that the service gave a request.
///
/// @param request  borrowed, nullable
/// @return borrowed from `request` until it changes: `""` before a reply; `""` for NULL
/// @thread The request's.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_request_request_id(
    request: *const session_request_t,
) -> *const c_char {
    // SAFETY: NULL or a live request.
    unsafe { text_of(request, Request::request_id) }
}

unsafe fn headers_of<'a>(request: *const session_request_t) -> Option<&'a [Header]> {
    // SAFETY: NULL or a live request.
    let request: Option<&Request> = unsafe { borrow_optional(request) };
    request.map(|request| request.headers().as_slice())
}

/// The value of a header.
///
/// @param request  borrowed, nullable
/// @param name     borrowed, nullable: the name, in any case
/// @return borrowed from `request` until it changes; NULL if there is no such header
/// @thread The request's.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_request_header(
    request: *const session_request_t,
    name: *const c_char,
) -> *const c_char {
    // SAFETY: NULL or a live request.
    let headers = unsafe { headers_of(request) };
    // SAFETY: NULL or a text.
    unsafe { headers::named(headers, name) }
}

/// How many headers a request has.
///
/// @param request  borrowed, nullable
/// @return the number; 0 for NULL
/// @thread The request's.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_request_header_count(request: *const session_request_t) -> usize {
    // SAFETY: NULL or a live request.
    headers::count(unsafe { headers_of(request) })
}

/// The name of a header, in the order they are sent.
///
/// @param request  borrowed, nullable
/// @param index    from 0, below session_request_header_count()
/// @return borrowed from `request` until it changes; NULL if there is no such header
/// @thread The request's.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_request_header_name(
    request: *const session_request_t,
    index: usize,
) -> *const c_char {
    // SAFETY: NULL or a live request.
    headers::name(unsafe { headers_of(request) }, index)
}

/// The value of a header, in the order they are sent.
///
/// @param request  borrowed, nullable
/// @param index    from 0, below session_request_header_count()
/// @return borrowed from `request` until it changes; NULL if there is no such header
/// @thread The request's.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_request_header_value(
    request: *const session_request_t,
    index: usize,
) -> *const c_char {
    // SAFETY: NULL or a live request.
    headers::value(unsafe { headers_of(request) }, index)
}

/// The body of a request.
///
/// @param request  borrowed, nullable
/// @param length   nullable: receives its bytes; 0 for NULL
/// @return borrowed from `request` until it changes; NULL for NULL
/// @thread The request's.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_request_body(
    request: *const session_request_t,
    length: *mut usize,
) -> *const c_void {
    // SAFETY: NULL or a live request.
    let body = unsafe { borrow_optional(request) }.map(Request::body);
    if let Some(length) = Out::optional(length) {
        length.set(body.map_or(0, <[u8]>::len));
    }
    body.map_or(std::ptr::null(), |body| body.as_ptr().cast())
}

/// How many tries of a request have failed before this one.
///
/// @param request  borrowed, nullable
/// @return the number; 0 for NULL
/// @thread The request's.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_request_retry_count(request: *const session_request_t) -> c_int {
    // SAFETY: NULL or a live request.
    unsafe { borrow_optional(request) }.map_or(0, |request| {
        c_int::try_from(request.retry_count()).unwrap_or(c_int::MAX)
    })
}

/// The wait before this try.
///
/// @param request  borrowed, nullable
/// @return milliseconds; 0 for NULL
/// @thread The request's.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_request_retry_delay_ms(request: *const session_request_t) -> u64 {
    // SAFETY: NULL or a live request.
    unsafe { borrow_optional(request) }.map_or(0, |request| request.retry_delay_ms())
}

/// Whether another try is worth it.
///
/// @param request  borrowed, nullable
/// @return 1: yes; 0: no; -1: undecided, and for NULL
/// @thread The request's.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_request_retryable(request: *const session_request_t) -> c_int {
    // SAFETY: NULL or a live request.
    unsafe { borrow_optional(request) }
        .map_or(-1, |request| request.retryable().map_or(-1, c_int::from))
}

/// Whether a presigned URL is being made of a request.
///
/// @param request  borrowed, nullable
/// @return whether; false for NULL
/// @thread The request's.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_request_is_presigned(request: *const session_request_t) -> bool {
    // SAFETY: NULL or a live request.
    unsafe { borrow_optional(request) }.is_some_and(|request| request.presign_seconds().is_some())
}

/// When a request was made.
///
/// @param request  borrowed, nullable
/// @return Unix nanoseconds; 0 for NULL
/// @thread The request's.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_request_created_at(request: *const session_request_t) -> i64 {
    // SAFETY: NULL or a live request.
    unsafe { borrow_optional(request) }.map_or(0, |request| request.created_at())
}

/// When this try of a request began.
///
/// @param request  borrowed, nullable
/// @return Unix nanoseconds; 0 for NULL
/// @thread The request's.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_request_attempted_at(request: *const session_request_t) -> i64 {
    // SAFETY: NULL or a live request.
    unsafe { borrow_optional(request) }.map_or(0, |request| request.attempted_at())
}

/// What is wrong with a request now.
///
/// @param request  borrowed, nullable
/// @return borrowed from `request` until it changes: do not free; NULL if nothing is
/// @thread The request's.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_request_error(
    request: *const session_request_t,
) -> *const session_error_t {
    // SAFETY: NULL or a live request.
    unsafe { borrow_optional(request) }
        .and_then(Request::error)
        .map_or(std::ptr::null(), lend)
}
