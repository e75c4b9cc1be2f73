//! AWS sessions: configuration, credentials and request handlers, loaded once and shared by every client made from it.
//!
//! The public interface is `include/session.h`, generated from [`ffi`]; this crate is the library behind it. The modules
//! stand in the order of the data: what a session is loaded from, the session, a request on its way out and back.
#![cfg_attr(
    test,
    allow(
        clippy::indexing_slicing,
        reason = "a test says what it expects by failing"
    )
)]

pub mod crypto;
pub mod error;
mod os;
mod table;
pub mod text;

pub mod load;

pub mod config;
pub mod resolved;
pub mod session;

pub mod explain;

pub mod handlers;

pub mod cancel;
pub mod credentials;

pub mod endpoint;

pub mod sign;

mod redact;

pub mod request;

pub mod transport;

pub mod service;

pub mod ffi;
