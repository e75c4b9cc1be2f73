//! Bearer tokens.

use super::error::session_error_t;
use super::guard::guard;
use super::handle::{Out, borrow};
use super::session::session_t;
use super::status::session_status_t;
use super::strings::{given, text};
use crate::credentials::bearer;
use std::ffi::c_char;

/// Gets a bearer token for a service: from the environment, or of the SSO session that the profile names.
///
/// The variable is AWS_BEARER_TOKEN_ and the signing name, in capitals and with `_` for `-`. A token of SSO is read from
/// the cache that `aws sso login` fills, and refreshed there when it is at its end. Send it over HTTPS alone.
///
/// @param session       borrowed
/// @param signing_name  borrowed: the name that requests of the service are signed for: `bedrock`
/// @param token         receives the token; free it with session_string_free(). Unchanged on failure.
/// @param expires_at    nullable: receives when it expires, in Unix seconds; INT64_MAX where that is not known. Unchanged
///                      on failure.
/// @param error         nullable: receives details on failure; free with session_error_free()
/// @return SESSION_OK; SESSION_ERR_CREDENTIALS if there is none; SESSION_ERR_INVALID_ARGUMENT if `session`, `signing_name`
///         or `token` is NULL, or the name is none; otherwise what a refresh fails with, as session_credentials_get()
/// @thread Any.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_token_get(
    session: *const session_t,
    signing_name: *const c_char,
    token: *mut *mut c_char,
    expires_at: *mut i64,
    error: *mut *mut session_error_t,
) -> session_status_t {
    guard(error, || {
        // SAFETY: NULL or a live session.
        let session = unsafe { borrow(session, "session") }?;
        // SAFETY: NULL or a text.
        let signing_name = unsafe { text(signing_name, "signing_name") }?;
        let token = Out::new(token, "token")?;
        let found = bearer::token(session.config(), signing_name)?;
        if let Ok(expires_at) = Out::new(expires_at, "expires_at") {
            expires_at.set(found.expires_at);
        }
        // With room for the NUL: growing would leave a copy behind.
        let mut copy = String::with_capacity(found.text.as_str().len() + 1);
        copy.push_str(found.text.as_str());
        token.set(given(copy));
        Ok(())
    })
}
