//! How the requests of a client prove who sends them.

use super::facts::Facts;
use crate::config::Field;
use crate::resolved::ResolvedConfig;

/// A way to prove who sends a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuthScheme {
    /// A signature, Version 4.
    SigV4,
    /// A token in the header `Authorization`.
    Bearer,
}

impl AuthScheme {
    /// What a service takes: what its model says, the preferred first; both where it has no model.
    fn of_service(service: &str) -> &'static [AuthScheme] {
        match Facts::of(service) {
            Some(facts) => facts.auth_schemes,
            None => BOTH,
        }
    }

    /// The scheme of a client's requests: the first that `auth_scheme_preference` names and the service takes; else a
    /// token, if the environment has one for the service; else the service's own. What the service does not take is
    /// passed over, as AWS's tools do.
    pub(crate) fn of(service: &str, signing_name: &str, config: &ResolvedConfig) -> AuthScheme {
        let taken = AuthScheme::of_service(service);
        let preferred = config
            .text(Field::AuthSchemePreference)
            .split(',')
            .filter_map(AuthScheme::named)
            .find(|scheme| taken.contains(scheme));
        let from_environment = || {
            let takes_tokens = taken.contains(&AuthScheme::Bearer);
            (takes_tokens && config.loaded().environment.has_bearer_token(signing_name))
                .then_some(AuthScheme::Bearer)
        };
        preferred
            .or_else(from_environment)
            .or_else(|| taken.first().copied())
            .unwrap_or(AuthScheme::SigV4)
    }

    /// The scheme of that name, as config files write it.
    fn named(name: &str) -> Option<AuthScheme> {
        match name.trim() {
            "sigv4" => Some(AuthScheme::SigV4),
            "httpBearerAuth" => Some(AuthScheme::Bearer),
            _ => None,
        }
    }

    /// The schemes that the table of facts writes as this word.
    pub(super) fn list(word: &str) -> &'static [AuthScheme] {
        match word {
            "bearer" => &[AuthScheme::Bearer],
            "sigv4,bearer" => BOTH,
            _ => &[AuthScheme::SigV4],
        }
    }
}

const BOTH: &[AuthScheme] = &[AuthScheme::SigV4, AuthScheme::Bearer];
