//! What callbacks put their answers in.

use super::guard::guard_status;
use super::handle::{Owned, borrow_mut};
use super::status::{session_status_name, session_status_t};
use crate::error::{Error, Result};
use std::ffi::{CStr, c_int};

/// An answer on its way in.
pub(super) trait Answer {
    /// What was given first that can't be.
    fn fault(&mut self) -> &mut Option<Error>;
}

/// Changes an answer; what it refuses is also remembered, the first of it.
pub(super) unsafe fn change<H: Owned>(
    answer: *mut H,
    change: impl FnOnce(&mut H::Inner) -> Result<()>,
) -> session_status_t
where
    H::Inner: Answer,
{
    guard_status(|| {
        // SAFETY: NULL or a live answer.
        let answer = unsafe { borrow_mut(answer, "reply") }?;
        change(answer).inspect_err(|error| {
            answer.fault().get_or_insert_with(|| error.clone());
        })
    })
}

/// For a callback that failed and did not say why.
pub(super) fn unsaid(who: &str, returned: c_int) -> String {
    // SAFETY: the name of a status is a literal.
    let name = unsafe { CStr::from_ptr(session_status_name(returned)) };
    let name = name.to_string_lossy();
    format!("the {who} returned {name} ({returned}) and set no error")
}
