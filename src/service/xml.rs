//! Errors in XML: S3's and those of the query protocol.

use super::{protocol, s3};
use crate::error::{Error, Status};
use crate::request::Request;
use crate::text::Text;

/// Reads the error of a reply, and says what it can where there is none to read.
pub(super) fn unmarshal_error(request: &mut Request) {
    let known_id = request.request_id().clone();
    let is_s3 = s3::is_s3(request.service());
    let Some(response) = request.response_mut() else {
        return;
    };
    let status = response.status();
    let host_id = response.header("x-amz-id-2").to_owned();
    let told = |code: &str, message: &str| {
        Error::new(Status::Service, code, message).with_reply(
            status,
            known_id.as_str(),
            host_id.as_str(),
        )
    };
    let error = match protocol::error_document(response) {
        Ok(None) if is_s3 => s3::error_without_body(request, told),
        Ok(None) => told("", "the reply has no body"),
        Ok(Some(document)) => match document.root() {
            "Error" | "ErrorResponse" | "Response" => {
                let text = |name| document.text_of(name).unwrap_or_default();
                let in_body = first(text("RequestId"), text("RequestID"));
                let id = Text::lossy(first(&known_id, in_body));
                let error = protocol::refusal(text("Code"), text("Message")).with_reply(
                    status,
                    id.as_str(),
                    first(text("HostId"), &host_id),
                );
                request.set_request_id(id);
                error
            }
            "ServiceUnavailableException" => {
                told("ServiceUnavailableException", "service is unavailable")
            }
            root => {
                let why = format!("the reply is no error but a {root:?}");
                protocol::unreadable(told, Error::new(Status::Serialization, "", why))
            }
        },
        Err(cause) if cause.status() == Status::Serialization => protocol::unreadable(told, cause),
        Err(cause) => cause.with_reply(status, known_id.as_str(), host_id.as_str()),
    };
    protocol::set_reply_error(request, error);
}

fn first<'a>(one: &'a str, other: &'a str) -> &'a str {
    if one.is_empty() { other } else { one }
}
