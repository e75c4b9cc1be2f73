//! The built-in transport as a session uses it.

use super::http::{HttpTransport, ProxySettings, SystemStore, Tls};
use super::{TlsSettings, Transport};
use crate::error::Result;
use crate::load::environment::{Environment, Variable};
use std::sync::Arc;

/// Reads and checks what was asked for. Does nothing where nothing was.
pub fn check_tls(settings: &TlsSettings) -> Result<Tls> {
    Tls::check(settings)
}

/// The transport of a session. Nothing is opened or started before its first request.
pub fn built_in(tls: &Tls, environment: &Environment) -> Result<Arc<dyn Transport>> {
    let proxies = ProxySettings::from_environment(|name| {
        let variable = Variable::named(name.as_bytes())?;
        environment.get(variable).map(|value| value.to_string())
    });
    let tls = tls.clone().with_system_store(SystemStore {
        file: environment.path(Variable::SslCertFile),
        folders: environment
            .path(Variable::SslCertDir)
            .iter()
            .flat_map(std::env::split_paths)
            .filter(|folder| !folder.as_os_str().is_empty())
            .collect(),
    });
    Ok(Arc::new(HttpTransport::new(tls, proxies)))
}
