//! Cancellation and deadlines.

use super::guard::guard_value;
use super::handle::{borrow_optional, borrow_shared_optional, handle, release, share};
use crate::cancel::Cancel;
use std::sync::Arc;
use std::time::Duration;

/// A switch by which one thread ends what others wait for, and a deadline. Synchronised inside.
///
/// It ends the call that it is given to, not what others wait for, too. Once it is thrown, it stays so: make a new one.
pub struct session_cancel_t {
    _private: [u8; 0],
}
handle!(shared session_cancel_t => Cancel);

/// Makes a switch that is not thrown and has no deadline.
///
/// @return owned: free it with session_cancel_free(); NULL only when memory is gone
/// @thread Any.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub extern "C" fn session_cancel_new() -> *mut session_cancel_t {
    guard_value(std::ptr::null_mut(), || share(Arc::<Cancel>::default()))
}

/// Makes another handle on the same switch, for another thread or owner.
///
/// @param cancel  borrowed, nullable
/// @return owned: free it with session_cancel_free(); NULL for NULL
/// @thread Any.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_cancel_copy(
    cancel: *const session_cancel_t,
) -> *mut session_cancel_t {
    guard_value(std::ptr::null_mut(), || {
        // SAFETY: NULL or a live switch.
        unsafe { borrow_shared_optional(cancel) }.map_or(std::ptr::null_mut(), share)
    })
}

/// Sets the deadline, counted from now; it replaces the one before.
///
/// Calls that it ends fail with SESSION_ERR_TIMEOUT.
///
/// @param cancel        borrowed, nullable: NULL is ignored
/// @param milliseconds  how long from now; 0: at once; UINT64_MAX: no deadline
/// @thread Any.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_cancel_set_timeout_ms(
    cancel: *mut session_cancel_t,
    milliseconds: u64,
) {
    guard_value((), || {
        // SAFETY: NULL or a live switch.
        if let Some(cancel) = unsafe { borrow_optional(cancel) } {
            cancel.set_timeout(match milliseconds {
                u64::MAX => Duration::MAX,
                milliseconds => Duration::from_millis(milliseconds),
            });
        }
    });
}

/// Cancels: calls that wait with this switch fail soon, with SESSION_ERR_CANCELED.
///
/// @param cancel  borrowed, nullable: NULL is ignored
/// @thread Any. Not for signal handlers.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_cancel_now(cancel: *mut session_cancel_t) {
    guard_value((), || {
        // SAFETY: NULL or a live switch.
        if let Some(cancel) = unsafe { borrow_optional(cancel) } {
            cancel.now();
        }
    });
}

/// Frees a handle; NULL is ignored. The switch lives while another handle or a call has it.
///
/// @param cancel  owned, nullable: given up
/// @thread Any.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_cancel_free(cancel: *mut session_cancel_t) {
    // SAFETY: NULL or a live switch that is given up.
    guard_value((), || drop(unsafe { release(cancel) }));
}
