//! What credentials give: keys, token and expiry.

use super::guard::guard_value;
use super::handle::{Handle, borrow_optional, null};
use super::strings::{empty, lent};
use crate::credentials::{Counted, Held, Node, Secret, Snapshot, Value};
use crate::error::Result;
use crate::text::Text;
use std::ffi::c_char;
use std::mem::ManuallyDrop;

/// Keys, token and expiry that belong together. Never changes; the secrets are overwritten when the last handle is freed.
pub struct session_credentials_value_t {
    _private: [u8; 0],
}

impl Handle for session_credentials_value_t {
    type Inner = Node<Held>;
}

/// Gives a value to C.
pub(crate) fn give(snapshot: Snapshot) -> *mut session_credentials_value_t {
    snapshot.0.into_raw().cast_mut().cast()
}

/// Takes a value back from C; nothing for NULL.
pub(crate) unsafe fn take(value: *mut session_credentials_value_t) -> Option<Snapshot> {
    // SAFETY: the caller promises NULL or a live handle, which `give` made.
    unsafe { Counted::from_raw(value.cast_const().cast()) }.map(Snapshot)
}

/// Another reference to the value behind a handle; nothing for NULL.
unsafe fn another(value: *const session_credentials_value_t) -> Option<Snapshot> {
    // SAFETY: the caller promises NULL or a live handle; it keeps its reference.
    let theirs = unsafe { take(value.cast_mut()) }.map(ManuallyDrop::new);
    theirs.map(|theirs| Snapshot::clone(&theirs))
}

/// Another reference to the value behind a handle; an error that names the argument for NULL.
pub(crate) unsafe fn share_value(
    value: *const session_credentials_value_t,
    argument: &str,
) -> Result<Snapshot> {
    // SAFETY: the caller promises NULL or a live handle.
    unsafe { another(value) }.ok_or_else(|| null(argument))
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
    let lent = |value: &Node<Held>| of(value).as_str_with_nul().as_ptr().cast();
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
        unsafe { another(value) }.map_or(std::ptr::null_mut(), give)
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
    guard_value((), || drop(unsafe { take(value) }));
}
