//! Bearer tokens, for services that take them in the place of signatures.

use super::NEVER;
use super::Secret;
use super::profile;
use super::sso_token::{EARLY, SsoTokenSource};
use crate::error::{Error, Result, Status};
use crate::load::environment::bearer_token_variable;
use crate::load::settings::Key;
use crate::resolved::ResolvedConfig;
use crate::text::Text;
use parking_lot::Mutex;
use std::sync::Arc;

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
    if let Some(token) = loaded.environment.bearer_token(signing_name) {
        let text = fit_for_header(token?, signing_name)?;
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
            let variable = bearer_token_variable(signing_name);
            let environment = format!("environment variable {variable} is not set");
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

/// The token that a client holds between requests, so that the file of an SSO session is not read for each.
#[derive(Default)]
pub(crate) struct HeldToken(Mutex<Option<Held>>);

#[derive(Clone)]
struct Held {
    token: Arc<BearerToken>,
    signing_name: Text,
    /// When to ask again, in Unix seconds.
    until: i64,
}

impl HeldToken {
    /// The token, got anew at its end. The lock is not held meanwhile: a transport of the program may send requests, too.
    pub(crate) fn get(
        &self,
        config: &ResolvedConfig,
        signing_name: &Text,
    ) -> Result<Arc<BearerToken>> {
        let now = config.now_seconds();
        // In a forked child the lock may be held by a thread that is not there any more: who can't have it does without.
        let held = self.0.try_lock().and_then(|held| held.clone());
        let good = |held: &Held| held.signing_name == *signing_name && held.until > now;
        if let Some(held) = held.filter(good) {
            return Ok(held.token);
        }
        let token = Arc::new(token(config, signing_name)?);
        // One that comes with less could not be refreshed.
        let until = token
            .expires_at
            .saturating_sub(EARLY)
            .max(now.saturating_add(TRY_AGAIN).min(token.expires_at));
        if let Some(mut held) = self.0.try_lock() {
            *held = Some(Held {
                token: token.clone(),
                signing_name: signing_name.clone(),
                until,
            });
        }
        Ok(token)
    }

    /// Forgets the token, which the service has refused.
    pub(crate) fn forget(&self) {
        if let Some(mut held) = self.0.try_lock() {
            held.take();
        }
    }
}

/// How many seconds a token is held, at least, while it is good.
const TRY_AGAIN: i64 = 60;

/// The token without the blanks around it, if it can stand in a header.
fn fit_for_header(token: &Secret, signing_name: &str) -> Result<Secret> {
    let trimmed = token.as_str().trim();
    let unfit = || {
        let variable = bearer_token_variable(signing_name);
        let why =
            format!("environment variable {variable} has a blank or control character inside");
        Error::new(Status::Config, "EnvConfigError", why)
    };
    if !trimmed.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(unfit());
    }
    Secret::new(trimmed).map_err(|_| unfit())
}
