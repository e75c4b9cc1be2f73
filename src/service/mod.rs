//! Clients of services: what a request needs to know of the service it goes to.

mod client;
pub mod document;
mod json;
pub mod protocol;
mod query;
mod rest;
mod s3;
pub(crate) mod signer;
mod xml;

pub use client::Client;
