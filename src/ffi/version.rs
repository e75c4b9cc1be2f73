//! What this library is.

use super::guard::guard_value;
use super::strings::text;
use std::ffi::c_char;

/// The version of the library that runs, which may differ from that of the header.
///
/// @return `"0.1.0"`. Static: do not free.
/// @thread Any.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub extern "C" fn session_version() -> *const c_char {
    concat!(env!("CARGO_PKG_VERSION"), "\0").as_ptr().cast()
}

/// Whether this build can do something that not every build can.
///
/// Every build exports the same functions; what it lacks fails with SESSION_ERR_UNSUPPORTED.
///
/// @param name  borrowed: `"http"`, the built-in transport; `"sigv4a"`, signatures for many regions, which no build
///              has yet
/// @return whether it can; false for NULL and unknown names
/// @thread Any.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_has_feature(name: *const c_char) -> bool {
    guard_value(false, || {
        // SAFETY: NULL or a text that ends in NUL.
        unsafe { text(name, "name") }.is_ok_and(|name| name == "http" && cfg!(feature = "http"))
    })
}
