//! Errors in XML: S3's and those of the query protocol.

use super::protocol::{self, ERROR_LIMIT};
use super::s3;
use crate::error::{Error, Status};
use crate::request::Request;
use crate::text::Text;

/// Reads the error of a reply, and says what it can where there is none to read.
pub(super) fn unmarshal_error(request: &mut Request) {
    let id = request.request_id().clone();
    let is_s3 = s3::is_s3(request.service());
    let Some(response) = request.response_mut() else {
        return;
    };
    let status = response.status();
    let host_id = response.header("x-amz-id-2").to_owned();
    let empty = response
        .whole(ERROR_LIMIT)
        .map(|body| body.trim_ascii().is_empty());
    let told = |code: &str, message: &str| {
        Error::new(Status::Service, code, message).with_reply(status, id.as_str(), host_id.as_str())
    };
    if let (Ok(true), true) = (&empty, is_s3) {
        let error = s3::error_without_body(request, told);
        return protocol::fail(request, error);
    }
    let Some(response) = request.response_mut() else {
        return;
    };
    let parsed = empty.and_then(|empty| {
        if empty {
            Ok(None)
        } else {
            response.document(ERROR_LIMIT).map(Some)
        }
    });
    let error = match parsed {
        Ok(None) => told("", ""),
        Ok(Some(document)) => {
            match document.root() {
                "Error" | "ErrorResponse" | "Response" => {
                    let text = |name| document.text_of(name).unwrap_or_default();
                    let id = if id.is_empty() {
                        Text::lossy(first(text("RequestId"), text("RequestID")))
                    } else {
                        id.clone()
                    };
                    let host_id = first(text("HostId"), &host_id).to_owned();
                    let error = Error::new(Status::Service, text("Code"), text("Message"))
                        .with_reply(status, id.as_str(), host_id);
                    if request.request_id().is_empty() {
                        request.set_request_id(id);
                    }
                    error
                }
                "ServiceUnavailableException" => {
                    told("ServiceUnavailableException", "service is unavailable")
                }
                root => {
                    let cause = Error::new(
                        Status::Serialization,
                        "",
                        format!("the reply is no error but a {root:?}"),
                    );
                    unreadable(told).with_cause(cause)
                }
            }
        }
        Err(cause) if cause.status() == Status::Serialization => unreadable(told).with_cause(cause),
        Err(cause) => cause.with_reply(status, id.as_str(), host_id.as_str()),
    };
    protocol::fail(request, error);
}

fn unreadable(told: impl Fn(&str, &str) -> Error) -> Error {
    told("SerializationError", "failed to unmarshal error message")
}

fn first<'a>(one: &'a str, other: &'a str) -> &'a str {
    if one.is_empty() { other } else { one }
}
