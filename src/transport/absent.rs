//! In the place of the built-in transport, in a build without it: the host gives its own.

use super::{TlsSettings, Transport};
use crate::error::{Error, Result, Status};
use crate::load::environment::Environment;
use std::sync::Arc;

/// Settings for TLS, which a build without TLS leaves to the host.
#[derive(Clone, Default)]
pub struct Tls {
    _private: (),
}

/// Files that were asked for must be there; what is in them is the host's affair.
pub fn check_tls(settings: &TlsSettings) -> Result<Tls> {
    for (source, code) in [
        (&settings.ca_bundle, "LoadCustomCABundleError"),
        (&settings.client_certificate, "LoadClientTLSCertError"),
        (&settings.client_key, "LoadClientTLSCertError"),
    ] {
        if let Some(source) = source {
            source.read().map_err(|error| {
                Error::new(
                    Status::Config,
                    code,
                    format!("failed to read {}: {error}", source.name()),
                )
            })?;
        }
    }
    Ok(Tls::default())
}

/// There is none.
pub fn built_in(_tls: &Tls, _environment: &Environment) -> Result<Arc<dyn Transport>> {
    Err(Error::new(
        Status::Unsupported,
        "MissingTransport",
        "this build of libsession has no transport of its own: set one with session_config_set_transport()",
    ))
}
