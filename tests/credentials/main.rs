//! Providers of credentials against services that answer by script, with a clock that is set and files of their own.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test says what it expects by failing"
)]

mod caches;
mod files;
#[cfg(feature = "http")]
mod login;
mod roles;
#[path = "../skip/mod.rs"]
mod skip;
mod sso;
mod world;
