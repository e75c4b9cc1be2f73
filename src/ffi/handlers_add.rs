//! Adding handlers.

use super::callback::{UserData, session_free_fn};
use super::error::session_error_t;
use super::guard::guard;
use super::handle::{Out, borrow, null};
use super::handlers::{session_handlers_t, stage};
use super::request::session_request_t;
use super::session::session_t;
use super::status::session_status_t;
use super::strings::{text, text_optional};
use crate::error::Result;
use crate::handlers::{Handler, HandlerList, HasHandlers};
use crate::request::Request;
use crate::text::Text;
use std::ffi::{c_char, c_int, c_void};
use std::sync::Arc;

/// Called for each request that reaches the stage it was added to.
///
/// @param request    borrowed: valid until the handler returns, on this thread only; not to be sent, presigned or freed
/// @param user_data  the pointer given when the handler was added
///
/// Runs on the thread that makes the call, possibly on several at once, with no lock held: it may call any function, also
/// on the list it stands in. Must not unwind or longjmp. Fails the request by session_request_set_error().
pub type session_handler_fn =
    Option<unsafe extern "C" fn(request: *mut session_request_t, user_data: *mut c_void)>;

/// A handler of the host's.
unsafe fn callback(
    name: Option<&str>,
    handler: session_handler_fn,
    data: UserData,
) -> Result<Arc<Handler>> {
    let handler = handler.ok_or_else(|| null("handler"))?;
    let run = move |request: &mut Request| {
        // SAFETY: the host gave function and data together; the request outlives the call and is lent for it alone.
        unsafe { handler(std::ptr::from_mut(request).cast(), data.pointer()) }
    };
    Ok(Handler::new(name.map(Text::lossy), run))
}

/// Adds a handler to a list in one of the four ways.
unsafe fn add(
    handlers: *const session_handlers_t,
    number: c_int,
    name: Result<Option<&str>>,
    handler: session_handler_fn,
    data: UserData,
    add: fn(&mut HandlerList, Arc<Handler>),
) -> Result<()> {
    // SAFETY: NULL or a live handle.
    let handlers = unsafe { borrow(handlers, "handlers") }?;
    let stage = stage(number)?;
    // SAFETY: function and data are the host's.
    let handler = unsafe { callback(name?, handler, data) }?;
    handlers
        .live_handlers()
        .change(|lists| add(lists.list_mut(stage), handler));
    Ok(())
}

/// Adds a handler before all others of a list.
///
/// @param handlers        borrowed
/// @param stage           a session_stage_t
/// @param name            borrowed, nullable: by which to find it; several may have the same
/// @param handler         the callback
/// @param user_data       nullable: given to each call; the library's from now on
/// @param free_user_data  nullable: frees `user_data`, exactly once, when the last list or running request lets go of the
///                        handler; also if this call fails
/// @param error           nullable: receives details on failure; free with session_error_free()
/// @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT if `handlers` or `handler` is NULL or `stage` none
/// @thread Any.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_handlers_push_front(
    handlers: *mut session_handlers_t,
    stage: c_int,
    name: *const c_char,
    handler: session_handler_fn,
    user_data: *mut c_void,
    free_user_data: session_free_fn,
    error: *mut *mut session_error_t,
) -> session_status_t {
    let data = UserData::new(user_data, free_user_data);
    // SAFETY: NULL or a text.
    let name = unsafe { text_optional(name, "name") };
    // SAFETY: NULL or a live handle, and function and data of the host.
    guard(error, || unsafe {
        add(
            handlers,
            stage,
            name,
            handler,
            data,
            HandlerList::push_front,
        )
    })
}

/// Adds a handler after all others of a list.
///
/// @param handlers        borrowed
/// @param stage           a session_stage_t
/// @param name            borrowed, nullable: by which to find it; several may have the same
/// @param handler         the callback
/// @param user_data       nullable: given to each call; the library's from now on
/// @param free_user_data  nullable: frees `user_data`, exactly once, as session_handlers_push_front() says
/// @param error           nullable: receives details on failure; free with session_error_free()
/// @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT if `handlers` or `handler` is NULL or `stage` none
/// @thread Any.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_handlers_push_back(
    handlers: *mut session_handlers_t,
    stage: c_int,
    name: *const c_char,
    handler: session_handler_fn,
    user_data: *mut c_void,
    free_user_data: session_free_fn,
    error: *mut *mut session_error_t,
) -> session_status_t {
    let data = UserData::new(user_data, free_user_data);
    // SAFETY: NULL or a text.
    let name = unsafe { text_optional(name, "name") };
    // SAFETY: NULL or a live handle, and function and data of the host.
    guard(error, || unsafe {
        add(handlers, stage, name, handler, data, HandlerList::push_back)
    })
}

/// Replaces every handler of a name, or adds this one before all others.
///
/// @param handlers        borrowed
/// @param stage           a session_stage_t
/// @param name            borrowed: the name
/// @param handler         the callback
/// @param user_data       nullable: given to each call; the library's from now on
/// @param free_user_data  nullable: frees `user_data`, exactly once, as session_handlers_push_front() says
/// @param error           nullable: receives details on failure; free with session_error_free()
/// @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT if `handlers`, `name` or `handler` is NULL or `stage` none
/// @thread Any.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_handlers_set_front(
    handlers: *mut session_handlers_t,
    stage: c_int,
    name: *const c_char,
    handler: session_handler_fn,
    user_data: *mut c_void,
    free_user_data: session_free_fn,
    error: *mut *mut session_error_t,
) -> session_status_t {
    let data = UserData::new(user_data, free_user_data);
    // SAFETY: NULL or a text.
    let name = unsafe { text(name, "name") }.map(Some);
    // SAFETY: NULL or a live handle, and function and data of the host.
    guard(error, || unsafe {
        add(handlers, stage, name, handler, data, HandlerList::set_front)
    })
}

/// Replaces every handler of a name, or adds this one after all others.
///
/// @param handlers        borrowed
/// @param stage           a session_stage_t
/// @param name            borrowed: the name
/// @param handler         the callback
/// @param user_data       nullable: given to each call; the library's from now on
/// @param free_user_data  nullable: frees `user_data`, exactly once, as session_handlers_push_front() says
/// @param error           nullable: receives details on failure; free with session_error_free()
/// @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT if `handlers`, `name` or `handler` is NULL or `stage` none
/// @thread Any.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_handlers_set_back(
    handlers: *mut session_handlers_t,
    stage: c_int,
    name: *const c_char,
    handler: session_handler_fn,
    user_data: *mut c_void,
    free_user_data: session_free_fn,
    error: *mut *mut session_error_t,
) -> session_status_t {
    let data = UserData::new(user_data, free_user_data);
    // SAFETY: NULL or a text.
    let name = unsafe { text(name, "name") }.map(Some);
    // SAFETY: NULL or a live handle, and function and data of the host.
    guard(error, || unsafe {
        add(handlers, stage, name, handler, data, HandlerList::set_back)
    })
}

/// Replaces every handler of a name, if there is one.
///
/// @param handlers        borrowed
/// @param stage           a session_stage_t
/// @param name            borrowed: the name, which the new handler has too
/// @param handler         the callback
/// @param user_data       nullable: given to each call; the library's from now on
/// @param free_user_data  nullable: frees `user_data`, exactly once; at once if nothing was replaced
/// @param swapped         nullable: receives whether there was one. Unchanged on failure.
/// @param error           nullable: receives details on failure; free with session_error_free()
/// @return SESSION_OK, also if nothing was replaced; SESSION_ERR_INVALID_ARGUMENT if `handlers`, `name` or `handler` is
///         NULL or `stage` none
/// @thread Any.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_handlers_swap(
    handlers: *mut session_handlers_t,
    stage: c_int,
    name: *const c_char,
    handler: session_handler_fn,
    user_data: *mut c_void,
    free_user_data: session_free_fn,
    swapped: *mut bool,
    error: *mut *mut session_error_t,
) -> session_status_t {
    let data = UserData::new(user_data, free_user_data);
    guard(error, || {
        // SAFETY: NULL or a live handle.
        let handlers = unsafe { borrow(handlers, "handlers") }?;
        let stage = self::stage(stage)?;
        // SAFETY: NULL or a text.
        let name = unsafe { text(name, "name") }?;
        // SAFETY: function and data are the host's.
        let handler = unsafe { callback(Some(name), handler, data) }?;
        let found = handlers
            .live_handlers()
            .change(|lists| lists.list_mut(stage).swap(&handler));
        if let Some(out) = Out::optional(swapped) {
            out.set(found);
        }
        Ok(())
    })
}

/// Adds a handler before all others of a session's list; sugar on session_handlers_push_front().
///
/// @param session         borrowed
/// @param stage           a session_stage_t
/// @param name            borrowed, nullable: by which to find it; several may have the same
/// @param handler         the callback
/// @param user_data       nullable: given to each call; the library's from now on
/// @param free_user_data  nullable: frees `user_data`, exactly once, as session_handlers_push_front() says
/// @param error           nullable: receives details on failure; free with session_error_free()
/// @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT if `session` or `handler` is NULL or `stage` none
/// @thread Any.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_push_front(
    session: *mut session_t,
    stage: c_int,
    name: *const c_char,
    handler: session_handler_fn,
    user_data: *mut c_void,
    free_user_data: session_free_fn,
    error: *mut *mut session_error_t,
) -> session_status_t {
    let data = UserData::new(user_data, free_user_data);
    // SAFETY: NULL or live objects, a text, and function and data of the host.
    guard(error, || unsafe {
        push(session, stage, name, handler, data, HandlerList::push_front)
    })
}

/// Adds a handler after all others of a session's list; sugar on session_handlers_push_back().
///
/// @param session         borrowed
/// @param stage           a session_stage_t
/// @param name            borrowed, nullable: by which to find it; several may have the same
/// @param handler         the callback
/// @param user_data       nullable: given to each call; the library's from now on
/// @param free_user_data  nullable: frees `user_data`, exactly once, as session_handlers_push_front() says
/// @param error           nullable: receives details on failure; free with session_error_free()
/// @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT if `session` or `handler` is NULL or `stage` none
/// @thread Any.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_push_back(
    session: *mut session_t,
    stage: c_int,
    name: *const c_char,
    handler: session_handler_fn,
    user_data: *mut c_void,
    free_user_data: session_free_fn,
    error: *mut *mut session_error_t,
) -> session_status_t {
    let data = UserData::new(user_data, free_user_data);
    // SAFETY: NULL or live objects, a text, and function and data of the host.
    guard(error, || unsafe {
        push(session, stage, name, handler, data, HandlerList::push_back)
    })
}

unsafe fn push(
    session: *const session_t,
    number: c_int,
    name: *const c_char,
    handler: session_handler_fn,
    data: UserData,
    add: fn(&mut HandlerList, Arc<Handler>),
) -> Result<()> {
    // SAFETY: NULL or a live session.
    let session = unsafe { borrow(session, "session") }?;
    let stage = stage(number)?;
    // SAFETY: NULL or a text.
    let name = unsafe { text_optional(name, "name") }?;
    // SAFETY: function and data are the host's.
    let handler = unsafe { callback(name, handler, data) }?;
    session
        .live_handlers()
        .change(|lists| add(lists.list_mut(stage), handler));
    Ok(())
}
