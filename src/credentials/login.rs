//! Credentials of `aws login`: cached by the CLI with what it takes to refresh them.

use super::reply::{
    Keys, Reply, SecretObject, check_tls, end_of_lifetime, malformed, text, text_or_empty, time_of,
    told_time,
};
use super::{Credentials, Provider, Value, Wait, disk, dpop};
use crate::config::Field;
use crate::crypto::{Hex, sha256};
use crate::error::{Error, Result, Status};
use crate::load::environment::Variable;
use crate::load::settings::Setting;
use crate::request::Request;
use crate::resolved::{Loaded, ResolvedConfig};
use crate::service::{Client, Place};
use crate::text::Text;
use crate::transport::Purpose;
use serde_json::{Map, Value as Json, json};
use std::path::PathBuf;
use std::sync::Arc;

const NAME: Text = crate::text!("LoginProvider");

/// What is left less of a lifetime, in seconds, is a reason to refresh.
const EARLY: i64 = 300;

/// Reads what the CLI cached, and refreshes it.
pub(super) struct Login {
    loaded: Arc<Loaded>,
    session: Setting,
    profile: Text,
}

impl Login {
    pub(super) fn new(loaded: &Arc<Loaded>, session: &Setting, profile: &Text) -> Login {
        Login {
            loaded: loaded.clone(),
            session: session.clone(),
            profile: profile.clone(),
        }
    }

    fn path(&self) -> Result<PathBuf> {
        let environment = &self.loaded.environment;
        let folder = environment
            .path(Variable::LoginCacheDirectory)
            .or_else(|| Some(environment.home()?.join(".aws/login/cache")))
            .ok_or_else(|| self.error("there is no home folder to find the cached login in"))?;
        let name = sha256(self.session.value.trim().as_bytes());
        Ok(folder.join(format!("{}.json", Hex::new(&name).as_str())))
    }

    fn error(&self, why: &str) -> Error {
        let message = format!("{why}: run `aws login --profile {}`", self.profile);
        Error::new(Status::Credentials, "LoginTokenLoadError", message)
    }

    fn read(&self) -> Result<SecretObject> {
        let path = self.path()?;
        let checked = |bytes: &[u8]| {
            let cached = SecretObject::parse(bytes)?;
            keys(&cached)?;
            ["refreshToken", "dpopKey", "clientId"]
                .iter()
                .try_for_each(|name| text(cached.members(), name).map(drop))?;
            Ok(cached)
        };
        disk::read(&path, disk::LIMIT)
            .map_err(|error| Error::new(Status::Credentials, "", error.to_string()))
            .and_then(|bytes| checked(&bytes))
            .map_err(|cause| {
                self.error("the cached login is missing or invalid")
                    .with_cause(cause.with_position(&path, 0, 0))
            })
    }

    /// Gets new credentials, and writes them where the old ones were. What else stands there is kept.
    fn refresh(&self, mut cached: SecretObject, now: i64) -> Result<Value> {
        let client = self.client(&cached);
        check_tls(&client)?;
        let members = cached.members();
        let (operation, post) = (crate::text!("CreateOAuth2Token"), crate::text!("POST"));
        let mut request = Request::new(&client, operation, post, "/v1/token", None)?;
        let proof = dpop::proof(text(members, "dpopKey")?, request.url_text(), now)?;
        let field = |name| Ok::<_, Error>((name, text(members, name)?));
        let body = SecretObject::of_texts([
            field("clientId")?,
            ("grantType", "refresh_token"),
            field("refreshToken")?,
        ]);
        request.headers_mut().set_checked("DPoP", &proof)?;
        request
            .headers_mut()
            .set_checked("Content-Type", "application/json")?;
        request.set_body(body.to_bytes().to_vec());
        let mut reply = match request.send() {
            Ok(response) => Reply(response),
            Err(error) => return Err(self.refused(&mut request, error)),
        };
        let output = reply.object()?;
        let given = object(output, "accessToken")?;
        let expires_at = told_time(end_of_lifetime(output, now)?, "Z")?;
        let account = text_or_empty(object(members, "accessToken")?, "accountId").to_owned();
        let token = json!({
            "accessKeyId": text(given, "accessKeyId")?,
            "secretAccessKey": text(given, "secretAccessKey")?,
            "sessionToken": text(given, "sessionToken")?,
            "accountId": account,
            "expiresAt": expires_at,
        });
        cached.set("accessToken", token);
        cached.set("refreshToken", text(output, "refreshToken")?.into());
        let path = self.path()?;
        disk::replace(&path, &cached.to_bytes()).map_err(|error| {
            let why = format!("the refreshed login could not be written: {error}");
            Error::new(Status::Credentials, "LoginTokenSaveError", why).with_position(&path, 0, 0)
        })?;
        keys(&cached)?.of(NAME)
    }

    /// A client of the sign-in service, in the region where the user logged in.
    fn client(&self, cached: &SecretObject) -> Arc<Client> {
        let anonymous = Arc::new(Credentials::Anonymous);
        let config = ResolvedConfig::new(self.loaded.clone(), anonymous.clone());
        let region = match text_or_empty(cached.members(), "signInRegion") {
            "" => config.text(Field::Region),
            region => region,
        };
        Arc::new(Client::for_credentials(
            &self.loaded,
            anonymous,
            Purpose::Signin,
            crate::text!("signin"),
            Place::Region(region),
        ))
    }

    /// What a refusal means for the user.
    fn refused(&self, request: &mut Request, error: Error) -> Error {
        let reason = request
            .response_mut()
            .and_then(|response| response.document(super::reply::LIMIT).ok())
            .and_then(|document| document.value_of("error"));
        let (code, message) = match reason.as_deref() {
            Some("TOKEN_EXPIRED") => ("LoginRefreshRequired", "the login has expired"),
            Some("USER_CREDENTIALS_CHANGED") => (
                "LoginRefreshRequired",
                "the password or keys of the user have changed since the login",
            ),
            Some("INSUFFICIENT_PERMISSIONS") => {
                let message = "the user may not refresh a login: the permission signin:CreateOAuth2Token is missing";
                let refused = Error::new(error.status(), "LoginInsufficientPermissions", message);
                return refused.with_cause(error);
            }
            _ => return error,
        };
        let message = format!("{message}: run `aws login --profile {}`", self.profile);
        Error::new(error.status(), code, message).with_cause(error)
    }

    fn now(&self) -> i64 {
        ResolvedConfig::new(self.loaded.clone(), Arc::new(Credentials::Anonymous)).now_seconds()
    }
}

impl Provider for Login {
    /// Not ended early: a token that refreshes a login is good once, and the answer may be on its way.
    fn retrieve(&self, _: &dyn Wait) -> Result<Value> {
        let now = self.now();
        let cached = self.read()?;
        let held = keys(&cached)?.of(NAME)?;
        if held.lasts(now, EARLY) {
            return Ok(held);
        }
        match self.refresh(cached, now) {
            Ok(value) => Ok(value),
            // A refresh that came early and failed takes nothing away.
            Err(_) if held.lasts(now, 0) => Ok(held),
            // Another process may have refreshed the login, after which ours can't be.
            Err(error) => match self.read().and_then(|cached| keys(&cached)?.of(NAME)) {
                Ok(value) if value.lasts(now, 0) => Ok(value),
                _ => Err(error),
            },
        }
    }
}

fn object<'a>(members: &'a Map<String, Json>, name: &str) -> Result<&'a Map<String, Json>> {
    match members.get(name) {
        Some(Json::Object(members)) => Ok(members),
        _ => Err(malformed(&format!("{name} is no JSON object"))),
    }
}

fn keys(cached: &SecretObject) -> Result<Keys<'_>> {
    let token = object(cached.members(), "accessToken")?;
    Ok(Keys {
        access_key_id: text(token, "accessKeyId")?,
        secret_access_key: text(token, "secretAccessKey")?,
        session_token: text(token, "sessionToken")?,
        account_id: text_or_empty(token, "accountId"),
        expires_at: time_of(token, "expiresAt")?,
    })
}
