//! Certificates and keys from PEM text: those to trust, and that of the program itself.
//!
//! What a file gave is kept while the file is the same, for all sessions of the process: to parse the system's certificates
//! takes as long as a hundred loads of a session.

use super::fault::Fault;
use super::kept::Kept;
use crate::error::{Error, Result, Status};
use crate::transport::PemSource;
use rustls::RootCertStore;
use rustls::crypto::ring;
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use std::path::{Path, PathBuf};
use std::sync::Arc;

const CA_BUNDLE: &str = "LoadCustomCABundleError";
pub(super) const CLIENT_CERTIFICATE: &str = "LoadClientTLSCertError";

static TRUSTED: Kept<RootCertStore> = Kept::new();
/// A key is kept while somebody uses it, and no longer.
static SHOWN: Kept<SingleCertAndKey> = Kept::while_used();

/// The certificates of a bundle that is to be trusted.
pub(super) fn bundle(source: &PemSource) -> Result<Arc<RootCertStore>> {
    TRUSTED.get(path_of(source).as_slice(), || read_bundle(source))
}

/// A certificate with its chain, and its key.
pub(super) fn key_pair(certificate: &PemSource, key: &PemSource) -> Result<Arc<SingleCertAndKey>> {
    let paths = path_of(certificate).zip(path_of(key));
    let paths = paths.map(|(certificate, key)| [certificate, key]);
    let paths = paths.as_ref().map_or(&[][..], |both| both);
    SHOWN.get(paths, || read_key_pair(certificate, key))
}

fn path_of(source: &PemSource) -> Option<&Path> {
    match source {
        PemSource::Path(path) => Some(path),
        PemSource::Bytes(_) => None,
    }
}

fn read_bundle(bundle: &PemSource) -> Result<RootCertStore> {
    let text = bundle.read().map_err(|error| {
        refused(
            CA_BUNDLE,
            "failed to open custom CA bundle PEM file",
            format!("{}: {error}", bundle.name()),
        )
    })?;
    let mut store = RootCertStore::empty();
    let mut why = "no certificate in it".to_owned();
    for certificate in CertificateDer::pem_slice_iter(&text) {
        match certificate {
            Ok(certificate) => {
                if let Err(error) = store.add(certificate) {
                    why = format!("no certificate in it can be used: {error}");
                }
            }
            Err(error) => why = reason(&error),
        }
    }
    if store.is_empty() {
        let why = format!("{}: {why}", bundle.name());
        return Err(refused(
            CA_BUNDLE,
            "failed to load custom CA bundle PEM file",
            why,
        ));
    }
    Ok(store)
}

fn read_key_pair(certificate: &PemSource, key: &PemSource) -> Result<SingleCertAndKey> {
    let open = |source: &PemSource, message: &str| {
        source.read().map_err(|error| {
            refused(
                CLIENT_CERTIFICATE,
                message,
                format!("{}: {error}", source.name()),
            )
        })
    };
    let certificate_pem = open(certificate, "failed to open custom client TLS cert file")?;
    let key_pem = open(key, "failed to open custom client TLS key file")?;
    let pair = |why: String| {
        refused(
            CLIENT_CERTIFICATE,
            "unable to load x509 key pair from client cert",
            why,
        )
    };

    let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_slice_iter(&certificate_pem)
        .collect::<Result<_, _>>()
        .map_err(|error| pair(format!("{}: {}", certificate.name(), reason(&error))))?;
    if chain.is_empty() {
        return Err(pair(format!(
            "{}: no certificate in it",
            certificate.name()
        )));
    }
    let encrypted = key_pem
        .windows(ENCRYPTED.len())
        .any(|window| window == ENCRYPTED);
    let key_der = PrivateKeyDer::from_pem_slice(&key_pem).map_err(|error| {
        let why = if encrypted {
            "the key is encrypted".to_owned()
        } else {
            format!("no private key in it: {}", reason(&error))
        };
        pair(format!("{}: {why}", key.name()))
    })?;
    CertifiedKey::from_der(chain, key_der, &ring::default_provider())
        .map(SingleCertAndKey::from)
        .map_err(|error| {
            pair(format!(
                "{} and {}: {error}",
                certificate.name(),
                key.name()
            ))
        })
}

const ENCRYPTED: &[u8] = b"ENCRYPTED";

fn refused(code: &str, message: &str, why: String) -> Error {
    Error::new(Status::Config, code, message).with_cause(Error::new(Status::Config, "", why))
}

/// What is wrong with PEM text, without a word of the text: it may be that of a key.
fn reason(error: &pem::Error) -> String {
    match error {
        pem::Error::MissingSectionEnd { .. } => {
            "a section has no end: the text is cut off".to_owned()
        }
        pem::Error::IllegalSectionStart { .. } => {
            "a line that begins a section is malformed".to_owned()
        }
        pem::Error::Base64Decode(_) => "what a section holds is no base64".to_owned(),
        pem::Error::NoItemsFound => "nothing of that kind is there".to_owned(),
        error => error.to_string(),
    }
}

/// Where the certificates are that the system trusts. By default where the system keeps them.
#[derive(Clone, Default)]
pub struct SystemStore {
    /// A file that the user named, as OpenSSL's `SSL_CERT_FILE`.
    pub file: Option<PathBuf>,
    /// Folders that the user named, as OpenSSL's `SSL_CERT_DIR`.
    pub folders: Vec<PathBuf>,
}

impl SystemStore {
    /// The certificates.
    pub(super) fn roots(&self) -> Result<Arc<RootCertStore>, Fault> {
        let found = self.found();
        let paths: Vec<&Path> = found
            .file
            .iter()
            .chain(&found.folders)
            .map(PathBuf::as_path)
            .collect();
        TRUSTED.get(&paths, || found.read())
    }

    fn found(&self) -> SystemStore {
        if self.file.is_some() || !self.folders.is_empty() {
            return self.clone();
        }
        // The probe listens to the process's variables, which here the session has no part in or must not trust.
        if openssl_probe::has_ssl_cert_env_vars() {
            let folders = openssl_probe::candidate_cert_dirs();
            return SystemStore {
                file: None,
                folders: folders.map(Path::to_owned).collect(),
            };
        }
        let found = openssl_probe::probe();
        SystemStore {
            file: found.cert_file,
            folders: found.cert_dir,
        }
    }

    fn read(&self) -> Result<RootCertStore, Fault> {
        let mut store = RootCertStore::empty();
        let mut why = String::new();
        let mut add = |file: Option<&Path>, folder: Option<&Path>| {
            let found = rustls_native_certs::load_certs_from_paths(file, folder);
            store.add_parsable_certificates(found.certs);
            if let Some(error) = found.errors.first().filter(|_| why.is_empty()) {
                why = format!(" ({error})");
            }
        };
        add(
            self.file.as_deref(),
            self.folders.first().map(PathBuf::as_path),
        );
        for folder in self.folders.iter().skip(1) {
            add(None, Some(folder));
        }
        if store.is_empty() {
            return Err(Fault::lasting(format!(
                "the system has no certificates to trust{why}: install them (`ca-certificates`) or name a CA bundle"
            )));
        }
        Ok(store)
    }
}
