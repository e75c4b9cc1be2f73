//! The JSON protocol, and errors in JSON: those of DynamoDB, Lambda and most newer services.

use super::facts::Facts;
use super::protocol;
use crate::error::{Result, Status};
use crate::request::Request;

/// Says which operation is meant, and sends the params, unless the caller gave a body.
pub(super) fn build(request: &mut Request) {
    super::rest::build(request);
    // With a content type of its own the program speaks another protocol, or says all of it itself.
    let own = request.method() != "POST" || request.headers().get("Content-Type").is_some();
    if own || request.error().is_some() {
        return;
    }
    if let Err(error) = add_headers(request) {
        return request.set_error(error);
    }
    if request.body_length() == Some(0) {
        request.set_body(request.params().as_bytes().to_vec());
    }
}

fn add_headers(request: &mut Request) -> Result<()> {
    const TARGET: &str = "X-Amz-Target";
    let Some(facts) = Facts::of(request.service()) else {
        return Ok(());
    };
    let version = facts.json_version;
    let target = format!("{}.{}", facts.target_prefix, request.operation());
    let headers = request.headers_mut();
    if headers.get(TARGET).is_none() {
        headers.set_checked(TARGET, &target)?;
    }
    headers.set_checked("Content-Type", &format!("application/x-amz-json-{version}"))
}

/// Reads the error of a reply.
pub(super) fn unmarshal_error(request: &mut Request) {
    let id = request.request_id().clone();
    let Some(response) = request.response_mut() else {
        return;
    };
    let status = response.status();
    let named = short_code(response.header("x-amzn-errortype")).to_owned();
    let told = |code: &str, message: &str| {
        protocol::refusal(code, message).with_reply(status, id.as_str(), "")
    };
    let error = match protocol::error_document(response) {
        Ok(None) => told(&named, "the reply has no body"),
        Ok(Some(document)) => {
            let text = |names: [&str; 2]| {
                names
                    .iter()
                    .find_map(|name| document.value_of(name))
                    .unwrap_or_default()
            };
            let in_body = text(["__type", "code"]);
            let code = if named.is_empty() {
                short_code(&in_body)
            } else {
                &named
            };
            told(code, &text(["message", "Message"]))
        }
        Err(cause) if cause.status() == Status::Serialization => protocol::unreadable(told, cause),
        Err(cause) => cause.with_reply(status, id.as_str(), ""),
    };
    protocol::set_reply_error(request, error);
}

/// The code alone, of `aws.protocoltests#Code:http://…`.
fn short_code(code: &str) -> &str {
    let code = code.split(':').next().unwrap_or_default();
    code.rsplit('#').next().unwrap_or_default().trim()
}
