//! Errors in JSON: those of DynamoDB, Lambda and most newer services.

use super::protocol;
use crate::error::Status;
use crate::request::Request;

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
