//! Refreshing in the background, on one thread for the whole process.

use super::error::session_error_t;
use super::guard::{guard, guard_value};
use super::status::session_status_t;
use crate::credentials::background;

/// Starts a thread that refreshes credentials before they expire, so that no caller has to. Without it the library has no
/// thread.
///
/// It looks after all credentials of the process that have given values which expire, or that
/// session_credentials_try_get() had to refuse, for as long as they live. Providers are called on it, and it takes no
/// signals. A child of fork() has none of its own until its credentials need one; then it is started there as well. Calls
/// while it runs change nothing.
///
/// @param error  nullable: receives details on failure; free with session_error_free()
/// @return SESSION_OK; SESSION_ERR_INVALID_STATE if the system gives no thread
/// @thread Any.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_background_refresh_start(
    error: *mut *mut session_error_t,
) -> session_status_t {
    guard(error, background::start)
}

/// Ends the thread, and waits for that; if it is asking a provider, until that answers. Called on the thread itself, by a
/// provider, it does not wait. Does nothing if there is none.
///
/// @thread Any.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub extern "C" fn session_background_refresh_stop() {
    guard_value((), background::stop);
}
