//! The query protocol: a form with the operation, its version and its params; XML down.

use super::facts::{Facts, Protocol};
use super::protocol::ERROR_LIMIT;
use crate::error::{Error, Status};
use crate::request::Request;
use crate::sign::escape_path_segment;
use crate::text::Text;
use crate::transport::Purpose;
use serde_json::Value;
use zeroize::{Zeroize, Zeroizing};

/// How deep params may be nested.
const DEPTH: usize = 64;
/// The most bytes of a reply that are read; of one with credentials, as many as of an error.
const LIMIT: usize = 64 << 20;

/// Writes the form, unless the caller gave a body.
pub(super) fn build(request: &mut Request) {
    super::rest::build(request);
    if request.error().is_some() || request.body_length() != Some(0) {
        return;
    }
    let facts = Facts::of(request.service());
    let mut fields: Vec<(String, String)> =
        vec![("Action".to_owned(), request.operation().to_string())];
    if let Some(facts) = facts {
        fields.push(("Version".to_owned(), facts.api_version.to_owned()));
    }
    let ec2 = request.client().protocol() == Protocol::Ec2;
    for (name, value) in request.values() {
        if let Err(error) = add(&mut fields, capitalised(name, ec2), value, ec2, DEPTH) {
            return request.set_error(error);
        }
    }
    fields.sort();
    // Values may be secret: in full at once, as growing would leave a copy behind, and none is left after it.
    let most = |(name, value): &(String, String)| (name.len() + value.len()) * 3 + 2;
    let mut form = Zeroizing::new(String::with_capacity(fields.iter().map(most).sum()));
    for (name, value) in &mut fields {
        if !form.is_empty() {
            form.push('&');
        }
        escape_path_segment(name, false, &mut form);
        form.push('=');
        escape_path_segment(value, false, &mut form);
        value.zeroize();
    }
    if request.presign_seconds().is_some() {
        request.set_method_to_get();
        let mut query = request.url().query().to_owned();
        if !query.is_empty() {
            query.push('&');
        }
        query.push_str(&form);
        request.url_mut().set_query(query);
        return;
    }
    // In a form a blank is `+`; moto, for one, verifies the signature of what it would have written itself.
    request.set_body(form.replace("%20", "+").into_bytes());
    if request.headers().get("Content-Type").is_none() {
        let form = crate::text!("application/x-www-form-urlencoded; charset=utf-8");
        request
            .headers_mut()
            .set(crate::text!("Content-Type"), form);
    }
}

fn capitalised(name: &str, ec2: bool) -> String {
    let mut letters = name.chars();
    match letters.next() {
        Some(first) if ec2 => first.to_uppercase().chain(letters).collect(),
        _ => name.to_owned(),
    }
}

/// Adds a param: lists as `Name.member.1` (EC2: `Name.1`), objects as `Name.Key`.
fn add(
    fields: &mut Vec<(String, String)>,
    name: String,
    value: &Value,
    ec2: bool,
    depth: usize,
) -> Result<(), Error> {
    if depth == 0 {
        let why = format!("params are nested more than {DEPTH} deep");
        return Err(Error::new(Status::InvalidArgument, "InvalidParameter", why));
    }
    match value {
        Value::Null => {}
        Value::String(text) => fields.push((name, text.clone())),
        Value::Bool(flag) => fields.push((name, flag.to_string())),
        Value::Number(number) => fields.push((name, number.to_string())),
        Value::Array(items) => {
            if items.is_empty() && !ec2 {
                fields.push((name, String::new()));
                return Ok(());
            }
            let prefix = if ec2 { name } else { format!("{name}.member") };
            for (index, item) in items.iter().enumerate() {
                add(
                    fields,
                    format!("{prefix}.{}", index + 1),
                    item,
                    ec2,
                    depth - 1,
                )?;
            }
        }
        Value::Object(members) => {
            for (key, member) in members {
                add(
                    fields,
                    format!("{name}.{}", capitalised(key, ec2)),
                    member,
                    ec2,
                    depth - 1,
                )?;
            }
        }
    }
    Ok(())
}

/// Reads the reply: it must be XML.
pub(super) fn unmarshal(request: &mut Request) {
    let id = request.request_id().clone();
    let limit = match request.client().purpose() {
        Purpose::Service => LIMIT,
        _ => ERROR_LIMIT,
    };
    let Some(response) = request.response_mut() else {
        return;
    };
    let status = response.status();
    let read = response
        .document(limit)
        .map(|document| document.text_of("RequestId").map(str::to_owned));
    match read {
        Ok(Some(in_body)) if id.is_empty() => request.set_request_id(Text::lossy(in_body)),
        Ok(_) => {}
        Err(error) if error.status() == Status::Serialization => {
            let message = format!("failed decoding {} response", request.service());
            request.set_error(
                Error::new(Status::Serialization, "SerializationError", message)
                    .with_reply(status, id.as_str(), "")
                    .with_cause(error),
            );
        }
        Err(error) => request.set_error(error.with_reply(status, id.as_str(), "")),
    }
}
