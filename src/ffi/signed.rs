//! What signing gives.

use super::guard::guard_value;
use super::handle::{borrow_optional, handle, take};
use super::headers;
use super::strings::empty;
use crate::sign::{Signed, TextRef};
use std::ffi::c_char;

/// What a signature adds to a request, or a presigned URL. Never changes.
pub struct session_signed_t {
    _private: [u8; 0],
}
handle!(owned session_signed_t => Signed);

/// A text that the result keeps.
fn lent(text: TextRef<'_>) -> *const c_char {
    text.as_str_with_nul().as_ptr().cast()
}

unsafe fn text_of(
    result: *const session_signed_t,
    of: impl FnOnce(&Signed) -> TextRef<'_>,
) -> *const c_char {
    // SAFETY: NULL or a live result.
    unsafe { borrow_optional(result) }.map_or(empty(), |signed| lent(of(signed)))
}

/// The URL to use: presigned, or as it was given to session_sign().
///
/// @param result  borrowed, nullable
/// @return borrowed from `result`; `""` for NULL
/// @thread Any.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_signed_url(result: *const session_signed_t) -> *const c_char {
    // SAFETY: NULL or a live result.
    unsafe { text_of(result, Signed::url) }
}

/// How many headers there are.
///
/// Of session_sign(): those to add to the given ones, each in place of what has its name. Of session_presign(): all that
/// must be sent with the URL, `Host` apart where it is the URL's.
///
/// @param result  borrowed, nullable
/// @return the number; 0 for NULL
/// @thread Any.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_signed_header_count(result: *const session_signed_t) -> usize {
    // SAFETY: NULL or a live result.
    headers::count(unsafe { borrow_optional(result) })
}

/// The name of a header.
///
/// @param result  borrowed, nullable
/// @param index   from 0, below session_signed_header_count()
/// @return borrowed from `result`; NULL if there is no such header
/// @thread Any.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_signed_header_name(
    result: *const session_signed_t,
    index: usize,
) -> *const c_char {
    // SAFETY: NULL or a live result.
    headers::name(unsafe { borrow_optional(result) }, index)
}

/// The value of a header.
///
/// @param result  borrowed, nullable
/// @param index   from 0, below session_signed_header_count()
/// @return borrowed from `result`; NULL if there is no such header
/// @thread Any.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_signed_header_value(
    result: *const session_signed_t,
    index: usize,
) -> *const c_char {
    // SAFETY: NULL or a live result.
    headers::value(unsafe { borrow_optional(result) }, index)
}

/// The value of the first header of a name.
///
/// @param result  borrowed, nullable
/// @param name    borrowed, nullable: in any case
/// @return borrowed from `result`; NULL if there is no such header
/// @thread Any.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_signed_header(
    result: *const session_signed_t,
    name: *const c_char,
) -> *const c_char {
    // SAFETY: NULL or a live result.
    let signed = unsafe { borrow_optional(result) };
    // SAFETY: NULL or a text.
    unsafe { headers::named(signed, name) }
}

/// The canonical request that was signed, to find out why a service sees another.
///
/// @param result  borrowed, nullable
/// @return borrowed from `result`; `""` for NULL
/// @thread Any.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_signed_canonical_request(
    result: *const session_signed_t,
) -> *const c_char {
    // SAFETY: NULL or a live result.
    unsafe { text_of(result, Signed::canonical_request) }
}

/// The string that was signed.
///
/// @param result  borrowed, nullable
/// @return borrowed from `result`; `""` for NULL
/// @thread Any.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_signed_string_to_sign(
    result: *const session_signed_t,
) -> *const c_char {
    // SAFETY: NULL or a live result.
    unsafe { text_of(result, Signed::string_to_sign) }
}

/// The signature.
///
/// @param result  borrowed, nullable
/// @return borrowed from `result`: 64 hexadecimal digits; `""` for NULL
/// @thread Any.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_signed_signature(
    result: *const session_signed_t,
) -> *const c_char {
    // SAFETY: NULL or a live result.
    unsafe { text_of(result, Signed::signature) }
}

/// Frees a result; NULL is ignored.
///
/// @param result  owned, nullable: given up
/// @thread Any.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_signed_free(result: *mut session_signed_t) {
    // SAFETY: NULL or a live result that is given up.
    guard_value((), || drop(unsafe { take(result) }));
}
