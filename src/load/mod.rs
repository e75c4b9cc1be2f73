//! What a session is loaded from.

pub mod environment;
pub mod ini;
pub mod origin;
pub mod profile;
