//! The grammar of one line: blank, header, property or continuation, and what stands in each.
//!
//! It is the grammar that the AWS tools share. Nothing here knows the line before: [`super`] keeps the state.

use super::{FileKind, SectionKind};
use memchr::{memchr, memchr2_iter, memchr3};
use std::fmt;
use std::str;

/// What a line is, judged by its first byte that is not blank.
pub(super) enum Line<'a> {
    /// A blank line or a comment.
    Nothing,
    /// A section header: the line from its `[`, and how far that is indented.
    Header { indent: usize, text: &'a [u8] },
    /// A property or a continuation: the line without the blanks before it, and how far it is indented.
    Text { indent: usize, text: &'a [u8] },
}

impl<'a> Line<'a> {
    /// Classifies a line that has lost its newline.
    #[inline]
    pub(super) fn classify(line: &'a [u8]) -> Line<'a> {
        let text = trim_start(line);
        let indent = line.len() - text.len();
        match text {
            [] | [b'#' | b';', ..] => Line::Nothing,
            [b'\r', ..] if trim_end(text).is_empty() => Line::Nothing,
            [b'[', ..] => Line::Header { indent, text },
            _ => Line::Text { indent, text },
        }
    }
}

/// Takes the next line off `rest`, without its newline.
#[inline]
pub(super) fn next_line<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    if rest.is_empty() {
        return None;
    }
    let whole = *rest;
    let Some((line, after)) = memchr(b'\n', whole).and_then(|end| whole.split_at_checked(end))
    else {
        *rest = &[];
        return Some(whole);
    };
    *rest = after.get(1..).unwrap_or_default();
    Some(line)
}

/// What is wrong with a line: what was expected, and at which byte of the text that was looked at.
#[derive(Debug)]
pub(super) struct Fault {
    pub(super) at: usize,
    pub(super) expected: Expected,
}

impl Fault {
    pub(super) fn new(at: usize, expected: Expected) -> Fault {
        Fault { at, expected }
    }
}

/// What was expected where a file has something else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Expected {
    Utf8NotUtf16,
    NoNul,
    SmallerFile,
    HeaderEnd,
    HeaderName,
    NothingAfterHeader,
    HeaderBefore { continuation: bool },
    PropertyBefore,
    Equals { nested: bool },
    Key { nested: bool },
}

impl fmt::Display for Expected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Expected::Utf8NotUtf16 => "Expected text in UTF-8, found UTF-16",
            Expected::NoNul => "Expected text, found a NUL byte",
            Expected::SmallerFile => "Expected a file of less than 4 GiB",
            Expected::HeaderEnd => "Profile definition must end with ']'",
            Expected::HeaderName => "Expected the name of a section",
            Expected::NothingAfterHeader => {
                "Profile definition must end with ']', and only a comment may follow on its line"
            }
            Expected::HeaderBefore {
                continuation: false,
            } => "Expected a profile definition, found a property",
            Expected::HeaderBefore { continuation: true } => {
                "Expected a profile definition, found continuation"
            }
            Expected::PropertyBefore => "Expected a property definition, found continuation",
            Expected::Equals { nested: false } => "Expected an '=' sign defining a property",
            Expected::Equals { nested: true } => "Expected an '=' sign defining a sub-property",
            Expected::Key { nested: false } => {
                "Property did not have a name: expected one before the '='"
            }
            Expected::Key { nested: true } => {
                "Sub-property did not have a name: expected one before the '='"
            }
        })
    }
}

/// What a header names.
pub(super) struct Name<'a> {
    pub(super) kind: SectionKind,
    pub(super) name: &'a str,
    /// Whether the header spells `profile` out: `[profile default]` beats `[default]`.
    pub(super) prefixed: bool,
}

/// Reads a header from its `[` on. A header of another shape, which names nothing for AWS, is `None`.
pub(super) fn header(text: &[u8], file: FileKind) -> Result<Option<Name<'_>>, Fault> {
    let fault = |rest: &[u8], expected| Err(Fault::new(text.len() - rest.len(), expected));
    let mut rest = trim_start(text.get(1..).unwrap_or_default());
    let mut words = [Word::Other; 2];
    let mut count = 0;
    loop {
        match rest {
            [] | [b'\r'] => return fault(rest, Expected::HeaderEnd),
            [b'#' | b';', ..] if follows_blank(text, rest) => {
                return fault(rest, Expected::HeaderEnd);
            }
            [b'[' | b']', ..] if count == 0 => return fault(rest, Expected::HeaderName),
            [b'[', ..] => return fault(rest, Expected::HeaderEnd),
            [b']', after @ ..] => {
                let after = trim_start(after);
                if !matches!(after, [b'#' | b';', ..]) && !trim_end(after).is_empty() {
                    return fault(after, Expected::NothingAfterHeader);
                }
                break;
            }
            _ => {}
        }
        let (word, after) = Word::take(rest);
        if let Some(place) = words.get_mut(count) {
            *place = word;
        }
        count += 1;
        rest = trim_start(after);
    }
    let (kind, name, prefixed) = match (count, words) {
        (1, [name, _]) if file != FileKind::Config || name.text() == Some("default") => {
            (SectionKind::Profile, name, false)
        }
        (2, [Word::Plain(keyword), name]) if file != FileKind::Credentials => match keyword {
            "profile" => (SectionKind::Profile, name, true),
            "sso-session" => (SectionKind::SsoSession, name, false),
            "services" => (SectionKind::Services, name, false),
            _ => return Ok(None),
        },
        _ => return Ok(None),
    };
    Ok(name.text().map(|name| Name {
        kind,
        name,
        prefixed,
    }))
}

/// A word of a header.
#[derive(Clone, Copy)]
enum Word<'a> {
    /// A name as it may stand without quotes.
    Plain(&'a str),
    /// What stands between quotes.
    Quoted(&'a str),
    /// Something that names nothing.
    Other,
}

impl<'a> Word<'a> {
    /// Takes a word off `rest`, which starts with one.
    fn take(rest: &'a [u8]) -> (Word<'a>, &'a [u8]) {
        if let Some((quoted, after)) = Word::quoted(rest) {
            let word = str::from_utf8(quoted)
                .ok()
                .filter(|quoted| !quoted.is_empty());
            return (word.map_or(Word::Other, Word::Quoted), after);
        }
        let end = rest
            .iter()
            .position(|byte| matches!(byte, b' ' | b'\t' | b'[' | b']'))
            .unwrap_or(rest.len());
        let (word, after) = rest.split_at_checked(end).unwrap_or((rest, &[]));
        (name(word).map_or(Word::Other, Word::Plain), after)
    }

    /// Splits off what stands between two quotes, if `rest` starts with one and the word ends with the other.
    fn quoted(rest: &'a [u8]) -> Option<(&'a [u8], &'a [u8])> {
        let [quote @ (b'"' | b'\''), inner @ ..] = rest else {
            return None;
        };
        let (quoted, after) = inner.split_at_checked(memchr(*quote, inner)?)?;
        let after = after.get(1..)?;
        matches!(after, [b' ' | b'\t' | b']', ..]).then_some((quoted, after))
    }

    fn text(self) -> Option<&'a str> {
        match self {
            Word::Plain(text) | Word::Quoted(text) => Some(text),
            Word::Other => None,
        }
    }
}

/// The text, if it may name a profile or a property: letters, digits and `- / . % @ _ : +`.
pub(super) fn name(text: &[u8]) -> Option<&str> {
    let allowed = |c: char| c.is_alphanumeric() || "-/.%@_:+".contains(c);
    str::from_utf8(text)
        .ok()
        .filter(|text| !text.is_empty() && text.chars().all(allowed))
}

/// Splits `key = value`, given from its key on. The value is what follows the `=`, untrimmed.
#[inline]
pub(super) fn split(text: &[u8], nested: bool) -> Result<(&[u8], &[u8]), Fault> {
    let mut from = 0;
    // A comment hides a `=` behind it; a `#` or `;` inside a word starts none.
    let equals = loop {
        let tail = text.get(from..).unwrap_or_default();
        match memchr3(b'=', b'#', b';', tail).map(|at| from + at) {
            Some(at) if text.get(at) == Some(&b'=') => break at,
            Some(at) if !follows_blank(text, text.get(at..).unwrap_or_default()) => from = at + 1,
            comment => {
                let text = trim_end(text.get(..comment.unwrap_or(text.len())).unwrap_or(text));
                return Err(Fault::new(text.len(), Expected::Equals { nested }));
            }
        }
    };
    match text.split_at_checked(equals) {
        Some((key, [_, value @ ..])) if equals > 0 => Ok((trim_end(key), value)),
        _ => Err(Fault::new(equals, Expected::Key { nested })),
    }
}

/// Whether nothing stands after a `=`: then indented lines below are sub-properties.
#[inline]
pub(super) fn is_blank(value: &[u8]) -> bool {
    match trim_start(value) {
        [] | [b'\r'] => true,
        text @ [b'#' | b';', ..] => text.len() < value.len(),
        [b'\r', ..] => trim_end(value).is_empty(),
        _ => false,
    }
}

/// The value in what follows a `=` on its line, without comment.
///
/// A pair of double quotes around all of it protects a `#` inside, and is taken off unless `verbatim`: a command line
/// needs its own.
pub(super) fn value(raw: &[u8], verbatim: bool) -> &[u8] {
    let text = trim_start(raw);
    if let Some(inner) = quoted_value(text) {
        return if verbatim {
            text.get(..inner.len() + 2).unwrap_or(text)
        } else {
            inner
        };
    }
    let starts_comment = |&at: &usize| follows_blank(raw, raw.get(at..).unwrap_or_default());
    let end = memchr2_iter(b'#', b';', raw).find(starts_comment);
    trim(raw.get(..end.unwrap_or(raw.len())).unwrap_or(raw))
}

/// What stands between two double quotes, if nothing but a comment stands behind them.
fn quoted_value(text: &[u8]) -> Option<&[u8]> {
    let inner = text.strip_prefix(b"\"")?;
    let (quoted, after) = inner.split_at_checked(memchr(b'"', inner)?)?;
    let after = after.get(1..)?;
    let comment = trim_start(after);
    let commented = matches!(comment, [b'#' | b';', ..]) && follows_blank(after, comment);
    (commented || trim_end(after).is_empty()).then_some(quoted)
}

/// Whether a blank stands before `rest`, which is the end of `text`.
fn follows_blank(text: &[u8], rest: &[u8]) -> bool {
    let before = text.get(..text.len() - rest.len()).unwrap_or_default();
    matches!(before, [.., b' ' | b'\t'])
}

/// Without the blanks at both ends.
pub(super) fn trim(text: &[u8]) -> &[u8] {
    trim_end(trim_start(text))
}

#[inline]
fn trim_start(mut text: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', after @ ..] = text {
        text = after;
    }
    text
}

/// The carriage return of a CRLF counts as blank.
#[inline]
fn trim_end(mut text: &[u8]) -> &[u8] {
    while let [before @ .., b' ' | b'\t' | b'\r'] = text {
        text = before;
    }
    text
}
