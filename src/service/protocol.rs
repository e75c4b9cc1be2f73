//! Protocols: how a service writes requests and replies. One handler each for build and the three kinds of unmarshal.

use super::{json, query, rest, xml};
use crate::endpoint::facts;
use crate::handlers::{Handler, Handlers, Stage};
use crate::request::Request;
use crate::text::Text;

/// How a service writes requests and replies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// A form up, XML down: STS, IAM.
    Query,
    /// The same with EC2's rules for lists.
    Ec2,
    /// JSON both ways, the operation in a header: DynamoDB.
    Json,
    /// Paths and JSON: Lambda.
    RestJson,
    /// Paths and XML: S3.
    RestXml,
}

impl Protocol {
    /// The protocol of a service; an unknown one has paths, and errors in XML or JSON.
    pub fn of(service: &str) -> Protocol {
        match facts::of(service).map(|facts| facts.protocol) {
            Some("query") => Protocol::Query,
            Some("ec2") => Protocol::Ec2,
            Some("json") => Protocol::Json,
            Some("rest-json") => Protocol::RestJson,
            _ => Protocol::RestXml,
        }
    }

    /// The part of the handlers' names that says it.
    fn names(self) -> [Text; 4] {
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
        match self {
            Protocol::Query => names!("awssdk.query"),
            Protocol::Ec2 => names!("awssdk.ec2query"),
            Protocol::Json => names!("awssdk.jsonrpc"),
            Protocol::RestJson => names!("awssdk.restjson"),
            Protocol::RestXml => names!("awssdk.restxml"),
        }
    }
}

/// Adds the handlers of a protocol behind those of the session.
pub(super) fn add_handlers(protocol: Protocol, handlers: &mut Handlers) {
    let [build, meta, good, bad] = protocol.names();
    let mut add = |stage, name, action: fn(&mut Request)| {
        handlers.list_mut(stage).push_back(Handler::builtin(name, action));
    };
    add(Stage::UnmarshalMeta, meta, unmarshal_meta);
    match protocol {
        Protocol::Query | Protocol::Ec2 => {
            add(Stage::Build, build, query::build);
            add(Stage::Unmarshal, good, query::unmarshal);
            add(Stage::UnmarshalError, bad, xml::unmarshal_error);
        }
        Protocol::Json | Protocol::RestJson => {
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

fn unmarshal_meta(request: &mut Request) {
    let Some(response) = request.response() else { return };
    let id = ["x-amzn-requestid", "x-amz-request-id", "x-amz-id-2"].iter().find_map(|name| response.headers().get(name));
    if let Some(id) = id.cloned() {
        request.set_request_id(id);
    }
}
