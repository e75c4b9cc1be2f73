//! Replies as documents: XML or JSON, of bounded depth and so many items at most, in which the first element or member of a
//! name is found.

use crate::error::{Error, Result, Status};
use quick_xml::Reader;
use quick_xml::errors::IllFormedError;
use quick_xml::events::{BytesStart, Event};
use serde_json::Value;
use zeroize::Zeroize;

/// How deep a reply may be nested.
const DEPTH: usize = 64;
/// How many elements or values it may have: as many as the longest that is read, 64 MiB, if each takes 64 bytes. They
/// take 90 MB of memory, small objects of JSON 230 MB; without a bound it would be forty times the reply.
const ITEMS: usize = 1_000_000;

/// A reply that was parsed.
#[derive(Debug)]
pub enum Document {
    /// The elements in the order of the text.
    Xml(Vec<Element>),
    /// A value.
    Json(Value),
}

/// An element of an XML document.
#[derive(Debug)]
pub struct Element {
    /// Its name without prefix.
    pub name: String,
    /// The text directly in it.
    pub text: String,
    /// How deep it stands; the root is at 1.
    pub depth: usize,
}

impl Document {
    /// Parses a reply: JSON where it begins like it, else XML.
    pub fn parse(bytes: &[u8]) -> Result<Document> {
        let text = std::str::from_utf8(bytes).map_err(|error| {
            malformed(format!(
                "the reply is no UTF-8 at byte {}",
                error.valid_up_to()
            ))
        })?;
        let text = text.trim_start_matches('\u{feff}').trim();
        match text.as_bytes().first() {
            None => Err(malformed("the reply is empty".to_owned())),
            Some(b'{' | b'[' | b'"') => parse_json(text),
            Some(_) => parse_xml(text).map(Document::Xml),
        }
    }

    /// Overwrites all texts, which were secrets.
    pub(crate) fn wipe(&mut self) {
        match self {
            Document::Xml(elements) => elements
                .iter_mut()
                .for_each(|element| element.text.zeroize()),
            Document::Json(value) => wipe_json(value),
        }
    }

    /// The name of the root element; empty for JSON.
    pub fn root(&self) -> &str {
        match self {
            Document::Xml(elements) => elements.first().map_or("", |root| &root.name),
            Document::Json(_) => "",
        }
    }

    /// The text of the first element, or member, of that name.
    pub fn text_of(&self, name: &str) -> Option<&str> {
        match self {
            Document::Xml(elements) => elements
                .iter()
                .find(|element| element.name == name)
                .map(|element| element.text.as_str()),
            Document::Json(_) => None,
        }
    }

    /// The text of the first element, or member, of that name; numbers and the like as JSON writes them.
    pub fn value_of(&self, name: &str) -> Option<String> {
        match self {
            Document::Xml(_) => self.text_of(name).map(str::to_owned),
            Document::Json(value) => member(value, name).map(|found| match found {
                Value::String(text) => text.clone(),
                other => other.to_string(),
            }),
        }
    }
}

/// Overwrites all texts of a JSON value.
pub(crate) fn wipe_json(value: &mut Value) {
    match value {
        Value::String(text) => text.zeroize(),
        Value::Array(items) => items.iter_mut().for_each(wipe_json),
        Value::Object(members) => members.values_mut().for_each(wipe_json),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// The first member of a name: in an object itself, then in what it holds, in order.
fn member<'a>(value: &'a Value, name: &str) -> Option<&'a Value> {
    match value {
        Value::Object(members) => members
            .get(name)
            .or_else(|| members.values().find_map(|value| member(value, name))),
        Value::Array(items) => items.iter().find_map(|value| member(value, name)),
        _ => None,
    }
}

/// How many values a JSON text has, or a few more: each but the first stands behind a bracket, a comma, or its name.
fn count_values(text: &str) -> usize {
    let mut bytes = text.bytes();
    let mut count = 1;
    let mut in_string = false;
    while let Some(byte) = bytes.next() {
        match byte {
            b'"' => in_string = !in_string,
            b'\\' => drop(bytes.next()),
            b'[' | b'{' | b',' if !in_string => count += 1,
            _ => {}
        }
    }
    count
}

fn parse_json(text: &str) -> Result<Document> {
    // Before it is parsed, as serde_json can't be told to stop. A short text can't have too many.
    if text.len() > ITEMS && count_values(text) > ITEMS {
        return Err(too_many());
    }
    // serde_json refuses more than 128 levels by itself; ours are fewer.
    let value: Value = serde_json::from_str(text).map_err(|error| {
        malformed(format!(
            "the reply is no JSON at line {} column {}",
            error.line(),
            error.column()
        ))
    })?;
    if deeper_than(&value, DEPTH) {
        return Err(too_deep());
    }
    Ok(Document::Json(value))
}

fn deeper_than(value: &Value, depth: usize) -> bool {
    match value {
        Value::Object(members) => {
            depth == 0 || members.values().any(|value| deeper_than(value, depth - 1))
        }
        Value::Array(items) => {
            depth == 0 || items.iter().any(|value| deeper_than(value, depth - 1))
        }
        _ => false,
    }
}

fn parse_xml(text: &str) -> Result<Vec<Element>> {
    let mut reader = Reader::from_str(text);
    let mut elements: Vec<Element> = Vec::new();
    // The elements that are open, by their place in the list.
    let mut open: Vec<usize> = Vec::new();
    let mut closed_root = false;
    loop {
        let at = reader.buffer_position();
        let wrong = |what: &str| malformed(format!("the reply is no XML at byte {at}: {what}"));
        let event = reader.read_event().map_err(|error| wrong(fault(&error)))?;
        match event {
            Event::Start(start) => {
                if closed_root {
                    return Err(wrong("a second root element"));
                }
                open.push(elements.len());
                add(&mut elements, &start, open.len())?;
            }
            Event::Empty(start) => {
                if closed_root {
                    return Err(wrong("a second root element"));
                }
                add(&mut elements, &start, open.len() + 1)?;
                closed_root = open.is_empty();
            }
            Event::End(_) => {
                if open.pop().is_none() {
                    return Err(wrong("an end without a start"));
                }
                closed_root = open.is_empty();
            }
            Event::Text(piece) => {
                let piece = piece.decode().map_err(|error| wrong(&error.to_string()))?;
                match open.last().and_then(|at| elements.get_mut(*at)) {
                    Some(element) => element.text.push_str(&piece),
                    None if piece.trim().is_empty() => {}
                    None => return Err(wrong("text outside of the root element")),
                }
            }
            Event::GeneralRef(reference) => {
                let name = reference
                    .decode()
                    .map_err(|error| wrong(&error.to_string()))?;
                let character = character_of(&name).ok_or_else(|| wrong("an unknown entity"))?;
                if let Some(element) = open.last().and_then(|at| elements.get_mut(*at)) {
                    element.text.push(character);
                }
            }
            Event::CData(piece) => {
                let piece = piece.decode().map_err(|error| wrong(&error.to_string()))?;
                if let Some(element) = open.last().and_then(|at| elements.get_mut(*at)) {
                    element.text.push_str(&piece);
                }
            }
            Event::Decl(_) | Event::Comment(_) | Event::PI(_) | Event::DocType(_) => {}
            Event::Eof if open.is_empty() && closed_root => return Ok(elements),
            Event::Eof => return Err(wrong("it ends before its root element does")),
        }
    }
}

/// What is wrong, without the names that stand there: in a spoilt reply a secret can stand where a name does.
fn fault(error: &quick_xml::Error) -> &'static str {
    match error {
        quick_xml::Error::IllFormed(IllFormedError::MismatchedEndTag { .. }) => {
            "an end of another element than the open one"
        }
        quick_xml::Error::IllFormed(IllFormedError::UnmatchedEndTag(_)) => "an end without a start",
        quick_xml::Error::IllFormed(_) => "it is ill-formed",
        quick_xml::Error::Syntax(_) => "wrong syntax",
        _ => "it can't be read",
    }
}

/// Adds an element, if there may be one more.
fn add(elements: &mut Vec<Element>, start: &BytesStart<'_>, depth: usize) -> Result<()> {
    if depth > DEPTH {
        return Err(too_deep());
    }
    if elements.len() == ITEMS {
        return Err(too_many());
    }
    elements.push(Element {
        name: String::from_utf8_lossy(start.local_name().as_ref()).into_owned(),
        text: String::new(),
        depth,
    });
    Ok(())
}

/// The character of `&name;`: the five of XML, and those by number. No other entity is known, so none can grow.
fn character_of(name: &str) -> Option<char> {
    match name {
        "lt" => Some('<'),
        "gt" => Some('>'),
        "amp" => Some('&'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        number => {
            let number = number.strip_prefix('#')?;
            let code = match number.strip_prefix(['x', 'X']) {
                Some(hex) => u32::from_str_radix(hex, 16).ok()?,
                None => number.parse().ok()?,
            };
            char::from_u32(code).filter(|character| *character != '\0')
        }
    }
}

fn malformed(message: String) -> Error {
    Error::new(Status::Serialization, "SerializationError", message)
}

fn too_many() -> Error {
    malformed(format!(
        "the reply has more than {ITEMS} elements or values"
    ))
}

fn too_deep() -> Error {
    malformed(format!("the reply is nested more than {DEPTH} deep"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_first_of_a_name() {
        let xml = Document::parse(
            b"<?xml version='1.0'?><A x='1'><n:B>1 &lt; &#50;</n:B><B>3</B><C/></A>",
        )
        .unwrap();
        assert_eq!(xml.root(), "A");
        assert_eq!(xml.value_of("B").unwrap(), "1 < 2");
        assert_eq!(xml.value_of("C").unwrap(), "");
        assert!(xml.value_of("D").is_none());
        let json = Document::parse(br#"{"a": {"b": 1}, "c": ["x", {"d": "e"}]}"#).unwrap();
        assert_eq!(json.value_of("b").unwrap(), "1");
        assert_eq!(json.value_of("d").unwrap(), "e");
    }

    #[test]
    fn what_is_no_document_is_an_error() {
        let deep_xml = "<a>".repeat(100_000);
        let deep_json = format!("{}1{}", "[".repeat(100), "]".repeat(100));
        for bad in [
            "",
            "x",
            "<a>",
            "<a></b>",
            "<a/><b/>",
            "<a>&bomb;</a>",
            "{",
            "<",
            "</a>",
            "<a/>x",
            &deep_xml,
            &deep_json,
        ] {
            let error = Document::parse(bad.as_bytes()).unwrap_err();
            assert_eq!(error.code(), "SerializationError", "{bad:.20}");
        }
        assert!(Document::parse(b"<a>\xff</a>").is_err());
    }

    #[test]
    fn a_document_has_a_million_items_and_no_more() {
        let xml = |items: usize| format!("<a>{}</a>", "<b/>".repeat(items - 1));
        let json = |items: usize| format!("[0{}]", ",0".repeat(items - 2));
        for good in [xml(ITEMS), json(ITEMS)] {
            Document::parse(good.as_bytes()).unwrap();
        }
        for bad in [xml(ITEMS + 1), json(ITEMS + 1)] {
            let error = Document::parse(bad.as_bytes()).unwrap_err();
            let why = "the reply has more than 1000000 elements or values";
            assert_eq!(error.code(), "SerializationError");
            assert_eq!(error.message(), why);
        }
        // What stands in a text is none.
        let text = format!(r#"{{"a\\": "{}"}}"#, r#",[\""#.repeat(ITEMS));
        Document::parse(text.as_bytes()).unwrap();
    }

    #[test]
    fn what_is_wrong_is_told_without_the_text() {
        for bad in [
            "<a><Key>ab<hidden</Key></a>",
            "<a><Key><hidden></Key></a>",
            "<a><Key></hidden></Key></a>",
            "<a><hidden",
            "<a>hidden",
            "<a>&hidden;</a>",
            "<a>&hidden</a>",
            "<a></a>hidden",
            "<a></a><hidden/>",
            "</hidden>",
            "<!hidden>",
            "<?hidden",
            "<a b='hidden></a>",
        ] {
            let error = Document::parse(bad.as_bytes()).unwrap_err();
            assert!(!error.text().contains("hidden"), "{bad}: {error}");
        }
    }
}
