//! Paths: fills the names in a request's path from its params.

use super::facts::Protocol;
use super::s3;
use crate::config::Field;
use crate::error::{Error, Result, Status};
use crate::request::Request;
use crate::request::template::Part;
use crate::sign::{escape_path, escape_path_segment};
use serde_json::Value;
use std::borrow::Cow;

/// Fills the path.
pub(super) fn build(request: &mut Request) {
    let filled = match fill(request) {
        Ok(filled) => filled,
        Err(error) => return request.set_error(error),
    };
    // Where it goes may have been changed since the template was joined to it; then the template is all of the path.
    let path = request.url().path();
    let base = path.strip_suffix(request.template().raw_path());
    let mut whole = String::with_capacity(path.len() + filled.len());
    escape_path(base.unwrap_or_default(), &mut whole);
    whole.push_str(&filled);
    let rest = matches!(
        request.client().protocol(),
        Protocol::RestJson | Protocol::RestXml
    );
    if rest && !s3::is_s3(request.service()) && !request.flag(Field::DisableRestProtocolUriCleaning)
    {
        whole = clean(&whole);
    }
    request.url_mut().set_path(whole);
}

fn fill(request: &Request) -> Result<String> {
    let mut filled = String::with_capacity(request.template().raw_path().len() + 64);
    for part in request.template().parts() {
        match part {
            Part::Literal(text) => escape_path(text, &mut filled),
            Part::Label { name, greedy } => match text_of(request.values().get(name)) {
                Some(text) => escape_path_segment(&text, greedy, &mut filled),
                None => {
                    let message = format!(
                        "failed to build the path: {{{name}}} has no text or number in params"
                    );
                    return Err(Error::new(
                        Status::Serialization,
                        "SerializationError",
                        message,
                    ));
                }
            },
        }
    }
    Ok(filled)
}

/// The text of a param that can stand in a path.
fn text_of(value: Option<&Value>) -> Option<Cow<'_, str>> {
    match value? {
        Value::String(text) => Some(text.into()),
        Value::Number(number) => Some(number.to_string().into()),
        Value::Bool(flag) => Some(flag.to_string().into()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

/// A path without empty and dot segments, as Go's REST protocols send it.
fn clean(path: &str) -> String {
    let mut segments: Vec<&str> = Vec::new();
    for segment in path.split('/') {
        match segment {
            "" | "." => {}
            ".." => {
                segments.pop();
            }
            segment => segments.push(segment),
        }
    }
    let mut cleaned = String::with_capacity(path.len());
    for segment in &segments {
        cleaned.push('/');
        cleaned.push_str(segment);
    }
    if path.ends_with('/') || cleaned.is_empty() {
        cleaned.push('/');
    }
    cleaned
}

#[cfg(test)]
mod tests {
    use super::clean;

    #[test]
    fn cleans_as_go_does() {
        assert_eq!(clean("//a/./b/../c//"), "/a/c/");
        assert_eq!(clean("/../.."), "/");
        assert_eq!(clean("/a%2F..%2Fb"), "/a%2F..%2Fb");
    }
}
