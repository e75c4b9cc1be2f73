//! The host's own transport.

use super::callback::{UserData, session_free_fn};
use super::config::session_config_t;
use super::guard::guard_status;
use super::handle::{borrow_mut, null};
use super::http_reply::{Incoming, session_http_reply_t};
use super::http_request::{Outgoing, session_http_request_t};
use super::status::session_status_t;
use super::table::{self, Table};
use crate::error::Result;
use crate::transport::{HttpReply, HttpRequest, Transport};
use std::ffi::{c_int, c_void};
use std::sync::Arc;

/// Sends requests in place of the library: the host's own HTTP.
///
/// Begin with SESSION_TRANSPORT_INIT, or set `size` to `sizeof(session_transport_t)` and the rest to 0. Everything is
/// sent by it then, the calls for credentials too, and the library looks up no name itself.
#[repr(C)]
pub struct session_transport_t {
    /// The size of this table.
    pub size: usize,
    /// Sends a request and waits for the reply.
    ///
    /// It sends exactly what session_http_request_* say, the target byte for byte and the headers in their order; it
    /// follows no redirect and decodes nothing. It answers through session_http_reply_*, whatever the HTTP status, and
    /// returns SESSION_OK; or says why not by session_http_reply_set_error(), and returns SESSION_ERR_TRANSPORT,
    /// SESSION_ERR_TIMEOUT or SESSION_ERR_CANCELED. `request` and `reply` are valid in the call, on its thread alone.
    /// Runs on the thread that makes the call, possibly on several at once. Must not unwind or longjmp.
    pub send: Option<
        unsafe extern "C" fn(
            request: *mut session_http_request_t,
            reply: *mut session_http_reply_t,
            user_data: *mut c_void,
        ) -> session_status_t,
    >,
    /// Given to each call.
    pub user_data: *mut c_void,
    /// Frees `user_data`, exactly once; may be NULL.
    pub free_user_data: session_free_fn,
}

// SAFETY: `repr(C)`, begins with the size; a number, a pointer and functions that may be NULL.
unsafe impl Table for session_transport_t {
    const FIRST_SIZE: usize = 4 * size_of::<usize>();
}

/// As `send`, its answer read as a number: C may return any.
type Send = unsafe extern "C" fn(
    request: *mut session_http_request_t,
    reply: *mut session_http_reply_t,
    user_data: *mut c_void,
) -> c_int;

struct HostTransport {
    send: Send,
    data: UserData,
}

impl Transport for HostTransport {
    fn send(&self, request: HttpRequest<'_>) -> Result<HttpReply> {
        let to_head = request.method == "HEAD";
        let mut request = Outgoing::new(request)?;
        let mut reply = Incoming::default();
        // SAFETY: the host gave function and data together; request and reply outlive the call.
        let returned = unsafe { (self.send)(request.lend(), reply.lend(), self.data.pointer()) };
        reply.finish(returned, request.into_failure(), to_head)
    }
}

/// Takes the table's data over, and makes a transport of it if it has a function.
unsafe fn host_transport(table: *const session_transport_t) -> Result<Arc<dyn Transport>> {
    // SAFETY: NULL or a table.
    let table = unsafe { table::read(table, "transport") }?;
    let data = UserData::new(table.user_data, table.free_user_data);
    let send = table.send.ok_or_else(|| null("transport->send"))?;
    // SAFETY: the types differ in the enumeration that is returned, which is a C `int` or `unsigned int`.
    let send = unsafe {
        std::mem::transmute::<
            unsafe extern "C" fn(
                *mut session_http_request_t,
                *mut session_http_reply_t,
                *mut c_void,
            ) -> session_status_t,
            Send,
        >(send)
    };
    Ok(Arc::new(HostTransport { send, data }))
}

/// Sets what sends requests, instead of the built-in transport.
///
/// The table is copied, up to what this version knows of it. Its `user_data` is the library's from now on, also if this
/// call fails, unless the table is too small to have one. The transport lives while a configuration, a session or a
/// client has it.
///
/// @param config     borrowed
/// @param transport  borrowed
/// @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT, also remembered in `config`, if `transport` or its `send` is NULL
///         or its `size` too small
/// @thread The configuration's.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_config_set_transport(
    config: *mut session_config_t,
    transport: *const session_transport_t,
) -> session_status_t {
    guard_status(|| {
        // SAFETY: NULL or a table. Read first: its data is the library's also if `config` is NULL.
        let transport = unsafe { host_transport(transport) };
        // SAFETY: NULL or a live configuration.
        let config = Arc::make_mut(unsafe { borrow_mut(config, "config") }?);
        config.forget_fault("transport");
        match transport {
            Ok(transport) => config.transport = Some(transport),
            Err(error) => config.remember("transport", error)?,
        }
        Ok(())
    })
}
