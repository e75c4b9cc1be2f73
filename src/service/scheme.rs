//! How the requests of a client prove who sends them.

use super::facts::Facts;
use crate::config::Field;
use crate::load::origin::Origin;
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

    /// The scheme of a client's requests: the first that the program prefers and the service takes; else a token, if the
    /// environment has one for the service; else what environment or files prefer; else the service's own. What the service
    /// does not take is passed over. All as AWS's tools do it.
    pub(crate) fn of(service: &str, signing_name: &str, config: &ResolvedConfig) -> AuthScheme {
        let taken = AuthScheme::of_service(service);
        let preference = config.find(Field::AuthSchemePreference);
        let preferred = |by_program: bool| {
            let (words, origin) = preference.as_ref()?;
            let mut schemes = words.split(',').filter_map(AuthScheme::named);
            let scheme = schemes.find(|scheme| taken.contains(scheme));
            scheme.filter(|_| (*origin == Origin::Code) == by_program)
        };
        let from_environment = || {
            let takes_tokens = taken.contains(&AuthScheme::Bearer);
            (takes_tokens && config.loaded().environment.has_bearer_token(signing_name))
                .then_some(AuthScheme::Bearer)
        };
        preferred(true)
            .or_else(from_environment)
            .or_else(|| preferred(false))
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
