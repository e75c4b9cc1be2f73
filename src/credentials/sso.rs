//! Credentials of IAM Identity Center: a role in an account, for whoever has logged in with `aws sso login`.

use super::cli_cache::CliCache;
use super::per_process::PerProcess;
use super::profile::Sso;
use super::reply::{Keys, Reply, check_tls, malformed, number, text};
use super::sso_token::SsoTokenSource;
use super::{Credentials, Provider, Value, Wait};
use crate::error::{Error, Result, Status};
use crate::request::Request;
use crate::resolved::Loaded;
use crate::service::{Client, Place};
use crate::text::Text;
use crate::transport::Purpose;
use serde_json::{Value as Json, json};
use std::sync::Arc;

const NAME: Text = crate::text!("SSOProvider");

/// Exchanges the cached token for credentials of the profile's role.
pub(super) struct SsoRole {
    loaded: Arc<Loaded>,
    sso: Sso,
    token: SsoTokenSource,
    client: PerProcess<Arc<Client>>,
    cache: Option<CliCache>,
}

impl SsoRole {
    pub(super) fn new(loaded: &Arc<Loaded>, sso: &Sso) -> SsoRole {
        SsoRole {
            loaded: loaded.clone(),
            sso: sso.clone(),
            token: SsoTokenSource::new(loaded, sso),
            client: PerProcess::new(),
            cache: CliCache::of_sso(loaded, || arguments(sso)),
        }
    }

    fn client(&self) -> &Arc<Client> {
        self.client.get(|_| {
            Arc::new(Client::for_credentials(
                &self.loaded,
                Arc::new(Credentials::Anonymous),
                Purpose::Sso,
                crate::text!("portal.sso"),
                Place::Region(&self.sso.region),
            ))
        })
    }

    fn exchange(&self, now: i64, wait: &dyn Wait) -> Result<Value> {
        let client = self.client();
        check_tls(client)?;
        let (account, role) = self.role()?;
        let token = self.token.get(now)?;
        let mut request = Request::new(
            client,
            crate::text!("GetRoleCredentials"),
            crate::text!("GET"),
            "/federation/credentials",
            None,
        )?;
        request.url_mut().add_query("account_id", account);
        request.url_mut().add_query("role_name", role);
        request
            .headers_mut()
            .set_checked("x-amz-sso_bearer_token", token.token.as_str())?;
        request.set_cancel(wait.cancel());
        let mut reply = Reply(request.send()?);
        let members = match reply.object()?.get("roleCredentials") {
            Some(Json::Object(members)) => members,
            _ => return Err(malformed("the reply of SSO has no roleCredentials")),
        };
        let keys = Keys {
            access_key_id: text(members, "accessKeyId")?,
            secret_access_key: text(members, "secretAccessKey")?,
            session_token: text(members, "sessionToken")?,
            account_id: account,
            expires_at: number(members, "expiration")?.div_euclid(1000),
        };
        keys.of(NAME)
    }

    /// The account and the role; a profile that gives a token alone has none.
    fn role(&self) -> Result<(&Text, &Text)> {
        match (&self.sso.account_id, &self.sso.role_name) {
            (Some(account), Some(role)) => Ok((account, role)),
            _ => Err(Error::new(
                Status::Config,
                "SharedConfigErr",
                format!(
                    "profile {} has an sso_session, but not both sso_account_id and sso_role_name: it gives a token, \
                     and no credentials",
                    self.sso.profile
                ),
            )
            .with_position(self.sso.position.path(), self.sso.position.line, 0)),
        }
    }
}

impl Provider for SsoRole {
    fn retrieve(&self, wait: &dyn Wait) -> Result<Value> {
        let config = self.client().configuration();
        let now = config.now_seconds();
        if let Some(value) = self.cache.as_ref().and_then(|cache| cache.get(now, NAME)) {
            return Ok(value);
        }
        let value = self.exchange(now, wait)?;
        if let Some(cache) = &self.cache {
            cache.put_sso(config, &value);
        }
        Ok(value)
    }
}

/// What the AWS CLI's cache knows a role by.
fn arguments(sso: &Sso) -> Json {
    let text = |text: &Option<Text>| text.as_ref().map(|text| text.as_str().to_owned());
    let mut arguments = json!({
        "accountId": text(&sso.account_id),
        "roleName": text(&sso.role_name),
    });
    if let Some(members) = arguments.as_object_mut() {
        let (name, value) = match &sso.session {
            Some(session) => ("sessionName", session),
            None => ("startUrl", &sso.start_url),
        };
        members.insert(name.to_owned(), value.as_str().into());
    }
    arguments
}
