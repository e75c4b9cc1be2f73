//! The built-in transport.
