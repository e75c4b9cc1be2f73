//! Objects in and out: what an opaque C type stands for, and how ownership passes.

use crate::error::{Error, Result};
use std::sync::Arc;

/// Ties an opaque C type to the Rust value behind it. Each C type has exactly one.
pub(crate) trait Handle {
    /// What the pointer points to.
    type Inner;
}

/// A handle that owns its value alone, in a box.
pub(crate) trait Owned: Handle {}

/// A handle that is one of many on a counted value.
pub(crate) trait Shared: Handle {}

/// Declares the opaque type's Rust side.
macro_rules! handle {
    (owned $c:ty => $inner:ty) => {
        impl $crate::ffi::handle::Handle for $c {
            type Inner = $inner;
        }
        impl $crate::ffi::handle::Owned for $c {}
    };
    (shared $c:ty => $inner:ty) => {
        impl $crate::ffi::handle::Handle for $c {
            type Inner = $inner;
        }
        impl $crate::ffi::handle::Shared for $c {}
    };
}
pub(crate) use handle;

/// Gives a value to C.
pub(crate) fn into_raw<H: Owned>(value: H::Inner) -> *mut H {
    Box::into_raw(Box::new(value)).cast()
}

/// Gives a counted value to C.
pub(crate) fn share<H: Shared>(value: Arc<H::Inner>) -> *mut H {
    Arc::into_raw(value).cast_mut().cast()
}

/// Takes a value back from C; nothing for NULL.
pub(crate) unsafe fn take<H: Owned>(pointer: *mut H) -> Option<Box<H::Inner>> {
    if pointer.is_null() {
        return None;
    }
    // SAFETY: the caller promises a live handle of this type, which `into_raw` made from a box.
    Some(unsafe { Box::from_raw(pointer.cast()) })
}

/// Takes one of the counts back from C; nothing for NULL.
pub(crate) unsafe fn release<H: Shared>(pointer: *mut H) -> Option<Arc<H::Inner>> {
    if pointer.is_null() {
        return None;
    }
    // SAFETY: the caller promises a live handle of this type, which `share` made from an `Arc`.
    Some(unsafe { Arc::from_raw(pointer.cast_const().cast()) })
}

/// The value behind a handle; an error that names the argument for NULL.
pub(crate) unsafe fn borrow<'a, H: Handle>(
    pointer: *const H,
    argument: &str,
) -> Result<&'a H::Inner> {
    // SAFETY: the caller promises NULL or a live handle of this type.
    unsafe { borrow_optional(pointer) }.ok_or_else(|| null(argument))
}

/// The value behind a handle, or nothing for NULL.
pub(crate) unsafe fn borrow_optional<'a, H: Handle>(pointer: *const H) -> Option<&'a H::Inner> {
    // SAFETY: the caller promises NULL or a live handle of this type.
    unsafe { pointer.cast::<H::Inner>().as_ref() }
}

/// The value behind a handle, to be changed; an error that names the argument for NULL.
pub(crate) unsafe fn borrow_mut<'a, H: Owned>(
    pointer: *mut H,
    argument: &str,
) -> Result<&'a mut H::Inner> {
    // SAFETY: the caller promises NULL or a live handle of this type, which is used by this thread alone.
    unsafe { pointer.cast::<H::Inner>().as_mut() }.ok_or_else(|| null(argument))
}

/// Another count on the value behind a handle; an error that names the argument for NULL.
pub(crate) unsafe fn borrow_shared<H: Shared>(
    pointer: *const H,
    argument: &str,
) -> Result<Arc<H::Inner>> {
    // SAFETY: the caller promises NULL or a live handle of this type.
    unsafe { borrow_shared_optional(pointer) }.ok_or_else(|| null(argument))
}

/// Another count on the value behind a handle, or nothing for NULL.
pub(crate) unsafe fn borrow_shared_optional<H: Shared>(pointer: *const H) -> Option<Arc<H::Inner>> {
    if pointer.is_null() {
        return None;
    }
    let value: *const H::Inner = pointer.cast();
    // SAFETY: the caller promises a live handle of this type, so the count is at least one.
    unsafe { Arc::increment_strong_count(value) };
    // SAFETY: the count that was just added is given to the new `Arc`.
    Some(unsafe { Arc::from_raw(value) })
}

/// A place that the caller gave for a result.
pub(crate) struct Out<T>(*mut T);

impl<T> Out<T> {
    /// Checks the place before any work is done.
    pub(crate) fn new(place: *mut T, argument: &str) -> Result<Out<T>> {
        if place.is_null() {
            Err(null(argument))
        } else {
            Ok(Out(place))
        }
    }

    /// A place that the caller need not give.
    pub(crate) fn optional(place: *mut T) -> Option<Out<T>> {
        (!place.is_null()).then_some(Out(place))
    }

    /// Writes the result.
    pub(crate) fn set(self, value: T) {
        // SAFETY: not NULL, and the caller promises that a value of the type can stand there.
        unsafe { self.0.write(value) };
    }
}

/// The error for an argument that is NULL.
pub(crate) fn null(argument: &str) -> Error {
    Error::argument(argument, "is NULL")
}
