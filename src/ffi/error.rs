//! Errors.

use super::guard::guard_value;
use super::handle::{borrow_optional, handle, take};
use super::status::session_status_t;
use super::strings::{empty, lent};
use crate::error::{Error, Status};
use crate::text::Text;
use std::ffi::{c_char, c_int};

/// What went wrong: status, code, message and causes. Never changes.
pub struct session_error_t {
    _private: [u8; 0],
}
handle!(owned session_error_t => Error);

unsafe fn text_of(
    error: *const session_error_t,
    of: impl FnOnce(&Error) -> &Text,
) -> *const c_char {
    guard_value(empty(), || {
        // SAFETY: NULL or a live error.
        unsafe { borrow_optional(error) }.map_or(empty(), |error| lent(of(error)))
    })
}

unsafe fn number_of<T>(error: *const session_error_t, none: T, of: impl FnOnce(&Error) -> T) -> T {
    // SAFETY: NULL or a live error.
    unsafe { borrow_optional(error) }.map_or(none, of)
}

/// The class of an error: what a program branches on.
///
/// @param error  borrowed, nullable
/// @return the status that the function returned with it, a SESSION_ERR_ one; SESSION_OK for NULL
/// @thread Any.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_error_status(error: *const session_error_t) -> session_status_t {
    // SAFETY: NULL or a live error.
    unsafe {
        number_of(error, session_status_t::SESSION_OK, |error| {
            error.status().into()
        })
    }
}

/// The code of an error, by AWS or Go: `"AccessDenied"`, `"NoCredentialProviders"`.
///
/// @param error  borrowed, nullable
/// @return borrowed from `error`; `""` if there is none
/// @thread Any.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_error_code(error: *const session_error_t) -> *const c_char {
    // SAFETY: NULL or a live error.
    unsafe { text_of(error, Error::code) }
}

/// What happened, in a sentence.
///
/// @param error  borrowed, nullable
/// @return borrowed from `error`; `""` for NULL
/// @thread Any.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_error_message(error: *const session_error_t) -> *const c_char {
    // SAFETY: NULL or a live error.
    unsafe { text_of(error, Error::message) }
}

/// Code, message, place and all causes, for people.
///
/// @param error  borrowed, nullable
/// @return borrowed from `error`; `""` for NULL
/// @thread Any.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_error_text(error: *const session_error_t) -> *const c_char {
    // SAFETY: NULL or a live error.
    unsafe { text_of(error, Error::text) }
}

/// How many causes an error has.
///
/// @param error  borrowed, nullable
/// @return the number; 0 for NULL
/// @thread Any.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_error_cause_count(error: *const session_error_t) -> usize {
    // SAFETY: NULL or a live error.
    unsafe { number_of(error, 0, |error| error.causes().len()) }
}

/// A cause of an error, itself an error.
///
/// @param error  borrowed, nullable
/// @param index  from 0
/// @return borrowed from `error`: do not free; NULL if there is no such cause
/// @thread Any.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_error_cause(
    error: *const session_error_t,
    index: usize,
) -> *const session_error_t {
    // SAFETY: NULL or a live error.
    let error = unsafe { borrow_optional(error) };
    error
        .and_then(|error| error.causes().get(index))
        .map_or(std::ptr::null(), lend)
}

/// The HTTP status of the reply that an error was made from.
///
/// @param error  borrowed, nullable
/// @return the status; 0 if there was no reply
/// @thread Any.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_error_http_status(error: *const session_error_t) -> c_int {
    // SAFETY: NULL or a live error.
    unsafe { number_of(error, 0, |error| c_int::from(error.http_status())) }
}

/// The id that the service gave the failed request.
///
/// @param error  borrowed, nullable
/// @return borrowed from `error`; `""` if there is none
/// @thread Any.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_error_request_id(error: *const session_error_t) -> *const c_char {
    // SAFETY: NULL or a live error.
    unsafe { text_of(error, Error::request_id) }
}

/// S3's second id of the failed request, which its support asks for.
///
/// @param error  borrowed, nullable
/// @return borrowed from `error`; `""` if there is none
/// @thread Any.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_error_host_id(error: *const session_error_t) -> *const c_char {
    // SAFETY: NULL or a live error.
    unsafe { text_of(error, Error::host_id) }
}

/// The file in which the fault of a configuration is.
///
/// @param error  borrowed, nullable
/// @return borrowed from `error`; `""` if it is in no file
/// @thread Any.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_error_path(error: *const session_error_t) -> *const c_char {
    // SAFETY: NULL or a live error.
    unsafe { text_of(error, Error::path) }
}

/// The line in that file.
///
/// @param error  borrowed, nullable
/// @return the line, from 1; 0 if not known
/// @thread Any.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_error_line(error: *const session_error_t) -> u32 {
    // SAFETY: NULL or a live error.
    unsafe { number_of(error, 0, Error::line) }
}

/// The column in that line.
///
/// @param error  borrowed, nullable
/// @return the column in bytes, from 1; 0 if not known
/// @thread Any.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_error_column(error: *const session_error_t) -> u32 {
    // SAFETY: NULL or a live error.
    unsafe { number_of(error, 0, Error::column) }
}

/// Whether the same request may succeed when it is made again.
///
/// @param error  borrowed, nullable
/// @return whether it may; false for NULL
/// @thread Any.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_error_is_retryable(error: *const session_error_t) -> bool {
    // SAFETY: NULL or a live error.
    unsafe { number_of(error, false, is_retryable) }
}

fn is_retryable(error: &Error) -> bool {
    let of_transport = matches!(error.status(), Status::Transport | Status::Timeout);
    error
        .retryable()
        .unwrap_or(of_transport || error.http_status() >= 500 || error.http_status() == 429)
}

/// Frees an error; NULL is ignored.
///
/// @param error  owned, nullable: given up. A cause is its error's and is not freed.
/// @thread Any.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_error_free(error: *mut session_error_t) {
    // SAFETY: NULL or a live error that is given up.
    guard_value((), || drop(unsafe { take(error) }));
}

/// An error that something else keeps.
pub(crate) fn lend(error: &Error) -> *const session_error_t {
    std::ptr::from_ref(error).cast()
}
