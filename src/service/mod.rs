//! Services: what is known of each, and clients for them.

mod client;
pub mod document;
pub mod facts;
mod json;
mod protocol;
mod query;
mod rest;
mod s3;
mod scheme;
pub(crate) mod signer;
mod xml;

pub use client::Client;
pub(crate) use client::Place;
pub(crate) use s3::redirect;
pub use scheme::AuthScheme;
