//! Protocols: how a service writes requests and replies. One handler each for build and the three kinds of unmarshal.

use super::document::Document;
use super::facts::Facts;
pub(super) use super::facts::Protocol;
use super::{json, query, rest, xml};
use crate::error::{Error, Result, Status};
use crate::handlers::{Handler, Handlers, Stage};
use crate::redact;
use crate::request::{Request, Response};
use crate::text::Text;

/// The protocol that a client of the service speaks. The query protocol first, where there is one: it needs nothing but
/// the params. An unknown service has paths, and errors in XML or JSON.
pub(super) fn of(service: &str) -> Protocol {
    let Some(facts) = Facts::of(service) else {
        return Protocol::RestXml;
    };
    if facts.speaks(Protocol::Query) {
        return Protocol::Query;
    }
    facts
        .protocols()
        .find(|protocol| *protocol != Protocol::RpcV2Cbor)
        .unwrap_or(Protocol::RestJson)
}

/// The names of a protocol's handlers: build, unmarshal meta, unmarshal, unmarshal error.
fn names(protocol: Protocol) -> [Text; 4] {
    macro_rules! names {
        ($protocol:literal) => {
            [
                Text::from_static(concat!($protocol, ".Build\0")),
                Text::from_static(concat!($protocol, ".UnmarshalMeta\0")),
                Text::from_static(concat!($protocol, ".Unmarshal\0")),
                Text::from_static(concat!($protocol, ".UnmarshalError\0")),
            ]
        };
    }
    match protocol {
        Protocol::Query => names!("awssdk.query"),
        Protocol::Ec2 => names!("awssdk.ec2query"),
        Protocol::Json => names!("awssdk.jsonrpc"),
        Protocol::RestJson | Protocol::RpcV2Cbor => names!("awssdk.restjson"),
        Protocol::RestXml => names!("awssdk.restxml"),
    }
}

/// Adds the handlers of a protocol behind those of the session.
pub(super) fn add_handlers(protocol: Protocol, handlers: &mut Handlers) {
    let [build, meta, good, bad] = names(protocol);
    let mut add = |stage, name, action: fn(&mut Request)| {
        handlers
            .list_mut(stage)
            .push_back(Handler::builtin(name, action));
    };
    add(Stage::UnmarshalMeta, meta, unmarshal_meta);
    match protocol {
        Protocol::Query | Protocol::Ec2 => {
            add(Stage::Build, build, query::build);
            add(Stage::Unmarshal, good, query::unmarshal);
            add(Stage::UnmarshalError, bad, xml::unmarshal_error);
        }
        Protocol::Json => {
            add(Stage::Build, build, json::build);
            add(Stage::UnmarshalError, bad, json::unmarshal_error);
        }
        Protocol::RestJson | Protocol::RpcV2Cbor => {
            add(Stage::Build, build, rest::build);
            add(Stage::UnmarshalError, bad, json::unmarshal_error);
        }
        Protocol::RestXml => {
            add(Stage::Build, build, rest::build);
            add(Stage::UnmarshalError, bad, xml::unmarshal_error);
        }
    }
}

/// The most bytes of an error reply that are read.
pub(super) const ERROR_LIMIT: usize = 1 << 20;

/// The document of an error reply; none where the body is empty or blank.
pub(super) fn error_document(response: &mut Response) -> Result<Option<&Document>> {
    if response.whole(ERROR_LIMIT)?.trim_ascii().is_empty() {
        return Ok(None);
    }
    response.document(ERROR_LIMIT).map(Some)
}

/// The error that a reply tells of.
pub(super) fn refusal(code: &str, message: &str) -> Error {
    let message = match (code, message) {
        ("", "") => "the reply does not say why",
        (_, message) => message,
    };
    Error::new(Status::Service, code, message)
}

/// The error of a reply that can't be understood.
pub(super) fn unreadable(told: impl Fn(&str, &str) -> Error, cause: Error) -> Error {
    told("SerializationError", "failed to unmarshal error message").with_cause(cause)
}

/// Fails a request by what its reply says. A redirect is not followed; where it leads is told.
pub(super) fn set_reply_error(request: &mut Request, error: Error) {
    let location = match request.response() {
        Some(response) if (300..400).contains(&response.status()) => response.header("location"),
        _ => "",
    };
    let error = if location.is_empty() {
        error
    } else {
        let location = redact::url(location);
        let why = format!("the reply is a redirect to {location}, which is not followed");
        error.with_cause(Error::new(Status::Service, "", why))
    };
    request.set_error(error);
}

fn unmarshal_meta(request: &mut Request) {
    let Some(response) = request.response() else {
        return;
    };
    let id = ["x-amzn-requestid", "x-amz-request-id", "x-amz-id-2"]
        .iter()
        .find_map(|name| response.headers().get(name));
    if let Some(id) = id.cloned() {
        request.set_request_id(id);
    }
}
