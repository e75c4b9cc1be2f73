//! The boundary that no panic crosses, and where results become a status and an error object.

use super::error::session_error_t;
use super::handle::into_raw;
use super::status::session_status_t;
use crate::error::{Error, Result, Status};
use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Runs the body of a fallible function.
pub(crate) fn guard(
    error: *mut *mut session_error_t,
    body: impl FnOnce() -> Result<()>,
) -> session_status_t {
    let result = caught(body);
    let (status, object) = match result {
        Ok(()) => (session_status_t::SESSION_OK, std::ptr::null_mut()),
        // Nobody looks at the error: it need not leave.
        Err(failure) if error.is_null() => (failure.status().into(), std::ptr::null_mut()),
        Err(failure) => (failure.status().into(), into_raw(failure)),
    };
    if !error.is_null() {
        // SAFETY: not NULL, so a place for a pointer; it is written and never read.
        unsafe { error.write(object) };
    }
    status
}

/// Runs the body of a function that gives a status alone.
pub(crate) fn guard_status(body: impl FnOnce() -> Result<()>) -> session_status_t {
    guard(std::ptr::null_mut(), body)
}

/// Runs the body of a function that cannot fail; `otherwise` is what a fault of the library gives.
pub(crate) fn guard_value<T>(otherwise: T, body: impl FnOnce() -> T) -> T {
    catch_unwind(AssertUnwindSafe(body)).unwrap_or(otherwise)
}

fn caught(body: impl FnOnce() -> Result<()>) -> Result<()> {
    catch_unwind(AssertUnwindSafe(body)).unwrap_or_else(|panic| Err(internal(&*panic)))
}

fn internal(panic: &(dyn Any + Send)) -> Error {
    let said = panic.downcast_ref::<&str>().copied();
    let said = said
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no message");
    Error::new(
        Status::Internal,
        "InternalError",
        format!("libsession failed inside; the object may only be freed now: {said}"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ffi::handle::take;

    #[test]
    fn a_panic_becomes_an_error() {
        let mut error: *mut session_error_t = std::ptr::null_mut();
        let status = guard(&mut error, || panic!("planted {}", 1));
        assert_eq!(status, session_status_t::SESSION_ERR_INTERNAL);
        // SAFETY: the guard has just made it.
        let error = unsafe { take(error) }.unwrap();
        assert!(error.message().contains("planted 1"));
        assert_eq!(guard_value(7, || panic!("planted")), 7);
    }

    #[test]
    fn the_error_is_always_written() {
        let mut error: *mut session_error_t = std::ptr::dangling_mut();
        assert_eq!(guard(&mut error, || Ok(())), session_status_t::SESSION_OK);
        assert!(error.is_null());
    }
}
