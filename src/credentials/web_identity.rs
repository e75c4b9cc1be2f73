//! Web identities: a token that another party signed, exchanged for credentials of a role (EKS's service accounts).

use super::per_process::PerProcess;
use super::profile::WebIdentity;
use super::{Credentials, Provider, Value, Wait, disk, sts};
use crate::error::{Error, Result, Status};
use crate::resolved::Loaded;
use crate::service::Client;
use crate::text::Text;
use serde_json::{Map, Value as Json};
use std::sync::Arc;
use zeroize::Zeroizing;

const NAME: Text = crate::text!("WebIdentityCredentials");
const CODE: &str = "WebIdentityErr";

/// Exchanges the token in a file, which is read anew each time: its writer replaces it.
pub(super) struct WebIdentityRole {
    loaded: Arc<Loaded>,
    identity: WebIdentity,
    client: PerProcess<Arc<Client>>,
}

impl WebIdentityRole {
    pub(super) fn new(loaded: &Arc<Loaded>, identity: &WebIdentity) -> WebIdentityRole {
        WebIdentityRole {
            loaded: loaded.clone(),
            identity: identity.clone(),
            client: PerProcess::new(),
        }
    }

    fn token(&self) -> Result<Zeroizing<String>> {
        let path = &self.identity.token_file;
        let failed = |why: String| {
            let cause = Error::new(
                Status::Credentials,
                CODE,
                format!("unable to read file at {}", path.display()),
            );
            let why = Error::new(Status::Credentials, "", why);
            Error::new(
                Status::Credentials,
                CODE,
                "failed fetching WebIdentity token: ",
            )
            .with_cause(cause.with_cause(why))
        };
        let bytes = disk::read(path, disk::LIMIT).map_err(|error| failed(error.to_string()))?;
        let text = std::str::from_utf8(&bytes)
            .map_err(|error| failed(format!("it is no UTF-8 at byte {}", error.valid_up_to())))?;
        match text.trim() {
            "" => Err(failed("it is empty".to_owned())),
            token => Ok(Zeroizing::new(token.to_owned())),
        }
    }

    fn params(&self, client: &Client, token: &str) -> Result<Map<String, Json>> {
        let name = match &self.identity.session_name {
            Some(name) => name.clone(),
            None => sts::session_name(client),
        };
        let role = &self.identity.role_arn;
        let fields = [
            ("RoleArn", Some(role.as_str()), 20),
            ("RoleSessionName", Some(name.as_str()), 2),
            ("WebIdentityToken", Some(token), 4),
        ];
        sts::check(client, "AssumeRoleWithWebIdentityInput", &fields)?;
        let param = |(name, text, _): (&str, Option<&str>, _)| (name.to_owned(), text.into());
        Ok(fields.into_iter().map(param).collect())
    }
}

impl Provider for WebIdentityRole {
    fn retrieve(&self, wait: &dyn Wait) -> Result<Value> {
        let client = self
            .client
            .get(|_| sts::client(&self.loaded, Arc::new(Credentials::Anonymous)));
        let token = self.token()?;
        let exchange = || {
            let operation = crate::text!("AssumeRoleWithWebIdentity");
            let mut reply = sts::call(client, operation, self.params(client, &token)?, wait)?;
            sts::read(&mut reply, NAME, &self.identity.role_arn)
        };
        exchange().map(|assumed| assumed.value).map_err(|cause| {
            Error::new(cause.status(), CODE, "failed to retrieve credentials").with_cause(cause)
        })
    }
}
