//! What a session is loaded from: the files.

pub mod ini;
