//! Configuration.

use super::callback::{UserData, session_free_fn};
use super::credentials::session_credentials_t;
use super::guard::{guard_status, guard_value};
use super::handle::{borrow_mut, borrow_optional, borrow_shared, handle, into_raw, take};
use super::status::session_status_t;
use super::strings::{lent, text};
use crate::config::{Config, Field};
use crate::error::{Error, Result};
use std::ffi::{c_char, c_int, c_void};
use std::sync::Arc;

/// Settings, each of which may be set or not.
///
/// A bad value is remembered until a good one replaces it or the field is unset; what consumes the configuration fails
/// with it. So a program may set all it wants and check once.
pub struct session_config_t {
    _private: [u8; 0],
}
// Counted, so that a session can keep what it was given without copying it; changed by copy on write.
handle!(owned session_config_t => Arc<Config>);

/// Waits between two tries of a request.
///
/// @param nanoseconds  how long
/// @param user_data    the pointer given when it was set
///
/// Runs on the thread that sends, possibly on several at once.
pub type session_sleep_fn = Option<unsafe extern "C" fn(nanoseconds: u64, user_data: *mut c_void)>;

/// Tells the time.
///
/// @param user_data  the pointer given when it was set
/// @return Unix time in nanoseconds
///
/// Runs on any thread, possibly on several at once.
pub type session_clock_fn = Option<unsafe extern "C" fn(user_data: *mut c_void) -> i64>;

/// Takes a line for the log.
///
/// @param level      Go's number: 0x1000 a request or reply, 0x1001 what is signed, 0x1002 a body, 0x1004 a retry, 0x1008 a
///                   failure, 0x1020 what should not be relied on
/// @param line       borrowed: valid in the call, without a line feed at its end
/// @param user_data  the pointer given when it was set
///
/// Runs on any thread, possibly on several at once.
pub type session_log_fn =
    Option<unsafe extern "C" fn(level: c_int, line: *const c_char, user_data: *mut c_void)>;

/// Makes a configuration in which nothing is set.
///
/// @return owned: free it with session_config_free(); NULL only when memory is gone
/// @thread Any.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub extern "C" fn session_config_new() -> *mut session_config_t {
    guard_value(std::ptr::null_mut(), || into_raw(Arc::<Config>::default()))
}

/// Copies a configuration, with what is wrong with it.
///
/// @param config  borrowed, nullable
/// @return owned: free it with session_config_free(); NULL for NULL
/// @thread The configuration's.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_config_copy(
    config: *const session_config_t,
) -> *mut session_config_t {
    guard_value(std::ptr::null_mut(), || {
        // SAFETY: NULL or a live configuration.
        unsafe { borrow_optional(config) }
            .map_or(std::ptr::null_mut(), |config| into_raw(config.clone()))
    })
}

/// Frees a configuration; NULL is ignored. Sessions made from it keep what they took.
///
/// @param config  owned, nullable: given up
/// @thread The configuration's.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_config_free(config: *mut session_config_t) {
    // SAFETY: NULL or a live configuration that is given up.
    guard_value((), || drop(unsafe { take(config) }));
}

/// Sets a field by name.
///
/// @param config  borrowed
/// @param name    borrowed: one of the names that session_config_name() lists
/// @param value   borrowed: the value as text; numbers in digits, switches as `true` or `false`
/// @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT, also remembered in `config`, if name or value is not valid
/// @thread The configuration's.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_config_set(
    config: *mut session_config_t,
    name: *const c_char,
    value: *const c_char,
) -> session_status_t {
    guard_status(|| {
        // SAFETY: NULL or a live configuration.
        let config = Arc::make_mut(unsafe { borrow_mut(config, "config") }?);
        // SAFETY: NULL or a text.
        let name =
            unsafe { text(name, "name") }.or_else(|error| remembered(config, "name", error))?;
        // The field is told: it is what the load that fails with this is about.
        let argument = Field::named(name).map_or("value", |field| field.facts().name);
        // SAFETY: NULL or a text.
        let value =
            unsafe { text(value, argument) }.or_else(|error| remembered(config, name, error))?;
        config.set(name, value)
    })
}

fn remembered<T>(config: &mut Config, name: &str, error: Error) -> Result<T> {
    config.remember(name, error.clone())?;
    Err(error)
}

/// Forgets the value of a field, and what was wrong with it.
///
/// @param config  borrowed
/// @param name    borrowed: the field; or `credentials`, `transport`, `sleep`, `clock`, `logger`
/// @return SESSION_OK, also if it was not set; SESSION_ERR_INVALID_ARGUMENT if there is no such field
/// @thread The configuration's.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_config_unset(
    config: *mut session_config_t,
    name: *const c_char,
) -> session_status_t {
    guard_status(|| {
        // SAFETY: NULL or a live configuration.
        let config = Arc::make_mut(unsafe { borrow_mut(config, "config") }?);
        // SAFETY: NULL or a text.
        config.unset(unsafe { text(name, "name") }?)
    })
}

/// The value of a field.
///
/// @param config  borrowed, nullable
/// @param name    borrowed, nullable: the field
/// @return borrowed from `config` until it changes; NULL if the field is not set or there is none of that name
/// @thread The configuration's.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_config_get(
    config: *const session_config_t,
    name: *const c_char,
) -> *const c_char {
    guard_value(std::ptr::null(), || {
        // SAFETY: NULL or a live configuration.
        let config = unsafe { borrow_optional(config) };
        // SAFETY: NULL or a text.
        let field = unsafe { text(name, "name") }.ok().and_then(Field::named);
        let value = config
            .zip(field)
            .and_then(|(config, field)| config.get(field));
        value.map_or(std::ptr::null(), lent)
    })
}

/// How many fields there are, set or not.
///
/// @param config  borrowed, nullable
/// @return the number; 0 for NULL
/// @thread Any.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_config_count(config: *const session_config_t) -> usize {
    if config.is_null() {
        0
    } else {
        Field::ALL.len()
    }
}

/// The name of a field.
///
/// @param config  borrowed, nullable
/// @param index   from 0, below session_config_count()
/// @return static: do not free; NULL if there is no such field
/// @thread Any.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_config_name(
    config: *const session_config_t,
    index: usize,
) -> *const c_char {
    let field = Field::ALL.get(index).filter(|_| !config.is_null());
    // A field's name is a literal, so that the pointer outlives the text that is dropped here.
    field.map_or(std::ptr::null(), |field| lent(&field.name()))
}

/// Takes over what another configuration sets, and what is wrong with it.
///
/// @param config     borrowed
/// @param overrides  borrowed, nullable: what it sets replaces what `config` has
/// @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT if `config` is NULL
/// @thread The configurations'.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_config_merge(
    config: *mut session_config_t,
    overrides: *const session_config_t,
) -> session_status_t {
    guard_status(|| {
        // SAFETY: NULL or a live configuration; counted once more, as both may be the same.
        let overrides = unsafe { borrow_optional(overrides) }.cloned();
        // SAFETY: NULL or a live configuration.
        let config = unsafe { borrow_mut(config, "config") }?;
        if let Some(overrides) = overrides.filter(|overrides| !Arc::ptr_eq(config, overrides)) {
            Arc::make_mut(config).merge(&overrides);
        }
        Ok(())
    })
}

/// Sets an object, or remembers that it was NULL.
unsafe fn set_object<T>(
    config: *mut session_config_t,
    name: &str,
    object: Result<T>,
    set: impl FnOnce(&mut Config, T),
) -> session_status_t {
    guard_status(|| {
        // SAFETY: NULL or a live configuration.
        let config = Arc::make_mut(unsafe { borrow_mut(config, "config") }?);
        config.forget_fault(name);
        match object {
            Ok(object) => {
                set(config, object);
                Ok(())
            }
            Err(error) => config.remember(name, error),
        }
    })
}

/// Sets where credentials come from; nothing else is looked for then.
///
/// @param config       borrowed
/// @param credentials  borrowed: shared from now on
/// @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT if either is NULL
/// @thread The configuration's.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_config_set_credentials(
    config: *mut session_config_t,
    credentials: *const session_credentials_t,
) -> session_status_t {
    // SAFETY: NULL or live credentials.
    let credentials = unsafe { borrow_shared(credentials, "credentials") };
    // SAFETY: NULL or a live configuration.
    unsafe {
        set_object(config, "credentials", credentials, |config, credentials| {
            config.credentials = Some(credentials)
        })
    }
}

/// Sets what waits between two tries of a request, instead of a sleep.
///
/// @param config          borrowed
/// @param sleep           the callback
/// @param user_data       nullable: given to each call; the library's from now on
/// @param free_user_data  nullable: frees `user_data`, exactly once, also if this call fails
/// @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT if `config` or `sleep` is NULL
/// @thread The configuration's.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_config_set_sleep(
    config: *mut session_config_t,
    sleep: session_sleep_fn,
    user_data: *mut c_void,
    free_user_data: session_free_fn,
) -> session_status_t {
    let data = UserData::new(user_data, free_user_data);
    let sleep = sleep
        .ok_or_else(|| super::handle::null("sleep"))
        .map(|sleep| {
            // SAFETY: the host gave function and data together.
            move |nanoseconds| unsafe { sleep(nanoseconds, data.pointer()) }
        });
    // SAFETY: NULL or a live configuration.
    unsafe {
        set_object(config, "sleep", sleep, |config, sleep| {
            config.sleep = Some(Arc::new(sleep))
        })
    }
}

/// Sets what tells the time, instead of the system's clock. For tests. The credentials that a session finds go by the clock
/// that its load was given; those of a provider of the program by that of the request, or else the system's.
///
/// @param config          borrowed
/// @param clock           the callback
/// @param user_data       nullable: given to each call; the library's from now on
/// @param free_user_data  nullable: frees `user_data`, exactly once, also if this call fails
/// @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT if `config` or `clock` is NULL
/// @thread The configuration's.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_config_set_clock(
    config: *mut session_config_t,
    clock: session_clock_fn,
    user_data: *mut c_void,
    free_user_data: session_free_fn,
) -> session_status_t {
    let data = UserData::new(user_data, free_user_data);
    let clock = clock
        .ok_or_else(|| super::handle::null("clock"))
        .map(|clock| {
            // SAFETY: the host gave function and data together.
            move || unsafe { clock(data.pointer()) }
        });
    // SAFETY: NULL or a live configuration.
    unsafe {
        set_object(config, "clock", clock, |config, clock| {
            config.clock = Some(Arc::new(clock))
        })
    }
}

/// Sets who is told what happens. Without one the library is silent.
///
/// @param config          borrowed
/// @param log             the callback
/// @param user_data       nullable: given to each call; the library's from now on
/// @param free_user_data  nullable: frees `user_data`, exactly once, also if this call fails
/// @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT if `config` or `log` is NULL
/// @thread The configuration's.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_config_set_logger(
    config: *mut session_config_t,
    log: session_log_fn,
    user_data: *mut c_void,
    free_user_data: session_free_fn,
) -> session_status_t {
    let data = UserData::new(user_data, free_user_data);
    let log = log.ok_or_else(|| super::handle::null("log")).map(|log| {
        // SAFETY: the host gave function and data together; the line outlives the call.
        move |level, line: &crate::text::Text| unsafe { log(level, lent(line), data.pointer()) }
    });
    // SAFETY: NULL or a live configuration.
    unsafe {
        set_object(config, "logger", log, |config, log| {
            config.logger = Some(Arc::new(log))
        })
    }
}

/// The configuration behind a handle that may be NULL, for those who keep it.
pub(crate) unsafe fn overrides<'a>(config: *const session_config_t) -> Option<&'a Arc<Config>> {
    // SAFETY: NULL or a live configuration.
    unsafe { borrow_optional(config) }
}
