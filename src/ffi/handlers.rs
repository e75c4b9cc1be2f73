//! Handlers.

use super::callback::{UserData, session_free_fn};
use super::client::session_client_t;
use super::error::session_error_t;
use super::guard::{guard, guard_value};
use super::handle::{
    borrow, borrow_mut, borrow_optional, borrow_shared_optional, handle, into_raw, take,
};
use super::request::session_request_t;
use super::session::session_t;
use super::status::session_status_t;
use super::strings::{lent, text};
use crate::error::{Error, Result};
use crate::handlers::{AfterEach, HasHandlers, LiveHandlers, Stage};
use crate::request::{Request, defaults};
use crate::text::Text;
use std::ffi::{c_char, c_int, c_void};
use std::sync::Arc;

/// A handle on fourteen lists of handlers: a session's, a client's, a request's, or lists of their own.
pub struct session_handlers_t {
    _private: [u8; 0],
}
handle!(owned session_handlers_t => Arc<dyn HasHandlers>);

/// A list of handlers, by the moment in the life of a request at which it runs.
///
/// They run as VALIDATE, BUILD; then for each attempt SIGN, SEND, UNMARSHAL_META, VALIDATE_RESPONSE, UNMARSHAL or
/// UNMARSHAL_ERROR, COMPLETE_ATTEMPT, and after a failed one RETRY and AFTER_RETRY; at the end COMPLETE. An attempt that
/// fails in SEND goes on to COMPLETE_ATTEMPT. The first error ends VALIDATE, BUILD, SIGN and SEND, and nothing is
/// sent; the other lists run to their end.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum session_stage_t {
    /// Checks a request before anything is built. Once.
    SESSION_STAGE_VALIDATE = 0,
    /// Fills in path, headers and body. Once.
    SESSION_STAGE_BUILD = 1,
    /// Builds the body of event streams. Not run: no operation has any yet.
    SESSION_STAGE_BUILD_STREAM = 2,
    /// Signs. Every attempt, and anew where it is five minutes old when it is to be sent.
    SESSION_STAGE_SIGN = 3,
    /// Sends. Every attempt.
    SESSION_STAGE_SEND = 4,
    /// Decides whether a reply is an error.
    SESSION_STAGE_VALIDATE_RESPONSE = 5,
    /// Reads a good reply.
    SESSION_STAGE_UNMARSHAL = 6,
    /// Reads event streams. Not run, like BUILD_STREAM.
    SESSION_STAGE_UNMARSHAL_STREAM = 7,
    /// Reads what any reply has: the request id.
    SESSION_STAGE_UNMARSHAL_META = 8,
    /// Reads an error reply.
    SESSION_STAGE_UNMARSHAL_ERROR = 9,
    /// Decides whether a failed attempt is worth another.
    SESSION_STAGE_RETRY = 10,
    /// Waits before the next attempt.
    SESSION_STAGE_AFTER_RETRY = 11,
    /// Ends an attempt, good or bad.
    SESSION_STAGE_COMPLETE_ATTEMPT = 12,
    /// Ends a request, good or bad. Once.
    SESSION_STAGE_COMPLETE = 13,
}

/// Asked after each handler of a list whether to go on.
///
/// @param index      of the handler, from 0
/// @param name       borrowed: of the handler; `"__anonymous"` if it was given none
/// @param request    borrowed: valid until the function returns
/// @param user_data  the pointer given when the function was set
/// @return whether the next handler runs
pub type session_after_each_fn = Option<
    unsafe extern "C" fn(
        index: usize,
        name: *const c_char,
        request: *mut session_request_t,
        user_data: *mut c_void,
    ) -> bool,
>;

/// A number as a stage.
pub(super) fn stage(number: c_int) -> Result<Stage> {
    let known = usize::try_from(number)
        .ok()
        .and_then(|number| Stage::ALL.get(number));
    known.copied().ok_or_else(|| {
        Error::argument(
            "stage",
            format_args!("is {number}, which is no session_stage_t"),
        )
    })
}

fn own(lists: LiveHandlers) -> *mut session_handlers_t {
    into_raw(Arc::new(lists) as Arc<dyn HasHandlers>)
}

/// Makes fourteen empty lists.
///
/// @return owned: free it with session_handlers_free(); NULL only when memory is gone
/// @thread Any.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub extern "C" fn session_handlers_new() -> *mut session_handlers_t {
    guard_value(std::ptr::null_mut(), || own(LiveHandlers::default()))
}

/// Makes lists with the built-in handlers, as every session starts with.
///
/// @return owned: free it with session_handlers_free(); NULL only when memory is gone
/// @thread Any.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub extern "C" fn session_handlers_default() -> *mut session_handlers_t {
    guard_value(std::ptr::null_mut(), || {
        own(LiveHandlers::new(defaults::handlers()))
    })
}

/// Gives a handle on the live lists of a session. Changes count for clients and copies made from then on.
///
/// @param session  borrowed, nullable
/// @return owned: free it with session_handlers_free(); NULL for NULL
/// @thread Any.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_handlers(session: *const session_t) -> *mut session_handlers_t {
    guard_value(std::ptr::null_mut(), || {
        // SAFETY: NULL or a live session.
        let session = unsafe { borrow_shared_optional(session) };
        session.map_or(std::ptr::null_mut(), |session| {
            into_raw(session as Arc<dyn HasHandlers>)
        })
    })
}

/// Gives a handle on the live lists of a client. Changes count for requests made from then on.
///
/// @param client  borrowed, nullable
/// @return owned: free it with session_handlers_free(); NULL for NULL
/// @thread Any.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_client_handlers(
    client: *const session_client_t,
) -> *mut session_handlers_t {
    guard_value(std::ptr::null_mut(), || {
        // SAFETY: NULL or a live client.
        let client = unsafe { borrow_shared_optional(client) };
        client.map_or(std::ptr::null_mut(), |client| {
            into_raw(client as Arc<dyn HasHandlers>)
        })
    })
}

/// Gives a handle on the live lists of a request. Changes count for the lists that have not begun to run.
///
/// @param request  borrowed, nullable
/// @return owned: free it with session_handlers_free(); NULL for NULL
/// @thread The request's.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_request_handlers(
    request: *const session_request_t,
) -> *mut session_handlers_t {
    guard_value(std::ptr::null_mut(), || {
        // SAFETY: NULL or a live request.
        let request = unsafe { borrow_optional(request) };
        request.map_or(std::ptr::null_mut(), |request| {
            into_raw(request.live_handlers() as Arc<dyn HasHandlers>)
        })
    })
}

/// Copies lists as they are now; the handlers in them are shared.
///
/// @param handlers  borrowed, nullable
/// @return owned: free it with session_handlers_free(); NULL for NULL
/// @thread Any.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_handlers_copy(
    handlers: *const session_handlers_t,
) -> *mut session_handlers_t {
    guard_value(std::ptr::null_mut(), || {
        // SAFETY: NULL or a live handle.
        let handlers = unsafe { borrow_optional(handlers) };
        handlers.map_or(std::ptr::null_mut(), |handlers| {
            own(LiveHandlers::new(handlers.live_handlers().now()))
        })
    })
}

/// Frees a handle on lists; NULL is ignored. Lists of a session, client or request stay.
///
/// @param handlers  owned, nullable: given up
/// @thread Any.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_handlers_free(handlers: *mut session_handlers_t) {
    // SAFETY: NULL or a live handle that is given up.
    guard_value((), || drop(unsafe { take(handlers) }));
}

/// Removes every handler of a name.
///
/// @param handlers  borrowed, nullable
/// @param stage     a session_stage_t
/// @param name      borrowed, nullable: the name; `"__anonymous"` is that of all that were given none
/// @return how many there were; 0 for NULL and unknown stages
/// @thread Any.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_handlers_remove(
    handlers: *mut session_handlers_t,
    stage: c_int,
    name: *const c_char,
) -> usize {
    guard_value(0, || {
        // SAFETY: NULL or a live handle.
        let handlers = unsafe { borrow_optional(handlers) };
        // SAFETY: NULL or a text.
        let name = unsafe { text(name, "name") };
        match (handlers, self::stage(stage), name) {
            (Some(handlers), Ok(stage), Ok(name)) => handlers
                .live_handlers()
                .change(|lists| lists.list_mut(stage).remove(name)),
            _ => 0,
        }
    })
}

/// Removes all handlers of a list; what is asked after each stays.
///
/// @param handlers  borrowed, nullable
/// @param stage     a session_stage_t; an unknown one is ignored
/// @thread Any.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_handlers_clear(handlers: *mut session_handlers_t, stage: c_int) {
    guard_value((), || {
        // SAFETY: NULL or a live handle.
        let handlers = unsafe { borrow_optional(handlers) };
        if let (Some(handlers), Ok(stage)) = (handlers, self::stage(stage)) {
            handlers
                .live_handlers()
                .change(|lists| lists.list_mut(stage).clear());
        }
    });
}

/// How many handlers a list has.
///
/// @param handlers  borrowed, nullable
/// @param stage     a session_stage_t
/// @return the number; 0 for NULL and unknown stages
/// @thread Any.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_handlers_len(
    handlers: *const session_handlers_t,
    stage: c_int,
) -> usize {
    guard_value(0, || {
        // SAFETY: NULL or a live handle.
        let handlers = unsafe { borrow_optional(handlers) };
        match (handlers, self::stage(stage)) {
            (Some(handlers), Ok(stage)) => handlers.live_handlers().now().list(stage).len(),
            _ => 0,
        }
    })
}

/// Whether all lists are empty.
///
/// @param handlers  borrowed, nullable
/// @return whether; true for NULL
/// @thread Any.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_handlers_is_empty(handlers: *const session_handlers_t) -> bool {
    guard_value(true, || {
        // SAFETY: NULL or a live handle.
        unsafe { borrow_optional(handlers) }
            .is_none_or(|handlers| handlers.live_handlers().now().is_empty())
    })
}

/// Sets what is asked after each handler of a list.
///
/// @param handlers        borrowed
/// @param stage           a session_stage_t
/// @param after_each      nullable: false ends the run, session_stop_on_error() is one; NULL: nothing is asked
/// @param user_data       nullable: given to each call; the library's from now on
/// @param free_user_data  nullable: frees `user_data`, exactly once, also if this call fails
/// @param error           nullable: receives details on failure; free with session_error_free()
/// @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT if `handlers` is NULL or `stage` none
/// @thread Any.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_handlers_set_after_each(
    handlers: *mut session_handlers_t,
    stage: c_int,
    after_each: session_after_each_fn,
    user_data: *mut c_void,
    free_user_data: session_free_fn,
    error: *mut *mut session_error_t,
) -> session_status_t {
    let data = UserData::new(user_data, free_user_data);
    guard(error, || {
        // SAFETY: NULL or a live handle.
        let handlers = unsafe { borrow(handlers, "handlers") }?;
        let stage = self::stage(stage)?;
        let after_each = after_each.map(|after_each| -> Arc<AfterEach> {
            Arc::new(move |index, name: &Text, request: &mut Request| {
                // SAFETY: the host gave function and data together; name and request outlive the call.
                unsafe {
                    after_each(
                        index,
                        lent(name),
                        std::ptr::from_mut(request).cast(),
                        data.pointer(),
                    )
                }
            })
        });
        handlers
            .live_handlers()
            .change(|lists| lists.list_mut(stage).set_after_each(after_each));
        Ok(())
    })
}

/// Ends a list at the first error; the after-each function of VALIDATE and BUILD.
///
/// @param index      not used
/// @param name       not used
/// @param request    borrowed, nullable
/// @param user_data  not used
/// @return whether the request has no error
/// @thread The request's.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_stop_on_error(
    index: usize,
    name: *const c_char,
    request: *mut session_request_t,
    user_data: *mut c_void,
) -> bool {
    let _ = (index, name, user_data);
    // SAFETY: NULL or a live request.
    unsafe { borrow_optional(request) }.is_none_or(|request| request.error().is_none())
}

/// Runs a list on a request, as the request itself would: for tests, and for hosts with their own send.
///
/// @param handlers  borrowed: its list as it is now
/// @param stage     a session_stage_t
/// @param request   borrowed
/// @param error     nullable: receives details on failure; free with session_error_free()
/// @return SESSION_OK; the status of the error that the request has afterwards; SESSION_ERR_INVALID_ARGUMENT if
///         `handlers` or `request` is NULL or `stage` none
/// @thread The request's.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_handlers_run(
    handlers: *const session_handlers_t,
    stage: c_int,
    request: *mut session_request_t,
    error: *mut *mut session_error_t,
) -> session_status_t {
    guard(error, || {
        // SAFETY: NULL or a live handle.
        let handlers = unsafe { borrow(handlers, "handlers") }?;
        let stage = self::stage(stage)?;
        // SAFETY: NULL or a live request, used by this thread alone.
        let request = unsafe { borrow_mut(request, "request") }?;
        handlers.live_handlers().now().run(stage, request);
        request.error().cloned().map_or(Ok(()), Err)
    })
}
