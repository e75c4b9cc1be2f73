//! What a session is loaded from.

pub mod environment;
pub mod files;
pub mod ini;
pub mod origin;
pub mod profile;
pub mod settings;
