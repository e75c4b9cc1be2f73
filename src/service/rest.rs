//! Paths: fills the names in a request's path from its params.

use super::facts::Protocol;
use super::s3;
use crate::config::Field;
use crate::error::{Error, Status};
use crate::request::Request;
use crate::request::template::Part;
use crate::sign::{escape_path, escape_path_segment};
use serde_json::Value;

/// Fills the path.
pub(super) fn build(request: &mut Request) {
    let mut filled = String::new();
    for part in request.template().parts() {
        match part {
            Part::Literal(text) => escape_path(text, &mut filled),
            Part::Label { name, greedy } => match text_of(request.values().get(name)) {
                Some(text) => escape_path_segment(&text, *greedy, &mut filled),
                None => {
                    let message = format!(
                        "failed to build the path: {{{name}}} has no text or number in params"
                    );
                    return request.set_error(Error::new(
                        Status::Serialization,
                        "SerializationError",
                        message,
                    ));
                }
            },
        }
    }
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

/// The text of a param that can stand in a path.
fn text_of(value: Option<&Value>) -> Option<String> {
    match value? {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
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
