//! The grammar of one line: blank, header, property or continuation, and what stands in each.
//!
//! It is the grammar that the AWS tools share. Nothing here knows the line before: [`super`] keeps the state.

use super::{FileKind, SectionKind};
use memchr::{memchr, memchr2_iter, memchr3, memchr3_iter};
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
    let whole = match *rest {
        [] => return None,
        [b'\n', after @ ..] => {
            *rest = after;
            return Some(&[]);
        }
        whole => whole,
    };
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
    Utf8,
    Text,
    SmallerFile,
    HeaderEnd,
    HeaderName,
    NothingAfterHeader,
    Header { continuation: bool },
    Property,
    Equals { nested: bool },
    Key { nested: bool },
}

impl fmt::Display for Expected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Expected::Utf8 => "Expected text in UTF-8, found UTF-16",
            Expected::Text => "Expected text, found a NUL byte",
            Expected::SmallerFile => "Expected a file of at most 256 MiB",
            Expected::HeaderEnd => "Profile definition must end with ']'",
            Expected::HeaderName => "Expected the name of a section",
            Expected::NothingAfterHeader => {
                "Profile definition must end with ']', and only a comment may follow on its line"
            }
            Expected::Header {
                continuation: false,
            } => "Expected a profile definition, found a property",
            Expected::Header { continuation: true } => {
                "Expected a profile definition, found continuation"
            }
            Expected::Property => "Expected a property definition, found continuation",
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
    pub(super) name: &'a [u8],
    /// Whether the header spells `profile` out: `[profile default]` beats `[default]`.
    pub(super) prefixed: bool,
}

/// Reads a header from its `[` on. A header of another shape, which names nothing for AWS, is `None`.
pub(super) fn header(text: &[u8], file: FileKind) -> Result<Option<Name<'_>>, Fault> {
    let text = trim_end(text);
    let mut words = Words {
        text,
        rest: text.get(1..).unwrap_or_default(),
    };
    let Some(first) = words.next()? else {
        let name = trim_start(text.get(1..).unwrap_or_default());
        return Err(Fault::new(text.len() - name.len(), Expected::HeaderName));
    };
    let Some(second) = words.next()? else {
        let bare = file != FileKind::Config || matches!(first.text(), Some(b"default"));
        let name = first.text().filter(|_| bare);
        return Ok(name.map(|name| Name {
            kind: SectionKind::Profile,
            name,
            prefixed: false,
        }));
    };
    let mut more = false;
    while words.next()?.is_some() {
        more = true;
    }
    let (Word::Plain(keyword), Some(name)) = (first, second.text()) else {
        return Ok(None);
    };
    let (kind, prefixed) = match keyword {
        _ if more || file == FileKind::Credentials => return Ok(None),
        b"profile" => (SectionKind::Profile, true),
        b"sso-session" => (SectionKind::SsoSession, false),
        b"services" => (SectionKind::Services, false),
        _ => return Ok(None),
    };
    Ok(Some(Name {
        kind,
        name,
        prefixed,
    }))
}

/// The words of a header, up to its `]`.
struct Words<'a> {
    text: &'a [u8],
    rest: &'a [u8],
}

impl<'a> Words<'a> {
    /// The next word, or `None` at the `]`. What follows that may only be a comment.
    #[inline(always)]
    fn next(&mut self) -> Result<Option<Word<'a>>, Fault> {
        self.rest = trim_start(self.rest);
        match self.rest {
            [b']', after @ ..] => {
                self.rest = trim_start(after);
                match self.rest {
                    [] | [b'#' | b';', ..] => Ok(None),
                    _ => Err(self.fault(Expected::NothingAfterHeader)),
                }
            }
            [b'[', ..] if self.text.len() == self.rest.len() + 1 => {
                Err(self.fault(Expected::HeaderName))
            }
            [] | [b'[', ..] => Err(self.fault(Expected::HeaderEnd)),
            [b'#' | b';', ..] if follows_blank(self.text, self.rest) => {
                Err(self.fault(Expected::HeaderEnd))
            }
            _ => {
                let (word, after) = Word::take(self.rest);
                self.rest = after;
                Ok(Some(word))
            }
        }
    }

    /// A fault at the next word.
    fn fault(&self, expected: Expected) -> Fault {
        Fault::new(self.text.len() - self.rest.len(), expected)
    }
}

/// A word of a header.
#[derive(Clone, Copy)]
enum Word<'a> {
    /// A name as it may stand without quotes.
    Plain(&'a [u8]),
    /// What stands between quotes.
    Quoted(&'a [u8]),
    /// Something that names nothing.
    Other,
}

impl<'a> Word<'a> {
    /// Takes a word off `rest`, which starts with one.
    #[inline(always)]
    fn take(rest: &'a [u8]) -> (Word<'a>, &'a [u8]) {
        match split_name(rest) {
            (name @ [_, ..], after @ [b' ' | b'\t' | b']', ..]) => (Word::Plain(name), after),
            _ => Word::take_odd(rest),
        }
    }

    #[cold]
    fn take_odd(rest: &'a [u8]) -> (Word<'a>, &'a [u8]) {
        if let Some((quoted, after)) = Word::quoted(rest) {
            let named = !quoted.is_empty() && str::from_utf8(quoted).is_ok();
            return (
                if named {
                    Word::Quoted(quoted)
                } else {
                    Word::Other
                },
                after,
            );
        }
        let end = rest
            .iter()
            .position(|byte| matches!(byte, b' ' | b'\t' | b'[' | b']'));
        let (word, after) = rest
            .split_at_checked(end.unwrap_or(rest.len()))
            .unwrap_or((rest, &[]));
        let allowed = |c: char| {
            if c.is_ascii() {
                is_name(c as u8)
            } else {
                c.is_alphanumeric()
            }
        };
        let named = str::from_utf8(word).is_ok_and(|word| word.chars().all(allowed));
        (
            if named {
                Word::Plain(word)
            } else {
                Word::Other
            },
            after,
        )
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

    fn text(self) -> Option<&'a [u8]> {
        match self {
            Word::Plain(text) | Word::Quoted(text) => Some(text),
            Word::Other => None,
        }
    }
}

/// Whether each byte may stand in the name of a profile or a property: letters, digits and `- / . % @ _ : +`.
const NAME: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0u8;
    while byte < 128 {
        if let Some(entry) = table.split_at_mut(byte as usize).1.first_mut() {
            *entry = byte.is_ascii_alphanumeric()
                || matches!(byte, b'-' | b'/' | b'.' | b'%' | b'@' | b'_' | b':' | b'+');
        }
        byte += 1;
    }
    table
};

#[inline]
fn is_name(byte: u8) -> bool {
    NAME.get(usize::from(byte)).is_some_and(|&name| name)
}

/// Splits off the bytes that may stand in a name.
#[inline]
fn split_name(text: &[u8]) -> (&[u8], &[u8]) {
    let end = text
        .iter()
        .position(|byte| !is_name(*byte))
        .unwrap_or(text.len());
    text.split_at_checked(end).unwrap_or((text, &[]))
}

/// The key, if a property may have it.
pub(super) fn key(text: &[u8]) -> Option<&str> {
    match split_name(text) {
        (name @ [_, ..], []) => str::from_utf8(name).ok(),
        _ => None,
    }
}

/// Splits `key = value`, given from its key on. The value is what follows the `=`, untrimmed.
pub(super) fn split(text: &[u8], nested: bool) -> Result<(&[u8], &[u8]), Fault> {
    // Most keys are names.
    let (name, after) = split_name(text);
    if let ([_, ..], [b'=', value @ ..]) = (name, trim_start(after)) {
        return Ok((name, value));
    }
    let mark = memchr3(b'=', b'#', b';', text);
    split_at(text, mark.unwrap_or(text.len()), nested)
}

/// Does the same where the first `=`, `#` or `;` is known.
#[inline]
pub(super) fn split_at(text: &[u8], mark: usize, nested: bool) -> Result<(&[u8], &[u8]), Fault> {
    match text.split_at_checked(mark) {
        Some((key @ [_, ..], [b'=', value @ ..])) => Ok((trim_end(key), value)),
        _ => split_odd(text, nested),
    }
}

/// Splits where a comment sign stands before the `=`, or finds out what is wrong.
#[cold]
fn split_odd(text: &[u8], nested: bool) -> Result<(&[u8], &[u8]), Fault> {
    // A comment hides a `=` behind it.
    let mut marks =
        memchr3_iter(b'=', b'#', b';', text).map(|at| (at, text.get(at..).unwrap_or_default()));
    let mark = marks.find(|(_, rest)| rest.first() == Some(&b'=') || follows_blank(text, rest));
    match mark {
        Some((0, [b'=', ..])) => Err(Fault::new(0, Expected::Key { nested })),
        Some((at, [b'=', value @ ..])) => Ok((trim_end(text.get(..at).unwrap_or_default()), value)),
        comment => {
            let end = comment.map_or(text.len(), |(at, _)| at);
            let before = trim_end(text.get(..end).unwrap_or(text));
            Err(Fault::new(before.len(), Expected::Equals { nested }))
        }
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
