//! Roles that STS gives: the call, its parameters, and the reply, for those that sign it and those that need not.

use super::reply::{Keys, Reply, SecretObject, malformed, time};
use super::{Credentials, Value, Wait};
use crate::config::Field;
use crate::error::{Error, Result, Status};
use crate::handlers::{Handler, HasHandlers, Stage};
use crate::request::Request;
use crate::resolved::{Loaded, ResolvedConfig};
use crate::service::{Client, Place};
use crate::text::Text;
use crate::transport::Purpose;
use serde_json::{Map, Value as Json};
use std::sync::Arc;

/// A client in the session's region.
pub(super) fn client(loaded: &Arc<Loaded>, credentials: Arc<Credentials>) -> Arc<Client> {
    let config = ResolvedConfig::new(loaded.clone(), Arc::new(Credentials::Anonymous));
    let client = Client::for_credentials(
        loaded,
        credentials,
        Purpose::Sts,
        crate::text!("sts"),
        Place::Region(config.text(Field::Region)),
    );
    let retry = Handler::builtin(crate::text!("sts.RetryHandler"), retry_identity_faults);
    client
        .live_handlers()
        .change(|handlers| handlers.list_mut(Stage::Retry).push_back(retry));
    Arc::new(client)
}

/// The provider of identities could not be reached, or does not know its newest key yet: both pass.
fn retry_identity_faults(request: &mut Request) {
    let Some(error) = request.error() else {
        return;
    };
    if matches!(
        error.code().as_str(),
        "IDPCommunicationError" | "InvalidIdentityToken"
    ) {
        request.set_retryable(Some(true));
    }
}

/// A session name where the user gave none: the time, in Unix nanoseconds.
pub(super) fn session_name(client: &Client) -> Text {
    Text::lossy(client.configuration().now().to_string())
}

/// Checks lengths before anything is sent, as Go does: fields and the fewest characters each must have.
pub(super) fn check(
    client: &Client,
    input: &str,
    fields: &[(&str, Option<&str>, usize)],
) -> Result<()> {
    if client.configuration().flag(Field::DisableParamValidation) {
        return Ok(());
    }
    let too_short = |(_, text, minimum): &&(&str, Option<&str>, usize)| {
        text.is_some_and(|text| text.chars().count() < *minimum)
    };
    let faults: Vec<String> = fields
        .iter()
        .filter(too_short)
        .map(|(name, _, minimum)| format!("- minimum field size of {minimum}, {input}.{name}."))
        .collect();
    if faults.is_empty() {
        return Ok(());
    }
    let message = format!(
        "{} validation error(s) found.\n{}",
        faults.len(),
        faults.join("\n")
    );
    Err(Error::new(
        Status::InvalidArgument,
        "InvalidParameter",
        message,
    ))
}

/// Calls an operation.
pub(super) fn call(
    client: &Arc<Client>,
    operation: Text,
    params: Map<String, Json>,
    wait: &dyn Wait,
) -> Result<Reply> {
    let params = SecretObject::from(params).to_bytes();
    let params = std::str::from_utf8(&params).ok();
    let mut request = Request::new(client, operation, crate::text!("POST"), "/", params)?;
    request.set_cancel(wait.cancel());
    request.send().map(Reply)
}

/// What a reply says of the role, besides its keys.
pub(super) struct Assumed {
    pub(super) value: Value,
    /// The ARN and id of the assumed role, where the reply has them.
    pub(super) user: Option<(String, String)>,
}

/// Reads the credentials of a reply.
pub(super) fn read(reply: &mut Reply, provider: Text, role: &str) -> Result<Assumed> {
    let document = reply.document()?;
    let text = |name: &str| match document.text_of(name) {
        Some(text) if !text.trim().is_empty() => Ok(text.trim()),
        _ => Err(malformed(&format!("the reply of STS has no {name}"))),
    };
    let user = text("Arn").ok().map(|arn| {
        (
            arn.to_owned(),
            text("AssumedRoleId").unwrap_or("").to_owned(),
        )
    });
    let expires_at = time(text("Expiration")?).map_err(|error| {
        malformed(&format!(
            "the Expiration in the reply of STS: {}",
            error.message()
        ))
    })?;
    let value = Keys {
        access_key_id: text("AccessKeyId")?,
        secret_access_key: text("SecretAccessKey")?,
        session_token: text("SessionToken")?,
        account_id: account_of(user.as_ref().map_or(role, |(arn, _)| arn)),
        expires_at,
    };
    let value = value.of(provider)?;
    Ok(Assumed { value, user })
}

/// The account in an ARN; empty if there is none.
pub(super) fn account_of(arn: &str) -> &str {
    let mut parts = arn.splitn(6, ':');
    match (parts.next(), parts.nth(3)) {
        (Some("arn"), Some(account)) if account.bytes().all(|byte| byte.is_ascii_digit()) => {
            account
        }
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::account_of;

    #[test]
    fn the_account_stands_in_the_arn() {
        assert_eq!(
            account_of("arn:aws:iam::123456789012:role/a:b"),
            "123456789012"
        );
        for none in [
            "",
            "arn:aws:iam",
            "x:aws:iam::1:r",
            "arn:aws:iam::me:role/a",
        ] {
            assert_eq!(account_of(none), "", "{none}");
        }
    }
}
