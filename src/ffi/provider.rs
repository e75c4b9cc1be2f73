//! The host's own credentials provider.

use super::answer::{Answer, change, unsaid};
use super::callback::{UserData, session_free_fn};
use super::credentials::session_credentials_t;
use super::error::session_error_t;
use super::guard::guard;
use super::handle::{Out, handle, null, share};
use super::status::session_status_t;
use super::strings::{text, text_optional};
use super::table::{self, Table};
use crate::credentials::{Credentials, NEVER, Provider, Value, Wait};
use crate::error::{Error, Result, Status};
use crate::text;
use crate::text::Text;
use std::ffi::{c_char, c_int, c_void};
use std::sync::Arc;

/// Gives credentials from wherever the host has them.
///
/// Begin with SESSION_PROVIDER_INIT, or set `size` to `sizeof(session_provider_t)` and the rest to 0.
#[repr(C)]
pub struct session_provider_t {
    /// The size of this table.
    pub size: usize,
    /// Gets credentials, and answers through session_provider_reply_*.
    ///
    /// It returns SESSION_OK with keys set; or says why not by session_provider_reply_set_error(), and returns another
    /// status, which becomes that of the error. `reply` is valid in the call. Called once for all that wait, on the
    /// thread of one of them and under no lock, when nothing is held that lasts. Must not unwind or longjmp.
    ///
    /// It must not wait for another thread that gets these very credentials, as that thread may wait for the answer: for
    /// ever, unless it has a cancel that ends the waiting. session_credentials_try_get() never waits. On its own thread
    /// a get of them gives what is held, or SESSION_ERR_INVALID_STATE.
    pub retrieve: Option<
        unsafe extern "C" fn(
            reply: *mut session_provider_reply_t,
            user_data: *mut c_void,
        ) -> session_status_t,
    >,
    /// Given to each call.
    pub user_data: *mut c_void,
    /// Frees `user_data`, exactly once; may be NULL.
    pub free_user_data: session_free_fn,
}

// SAFETY: `repr(C)`, begins with the size; a number, a pointer and functions that may be NULL.
unsafe impl Table for session_provider_t {
    const FIRST_SIZE: usize = 4 * size_of::<usize>();
}

/// Where a provider puts what it has got. Borrowed: valid in the callback, on its thread.
///
/// What it does not take fails the retrieval.
pub struct session_provider_reply_t {
    _private: [u8; 0],
}
handle!(owned session_provider_reply_t => Reply);

pub(crate) struct Reply {
    /// The values, but for what else is set.
    keys: Option<Value>,
    expires_at: i64,
    account_id: Text,
    provider: Text,
    /// What the provider said: code, which may be empty, and message.
    error: Option<(Text, Text)>,
    /// What it gave that can't be.
    fault: Option<Error>,
}

impl Answer for Reply {
    fn fault(&mut self) -> &mut Option<Error> {
        &mut self.fault
    }
}

impl Reply {
    fn new() -> Reply {
        Reply {
            keys: None,
            expires_at: NEVER,
            account_id: Text::EMPTY,
            provider: text!("Provider"),
            error: None,
            fault: None,
        }
    }

    fn finish(self, returned: c_int) -> Result<Value> {
        let failed = returned != session_status_t::SESSION_OK as c_int;
        if let Some((code, message)) = self.error {
            let code = if code.is_empty() {
                "ProviderError"
            } else {
                code.as_str()
            };
            return Err(Error::new(status_of(returned), code, message.as_str()));
        }
        match (self.fault, self.keys) {
            (Some(fault), _) if fault.status() == Status::Credentials => Err(fault),
            (Some(fault), _) => Err(Error::new(
                status_of(returned),
                "ProviderError",
                "the credentials provider gave what can't be used",
            )
            .with_cause(fault)),
            (None, _) if failed => Err(Error::new(
                status_of(returned),
                "ProviderError",
                unsaid("credentials provider", returned),
            )),
            (None, Some(keys)) => Ok(Value {
                expires_at: self.expires_at,
                account_id: self.account_id,
                provider: self.provider,
                ..keys
            }),
            (None, None) => Err(Error::new(
                Status::Credentials,
                "EmptyStaticCreds",
                "the credentials provider returned SESSION_OK and set no keys",
            )),
        }
    }
}

fn status_of(returned: c_int) -> Status {
    Status::from_number(returned).unwrap_or(Status::Credentials)
}

/// As `retrieve`, its answer read as a number: C may return any.
type Retrieve =
    unsafe extern "C" fn(reply: *mut session_provider_reply_t, user_data: *mut c_void) -> c_int;

struct HostProvider {
    retrieve: Retrieve,
    data: UserData,
}

impl Provider for HostProvider {
    fn retrieve(&self, _: &dyn Wait) -> Result<Value> {
        let mut reply = Reply::new();
        let lent = std::ptr::from_mut(&mut reply).cast();
        // SAFETY: the host gave function and data together; the reply outlives the call.
        let returned = unsafe { (self.retrieve)(lent, self.data.pointer()) };
        reply.finish(returned)
    }
}

/// Takes the table's data over, and makes a provider of it if it has a function.
unsafe fn host_provider(table: *const session_provider_t) -> Result<HostProvider> {
    // SAFETY: NULL or a table.
    let table = unsafe { table::read(table, "provider") }?;
    let data = UserData::new(table.user_data, table.free_user_data);
    let retrieve = table.retrieve.ok_or_else(|| null("provider->retrieve"))?;
    // SAFETY: the types differ in the enumeration that is returned, which is a C `int` or `unsigned int`.
    let retrieve = unsafe {
        std::mem::transmute::<
            unsafe extern "C" fn(*mut session_provider_reply_t, *mut c_void) -> session_status_t,
            Retrieve,
        >(retrieve)
    };
    Ok(HostProvider { retrieve, data })
}

/// Makes credentials that the host's own provider gives.
///
/// The table is copied, up to what this version knows of it. Its `user_data` is the library's from now on, also if this
/// call fails, unless the table is too small to have one.
///
/// @param provider  borrowed
/// @param out       receives the credentials; free them with session_credentials_free(). Unchanged on failure.
/// @param error     nullable: receives details on failure; free with session_error_free()
/// @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT if `provider`, its `retrieve` or `out` is NULL, or its `size` too small
/// @thread Any.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_credentials_new_provider(
    provider: *const session_provider_t,
    out: *mut *mut session_credentials_t,
    error: *mut *mut session_error_t,
) -> session_status_t {
    guard(error, || {
        // SAFETY: NULL or a table. Read first: its data is the library's also if `out` is NULL.
        let provider = unsafe { host_provider(provider) }?;
        let out = Out::new(out, "out")?;
        out.set(share(Arc::new(Credentials::provided(provider))));
        Ok(())
    })
}

/// Answers with keys.
///
/// @param reply              borrowed
/// @param access_key_id      borrowed: copied
/// @param secret_access_key  borrowed: copied
/// @param session_token      borrowed, nullable: copied; of temporary credentials
/// @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT if `reply` or a key is NULL; SESSION_ERR_CREDENTIALS if a key is empty
/// @thread The callback's.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_provider_reply_set_keys(
    reply: *mut session_provider_reply_t,
    access_key_id: *const c_char,
    secret_access_key: *const c_char,
    session_token: *const c_char,
) -> session_status_t {
    let set = |reply: &mut Reply| {
        // SAFETY: NULL or a text.
        let id = unsafe { text(access_key_id, "access_key_id") }?;
        // SAFETY: NULL or a text.
        let secret = unsafe { text(secret_access_key, "secret_access_key") }?;
        // SAFETY: NULL or a text.
        let token = unsafe { text_optional(session_token, "session_token") }?.unwrap_or_default();
        reply.keys = Some(Value::of_keys(id, secret, token, "")?);
        Ok(())
    };
    // SAFETY: NULL or a live reply.
    unsafe { change(reply, set) }
}

/// Says when the keys expire. Without it they never do.
///
/// @param reply       borrowed
/// @param expires_at  Unix seconds; INT64_MAX: never
/// @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT if `reply` is NULL
/// @thread The callback's.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_provider_reply_set_expires_at(
    reply: *mut session_provider_reply_t,
    expires_at: i64,
) -> session_status_t {
    let set = |reply: &mut Reply| {
        reply.expires_at = expires_at;
        Ok(())
    };
    // SAFETY: NULL or a live reply.
    unsafe { change(reply, set) }
}

/// Says which account the keys belong to.
///
/// @param reply       borrowed
/// @param account_id  borrowed: copied
/// @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT if either is NULL
/// @thread The callback's.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_provider_reply_set_account_id(
    reply: *mut session_provider_reply_t,
    account_id: *const c_char,
) -> session_status_t {
    let set = |reply: &mut Reply| {
        // SAFETY: NULL or a text.
        reply.account_id = Text::lossy(unsafe { text(account_id, "account_id") }?);
        Ok(())
    };
    // SAFETY: NULL or a live reply.
    unsafe { change(reply, set) }
}

/// Says who gave the keys. Without it the name is `Provider`.
///
/// @param reply  borrowed
/// @param name   borrowed: copied
/// @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT if either is NULL
/// @thread The callback's.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_provider_reply_set_provider_name(
    reply: *mut session_provider_reply_t,
    name: *const c_char,
) -> session_status_t {
    let set = |reply: &mut Reply| {
        // SAFETY: NULL or a text.
        reply.provider = Text::lossy(unsafe { text(name, "name") }?);
        Ok(())
    };
    // SAFETY: NULL or a live reply.
    unsafe { change(reply, set) }
}

/// Says why there are no credentials. The retrieval fails with it, whatever the callback returns.
///
/// @param reply    borrowed
/// @param code     borrowed, nullable: a short name for programs; NULL: `ProviderError`
/// @param message  borrowed: for people
/// @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT if `reply` or `message` is NULL
/// @thread The callback's.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_provider_reply_set_error(
    reply: *mut session_provider_reply_t,
    code: *const c_char,
    message: *const c_char,
) -> session_status_t {
    let set = |reply: &mut Reply| {
        // SAFETY: NULL or a text.
        let code = unsafe { text_optional(code, "code") }?.unwrap_or_default();
        // SAFETY: NULL or a text.
        let message = unsafe { text(message, "message") }?;
        reply.error = Some((Text::lossy(code), Text::lossy(message)));
        Ok(())
    };
    // SAFETY: NULL or a live reply.
    unsafe { change(reply, set) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_way_to_fail_has_its_error() {
        let keys = || Value::of_keys("AK", "SK", "", "").ok();
        let said = |code: &str| Some((Text::lossy(code), text!("no")));
        let fault = || Some(Error::argument("name", "is NULL"));
        let cases = [
            (
                Reply {
                    keys: keys(),
                    ..Reply::new()
                },
                40,
                Status::Credentials,
                "ProviderError",
            ),
            (
                Reply {
                    keys: keys(),
                    ..Reply::new()
                },
                62,
                Status::Canceled,
                "ProviderError",
            ),
            (
                Reply {
                    keys: keys(),
                    ..Reply::new()
                },
                -1,
                Status::Credentials,
                "ProviderError",
            ),
            (
                Reply {
                    keys: keys(),
                    error: said("Mine"),
                    ..Reply::new()
                },
                0,
                Status::Credentials,
                "Mine",
            ),
            (
                Reply {
                    error: said("Mine"),
                    fault: fault(),
                    ..Reply::new()
                },
                60,
                Status::Transport,
                "Mine",
            ),
            (
                Reply {
                    error: said(""),
                    ..Reply::new()
                },
                60,
                Status::Transport,
                "ProviderError",
            ),
            (
                Reply {
                    keys: keys(),
                    fault: fault(),
                    ..Reply::new()
                },
                0,
                Status::Credentials,
                "ProviderError",
            ),
            (Reply::new(), 0, Status::Credentials, "EmptyStaticCreds"),
        ];
        for (reply, returned, status, code) in cases {
            let error = reply.finish(returned).unwrap_err();
            assert_eq!((error.status(), error.code().as_str()), (status, code));
        }
        let value = Reply {
            keys: keys(),
            ..Reply::new()
        }
        .finish(0)
        .unwrap();
        assert_eq!(
            (value.provider.as_str(), value.expires_at),
            ("Provider", NEVER)
        );
    }
}
