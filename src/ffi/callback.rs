//! The data that comes with a callback, and its destructor.

use std::ffi::c_void;

/// Frees the data of a callback.
///
/// @param user_data  what was given with the callback
///
/// Called exactly once, on whichever thread lets go of the data last. Must not unwind or longjmp.
pub type session_free_fn = Option<unsafe extern "C" fn(user_data: *mut c_void)>;

/// The data of a callback. Dropping it runs the destructor: once, when the last holder lets go.
pub(crate) struct UserData {
    pointer: *mut c_void,
    free: session_free_fn,
}

// SAFETY: the interface says that data may be used and freed on any thread; how is the host's affair.
unsafe impl Send for UserData {}
// SAFETY: as above: callbacks may run on several threads at once.
unsafe impl Sync for UserData {}

impl UserData {
    /// Takes the data over.
    pub(crate) fn new(pointer: *mut c_void, free: session_free_fn) -> UserData {
        UserData { pointer, free }
    }

    /// The pointer that callbacks get.
    pub(crate) fn pointer(&self) -> *mut c_void {
        self.pointer
    }
}

impl Drop for UserData {
    fn drop(&mut self) {
        if let Some(free) = self.free {
            // SAFETY: the host gave the two together, and this is the only call.
            unsafe { free(self.pointer) };
        }
    }
}
