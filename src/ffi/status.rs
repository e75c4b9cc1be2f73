//! Status codes.

use crate::error::Status;
use std::ffi::{c_char, c_int};

/// What a fallible function returns. The numbers are part of the ABI: in groups, with room, never reused.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum session_status_t {
    /// It worked.
    SESSION_OK = 0,
    /// An argument is NULL, out of range or no valid text.
    SESSION_ERR_INVALID_ARGUMENT = 1,
    /// The object can't do this now: a request was sent already, a response was read in part.
    SESSION_ERR_INVALID_STATE = 2,
    /// This build or version lacks what is asked for.
    SESSION_ERR_UNSUPPORTED = 3,
    /// A setting has no valid value, or settings contradict each other.
    SESSION_ERR_CONFIG = 20,
    /// A file is no configuration file.
    SESSION_ERR_CONFIG_FILE = 21,
    /// The profile that was asked for exists in no file.
    SESSION_ERR_PROFILE_NOT_FOUND = 22,
    /// No credentials could be had.
    SESSION_ERR_CREDENTIALS = 40,
    /// A request could not be sent, or its reply not be read.
    SESSION_ERR_TRANSPORT = 60,
    /// A deadline has passed.
    SESSION_ERR_TIMEOUT = 61,
    /// The caller cancelled.
    SESSION_ERR_CANCELED = 62,
    /// The service refused.
    SESSION_ERR_SERVICE = 80,
    /// A reply could not be understood.
    SESSION_ERR_SERIALIZATION = 81,
    /// A handler or another callback failed the request.
    SESSION_ERR_HANDLER = 82,
    /// A fault of the library. The object may only be freed.
    SESSION_ERR_INTERNAL = 99,
}
use session_status_t::*;

impl From<Status> for session_status_t {
    fn from(status: Status) -> session_status_t {
        match status {
            Status::InvalidArgument => SESSION_ERR_INVALID_ARGUMENT,
            Status::InvalidState => SESSION_ERR_INVALID_STATE,
            Status::Unsupported => SESSION_ERR_UNSUPPORTED,
            Status::Config => SESSION_ERR_CONFIG,
            Status::ConfigFile => SESSION_ERR_CONFIG_FILE,
            Status::ProfileNotFound => SESSION_ERR_PROFILE_NOT_FOUND,
            Status::Credentials => SESSION_ERR_CREDENTIALS,
            Status::Transport => SESSION_ERR_TRANSPORT,
            Status::Timeout => SESSION_ERR_TIMEOUT,
            Status::Canceled => SESSION_ERR_CANCELED,
            Status::Service => SESSION_ERR_SERVICE,
            Status::Serialization => SESSION_ERR_SERIALIZATION,
            Status::Handler => SESSION_ERR_HANDLER,
            Status::Internal => SESSION_ERR_INTERNAL,
        }
    }
}

impl Status {
    /// The status that a callback returned, or nothing for `SESSION_OK` and numbers that are none.
    pub(crate) fn from_number(number: c_int) -> Option<Status> {
        use Status::*;
        const ALL: [Status; 14] = [
            InvalidArgument,
            InvalidState,
            Unsupported,
            Config,
            ConfigFile,
            ProfileNotFound,
            Credentials,
            Transport,
            Timeout,
            Canceled,
            Service,
            Serialization,
            Handler,
            Internal,
        ];
        ALL.into_iter().find(|status| *status as c_int == number)
    }
}

/// The name of a status, for logs.
///
/// @param status  a session_status_t
/// @return the name, `"SESSION_OK"`; `"SESSION_ERR_UNKNOWN"` for a number that is none. Static: do not free.
/// @thread Any.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub extern "C" fn session_status_name(status: c_int) -> *const c_char {
    let name = match Status::from_number(status) {
        None if status == SESSION_OK as c_int => c"SESSION_OK",
        None => c"SESSION_ERR_UNKNOWN",
        Some(Status::InvalidArgument) => c"SESSION_ERR_INVALID_ARGUMENT",
        Some(Status::InvalidState) => c"SESSION_ERR_INVALID_STATE",
        Some(Status::Unsupported) => c"SESSION_ERR_UNSUPPORTED",
        Some(Status::Config) => c"SESSION_ERR_CONFIG",
        Some(Status::ConfigFile) => c"SESSION_ERR_CONFIG_FILE",
        Some(Status::ProfileNotFound) => c"SESSION_ERR_PROFILE_NOT_FOUND",
        Some(Status::Credentials) => c"SESSION_ERR_CREDENTIALS",
        Some(Status::Transport) => c"SESSION_ERR_TRANSPORT",
        Some(Status::Timeout) => c"SESSION_ERR_TIMEOUT",
        Some(Status::Canceled) => c"SESSION_ERR_CANCELED",
        Some(Status::Service) => c"SESSION_ERR_SERVICE",
        Some(Status::Serialization) => c"SESSION_ERR_SERIALIZATION",
        Some(Status::Handler) => c"SESSION_ERR_HANDLER",
        Some(Status::Internal) => c"SESSION_ERR_INTERNAL",
    };
    name.as_ptr()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_agree_with_the_core() {
        for number in 0..200 {
            if let Some(status) = Status::from_number(number) {
                assert_eq!(session_status_t::from(status) as c_int, number);
            }
        }
    }
}
