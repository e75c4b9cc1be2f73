//! Clients.

use super::config::{overrides, session_config_t};
use super::error::session_error_t;
use super::guard::{guard, guard_value};
use super::handle::{Out, borrow, borrow_optional, handle, release, share};
use super::session::session_t;
use super::status::session_status_t;
use super::strings::{empty, lent, text};
use crate::error::Error;
use crate::service::Client;
use crate::text::Text;
use std::ffi::c_char;
use std::sync::Arc;

/// A client of one service: where it is, how requests are signed, and the handlers they run through.
pub struct session_client_t {
    _private: [u8; 0],
}
handle!(shared session_client_t => Client);

/// Makes a client of a service.
///
/// It inherits the session's settings, credentials and handlers as they are now. A region or endpoint that is missing or
/// bad is the error of its requests.
///
/// @param session    borrowed
/// @param service    borrowed: the id of the service's endpoints: `s3`, `sts`, `monitoring`
/// @param overrides  borrowed, nullable: settings of this client alone
/// @param out        receives the client; free it with session_client_free(). Unchanged on failure.
/// @param error      nullable: receives details on failure; free with session_error_free()
/// @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT if a pointer is NULL, `service` no id or `overrides` has a bad value
/// @thread Any.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_client_new(
    session: *const session_t,
    service: *const c_char,
    overrides: *const session_config_t,
    out: *mut *mut session_client_t,
    error: *mut *mut session_error_t,
) -> session_status_t {
    guard(error, || {
        // SAFETY: NULL or a live session.
        let session = unsafe { borrow(session, "session") }?;
        // SAFETY: NULL or a text.
        let service = unsafe { text(service, "service") }?;
        let service = Text::new(service).map_err(|nul| Error::argument("service", nul))?;
        let out = Out::new(out, "out")?;
        // SAFETY: NULL or a live configuration.
        let overrides = unsafe { self::overrides(overrides) };
        out.set(share(Arc::new(Client::new(session, service, overrides)?)));
        Ok(())
    })
}

unsafe fn text_of(
    client: *const session_client_t,
    of: impl FnOnce(&Client) -> &Text,
) -> *const c_char {
    guard_value(empty(), || {
        // SAFETY: NULL or a live client.
        unsafe { borrow_optional(client) }.map_or(empty(), |client| lent(of(client)))
    })
}

/// The service a client was made for.
///
/// @param client  borrowed, nullable
/// @return borrowed from `client`; `""` for NULL
/// @thread Any.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_client_service(client: *const session_client_t) -> *const c_char {
    // SAFETY: NULL or a live client.
    unsafe { text_of(client, Client::service) }
}

/// The endpoint of a client.
///
/// @param client  borrowed, nullable
/// @return borrowed from `client`: a URL; `""` where there is none, which its requests explain
/// @thread Any.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_client_endpoint(client: *const session_client_t) -> *const c_char {
    // SAFETY: NULL or a live client.
    unsafe { text_of(client, Client::endpoint) }
}

/// The region a client works in.
///
/// @param client  borrowed, nullable
/// @return borrowed from `client`; `""` if there is none
/// @thread Any.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_client_region(client: *const session_client_t) -> *const c_char {
    // SAFETY: NULL or a live client.
    unsafe { text_of(client, Client::region) }
}

/// The region that a client signs for; of global services it is not the one it works in.
///
/// @param client  borrowed, nullable
/// @return borrowed from `client`; `""` if there is none
/// @thread Any.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_client_signing_region(
    client: *const session_client_t,
) -> *const c_char {
    // SAFETY: NULL or a live client.
    unsafe { text_of(client, Client::signing_region) }
}

/// The name that a client signs for its service.
///
/// @param client  borrowed, nullable
/// @return borrowed from `client`; `""` where there is no endpoint
/// @thread Any.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_client_signing_name(
    client: *const session_client_t,
) -> *const c_char {
    // SAFETY: NULL or a live client.
    unsafe { text_of(client, Client::signing_name) }
}

/// The partition that a client's endpoint is in: `aws`, `aws-cn`.
///
/// @param client  borrowed, nullable
/// @return borrowed from `client`; `""` for an endpoint that the program named
/// @thread Any.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_client_partition(
    client: *const session_client_t,
) -> *const c_char {
    // SAFETY: NULL or a live client.
    unsafe { text_of(client, Client::partition) }
}

/// Frees a client; NULL is ignored. Requests made from it live on.
///
/// @param client  owned, nullable: given up
/// @thread Any.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_client_free(client: *mut session_client_t) {
    // SAFETY: NULL or a live client that is given up.
    guard_value((), || drop(unsafe { release(client) }));
}
