//! MFA codes: how a session asks for them.

use super::callback::UserData;
use super::guard::guard_status;
use super::handle::{borrow_optional, handle};
use super::status::session_status_t;
use super::strings::{empty, lent, text};
use crate::error::{Error, Result, Status};
use crate::os;
use crate::session::{TokenProvider, TokenRequest};
use crate::text::Text;
use std::ffi::{c_char, c_int, c_void};
use std::io::{self, Read};
use std::sync::Arc;
use zeroize::Zeroizing;

/// A question for an MFA code, and the answer. Borrowed: valid in the callback.
pub struct session_token_request_t {
    _private: [u8; 0],
}
handle!(owned session_token_request_t => Question);

pub(crate) struct Question {
    request: TokenRequest,
    code: Option<Text>,
}

/// Asks a person for an MFA code.
///
/// @param request    borrowed: read what is asked for, and answer with session_token_request_set_code()
/// @param user_data  the pointer given with the callback
/// @return SESSION_OK with a code set; anything else declines
///
/// Called once per refresh of the credentials, on the thread that refreshes them (a caller's, or the background one), never
/// under a lock.
pub type session_token_fn = Option<
    unsafe extern "C" fn(
        request: *mut session_token_request_t,
        user_data: *mut c_void,
    ) -> session_status_t,
>;

/// The callback as the core knows it.
pub(crate) fn token_provider(
    provider: unsafe extern "C" fn(*mut session_token_request_t, *mut c_void) -> session_status_t,
    data: UserData,
) -> Arc<TokenProvider> {
    Arc::new(move |request: &TokenRequest| {
        let mut question = Question {
            request: request.clone(),
            code: None,
        };
        // SAFETY: the host gave function and data together; the question outlives the call. The answer is read as a
        // number, as C may return any.
        let provider: unsafe extern "C" fn(*mut session_token_request_t, *mut c_void) -> c_int =
            unsafe { std::mem::transmute(provider) };
        // SAFETY: as above.
        let status = unsafe { provider(std::ptr::from_mut(&mut question).cast(), data.pointer()) };
        answer(status, question)
    })
}

fn answer(status: c_int, question: Question) -> Result<Text> {
    let declined = |status| {
        let what = &question.request;
        let message = format!(
            "no MFA code was given for {} (role {}, profile {})",
            what.serial, what.role, what.profile
        );
        Error::new(status, "AssumeRoleTokenNotAvailable", message)
    };
    match (status, &question.code) {
        (0, Some(code)) => Ok(code.clone()),
        (status, _) => Err(declined(
            Status::from_number(status).unwrap_or(Status::Credentials),
        )),
    }
}

unsafe fn text_of(
    request: *const session_token_request_t,
    of: impl FnOnce(&TokenRequest) -> &Text,
) -> *const c_char {
    // SAFETY: NULL or a live question.
    unsafe { borrow_optional(request) }.map_or(empty(), |question| lent(of(&question.request)))
}

/// The serial number or ARN of the device that makes the code.
///
/// @param request  borrowed, nullable
/// @return borrowed from `request`; `""` for NULL
/// @thread The callback's.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_token_request_serial(
    request: *const session_token_request_t,
) -> *const c_char {
    // SAFETY: NULL or a live question.
    unsafe { text_of(request, |request| &request.serial) }
}

/// The role that is to be assumed.
///
/// @param request  borrowed, nullable
/// @return borrowed from `request`; `""` for NULL
/// @thread The callback's.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_token_request_role(
    request: *const session_token_request_t,
) -> *const c_char {
    // SAFETY: NULL or a live question.
    unsafe { text_of(request, |request| &request.role) }
}

/// The profile that has the role.
///
/// @param request  borrowed, nullable
/// @return borrowed from `request`; `""` for NULL
/// @thread The callback's.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_token_request_profile(
    request: *const session_token_request_t,
) -> *const c_char {
    // SAFETY: NULL or a live question.
    unsafe { text_of(request, |request| &request.profile) }
}

/// Answers a question with a code.
///
/// @param request  borrowed
/// @param code     borrowed: the digits that the device shows; blanks around them are cut off
/// @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT if either is NULL or the code empty
/// @thread The callback's.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_token_request_set_code(
    request: *mut session_token_request_t,
    code: *const c_char,
) -> session_status_t {
    guard_status(|| {
        // SAFETY: NULL or a live question.
        let question = unsafe { super::handle::borrow_mut(request, "request") }?;
        // SAFETY: NULL or a text.
        match unsafe { text(code, "code") }?.trim() {
            "" => Err(Error::argument("code", "is empty")),
            code => {
                question.code = Some(Text::lossy(code));
                Ok(())
            }
        }
    })
}

/// Asks for an MFA code on stderr and reads it from stdin. A token provider; Go's StdinTokenProvider.
///
/// It reads one line from the descriptor itself, and nothing after it; what stdio has in its buffer already it does not see.
///
/// @param request    borrowed
/// @param user_data  not used
/// @return SESSION_OK; SESSION_ERR_CREDENTIALS if stdin gives no code
/// @thread Any; it waits for a person.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_stdin_token_provider(
    request: *mut session_token_request_t,
    user_data: *mut c_void,
) -> session_status_t {
    let _ = user_data;
    guard_status(|| {
        // SAFETY: NULL or a live question.
        let question = unsafe { super::handle::borrow_mut(request, "request") }?;
        eprint!("Assume Role MFA token code: ");
        let line = line_of_stdin().unwrap_or_default();
        let text = std::str::from_utf8(&line).unwrap_or_default();
        match text.split_whitespace().next() {
            Some(code) => {
                question.code = Some(Text::lossy(code));
                Ok(())
            }
            None => Err(Error::new(
                Status::Credentials,
                "AssumeRoleTokenNotAvailable",
                "stdin gave no MFA code",
            )),
        }
    })
}

/// A line of stdin, of which more than the limit would be no code.
#[allow(clippy::unbuffered_bytes, reason = "what follows is the host's")]
fn line_of_stdin() -> io::Result<Zeroizing<Vec<u8>>> {
    const LIMIT: usize = 1024;
    let mut line = Zeroizing::new(Vec::with_capacity(LIMIT));
    for byte in (&*os::stdin()).bytes().take(LIMIT) {
        match byte? {
            b'\n' => break,
            byte => line.push(byte),
        }
    }
    Ok(line)
}
