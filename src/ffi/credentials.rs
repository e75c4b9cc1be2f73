//! Credentials: a source that is shared, and asked when values are needed.

use super::callback::{UserData, session_free_fn};
use super::cancel::session_cancel_t;
use super::credentials_value::{give, session_credentials_value_t, take};
use super::error::session_error_t;
use super::guard::{guard, guard_value};
use super::handle::{
    Out, borrow, borrow_optional, borrow_shared_optional, handle, null, release, share,
};
use super::session::session_t;
use super::status::session_status_t;
use super::strings::{text, text_optional};
use crate::credentials::{Credentials, Snapshot, Value, Wait};
use crate::error::{Error, Result};
use std::ffi::{c_char, c_void};
use std::sync::Arc;

/// Where credentials come from, shared by whatever was made from the same session. Synchronised inside.
///
/// Values are kept while they are valid. New ones are asked for five minutes before they expire, or when a quarter of
/// their lifetime is left if that is less: one thread asks, and the others go on with what is held. All wait when nothing
/// is held, or what is held has less than a minute left.
pub struct session_credentials_t {
    _private: [u8; 0],
}
handle!(shared session_credentials_t => Credentials);

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
/// While another thread gets new ones, it may wait for that one, and so for the provider's callback, which must therefore
/// not wait for this call. A cancel that is thrown or has a deadline ends the call, and only this one: others that wait for
/// what it was getting get new ones themselves.
///
/// @param credentials            borrowed
/// @param min_remaining_seconds  how long they must last at least, where their lifetime allows it; 0: still valid
/// @param cancel                 borrowed, nullable: ends the waiting, for another thread that gets them or for a service or
///                               program that is asked. A callback of the program's is not interrupted, nor is the
///                               refreshing of a login (`aws login`, `aws sso login`), whose token is good once
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
        let wait = unsafe { borrow_shared_optional(cancel) };
        let out = Out::new(out, "out")?;
        out.set(give(get(credentials, min_remaining_seconds, &wait)?));
        Ok(())
    })
}

/// Gets the values as session_credentials_get() does, into memory of the caller: for languages that would rather not free
/// handles. The caller overwrites it after use.
///
/// The buffer receives five texts, each with its NUL, one after the other: access key id, secret access key, session
/// token, account id, provider. What is not known is empty.
///
/// @param credentials            borrowed
/// @param min_remaining_seconds  as for session_credentials_get()
/// @param cancel                 borrowed, nullable: as for session_credentials_get()
/// @param buffer                 receives the texts; unchanged on failure; NULL if `capacity` is 0
/// @param capacity               its size in bytes
/// @param length                 nullable: receives the size of the texts, on failure too if the buffer is too small for them
/// @param expires_at             nullable: receives Unix seconds, or INT64_MAX for never. Unchanged on failure.
/// @param error                  nullable: receives details on failure; free with session_error_free()
/// @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT if the buffer is too small or NULL, or `credentials` is NULL; otherwise
///         as session_credentials_get()
/// @thread Any.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_credentials_get_copy(
    credentials: *mut session_credentials_t,
    min_remaining_seconds: u32,
    cancel: *mut session_cancel_t,
    buffer: *mut c_char,
    capacity: usize,
    length: *mut usize,
    expires_at: *mut i64,
    error: *mut *mut session_error_t,
) -> session_status_t {
    guard(error, || {
        // SAFETY: NULL or live credentials.
        let credentials = unsafe { borrow(credentials, "credentials") }?;
        // SAFETY: NULL or a live switch.
        let wait = unsafe { borrow_shared_optional(cancel) };
        let value = get(credentials, min_remaining_seconds, &wait)?;
        // SAFETY: NULL or as many bytes as is said.
        let written = unsafe { write_texts(&value, buffer, capacity, length) };
        written?;
        if let Ok(place) = Out::new(expires_at, "expires_at") {
            place.set(value.expires_at);
        }
        Ok(())
    })
}

unsafe fn write_texts(
    value: &Value,
    buffer: *mut c_char,
    capacity: usize,
    length: *mut usize,
) -> Result<()> {
    let texts = [
        value.access_key_id.as_str_with_nul(),
        value.secret_access_key.as_str_with_nul(),
        value.session_token.as_str_with_nul(),
        value.account_id.as_str_with_nul(),
        value.provider.as_str_with_nul(),
    ];
    let size = texts.iter().map(|text| text.len()).sum();
    if let Ok(place) = Out::new(length, "length") {
        place.set(size);
    }
    if capacity < size {
        let why = format_args!("is {capacity}, but the texts need {size}");
        return Err(Error::argument("capacity", why));
    }
    let mut place = Out::new(buffer, "buffer").map(|_| buffer.cast::<u8>())?;
    for text in texts {
        // SAFETY: the sum of the lengths was found to fit; the caller's memory is none of ours.
        unsafe { place.copy_from_nonoverlapping(text.as_ptr(), text.len()) };
        // SAFETY: as above, at most one past the end.
        place = unsafe { place.add(text.len()) };
    }
    Ok(())
}

/// Gets the values that are held, if they are valid. Never waits, and asks nobody; but it tells the background thread,
/// where session_background_refresh_start() has started that, when new ones are needed.
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
        out.set(give(credentials.try_get(&|| credentials.now())?));
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
        let wait = unsafe { borrow_shared_optional(cancel) };
        credentials.refresh(&|| credentials.now(), &wait)
    })
}

/// Forgets the values that are held: the next get asks for new ones. Keys of a profile are then read from the file again,
/// also where a role is assumed with them.
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

/// Is told of new values whose keys differ from those before.
///
/// @param value      borrowed: the new values; valid in the call
/// @param user_data  what was given with the callback
///
/// Called on the thread that got the values, under no lock. Must not unwind or longjmp.
pub type session_credentials_changed_fn =
    Option<unsafe extern "C" fn(value: *const session_credentials_value_t, user_data: *mut c_void)>;

/// Has a callback told whenever the keys change, for as long as the credentials live. The first values are no change.
///
/// @param credentials     borrowed
/// @param changed         the callback
/// @param user_data       given to each call; the library's from now on, also if this call fails
/// @param free_user_data  nullable: frees `user_data`, exactly once
/// @param error           nullable: receives details on failure; free with session_error_free()
/// @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT if `credentials` or `changed` is NULL
/// @thread Any.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_credentials_on_change(
    credentials: *mut session_credentials_t,
    changed: session_credentials_changed_fn,
    user_data: *mut c_void,
    free_user_data: session_free_fn,
    error: *mut *mut session_error_t,
) -> session_status_t {
    let data = UserData::new(user_data, free_user_data);
    guard(error, || {
        // SAFETY: NULL or live credentials.
        let credentials = unsafe { borrow(credentials, "credentials") }?;
        let changed = changed.ok_or_else(|| null("changed"))?;
        credentials.on_change(Arc::new(move |value| {
            let lent = give(value.clone());
            // SAFETY: the host gave function and data together; the value outlives the call.
            unsafe { changed(lent, data.pointer()) };
            // SAFETY: made above.
            drop(unsafe { take(lent) });
        }));
        Ok(())
    })
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

fn get(credentials: &Credentials, min_remaining: u32, wait: &dyn Wait) -> Result<Snapshot> {
    credentials.get(&|| credentials.now(), min_remaining, wait)
}
