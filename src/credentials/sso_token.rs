//! Access tokens of SSO, in the cache that `aws sso login` fills: read, and refreshed as the CLI does.

use super::per_process::PerProcess;
use super::profile::Sso;
use super::reply::{
    LIMIT, Reply, SecretObject, check_tls, end_of_lifetime, malformed, text, text_or_empty,
    time_of, told_time,
};
use super::{Credentials, Secret, disk};
use crate::error::{Error, Result, Status};
use crate::request::Request;
use crate::resolved::Loaded;
use crate::service::{Client, Place};
use crate::transport::Purpose;
use sha1::{Digest, Sha1};
use std::path::PathBuf;
use std::sync::Arc;

const CODE: &str = "SSOProviderInvalidToken";

/// What is left less of a token's lifetime, in seconds, is a reason to refresh it.
pub(super) const EARLY: i64 = 300;

/// An access token.
pub(crate) struct SsoToken {
    /// The token.
    pub(crate) token: Secret,
    /// When it expires: Unix seconds.
    pub(crate) expires_at: i64,
}

/// Reads a token from the cache, and refreshes it where the profile names a session of SSO.
pub(crate) struct SsoTokenSource {
    loaded: Arc<Loaded>,
    sso: Sso,
    client: PerProcess<Arc<Client>>,
}

impl SsoTokenSource {
    pub(crate) fn new(loaded: &Arc<Loaded>, sso: &Sso) -> SsoTokenSource {
        SsoTokenSource {
            loaded: loaded.clone(),
            sso: sso.clone(),
            client: PerProcess::new(),
        }
    }

    /// A token that is valid at `now`. Not ended early: a token that refreshes another may be good once, and the answer
    /// be on its way.
    pub(crate) fn get(&self, now: i64) -> Result<SsoToken> {
        let cached = self.read()?;
        let token = token_of(&cached).map_err(|cause| self.incomplete(cause))?;
        let left = token.expires_at.saturating_sub(now);
        if left > EARLY {
            return Ok(token);
        }
        if self.sso.session.is_none() {
            return if left > 0 {
                Ok(token)
            } else {
                Err(self.expired())
            };
        }
        match self.refresh(cached, now) {
            Ok(token) => Ok(token),
            // A refresh that came early and failed takes nothing away.
            Err(_) if left > 0 => Ok(token),
            // Another process may have refreshed the token, after which ours can't be.
            Err(error) => match self.read().and_then(|cached| token_of(&cached)) {
                Ok(token) if token.expires_at > now => Ok(token),
                _ => Err(error),
            },
        }
    }

    fn path(&self) -> Result<PathBuf> {
        let home = self.loaded.environment.home().ok_or_else(|| {
            Error::new(
                Status::Credentials,
                CODE,
                "there is no home folder to find the cached SSO token in",
            )
        })?;
        let key = self.sso.session.as_ref().unwrap_or(&self.sso.start_url);
        let name = format!("{:x}.json", Sha1::digest(key.as_str()));
        Ok(home.join(".aws/sso/cache").join(name))
    }

    fn read(&self) -> Result<SecretObject> {
        let path = self.path()?;
        let read = disk::read(&path, disk::LIMIT)
            .map_err(|error| Error::new(Status::Credentials, "", error.to_string()))
            .and_then(|bytes| SecretObject::parse(&bytes));
        read.map_err(|cause| self.expired().with_cause(cause.with_position(&path, 0, 0)))
    }

    fn expired(&self) -> Error {
        let message = format!(
            "the SSO session has expired or is invalid: run `aws sso login --profile {}`",
            self.sso.profile
        );
        Error::new(Status::Credentials, CODE, message)
    }

    fn incomplete(&self, cause: Error) -> Error {
        let message = "cached SSO token must contain accessToken and expiresAt fields";
        let error = Error::new(Status::Credentials, CODE, message).with_cause(cause);
        match self.path() {
            Ok(path) => error.with_position(&path, 0, 0),
            Err(_) => error,
        }
    }

    /// Gets a new token, and writes it where the old one was. What else stands there is kept.
    fn refresh(&self, mut cached: SecretObject, now: i64) -> Result<SsoToken> {
        let registered = self.registration(&cached, now)?;
        let client = self.client.get(|_| {
            Arc::new(Client::for_credentials(
                &self.loaded,
                Arc::new(Credentials::Anonymous),
                Purpose::Oidc,
                crate::text!("oidc"),
                Place::Region(&self.sso.region),
            ))
        });
        check_tls(client)?;
        let (operation, post) = (crate::text!("CreateToken"), crate::text!("POST"));
        let mut request = Request::new(client, operation, post, "/token", None)?;
        request
            .headers_mut()
            .set_checked("Content-Type", "application/json")?;
        request.set_body(registered.to_bytes().to_vec());
        let mut reply = Reply(request.send()?);
        let members = reply.object()?;
        let token = SsoToken {
            token: secret(text(members, "accessToken")?)?,
            expires_at: end_of_lifetime(members, now)?,
        };
        cached.set("accessToken", token.token.as_str().into());
        cached.set("expiresAt", told_time(token.expires_at, "Z")?.into());
        // No new refresh token: the old one stays good.
        let next = text_or_empty(members, "refreshToken");
        if !next.is_empty() {
            cached.set("refreshToken", next.into());
        }
        let path = self.path()?;
        disk::replace(&path, &cached.to_bytes()).map_err(|error| {
            let why = format!("the refreshed SSO token could not be written: {error}");
            Error::new(Status::Credentials, CODE, why).with_position(&path, 0, 0)
        })?;
        Ok(token)
    }

    /// The body of the call, where the cache has all that it takes.
    fn registration(&self, cached: &SecretObject, now: i64) -> Result<SecretObject> {
        let members = cached.members();
        let cannot = |why: &str| {
            let message = "refresh cached SSO token failed, cached SSO token is expired, or not present, and cannot be \
                           refreshed";
            let cause = Error::new(Status::Credentials, "", why);
            let error = Error::new(Status::Credentials, CODE, message).with_cause(cause);
            error.with_cause(self.expired())
        };
        if time_of(members, "registrationExpiresAt").is_ok_and(|expires_at| expires_at <= now) {
            return Err(cannot("the registration of the client has expired"));
        }
        let field = |name| match text(members, name) {
            Ok(text) => Ok((name, text)),
            Err(error) => Err(cannot(error.message())),
        };
        Ok(SecretObject::of_texts([
            field("clientId")?,
            field("clientSecret")?,
            ("grantType", "refresh_token"),
            field("refreshToken")?,
        ]))
    }
}

fn token_of(cached: &SecretObject) -> Result<SsoToken> {
    let members = cached.members();
    Ok(SsoToken {
        token: secret(text(members, "accessToken")?)?,
        expires_at: time_of(members, "expiresAt")?,
    })
}

fn secret(token: &str) -> Result<Secret> {
    if token.len() > LIMIT || token.bytes().any(|byte| byte.is_ascii_control()) {
        return Err(malformed("accessToken has a control character"));
    }
    Secret::new(token).map_err(|_| malformed("accessToken has a NUL inside"))
}
