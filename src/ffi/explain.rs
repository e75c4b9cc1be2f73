//! What a session is made of, and where each value came from.

use super::error::session_error_t;
use super::guard::guard;
use super::handle::{Out, borrow};
use super::session::session_t;
use super::status::session_status_t;
use super::strings::{given, text};
use crate::error::{Error, Result};
use crate::explain::{self, Format};
use std::ffi::{c_char, c_int};

/// How session_explain() writes.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum session_explain_format_t {
    /// A table for people. Its layout may change.
    SESSION_EXPLAIN_TEXT = 0,
    /// JSON for programs. Members are only ever added.
    SESSION_EXPLAIN_JSON = 1,
}
use session_explain_format_t::*;

fn format_of(number: c_int) -> Result<Format> {
    match number {
        _ if number == SESSION_EXPLAIN_TEXT as c_int => Ok(Format::Text),
        _ if number == SESSION_EXPLAIN_JSON as c_int => Ok(Format::Json),
        _ => Err(Error::argument(
            "format",
            format_args!("is {number}, which is no session_explain_format_t"),
        )),
    }
}

/// Where a value of a session came from.
///
/// `"code"`, `"environment AWS_REGION"`, `"file /home/u/.aws/config:3 (profile dev)"`, `"default"`, or `"unset"` where
/// nobody set it. The text is one line.
///
/// @param session  borrowed
/// @param name     borrowed: a field of the configuration, `"profile"`, `"credentials"` (what gives the first of the
///                 chain), or a key about credentials as a profile spells it. `"aws_access_key_id"`,
///                 `"aws_secret_access_key"`, `"aws_session_token"` and `"aws_account_id"` are those that the chain starts
///                 with, wherever they come from; another key is where the profile, or else one that it builds on,
///                 says it, used or not.
/// @param out      receives a text; free it with session_string_free(). Unchanged on failure.
/// @param error    nullable: receives details on failure; free with session_error_free()
/// @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT if a pointer is NULL or the name not known
/// @thread Any.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_origin(
    session: *const session_t,
    name: *const c_char,
    out: *mut *mut c_char,
    error: *mut *mut session_error_t,
) -> session_status_t {
    guard(error, || {
        let out = Out::new(out, "out")?;
        // SAFETY: NULL or a live session.
        let session = unsafe { borrow(session, "session") }?;
        // SAFETY: NULL or a text that ends in NUL.
        let name = unsafe { text(name, "name") }?;
        out.set(given(explain::origin(session.config(), name)?));
        Ok(())
    })
}

/// All that a session is made of: profile, files, settings, variables and the chain of credentials, each with its origin.
///
/// Reads what was loaded; opens no file and no socket. Secret keys, tokens, external ids, passwords in URLs and the
/// arguments of a `credential_process` are masked, and access key ids but for their last four characters.
///
/// The JSON is one object:
///
/// ```json
/// {"error": null,
///  "profile": {"name": "dev", "origin": ORIGIN},
///  "shared_config": {"enabled": true, "origin": ORIGIN},
///  "files": [{"path": "/home/u/.aws/config", "state": "read" | "missing" | "unreadable" | "invalid"}],
///  "settings": [{"name": "region", "value": "eu-west-1" | null, "origin": ORIGIN}],
///  "environment": [{"name": "AWS_PROFILE", "value": "dev"}],
///  "credentials": {"provider": "AssumeRoleProvider" | null,
///                  "chain": [{"provider": "SharedConfigCredentials" | null, "profile": "base" | null, "origin": ORIGIN,
///                             "values": [{"name": "aws_access_key_id", "value": "****WXYZ", "origin": ORIGIN}]}]}}
/// ```
///
/// where ORIGIN is `{"kind": "code"}`, `{"kind": "environment", "variable": "AWS_REGION"}`,
/// `{"kind": "file", "path": "/home/u/.aws/config", "line": 3, "section": "profile dev"}`, `{"kind": "default"}` or
/// `{"kind": "unset"}`. All fields are listed, in a fixed order. A value that is null and has an origin is PEM text that
/// the program gave; a provider that is null is the program's own. The chain is in the order in which it is asked, and the
/// last of it gives the credentials. `error` is why a session of session_new_deferred() could not be loaded.
///
/// @param session  borrowed
/// @param format   a session_explain_format_t
/// @param out      receives a text; free it with session_string_free(). Unchanged on failure.
/// @param error    nullable: receives details on failure; free with session_error_free()
/// @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT if `session` or `out` is NULL or `format` none
/// @thread Any.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_explain(
    session: *const session_t,
    format: c_int,
    out: *mut *mut c_char,
    error: *mut *mut session_error_t,
) -> session_status_t {
    guard(error, || {
        let out = Out::new(out, "out")?;
        // SAFETY: NULL or a live session.
        let session = unsafe { borrow(session, "session") }?;
        out.set(given(explain::explain(
            session.config(),
            format_of(format)?,
        )));
        Ok(())
    })
}
