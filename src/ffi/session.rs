//! Sessions.

use super::config::{overrides, session_config_t};
use super::error::session_error_t;
use super::guard::{guard, guard_value};
use super::handle::{Out, borrow, borrow_optional, handle, into_raw, release, share};
use super::options::session_options_t;
use super::status::session_status_t;
use crate::error::Result;
use crate::session::{Options, Session};
use std::sync::Arc;

/// Configuration, credentials and handlers, loaded once and inherited by every client made from it.
pub struct session_t {
    _private: [u8; 0],
}
handle!(shared session_t => Session);

/// Loads a session from the environment and the files; Go's NewSession.
///
/// Reads the AWS files, and those of TLS that are named (CA bundle, client certificate and key); opens no socket.
///
/// @param config  borrowed, nullable: settings that win over all others
/// @param out     receives the session; free it with session_free(). Unchanged on failure.
/// @param error   nullable: receives details on failure; free with session_error_free()
/// @return SESSION_OK; SESSION_ERR_CONFIG, SESSION_ERR_CONFIG_FILE or SESSION_ERR_PROFILE_NOT_FOUND, naming the variable
///         or file and line; SESSION_ERR_INVALID_ARGUMENT if `out` is NULL or `config` has a bad value
/// @thread Any; not while another thread changes the environment of the process.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_new(
    config: *const session_config_t,
    out: *mut *mut session_t,
    error: *mut *mut session_error_t,
) -> session_status_t {
    guard(error, || {
        let out = Out::new(out, "out")?;
        // SAFETY: NULL or a live configuration.
        let config =
            unsafe { overrides(config) }.map_or_else(Default::default, |config| (**config).clone());
        out.set(share(Arc::new(Session::load(&Options::of(config))?)));
        Ok(())
    })
}

/// Loads a session as the options say; Go's NewSessionWithOptions.
///
/// @param options  borrowed, nullable: what the load is told
/// @param out      receives the session; free it with session_free(). Unchanged on failure.
/// @param error    nullable: receives details on failure; free with session_error_free()
/// @return as session_new(); SESSION_ERR_INVALID_ARGUMENT also if `options` has a bad value
/// @thread Any; not while another thread changes the environment of the process, unless the options have one.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_new_with_options(
    options: *const session_options_t,
    out: *mut *mut session_t,
    error: *mut *mut session_error_t,
) -> session_status_t {
    guard(error, || {
        let out = Out::new(out, "out")?;
        // SAFETY: NULL or live options.
        out.set(share(Arc::new(unsafe { load(options) }?)));
        Ok(())
    })
}

unsafe fn load(options: *const session_options_t) -> Result<Session> {
    // SAFETY: NULL or live options.
    match unsafe { borrow_optional(options) } {
        Some(options) => Session::load(options),
        None => Session::load(&Options::default()),
    }
}

/// Loads a session, or prints the error to stderr and aborts the program; Go's Must.
///
/// @param options  borrowed, nullable: what the load is told
/// @return owned: free it with session_free(); never NULL
/// @thread As session_new_with_options().
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_must_new(options: *const session_options_t) -> *mut session_t {
    // SAFETY: NULL or live options.
    let loaded = guard_value(None, || Some(unsafe { load(options) }));
    match loaded {
        Some(Ok(session)) => share(Arc::new(session)),
        Some(Err(error)) => {
            eprintln!("session_must_new: {error}");
            std::process::abort()
        }
        None => std::process::abort(),
    }
}

/// Loads a session in any case: what went wrong is the error of its first request. Go's deprecated New.
///
/// @param config  borrowed, nullable: settings that win over all others
/// @return owned: free it with session_free(); NULL only when memory is gone
/// @thread As session_new().
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_new_deferred(config: *const session_config_t) -> *mut session_t {
    guard_value(std::ptr::null_mut(), || {
        // SAFETY: NULL or a live configuration.
        let config =
            unsafe { overrides(config) }.map_or_else(Default::default, |config| (**config).clone());
        share(Arc::new(Session::load_deferred(&config)))
    })
}

/// Gives the session of the process, loaded when it is first asked for.
///
/// A failed load is tried again next time.
///
/// @param out    receives a handle of your own; free it with session_free(). Unchanged on failure.
/// @param error  nullable: receives details on failure; free with session_error_free()
/// @return as session_new()
/// @thread Any; a call that loads it not while another thread changes the environment of the process.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_default(
    out: *mut *mut session_t,
    error: *mut *mut session_error_t,
) -> session_status_t {
    guard(error, || {
        let out = Out::new(out, "out")?;
        out.set(share(Session::of_process()?));
        Ok(())
    })
}

/// Copies a session, overriding some of its settings.
///
/// Later changes to either session do not affect the other; credentials and the handlers added so far are shared.
/// Nothing is read again.
///
/// @param session    borrowed
/// @param overrides  borrowed, nullable: only the fields that were set replace those of `session`
/// @param out        receives the new session; free it with session_free(). Unchanged on failure.
/// @param error      nullable: receives details on failure; free with session_error_free()
/// @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT if `session` or `out` is NULL or `overrides` has a bad value
/// @thread Any.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_copy(
    session: *const session_t,
    overrides: *const session_config_t,
    out: *mut *mut session_t,
    error: *mut *mut session_error_t,
) -> session_status_t {
    guard(error, || {
        // SAFETY: NULL or a live session.
        let session = unsafe { borrow(session, "session") }?;
        let out = Out::new(out, "out")?;
        // SAFETY: NULL or a live configuration.
        let overrides = unsafe { self::overrides(overrides) };
        out.set(share(Arc::new(session.copy(overrides)?)));
        Ok(())
    })
}

/// Gives the resolved settings of a session, as they are now.
///
/// What nobody set and has no default is not set. The credentials and callbacks that the program gave are in it too.
///
/// @param session  borrowed
/// @param out      receives the configuration; free it with session_config_free(). Unchanged on failure.
/// @param error    nullable: receives details on failure; free with session_error_free()
/// @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT if `session` or `out` is NULL
/// @thread Any.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_get_config(
    session: *const session_t,
    out: *mut *mut session_config_t,
    error: *mut *mut session_error_t,
) -> session_status_t {
    guard(error, || {
        // SAFETY: NULL or a live session.
        let session = unsafe { borrow(session, "session") }?;
        let out = Out::new(out, "out")?;
        out.set(into_raw(Arc::new(session.config().snapshot())));
        Ok(())
    })
}

/// Frees a session; NULL is ignored. Copies and clients made from it live on.
///
/// @param session  owned, nullable: given up
/// @thread Any.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_free(session: *mut session_t) {
    // SAFETY: NULL or a live session that is given up.
    guard_value((), || drop(unsafe { release(session) }));
}
