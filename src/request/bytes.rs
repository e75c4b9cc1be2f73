//! Bytes of a body in memory.

use std::ops::Deref;
use zeroize::Zeroize;

/// Memory of the caller's, which stays as it is until this goes.
pub type Lent = dyn AsRef<[u8]> + Send + Sync;

/// Bytes in memory.
pub(super) enum Bytes {
    /// The request's own.
    Own(Vec<u8>),
    /// The caller's, sent from where they are.
    Lent(Box<Lent>),
}

impl Bytes {
    /// Overwrites them, if they are the request's own.
    pub(super) fn wipe(&mut self) {
        if let Bytes::Own(bytes) = self {
            bytes.zeroize();
        }
    }
}

impl Default for Bytes {
    fn default() -> Bytes {
        Bytes::Own(Vec::new())
    }
}

impl Deref for Bytes {
    type Target = [u8];
    fn deref(&self) -> &[u8] {
        match self {
            Bytes::Own(bytes) => bytes,
            Bytes::Lent(bytes) => (**bytes).as_ref(),
        }
    }
}
