//! Services: what is known of each, and clients for them.

pub mod facts;
