//! The C interface: check, convert, call the core, convert back.
//!
//! This is the contract of every function in `session.h`, so that it is written once:
//!
//! * **Ownership.** What `_new`, `_copy` or an out-parameter gives is the caller's, who frees it with the `_free` of the
//!   same type; every `_free` takes NULL, and objects may be freed in any order. A `const char *` that is returned is
//!   borrowed from the receiver until that changes or is freed. A `char **` is freed with `session_string_free`. What is
//!   passed in by pointer is copied.
//! * **Callbacks.** `user_data` belongs to the library from the moment of the call, also when the call fails;
//!   `free_user_data` (which may be NULL) runs exactly once, on whichever thread lets go of it last. A callback must not
//!   unwind or longjmp, and may call any function of the library.
//! * **Errors.** A fallible function returns a status; its last parameter receives an error object on failure and NULL on
//!   success, is never read, and may be NULL. Other outputs are untouched on failure.
//! * **NULL** where an object is needed, an unknown number for an enum and text that is no UTF-8 are invalid arguments,
//!   named in the message. Getters of NULL give "", 0 or NULL.
//! * **Panics** never cross: they become `SESSION_ERR_INTERNAL`, after which the object may only be freed.
//! * **Threads.** Sessions, clients, credentials, cancels and handler lists are synchronised inside. Snapshots and errors
//!   never change. A configuration, options, a request, a response and a signing belong to one thread at a time.
//!
//! # Safety
//!
//! Every pointer is NULL or what this library gave for its type and has not been freed; every text ends in NUL; every
//! buffer is as long as is said. The library checks for NULL, and trusts the rest.
#![allow(
    unsafe_code,
    reason = "pointers from C are dereferenced here and nowhere else"
)]
#![allow(
    non_camel_case_types,
    reason = "the names are those of the C interface"
)]
#![allow(
    clippy::missing_safety_doc,
    reason = "the contract is written once, above"
)]
#![allow(
    clippy::too_many_arguments,
    reason = "a callback comes with its data and its destructor"
)]

mod answer;
mod guard;
mod handle;
mod headers;
mod table;

// In the order of the header; rustfmt sorts what has no blank line between.
pub mod status;

pub mod version;

pub mod strings;

pub mod callback;

pub mod error;

pub mod config;

pub mod config_fields;

pub mod options;

pub mod role_options;

pub mod token;

pub mod session;

pub mod explain;

pub mod handlers;

pub mod handlers_add;

pub mod credentials;

pub mod credentials_value;

pub mod background;

pub mod provider;

pub mod bearer;

pub mod cancel;

pub mod client;

pub mod request;

pub mod request_view;

pub mod request_reply;

pub mod response;

pub mod body;

pub mod signing;

pub mod signed;

pub mod transport;

pub mod http_request;

pub mod http_reply;
