//! Requests.

use super::client::session_client_t;
use super::error::session_error_t;
use super::guard::{guard, guard_status, guard_value};
use super::handle::{Out, borrow_mut, borrow_shared, handle, into_raw, take};
use super::response::session_response_t;
use super::status::session_status_t;
use super::strings::{bytes, given, text, text_optional};
use crate::error::{Error, Result, Status};
use crate::request::Request;
use crate::text::Text;
use std::ffi::{c_char, c_int, c_void};

/// One call of an operation of a service.
pub struct session_request_t {
    _private: [u8; 0],
}
handle!(owned session_request_t => Request);

/// Makes a request of an operation.
///
/// @param client     borrowed
/// @param operation  borrowed: the operation, `PutObject`
/// @param method     borrowed: the HTTP method, `PUT`
/// @param path       borrowed: as AWS models write it, `/{Bucket}/{Key+}?acl`; each `{Name}` is filled, percent-encoded,
///                   from `params`, a `{Name+}` with its slashes
/// @param params     borrowed, nullable: a JSON object, which handlers see too. For services of the query protocol
///                   (`sts`, `iam`) it is the form that is sent, unless a body is set. For those of the JSON protocol
///                   (`dynamodb`) a POST without a `Content-Type` gets it as body, unless one is set, and `X-Amz-Target`.
/// @param out        receives the request; free it with session_request_free(). Unchanged on failure.
/// @param error      nullable: receives details on failure; free with session_error_free()
/// @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT, naming what is NULL or not valid
/// @thread Any; the request belongs to one thread at a time.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_request_new(
    client: *const session_client_t,
    operation: *const c_char,
    method: *const c_char,
    path: *const c_char,
    params: *const c_char,
    out: *mut *mut session_request_t,
    error: *mut *mut session_error_t,
) -> session_status_t {
    guard(error, || {
        // SAFETY: NULL or a live client.
        let client = unsafe { borrow_shared(client, "client") }?;
        // SAFETY: NULL or a text.
        let operation = Text::lossy(unsafe { text(operation, "operation") }?);
        // SAFETY: NULL or a text.
        let method = Text::lossy(unsafe { text(method, "method") }?);
        // SAFETY: NULL or a text.
        let path = unsafe { text(path, "path") }?;
        // SAFETY: NULL or a text.
        let params = unsafe { text_optional(params, "params") }?;
        let out = Out::new(out, "out")?;
        out.set(into_raw(Request::new(
            &client, operation, method, path, params,
        )?));
        Ok(())
    })
}

/// Frees a request; NULL is ignored. Its response lives on.
///
/// @param request  owned, nullable: given up; not one that a handler was lent
/// @thread The request's.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_request_free(request: *mut session_request_t) {
    // SAFETY: NULL or a live request that is given up.
    guard_value((), || drop(unsafe { take(request) }));
}

/// Changes a request; it must not be NULL.
pub(super) unsafe fn change(
    request: *mut session_request_t,
    change: impl FnOnce(&mut Request) -> Result<()>,
) -> session_status_t {
    // SAFETY: NULL or a live request, used by this thread alone.
    guard_status(|| change(unsafe { borrow_mut(request, "request") }?))
}

/// Sets a header, instead of those of its name.
///
/// @param request  borrowed
/// @param name     borrowed: the name, in any case
/// @param value    borrowed: the value; blanks around it are cut off
/// @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT if a pointer is NULL, `name` is no header name or `value` has a control
///         character
/// @thread The request's.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_request_set_header(
    request: *mut session_request_t,
    name: *const c_char,
    value: *const c_char,
) -> session_status_t {
    let set = |request: &mut Request| {
        // SAFETY: NULL or a text.
        let name = unsafe { text(name, "name") }?;
        // SAFETY: NULL or a text.
        request
            .headers_mut()
            .set_checked(name, unsafe { text(value, "value") }?)
    };
    // SAFETY: NULL or a live request.
    unsafe { change(request, set) }
}

/// Removes all headers of a name.
///
/// @param request  borrowed
/// @param name     borrowed: the name, in any case
/// @return SESSION_OK, also if there was none; SESSION_ERR_INVALID_ARGUMENT if either is NULL
/// @thread The request's.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_request_remove_header(
    request: *mut session_request_t,
    name: *const c_char,
) -> session_status_t {
    let remove = |request: &mut Request| {
        // SAFETY: NULL or a text.
        request.headers_mut().remove(unsafe { text(name, "name") }?);
        Ok(())
    };
    // SAFETY: NULL or a live request.
    unsafe { change(request, remove) }
}

/// Adds a name and value to the query, percent-encoded.
///
/// @param request  borrowed
/// @param name     borrowed: the name
/// @param value    borrowed: the value; may be empty
/// @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT if a pointer is NULL
/// @thread The request's.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_request_add_query(
    request: *mut session_request_t,
    name: *const c_char,
    value: *const c_char,
) -> session_status_t {
    let add = |request: &mut Request| {
        // SAFETY: NULL or a text.
        let name = unsafe { text(name, "name") }?;
        // SAFETY: NULL or a text.
        request
            .url_mut()
            .add_query(name, unsafe { text(value, "value") }?);
        Ok(())
    };
    // SAFETY: NULL or a live request.
    unsafe { change(request, add) }
}

/// Sets the body.
///
/// @param request  borrowed
/// @param data     borrowed: copied; NULL is right for a length of 0 alone
/// @param length   in bytes
/// @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT if `request` is NULL, or `data` is with a length
/// @thread The request's.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_request_set_body(
    request: *mut session_request_t,
    data: *const c_void,
    length: usize,
) -> session_status_t {
    let set = |request: &mut Request| {
        // SAFETY: NULL or as many bytes as is said.
        request.set_body(unsafe { bytes(data.cast(), length, "data") }?.to_vec());
        Ok(())
    };
    // SAFETY: NULL or a live request.
    unsafe { change(request, set) }
}

/// Changes where a request goes: scheme, host, path and query.
///
/// In a handler of SIGN or SEND this is what is signed or sent; before BUILD, the path is still the template's.
///
/// @param request  borrowed
/// @param url      borrowed: absolute, `https` or `http`
/// @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT if either is NULL or `url` not valid
/// @thread The request's.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_request_set_url(
    request: *mut session_request_t,
    url: *const c_char,
) -> session_status_t {
    // SAFETY: NULL or a text.
    let set = |request: &mut Request| request.set_url(unsafe { text(url, "url") }?);
    // SAFETY: NULL or a live request.
    unsafe { change(request, set) }
}

/// Changes the HTTP method.
///
/// @param request  borrowed
/// @param method   borrowed: the method
/// @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT if either is NULL or `method` is none
/// @thread The request's.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_request_set_method(
    request: *mut session_request_t,
    method: *const c_char,
) -> session_status_t {
    // SAFETY: NULL or a text.
    let set =
        |request: &mut Request| request.set_method(Text::lossy(unsafe { text(method, "method") }?));
    // SAFETY: NULL or a live request.
    unsafe { change(request, set) }
}

/// Changes the region that a request is signed for.
///
/// @param request  borrowed
/// @param region   borrowed: the region
/// @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT if either is NULL
/// @thread The request's.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_request_set_signing_region(
    request: *mut session_request_t,
    region: *const c_char,
) -> session_status_t {
    let set = |request: &mut Request| {
        // SAFETY: NULL or a text.
        request.set_signing_region(Text::lossy(unsafe { text(region, "region") }?));
        Ok(())
    };
    // SAFETY: NULL or a live request.
    unsafe { change(request, set) }
}

/// Changes the name that is signed for the service.
///
/// @param request  borrowed
/// @param name     borrowed: the name
/// @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT if either is NULL
/// @thread The request's.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_request_set_signing_name(
    request: *mut session_request_t,
    name: *const c_char,
) -> session_status_t {
    let set = |request: &mut Request| {
        // SAFETY: NULL or a text.
        request.set_signing_name(Text::lossy(unsafe { text(name, "name") }?));
        Ok(())
    };
    // SAFETY: NULL or a live request.
    unsafe { change(request, set) }
}

/// Makes a request fail, or takes its error away.
///
/// An error that a handler of VALIDATE, BUILD, SIGN or SEND sets ends the request before it is sent. One that is set later is
/// retried like a service's: by the HTTP status of the reply and its own code.
///
/// @param request  borrowed, nullable: nothing happens for NULL
/// @param code     borrowed, nullable: the error's code; NULL takes the error away
/// @param message  borrowed, nullable: the error's message
/// @thread The request's.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_request_set_error(
    request: *mut session_request_t,
    code: *const c_char,
    message: *const c_char,
) {
    let set = |request: &mut Request| {
        // SAFETY: NULL or a text.
        let message = unsafe { text_optional(message, "message") }
            .unwrap_or(Some("(no UTF-8)"))
            .unwrap_or_default();
        // SAFETY: NULL or a text.
        match unsafe { text_optional(code, "code") }.unwrap_or(Some("(no UTF-8)")) {
            Some(code) => request.set_error(Error::new(Status::Handler, code, message)),
            None => drop(request.clear_error()),
        }
        Ok(())
    };
    // SAFETY: NULL or a live request.
    unsafe { change(request, set) };
}

/// Decides whether a failed attempt is worth another.
///
/// @param request    borrowed, nullable: nothing happens for NULL
/// @param retryable  1: yes; 0: no; anything else: undecided
/// @thread The request's.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_request_set_retryable(
    request: *mut session_request_t,
    retryable: c_int,
) {
    let decided = match retryable {
        1 => Some(true),
        0 => Some(false),
        _ => None,
    };
    let set = |request: &mut Request| {
        request.set_retryable(decided);
        Ok(())
    };
    // SAFETY: NULL or a live request.
    unsafe { change(request, set) };
}

/// Sends a request and waits for its reply. A request is sent once.
///
/// A request to S3 goes to another region, signed anew, where S3 says that its bucket is there; its URL and signing region
/// tell so afterwards. A body by callbacks is rewound for that as for a retry.
///
/// @param request  borrowed
/// @param out      receives the response; free it with session_response_free(). Unchanged on failure.
/// @param error    nullable: receives details on failure, those of the service too; free with session_error_free()
/// @return SESSION_OK; SESSION_ERR_SERVICE if the service refused; SESSION_ERR_TRANSPORT, SESSION_ERR_TIMEOUT,
///         SESSION_ERR_CANCELED, SESSION_ERR_CREDENTIALS, SESSION_ERR_CONFIG, SESSION_ERR_SERIALIZATION,
///         SESSION_ERR_HANDLER as the case may be; SESSION_ERR_CONFIG_FILE or SESSION_ERR_PROFILE_NOT_FOUND where keys are
///         read again from a file, or session_new_deferred() could not read it;
///         SESSION_ERR_UNSUPPORTED where this build lacks the transport or the provider of the credentials;
///         SESSION_ERR_INVALID_STATE if it was sent already; SESSION_ERR_INVALID_ARGUMENT if a pointer is NULL or a param of
///         the path is missing
/// @thread The request's.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_request_send(
    request: *mut session_request_t,
    out: *mut *mut session_response_t,
    error: *mut *mut session_error_t,
) -> session_status_t {
    guard(error, || {
        // SAFETY: NULL or a live request, used by this thread alone.
        let request = unsafe { borrow_mut(request, "request") }?;
        let out = Out::new(out, "out")?;
        out.set(into_raw(request.send()?));
        Ok(())
    })
}

/// Makes a URL with which anyone can make a request for some time.
///
/// Headers that were set and can't be part of a URL must be sent along by whoever uses it. Runs VALIDATE, BUILD and SIGN.
///
/// @param request  borrowed
/// @param seconds  for how long, from 1 to 604800 (seven days)
/// @param url      receives the URL; free it with session_string_free(). Unchanged on failure.
/// @param error    nullable: receives details on failure; free with session_error_free()
/// @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT if a pointer is NULL or `seconds` out of range; SESSION_ERR_UNSUPPORTED
///         if a bearer token would go with the request; else as session_request_send()
/// @thread The request's.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_request_presign(
    request: *mut session_request_t,
    seconds: u32,
    url: *mut *mut c_char,
    error: *mut *mut session_error_t,
) -> session_status_t {
    guard(error, || {
        // SAFETY: NULL or a live request, used by this thread alone.
        let request = unsafe { borrow_mut(request, "request") }?;
        let url = Out::new(url, "url")?;
        url.set(given(request.presign(seconds)?.as_str()));
        Ok(())
    })
}
