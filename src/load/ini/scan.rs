//! The one pass over a file: every line is checked, every header noted.

use super::grammar::{self, Expected, Fault, Line};
use super::lines::{Lines, RawLine};
use super::{FileKind, Header, MAX_SIZE};
use crate::error::{Error, Status};
use memchr::memchr;
use std::path::Path;

/// Checks a file and finds the headers that name something.
pub(super) fn scan(bytes: &[u8], kind: FileKind) -> Result<Vec<Header>, Mistake> {
    if matches!(bytes, [0xFF, 0xFE, ..] | [0xFE, 0xFF, ..]) {
        return Err(Mistake {
            line: 1,
            fault: Fault::new(0, Expected::Utf8),
        });
    }
    if bytes.len() > MAX_SIZE {
        return Err(Mistake {
            line: 1,
            fault: Fault::new(0, Expected::SmallerFile),
        });
    }
    let body = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let mut scan = Scan {
        bytes,
        kind,
        nul: memchr(0, body).is_some(),
        section: false,
        open: None,
        // Most sections are longer than this: one allocation for most files, a few for any.
        headers: Vec::with_capacity(bytes.len() / 64 + 1),
    };
    let skipped = bytes.len() - body.len();
    for (number, line) in (1..).zip(Lines::new(body)) {
        let below = skipped + line.start + line.text.len() + 1;
        scan.line(line, below, number).map_err(|fault| Mistake {
            line: number,
            fault,
        })?;
    }
    Ok(scan.headers)
}

/// A mistake in a file.
pub(super) struct Mistake {
    line: u32,
    fault: Fault,
}

impl Mistake {
    /// The error that tells of it. It shows nothing of the line, which may hold a secret.
    pub(super) fn into_error(self, path: &Path) -> Error {
        let Mistake {
            line,
            fault: Fault { at, expected },
        } = self;
        let column = u32::try_from(at).map_or(u32::MAX, |at| at.saturating_add(1));
        let message = format!("failed to load config file, {}", path.display());
        let cause = Error::new(Status::ConfigFile, "INIParseError", expected.to_string());
        Error::new(Status::ConfigFile, "SharedConfigLoadError", message)
            .with_position(path, line, column)
            .with_cause(cause)
    }
}

/// What is known from the lines so far.
struct Scan<'a> {
    bytes: &'a [u8],
    kind: FileKind,
    /// Whether there is a NUL anywhere. Only a comment may hold one.
    nul: bool,
    /// Whether there was a header.
    section: bool,
    open: Option<Open>,
    headers: Vec<Header>,
}

/// A property that lines further in continue.
#[derive(Clone, Copy)]
struct Open {
    indent: usize,
    /// It has no value: what continues it are sub-properties.
    nested: bool,
}

impl Scan<'_> {
    /// Checks a line, given with its number and where the line below it starts. A fault's place is its byte in the line.
    #[inline]
    fn line(&mut self, line: RawLine<'_>, below: usize, number: u32) -> Result<(), Fault> {
        let kind = Line::classify(line.text);
        if self.nul && !matches!(kind, Line::Nothing) {
            if let Some(at) = memchr(0, line.text) {
                return Err(Fault::new(at, Expected::Text));
            }
        }
        let (indent, checked) = match kind {
            Line::Nothing => return Ok(()),
            Line::Header { indent, text } => (indent, self.header(text, below, number)),
            Line::Text { indent, text } => (indent, self.text(text, indent, line.mark - indent)),
        };
        checked.map_err(|fault| Fault::new(indent + fault.at, fault.expected))
    }

    fn header(&mut self, text: &[u8], below: usize, line: u32) -> Result<(), Fault> {
        (self.section, self.open) = (true, None);
        if let Some(name) = grammar::header(text, self.kind)? {
            let header = Header::new(self.bytes, &name, line, below);
            self.headers.push(header);
        }
        Ok(())
    }

    /// Checks a property or a continuation, whose first `=`, `#` or `;` is at `mark`.
    #[inline]
    fn text(&mut self, text: &[u8], indent: usize, mark: usize) -> Result<(), Fault> {
        match self.open {
            Some(open) if indent > open.indent => {
                if open.nested {
                    grammar::split_at(text, mark, true)?;
                }
                return Ok(());
            }
            _ if !self.section => {
                return Err(Fault::new(
                    0,
                    Expected::Header {
                        continuation: indent > 0,
                    },
                ));
            }
            _ => {}
        }
        match grammar::split_at(text, mark, false) {
            Ok((_, value)) => {
                self.open = Some(Open {
                    indent,
                    nested: grammar::is_blank(value),
                });
                Ok(())
            }
            Err(Fault {
                expected: Expected::Equals { .. },
                ..
            }) if indent > 0 && self.open.is_none() => Err(Fault::new(0, Expected::Property)),
            Err(fault) => Err(fault),
        }
    }
}
