//! What a session was asked to use for TLS, not looked at yet.

use crate::text::shown;
use std::fmt;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use zeroize::Zeroizing;

/// Where PEM text comes from.
#[derive(Clone, PartialEq, Eq)]
pub enum PemSource {
    /// A file.
    Path(PathBuf),
    /// Memory.
    Bytes(Arc<Zeroizing<Vec<u8>>>),
}

impl PemSource {
    /// PEM text from memory, wiped when it is no longer needed.
    pub fn bytes(pem: impl Into<Vec<u8>>) -> PemSource {
        PemSource::Bytes(Arc::new(Zeroizing::new(pem.into())))
    }

    /// The text.
    pub fn read(&self) -> io::Result<Arc<Zeroizing<Vec<u8>>>> {
        match self {
            PemSource::Path(path) => Ok(Arc::new(Zeroizing::new(std::fs::read(path)?))),
            PemSource::Bytes(bytes) => Ok(Arc::clone(bytes)),
        }
    }

    /// Where it comes from, for people.
    pub fn name(&self) -> String {
        match self {
            PemSource::Path(path) => shown(&path.to_string_lossy()).to_owned(),
            PemSource::Bytes(_) => "the PEM text in memory".to_owned(),
        }
    }
}

impl fmt::Debug for PemSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PemSource::Path(path) => f.debug_tuple("Path").field(path).finish(),
            PemSource::Bytes(_) => f.write_str("Bytes"),
        }
    }
}

/// Whom to trust, and what to show of ourselves.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TlsSettings {
    /// Certificates to trust instead of the system's.
    pub ca_bundle: Option<PemSource>,
    /// The certificate to show to servers, with those it was issued by.
    pub client_certificate: Option<PemSource>,
    /// The key of that certificate.
    pub client_key: Option<PemSource>,
}
