//! Text in and out.

use super::handle::null;
use crate::error::{Error, Result};
use crate::text::Text;
use std::ffi::{CStr, CString, c_char};
use zeroize::Zeroize;

/// A text argument; NULL and what is no UTF-8 are errors that name it.
pub(crate) unsafe fn text<'a>(pointer: *const c_char, argument: &str) -> Result<&'a str> {
    // SAFETY: the caller promises NULL or a text that ends in NUL.
    unsafe { text_optional(pointer, argument) }?.ok_or_else(|| null(argument))
}

/// A text argument that may be NULL.
pub(crate) unsafe fn text_optional<'a>(
    pointer: *const c_char,
    argument: &str,
) -> Result<Option<&'a str>> {
    if pointer.is_null() {
        return Ok(None);
    }
    // SAFETY: not NULL, so a text that ends in NUL.
    let text = unsafe { CStr::from_ptr(pointer) };
    match text.to_str() {
        Ok(text) => Ok(Some(text)),
        Err(error) => Err(Error::argument(
            argument,
            format_args!("is no UTF-8 at byte {}", error.valid_up_to()),
        )),
    }
}

/// A buffer argument; NULL is right for a length of 0 alone.
pub(crate) unsafe fn bytes<'a>(
    pointer: *const u8,
    length: usize,
    argument: &str,
) -> Result<&'a [u8]> {
    if length == 0 {
        return Ok(&[]);
    }
    check_buffer(pointer, length, argument)?;
    // SAFETY: not NULL, and the caller promises that many readable bytes.
    Ok(unsafe { std::slice::from_raw_parts(pointer, length) })
}

/// A buffer to write to; NULL is right for a capacity of 0 alone.
pub(crate) unsafe fn room<'a>(
    pointer: *mut u8,
    capacity: usize,
    argument: &str,
) -> Result<&'a mut [u8]> {
    if capacity == 0 {
        return Ok(&mut []);
    }
    check_buffer(pointer, capacity, argument)?;
    // SAFETY: not NULL, and the caller promises that many bytes; they may never have been written, so that who gets the
    // slice must write before it reads, as readers do.
    Ok(unsafe { std::slice::from_raw_parts_mut(pointer, capacity) })
}

/// Refuses a buffer that no memory can be.
fn check_buffer(pointer: *const u8, length: usize, argument: &str) -> Result<()> {
    if pointer.is_null() {
        return Err(null(argument));
    }
    if isize::try_from(length).is_err() {
        let why = format_args!("can't have {length} bytes");
        return Err(Error::argument(argument, why));
    }
    Ok(())
}

/// A text that the receiver keeps.
pub(crate) fn lent(text: &Text) -> *const c_char {
    text.as_str_with_nul().as_ptr().cast()
}

/// The empty text, which nobody need keep.
pub(crate) fn empty() -> *const c_char {
    c"".as_ptr()
}

/// A text for the caller to free with `session_string_free`.
pub(crate) fn given(text: impl Into<String>) -> *mut c_char {
    let mut bytes = text.into().into_bytes();
    bytes.retain(|byte| *byte != 0);
    CString::new(bytes).unwrap_or_default().into_raw()
}

/// Frees a text that the library gave by a `char **`; NULL is ignored.
///
/// @param string  owned, nullable: given up
/// @thread Any.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_string_free(string: *mut c_char) {
    if !string.is_null() {
        // SAFETY: not NULL, so a text that `given` made.
        let text = unsafe { CString::from_raw(string) };
        // It may be a token.
        text.into_bytes().zeroize();
    }
}
