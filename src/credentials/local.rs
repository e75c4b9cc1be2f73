//! Calls to what gives credentials on this machine: the container's endpoint, the metadata service. Unsigned, short.

use super::members::Members;
use super::reply::{LIMIT, Reply};
use super::{Credentials, Wait};
use crate::config::Field;
use crate::error::{Error, Result, Status};
use crate::redact;
use crate::request::Request;
use crate::resolved::Loaded;
use crate::service::{Client, Place};
use crate::text::Text;
use crate::transport::{Purpose, Timeouts};
use std::sync::Arc;

/// A client for such calls. The paths are sent as they are.
pub(super) fn client(
    loaded: &Arc<Loaded>,
    purpose: Purpose,
    service: Text,
    url: &str,
    timeouts: Timeouts,
) -> Client {
    let anonymous = Arc::new(Credentials::Anonymous);
    Client::for_credentials(loaded, anonymous, purpose, service, Place::Url(url))
        .with_timeouts(timeouts)
        .with_field(Field::DisableRestProtocolUriCleaning, crate::text!("true"))
}

/// A request of such a client.
pub(super) fn request(
    client: &Arc<Client>,
    operation: Text,
    method: Text,
    url: &str,
    wait: &dyn Wait,
) -> Result<Request> {
    let mut request = Request::new(client, operation, method, "", None)?;
    request.set_cancel(wait.cancel());
    request.set_url(url)?;
    // Nothing is signed, and no region has a part in it.
    request.set_signing_region(crate::text!("aws-global"));
    Ok(request)
}

/// Sends a request. A refusal is told by what the reply says of it.
pub(super) fn send(request: &mut Request) -> Result<Reply> {
    request
        .send()
        .map(Reply)
        .map_err(|error| match error.status() {
            Status::Service | Status::Serialization => {
                let refusal = refusal(request);
                refusal.map_or(error, |refusal| request.without_secrets(refusal))
            }
            _ => error,
        })
}

fn refusal(request: &mut Request) -> Option<Error> {
    let response = request.response_mut()?;
    let status = response.status();
    let told = |code: &str, message: &str| {
        Error::new(Status::Service, code, message).with_reply(status, "", "")
    };
    if (300..400).contains(&status) {
        let location: String = redact::url(response.header("location"))
            .chars()
            .take(200)
            .collect();
        let message = format!("redirected to {location:?}, which is not followed");
        return Some(told("UnknownError", &message));
    }
    let members = Members::parse(response.whole(LIMIT).ok()?).ok();
    let text = |name| {
        let text = members.as_ref().and_then(|members| members.text(name).ok());
        text.filter(|text| !text.is_empty())
    };
    Some(told(
        text("code").unwrap_or("UnknownError"),
        text("message").unwrap_or("the request was refused"),
    ))
}
