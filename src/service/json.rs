//! Errors in JSON: those of DynamoDB, Lambda and most newer services.

use super::protocol::{self, ERROR_LIMIT};
use crate::error::{Error, Status};
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
        Error::new(Status::Service, code, message).with_reply(status, id.as_str(), "")
    };
    let empty = response
        .whole(ERROR_LIMIT)
        .map(|body| body.trim_ascii().is_empty());
    let error = match empty.and_then(|empty| {
        if empty {
            Ok(None)
        } else {
            response.document(ERROR_LIMIT).map(Some)
        }
    }) {
        Ok(None) => told(&named, ""),
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
        Err(cause) if cause.status() == Status::Serialization => {
            told("SerializationError", "failed to unmarshal error message").with_cause(cause)
        }
        Err(cause) => cause.with_reply(status, id.as_str(), ""),
    };
    protocol::fail(request, error);
}

/// The code alone, of `aws.protocoltests#Code:http://…`.
fn short_code(code: &str) -> &str {
    let code = code.split(':').next().unwrap_or_default();
    code.rsplit('#').next().unwrap_or_default().trim()
}
