//! Bearer tokens, for services that take them in the place of signatures.

use super::NEVER;
use super::Secret;
use super::profile;
use super::sso_token::SsoTokenSource;
use crate::error::{Error, Result, Status};
use crate::load::environment::BEARER_TOKEN;
use crate::load::profile::Key;
use crate::resolved::ResolvedConfig;

/// A bearer token.
#[derive(Debug)]
pub struct BearerToken {
    /// The token.
    pub text: Secret,
    /// When it expires: Unix seconds, or [`NEVER`] where that is not known.
    pub expires_at: i64,
}

/// The token for a service, by the name that its requests are signed for: that of the environment, else that of the
/// profile's SSO session, refreshed where it must be.
pub fn token(config: &ResolvedConfig, signing_name: &str) -> Result<BearerToken> {
    let known = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
    if signing_name.is_empty() || signing_name.len() > 128 || !signing_name.bytes().all(known) {
        return Err(Error::argument(
            "signing_name",
            "is no name that requests are signed for",
        ));
    }
    let loaded = config.loaded();
    if let Some(failure) = &loaded.failure {
        return Err(failure.clone());
    }
    let name = signing_name.to_ascii_uppercase().replace('-', "_");
    if let Some(token) = loaded.environment.bearer_token(&name) {
        let text = fit_for_header(token?, &name)?;
        return Ok(BearerToken {
            text,
            expires_at: NEVER,
        });
    }
    let profile = &loaded.profile;
    match profile.settings.get(Key::SsoSession) {
        Some(setting) => {
            let sso = profile::sso_of(profile, setting)?;
            let token = SsoTokenSource::new(loaded, &sso).get(config.now_seconds())?;
            Ok(BearerToken {
                text: token.token,
                expires_at: token.expires_at,
            })
        }
        None => {
            let environment = format!("environment variable {BEARER_TOKEN}{name} is not set");
            let files = format!("profile \"{}\" names no sso_session", profile.name);
            let reason = |why| Error::new(Status::Credentials, "", why);
            let message = format!("no bearer token for {signing_name}");
            Err(
                Error::new(Status::Credentials, "NoBearerTokenProviders", message)
                    .with_cause(reason(environment))
                    .with_cause(reason(files)),
            )
        }
    }
}

/// The token without the blanks around it, if it can stand in a header.
fn fit_for_header(token: &Secret, name: &str) -> Result<Secret> {
    let trimmed = token.as_str().trim();
    let unfit = || {
        let why = format!(
            "environment variable {BEARER_TOKEN}{name} has a blank or control character inside"
        );
        Error::new(Status::Config, "EnvConfigError", why)
    };
    if !trimmed.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(unfit());
    }
    Secret::new(trimmed).map_err(|_| unfit())
}
