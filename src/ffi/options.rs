//! What a load is told.

use super::callback::{UserData, session_free_fn};
use super::config::{overrides, session_config_t};
use super::guard::{guard_status, guard_value};
use super::handle::{borrow_mut, borrow_optional, handle, into_raw, null, take};
use super::handlers::session_handlers_t;
use super::status::session_status_t;
use super::strings::{bytes, text, text_optional};
use super::token::{session_token_fn, token_provider};
use crate::error::{Error, Result};
use crate::load::environment::Environment;
use crate::session::{Options, SharedConfigState};
use crate::text::Text;
use crate::transport::PemSource;
use std::ffi::{c_char, c_int, c_void};
use std::path::PathBuf;
use std::time::Duration;

/// What session_new_with_options() is told.
///
/// A bad value is remembered until a good one replaces it; the load fails with it.
pub struct session_options_t {
    _private: [u8; 0],
}
handle!(owned session_options_t => Options);

/// Whether the config file, and all keys of profiles, are read.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum session_shared_config_state_t {
    /// As the variable AWS_SDK_LOAD_CONFIG says.
    SESSION_SHARED_CONFIG_FROM_ENVIRONMENT = 0,
    /// No: keys of the credentials file alone.
    SESSION_SHARED_CONFIG_DISABLE = 1,
    /// Yes.
    SESSION_SHARED_CONFIG_ENABLE = 2,
}
use session_shared_config_state_t::*;

/// Makes options in which nothing is set.
///
/// @return owned: free it with session_options_free(); NULL only when memory is gone
/// @thread Any.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub extern "C" fn session_options_new() -> *mut session_options_t {
    guard_value(std::ptr::null_mut(), || into_raw(Options::default()))
}

/// Frees options; NULL is ignored.
///
/// @param options  owned, nullable: given up
/// @thread The options'.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_options_free(options: *mut session_options_t) {
    // SAFETY: NULL or live options that are given up.
    guard_value((), || drop(unsafe { take(options) }));
}

/// Sets an option, or remembers why it can't be.
pub(super) unsafe fn set<T>(
    options: *mut session_options_t,
    name: &'static str,
    value: Result<T>,
    set: impl FnOnce(&mut Options, T),
) -> session_status_t {
    guard_status(|| {
        // SAFETY: NULL or live options.
        let options = unsafe { borrow_mut(options, "options") }?;
        options.faults.retain(|(faulty, _)| *faulty != name);
        match value {
            Ok(value) => {
                set(options, value);
                Ok(())
            }
            Err(error) => {
                options.faults.push((name, error.clone()));
                Err(error)
            }
        }
    })
}

/// Names the profile, which also wins over keys in the environment then.
///
/// @param options  borrowed
/// @param profile  borrowed: the name, without `profile ` before it; `""` leaves it to AWS_PROFILE
/// @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT if either is NULL
/// @thread The options'.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_options_set_profile(
    options: *mut session_options_t,
    profile: *const c_char,
) -> session_status_t {
    // SAFETY: NULL or a text.
    let profile = unsafe { text(profile, "profile") }.map(Text::lossy);
    // SAFETY: NULL or live options.
    unsafe {
        set(options, "profile", profile, |options, profile| {
            options.profile = profile
        })
    }
}

/// Says whether the config file, and all keys of profiles, are read.
///
/// @param options  borrowed
/// @param state    a session_shared_config_state_t
/// @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT if `options` is NULL or `state` none of them
/// @thread The options'.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_options_set_shared_config_state(
    options: *mut session_options_t,
    state: c_int,
) -> session_status_t {
    let state = match state {
        state if state == SESSION_SHARED_CONFIG_FROM_ENVIRONMENT as c_int => {
            Ok(SharedConfigState::FromEnvironment)
        }
        state if state == SESSION_SHARED_CONFIG_DISABLE as c_int => Ok(SharedConfigState::Disable),
        state if state == SESSION_SHARED_CONFIG_ENABLE as c_int => Ok(SharedConfigState::Enable),
        other => Err(Error::argument(
            "state",
            format_args!("is {other}, which is no session_shared_config_state_t"),
        )),
    };
    // SAFETY: NULL or live options.
    unsafe {
        set(options, "state", state, |options, state| {
            options.shared_config = state
        })
    }
}

/// Sets the settings that win over all others.
///
/// @param options  borrowed
/// @param config   borrowed, nullable: copied; NULL takes the settings away
/// @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT if `options` is NULL
/// @thread The options' and the configuration's.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_options_set_config(
    options: *mut session_options_t,
    config: *const session_config_t,
) -> session_status_t {
    // SAFETY: NULL or a live configuration.
    let config = unsafe { overrides(config) }.cloned().unwrap_or_default();
    // SAFETY: NULL or live options.
    unsafe {
        set(options, "config", Ok(config), |options, config| {
            options.config = (*config).clone()
        })
    }
}

/// Names the files to read instead of the usual ones; the later wins.
///
/// @param options  borrowed
/// @param paths    borrowed: `count` paths; NULL with a count of 0 goes back to the usual files
/// @param count    how many; 0 with `paths` not NULL reads none
/// @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT if a pointer is NULL
/// @thread The options'.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_options_set_files(
    options: *mut session_options_t,
    paths: *const *const c_char,
    count: usize,
) -> session_status_t {
    let files = if paths.is_null() && count == 0 {
        Ok(None)
    } else {
        // SAFETY: NULL or as many texts as is said.
        unsafe { texts(paths, count, "paths") }
            .map(|paths| Some(paths.into_iter().map(PathBuf::from).collect()))
    };
    // SAFETY: NULL or live options.
    unsafe {
        set(options, "paths", files, |options, files| {
            options.files = files
        })
    }
}

/// The texts of an array, all of which must be there.
pub(super) unsafe fn texts<'a>(
    array: *const *const c_char,
    count: usize,
    argument: &str,
) -> Result<Vec<&'a str>> {
    if array.is_null() && count > 0 {
        return Err(null(argument));
    }
    (0..count)
        .map(|index| {
            // SAFETY: the array has that many pointers.
            let place = unsafe { array.add(index) };
            // SAFETY: as above.
            let pointer = unsafe { place.read() };
            // SAFETY: NULL or a text.
            unsafe { text(pointer, &format!("{argument}[{index}]")) }
        })
        .collect()
}

/// Gives the session an environment of its own, instead of the process's.
///
/// What is not in it is not set: neither AWS_PROFILE nor a proxy is taken from the process then. Without HOME, too, the
/// usual files are looked for in the home folder that the user database says.
///
/// @param options           borrowed
/// @param name_value_pairs  borrowed: the pairs one behind the other, each either as two texts, name and value, or as
///                          one text `NAME=value`; NULL with a count of 0 goes back to the process's environment
/// @param count             how many pairs
/// @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT if a pointer is NULL
/// @thread The options'.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_options_set_environment(
    options: *mut session_options_t,
    name_value_pairs: *const *const c_char,
    count: usize,
) -> session_status_t {
    let environment = if name_value_pairs.is_null() && count == 0 {
        Ok(None)
    } else {
        // SAFETY: NULL or as many pairs as is said.
        unsafe { pairs(name_value_pairs, count) }.map(|pairs| Some(Environment::from_pairs(pairs)))
    };
    // SAFETY: NULL or live options.
    unsafe {
        set(
            options,
            "name_value_pairs",
            environment,
            |options, environment| options.environment = environment,
        )
    }
}

/// Reads pairs. No name has a `=`, so a text with one is a pair by itself.
unsafe fn pairs<'a>(array: *const *const c_char, count: usize) -> Result<Vec<(&'a str, &'a str)>> {
    if array.is_null() && count > 0 {
        return Err(null("name_value_pairs"));
    }
    let mut at = 0;
    let mut next = || {
        // SAFETY: the array has the texts of as many pairs as are read.
        let place = unsafe { array.add(at) };
        // SAFETY: as above.
        let pointer = unsafe { place.read() };
        at += 1;
        // SAFETY: NULL or a text.
        unsafe { text(pointer, &format!("name_value_pairs[{}]", at - 1)) }
    };
    let mut pair = || {
        let name: &'a str = next()?;
        match name.split_once('=') {
            Some(pair) => Ok(pair),
            None => Ok((name, next()?)),
        }
    };
    (0..count).map(|_| pair()).collect()
}

/// Sets who is asked for MFA codes.
///
/// @param options         borrowed
/// @param provider        nullable: the callback, session_stdin_token_provider() is one; NULL: nobody
/// @param user_data       nullable: given to each call; the library's from now on
/// @param free_user_data  nullable: frees `user_data`, exactly once, also if this call fails
/// @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT if `options` is NULL
/// @thread The options'.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_options_set_token_provider(
    options: *mut session_options_t,
    provider: session_token_fn,
    user_data: *mut c_void,
    free_user_data: session_free_fn,
) -> session_status_t {
    let data = UserData::new(user_data, free_user_data);
    let provider = provider.map(|provider| token_provider(provider, data));
    // SAFETY: NULL or live options.
    unsafe {
        set(options, "provider", Ok(provider), |options, provider| {
            options.token_provider = provider
        })
    }
}

/// Says for how long roles are assumed, whatever the profile says.
///
/// @param options  borrowed
/// @param seconds  from 900 to 43200; 0 leaves it to the profile
/// @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT if `options` is NULL or `seconds` out of range
/// @thread The options'.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_options_set_assume_role_duration_seconds(
    options: *mut session_options_t,
    seconds: u32,
) -> session_status_t {
    let duration = match seconds {
        0 => Ok(None),
        900..=43200 => Ok(Some(seconds)),
        _ => Err(Error::argument(
            "seconds",
            format_args!("is {seconds}, but 0 or a number from 900 to 43200 is expected"),
        )),
    };
    // SAFETY: NULL or live options.
    unsafe {
        set(options, "seconds", duration, |options, duration| {
            options.assume_role_duration = duration
        })
    }
}

/// Says how long a program that a profile names by `credential_process` may take.
///
/// It is killed then, with all that it has started and that is still in its process group.
///
/// @param options  borrowed
/// @param timeout  in milliseconds; 0: a minute
/// @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT if `options` is NULL
/// @thread The options'.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_options_set_process_timeout_ms(
    options: *mut session_options_t,
    timeout: u64,
) -> session_status_t {
    let timeout = (timeout > 0).then(|| Duration::from_millis(timeout));
    // SAFETY: NULL or live options.
    unsafe {
        set(options, "timeout", Ok(timeout), |options, timeout| {
            options.process_timeout = timeout
        })
    }
}

/// Sets the handlers of the session instead of the built-in ones; they must be a complete set.
///
/// @param options   borrowed
/// @param handlers  borrowed, nullable: copied; NULL or fourteen empty lists: the built-in ones
/// @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT if `options` is NULL
/// @thread The options'.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_options_set_handlers(
    options: *mut session_options_t,
    handlers: *const session_handlers_t,
) -> session_status_t {
    // SAFETY: NULL or a live handle.
    let handlers =
        unsafe { borrow_optional(handlers) }.map(|handlers| handlers.live_handlers().now());
    // SAFETY: NULL or live options.
    unsafe {
        set(options, "handlers", Ok(handlers), |options, handlers| {
            options.handlers = handlers
        })
    }
}

/// A PEM text in memory, or nothing for NULL and no bytes.
unsafe fn pem(data: *const c_void, length: usize, argument: &str) -> Result<Option<PemSource>> {
    // SAFETY: NULL or as many bytes as is said.
    let bytes = unsafe { bytes(data.cast(), length, argument) }?;
    Ok((!data.is_null()).then(|| PemSource::bytes(bytes)))
}

/// Sets the certificates of the authorities to trust, instead of the system's.
///
/// @param options  borrowed
/// @param pem      borrowed, nullable: copied; NULL leaves it to the configuration
/// @param length   bytes of `pem`
/// @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT if `options` is NULL, or `pem` is with a length
/// @thread The options'.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_options_set_custom_ca_bundle(
    options: *mut session_options_t,
    pem: *const c_void,
    length: usize,
) -> session_status_t {
    // SAFETY: NULL or as many bytes as is said.
    let source = unsafe { self::pem(pem, length, "custom_ca_bundle") };
    // SAFETY: NULL or live options.
    unsafe {
        set(options, "custom_ca_bundle", source, |options, source| {
            options.tls.ca_bundle = source
        })
    }
}

/// Sets the certificate that identifies this program to servers; its key is needed too.
///
/// @param options  borrowed
/// @param pem      borrowed, nullable: copied; NULL leaves it to the configuration
/// @param length   bytes of `pem`
/// @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT if `options` is NULL, or `pem` is with a length
/// @thread The options'.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_options_set_client_tls_cert(
    options: *mut session_options_t,
    pem: *const c_void,
    length: usize,
) -> session_status_t {
    // SAFETY: NULL or as many bytes as is said.
    let source = unsafe { self::pem(pem, length, "client_tls_cert") };
    // SAFETY: NULL or live options.
    unsafe {
        set(options, "client_tls_cert", source, |options, source| {
            options.tls.client_certificate = source
        })
    }
}

/// Sets the key of the certificate that identifies this program to servers.
///
/// @param options  borrowed
/// @param pem      borrowed, nullable: copied, and overwritten when it is no longer needed
/// @param length   bytes of `pem`
/// @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT if `options` is NULL, or `pem` is with a length
/// @thread The options'.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_options_set_client_tls_key(
    options: *mut session_options_t,
    pem: *const c_void,
    length: usize,
) -> session_status_t {
    // SAFETY: NULL or as many bytes as is said.
    let source = unsafe { self::pem(pem, length, "client_tls_key") };
    // SAFETY: NULL or live options.
    unsafe {
        set(options, "client_tls_key", source, |options, source| {
            options.tls.client_key = source
        })
    }
}

/// Sets a field that wins over the options' configuration; NULL forgets it.
unsafe fn set_field(
    options: *mut session_options_t,
    name: &'static str,
    value: *const c_char,
) -> session_status_t {
    guard_status(|| {
        // SAFETY: NULL or live options.
        let options = unsafe { borrow_mut(options, "options") }?;
        // SAFETY: NULL or a text.
        match unsafe { text_optional(value, name) } {
            Ok(Some(value)) => options.fields.set(name, value),
            Ok(None) => options.fields.unset(name),
            Err(error) => options.fields.remember(name, error),
        }
    })
}

/// Says where the EC2 instance metadata service is.
///
/// @param options   borrowed
/// @param endpoint  borrowed, nullable: a URL; NULL leaves it to the environment and the profile
/// @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT if `options` is NULL
/// @thread The options'.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_options_set_ec2_imds_endpoint(
    options: *mut session_options_t,
    endpoint: *const c_char,
) -> session_status_t {
    // SAFETY: NULL or live objects.
    unsafe { set_field(options, "ec2_metadata_service_endpoint", endpoint) }
}

/// Says which address family the EC2 instance metadata service is asked on.
///
/// @param options  borrowed
/// @param mode     borrowed, nullable: `IPv4` or `IPv6`; NULL leaves it to the environment and the profile
/// @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT if `options` is NULL or `mode` neither
/// @thread The options'.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_options_set_ec2_imds_endpoint_mode(
    options: *mut session_options_t,
    mode: *const c_char,
) -> session_status_t {
    // SAFETY: NULL or live objects.
    unsafe { set_field(options, "ec2_metadata_service_endpoint_mode", mode) }
}
