//! Credentials: a shared source, and the values that it gives.

use super::cancel::session_cancel_t;
use super::error::session_error_t;
use super::guard::{guard, guard_value};
use super::handle::{Out, borrow, borrow_optional, borrow_shared_optional, handle, release, share};
use super::session::session_t;
use super::status::session_status_t;
use super::strings::{empty, lent, text, text_optional};
use crate::credentials::{Credentials, Patient, Secret, Value, Wait};
use crate::text::Text;
use std::ffi::c_char;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

/// Where credentials come from, shared by whatever was made from the same session. Synchronised inside.
///
/// Values are kept while they are valid. When they must be got anew, one thread gets them and the others wait for it.
pub struct session_credentials_t {
    _private: [u8; 0],
}
handle!(shared session_credentials_t => Credentials);

/// Keys, token and expiry that belong together. Never changes; the secrets are overwritten when the last handle is freed.
pub struct session_credentials_value_t {
    _private: [u8; 0],
}
handle!(shared session_credentials_value_t => Value);

/// The credentials of a session.
///
/// @param session  borrowed, nullable
/// @return own handle: free it with session_credentials_free(); NULL for NULL
/// @thread Any.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_credentials(
    session: *const session_t,
) -> *mut session_credentials_t {
    guard_value(std::ptr::null_mut(), || {
        // SAFETY: NULL or a live session.
        let session = unsafe { borrow_optional(session) };
        session.map_or(std::ptr::null_mut(), |session| {
            share(session.config().credentials().clone())
        })
    })
}

/// Makes credentials of keys that never change.
///
/// Empty keys are found at the first get, as in Go: it fails with the code EmptyStaticCreds.
///
/// @param access_key_id      borrowed
/// @param secret_access_key  borrowed
/// @param session_token      borrowed, nullable: of temporary credentials
/// @param out                receives the credentials; free them with session_credentials_free(). Unchanged on failure.
/// @param error              nullable: receives details on failure; free with session_error_free()
/// @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT if a key or `out` is NULL
/// @thread Any.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_credentials_new_static(
    access_key_id: *const c_char,
    secret_access_key: *const c_char,
    session_token: *const c_char,
    out: *mut *mut session_credentials_t,
    error: *mut *mut session_error_t,
) -> session_status_t {
    guard(error, || {
        let out = Out::new(out, "out")?;
        // SAFETY: NULL or a text.
        let id = unsafe { text(access_key_id, "access_key_id") }?;
        // SAFETY: NULL or a text.
        let secret = unsafe { text(secret_access_key, "secret_access_key") }?;
        // SAFETY: NULL or a text.
        let token = unsafe { text_optional(session_token, "session_token") }?.unwrap_or_default();
        let value = Value::of_keys(id, secret, token, "StaticProvider");
        out.set(share(Arc::new(Credentials::fixed(value))));
        Ok(())
    })
}

/// Makes credentials with which requests go out unsigned.
///
/// @return owned: free them with session_credentials_free(); NULL only when memory is gone
/// @thread Any.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub extern "C" fn session_credentials_new_anonymous() -> *mut session_credentials_t {
    guard_value(std::ptr::null_mut(), || {
        share(Arc::new(Credentials::Anonymous))
    })
}

/// Makes another handle on the same credentials, for another thread or owner.
///
/// @param credentials  borrowed, nullable
/// @return own handle: free it with session_credentials_free(); NULL for NULL
/// @thread Any.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_credentials_copy(
    credentials: *const session_credentials_t,
) -> *mut session_credentials_t {
    guard_value(std::ptr::null_mut(), || {
        // SAFETY: NULL or live credentials.
        unsafe { borrow_shared_optional(credentials) }.map_or(std::ptr::null_mut(), share)
    })
}

/// Gets the values: those that are held if they last, else new ones.
///
/// @param credentials            borrowed
/// @param min_remaining_seconds  how long they must last at least, where their lifetime allows it; 0: still valid
/// @param cancel                 borrowed, nullable: ends the waiting for another thread that gets them; who asks the
///                               provider itself waits for it
/// @param out                    receives the value; free it with session_credentials_value_free(). Unchanged on failure.
/// @param error                  nullable: receives details on failure; free with session_error_free()
/// @return SESSION_OK; SESSION_ERR_CREDENTIALS or what the provider failed with; SESSION_ERR_CANCELED and
///         SESSION_ERR_TIMEOUT by `cancel`; SESSION_ERR_INVALID_ARGUMENT if `credentials` or `out` is NULL
/// @thread Any.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_credentials_get(
    credentials: *mut session_credentials_t,
    min_remaining_seconds: u32,
    cancel: *mut session_cancel_t,
    out: *mut *mut session_credentials_value_t,
    error: *mut *mut session_error_t,
) -> session_status_t {
    guard(error, || {
        // SAFETY: NULL or live credentials.
        let credentials = unsafe { borrow(credentials, "credentials") }?;
        // SAFETY: NULL or a live switch.
        let wait = unsafe { waiting(cancel) };
        let out = Out::new(out, "out")?;
        out.set(share(credentials.get(
            now(),
            min_remaining_seconds,
            wait,
        )?));
        Ok(())
    })
}

/// Gets the values that are held, if they are valid. Never waits, and asks nobody.
///
/// @param credentials  borrowed
/// @param out          receives the value; free it with session_credentials_value_free(). Unchanged on failure.
/// @param error        nullable: receives details on failure; free with session_error_free()
/// @return SESSION_OK; SESSION_ERR_CREDENTIALS if none are held; SESSION_ERR_INVALID_ARGUMENT if `credentials` or `out`
///         is NULL
/// @thread Any.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_credentials_try_get(
    credentials: *mut session_credentials_t,
    out: *mut *mut session_credentials_value_t,
    error: *mut *mut session_error_t,
) -> session_status_t {
    guard(error, || {
        // SAFETY: NULL or live credentials.
        let credentials = unsafe { borrow(credentials, "credentials") }?;
        let out = Out::new(out, "out")?;
        out.set(share(credentials.try_get(now())?));
        Ok(())
    })
}

/// Gets new values now, whatever is held.
///
/// @param credentials  borrowed
/// @param cancel       borrowed, nullable: as for session_credentials_get()
/// @param error        nullable: receives details on failure; free with session_error_free()
/// @return SESSION_OK; otherwise as session_credentials_get()
/// @thread Any.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_credentials_refresh(
    credentials: *mut session_credentials_t,
    cancel: *mut session_cancel_t,
    error: *mut *mut session_error_t,
) -> session_status_t {
    guard(error, || {
        // SAFETY: NULL or live credentials.
        let credentials = unsafe { borrow(credentials, "credentials") }?;
        // SAFETY: NULL or a live switch.
        credentials.refresh(unsafe { waiting(cancel) })
    })
}

/// Forgets the values that are held: the next get asks for new ones.
///
/// @param credentials  borrowed, nullable: NULL is ignored
/// @thread Any.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_credentials_expire(credentials: *mut session_credentials_t) {
    guard_value((), || {
        // SAFETY: NULL or live credentials.
        if let Some(credentials) = unsafe { borrow_optional(credentials) } {
            credentials.expire();
        }
    });
}

/// Frees a handle; NULL is ignored. The credentials live while anything has them.
///
/// @param credentials  owned, nullable: given up
/// @thread Any.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_credentials_free(credentials: *mut session_credentials_t) {
    // SAFETY: NULL or live credentials that are given up.
    guard_value((), || drop(unsafe { release(credentials) }));
}

unsafe fn waiting<'a>(cancel: *const session_cancel_t) -> &'a dyn Wait {
    // SAFETY: NULL or a live switch.
    match unsafe { borrow_optional(cancel) } {
        Some(cancel) => cancel,
        None => &Patient,
    }
}

/// Unix seconds, by the system's clock.
pub(crate) fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| {
        i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
    })
}

unsafe fn text_of(
    value: *const session_credentials_value_t,
    of: impl FnOnce(&Value) -> &Text,
) -> *const c_char {
    // SAFETY: NULL or a live value.
    unsafe { borrow_optional(value) }.map_or(empty(), |value| lent(of(value)))
}

unsafe fn secret_of(
    value: *const session_credentials_value_t,
    of: impl FnOnce(&Value) -> &Secret,
) -> *const c_char {
    let lent = |value| of(value).as_str_with_nul().as_ptr().cast();
    // SAFETY: NULL or a live value.
    unsafe { borrow_optional(value) }.map_or(empty(), lent)
}

/// The access key id.
///
/// @param value  borrowed, nullable
/// @return borrowed from `value`; `""` for NULL
/// @thread Any.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_credentials_value_access_key_id(
    value: *const session_credentials_value_t,
) -> *const c_char {
    // SAFETY: NULL or a live value.
    unsafe { text_of(value, |value| &value.access_key_id) }
}

/// The secret access key.
///
/// @param value  borrowed, nullable
/// @return borrowed from `value`, overwritten when the last handle on it is freed; `""` for NULL
/// @thread Any.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_credentials_value_secret_access_key(
    value: *const session_credentials_value_t,
) -> *const c_char {
    // SAFETY: NULL or a live value.
    unsafe { secret_of(value, |value| &value.secret_access_key) }
}

/// The session token, of temporary credentials.
///
/// @param value  borrowed, nullable
/// @return borrowed from `value`, overwritten when the last handle on it is freed; `""` if there is none
/// @thread Any.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_credentials_value_session_token(
    value: *const session_credentials_value_t,
) -> *const c_char {
    // SAFETY: NULL or a live value.
    unsafe { secret_of(value, |value| &value.session_token) }
}

/// Who gave the values, by Go's name: `EnvConfigCredentials`, `StaticProvider`.
///
/// @param value  borrowed, nullable
/// @return borrowed from `value`; `""` for NULL
/// @thread Any.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_credentials_value_provider(
    value: *const session_credentials_value_t,
) -> *const c_char {
    // SAFETY: NULL or a live value.
    unsafe { text_of(value, |value| &value.provider) }
}

/// The account that the keys belong to.
///
/// @param value  borrowed, nullable
/// @return borrowed from `value`; `""` if it is not known
/// @thread Any.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_credentials_value_account_id(
    value: *const session_credentials_value_t,
) -> *const c_char {
    // SAFETY: NULL or a live value.
    unsafe { text_of(value, |value| &value.account_id) }
}

/// When the values expire.
///
/// @param value  borrowed, nullable
/// @return Unix seconds; INT64_MAX: never; 0 for NULL
/// @thread Any.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_credentials_value_expires_at(
    value: *const session_credentials_value_t,
) -> i64 {
    // SAFETY: NULL or a live value.
    unsafe { borrow_optional(value) }.map_or(0, |value| value.expires_at)
}

/// Makes another handle on the same value.
///
/// @param value  borrowed, nullable
/// @return own handle: free it with session_credentials_value_free(); NULL for NULL
/// @thread Any.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_credentials_value_copy(
    value: *const session_credentials_value_t,
) -> *mut session_credentials_value_t {
    guard_value(std::ptr::null_mut(), || {
        // SAFETY: NULL or a live value.
        unsafe { borrow_shared_optional(value) }.map_or(std::ptr::null_mut(), share)
    })
}

/// Frees a handle on a value; NULL is ignored. The last one overwrites the secrets.
///
/// @param value  owned, nullable: given up
/// @thread Any.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_credentials_value_free(value: *mut session_credentials_value_t) {
    // SAFETY: NULL or a live value that is given up.
    guard_value((), || drop(unsafe { release(value) }));
}
