//! The files of the AWS tools, `config` and `credentials`: scanned once, read where something is wanted.
//!
//! [`IniFile::parse`] goes over the text once. It checks every line, so that a mistake anywhere is told with its place
//! and never leaves half a file, and keeps only where each section starts. Keys and values are read when a section
//! is asked for, as slices of the text.

mod grammar;
mod lines;
mod section;

pub use section::{Properties, Property, Section, SubProperties};

use crate::error::{Error, Result, Status};
use grammar::{Expected, Fault, Line, Name};
use lines::{Lines, RawLine};
use memchr::memchr;
use std::fmt;
use std::path::{Path, PathBuf};
use std::str;

/// Which headers a file may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileKind {
    /// `~/.aws/config`: `[default]`, `[profile p]`, `[sso-session s]`, `[services s]`.
    Config,
    /// `~/.aws/credentials`: bare names of profiles.
    Credentials,
    /// A file that a program lists: both spellings.
    Either,
}

/// What a section describes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SectionKind {
    /// A profile.
    Profile,
    /// An SSO session that profiles share.
    SsoSession,
    /// Endpoints of services.
    Services,
}

/// A file that follows the grammar, and where its sections are.
pub struct IniFile {
    path: PathBuf,
    kind: FileKind,
    bytes: Vec<u8>,
    headers: Vec<Header>,
    /// The first header of each hash, by the hash's low bits. Their number is a power of two.
    heads: Vec<u32>,
}

/// A header that names something, in the order of the file.
struct Header {
    hash: u32,
    /// Where its line starts.
    start: u32,
    line: u32,
    /// The next header in the same place of the hash table.
    next: u32,
}

/// No header.
const NONE: u32 = u32::MAX;

impl IniFile {
    /// Scans a file. A mistake anywhere in it is an error that tells file, line, column and what was expected.
    ///
    /// Bytes that are no UTF-8 are let through, so that an old comment breaks nothing; in a value they read as U+FFFD.
    pub fn parse(path: impl Into<PathBuf>, bytes: Vec<u8>, kind: FileKind) -> Result<IniFile> {
        let mut file = IniFile {
            path: path.into(),
            kind,
            bytes,
            headers: Vec::new(),
            heads: Vec::new(),
        };
        match scan(&file.bytes, kind) {
            Ok(headers) => file.headers = headers,
            Err(place) => return Err(place.told(&file.path)),
        }
        file.link();
        Ok(file)
    }

    /// Where the file was read from.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The section of a name: all headers of that name together. `[profile default]` hides `[default]`.
    pub fn section(&self, kind: SectionKind, name: &str) -> Option<Section<'_>> {
        let name = name.as_bytes();
        let mut found = None;
        let mut at = self.head(hash(kind, name));
        while let Some((index, this)) = self.find(at, kind, name) {
            let section = Section {
                file: self,
                kind,
                name: this.name,
                prefixed: this.prefixed,
                first: index,
            };
            if this.prefixed || kind != SectionKind::Profile {
                return Some(section);
            }
            found = found.or(Some(section));
            at = self.next(index);
        }
        found
    }

    /// The names of all sections of a kind, each once, in the order of the file.
    pub fn names(&self, kind: SectionKind) -> impl Iterator<Item = &str> {
        (0u32..)
            .zip(&self.headers)
            .filter_map(move |(index, header)| {
                let name = self.name(header).filter(|name| name.kind == kind)?.name;
                let (first, _) = self.find(self.head(header.hash), kind, name)?;
                (first == index).then(|| str::from_utf8(name).unwrap_or_default())
            })
    }

    /// Builds the hash table. Going backwards keeps each chain in the order of the file.
    fn link(&mut self) {
        if self.headers.is_empty() {
            return;
        }
        self.heads = vec![NONE; self.headers.len().next_power_of_two()];
        let mask = self.heads.len() - 1;
        for (index, header) in self.headers.iter_mut().enumerate().rev() {
            if let Some(head) = self.heads.get_mut(header.hash as usize & mask) {
                header.next = std::mem::replace(head, index as u32);
            }
        }
    }

    fn head(&self, hash: u32) -> u32 {
        let mask = self.heads.len().wrapping_sub(1);
        self.heads
            .get(hash as usize & mask)
            .copied()
            .unwrap_or(NONE)
    }

    fn next(&self, index: u32) -> u32 {
        self.headers
            .get(index as usize)
            .map_or(NONE, |header| header.next)
    }

    /// The first header of a name from `at` on in its chain.
    fn find(&self, mut at: u32, kind: SectionKind, name: &[u8]) -> Option<(u32, Name<'_>)> {
        let hash = hash(kind, name);
        while let Some(header) = self.headers.get(at as usize) {
            if header.hash == hash {
                if let Some(this) = self
                    .name(header)
                    .filter(|this| this.kind == kind && this.name == name)
                {
                    return Some((at, this));
                }
            }
            at = header.next;
        }
        None
    }

    /// Reads a header again.
    fn name(&self, header: &Header) -> Option<Name<'_>> {
        let mut rest = self.bytes.get(header.start as usize..)?;
        match Line::classify(grammar::next_line(&mut rest)?) {
            Line::Header { text, .. } => grammar::header(text, self.kind).ok()?,
            _ => None,
        }
    }
}

/// Shows no content: a file holds secrets.
impl fmt::Debug for IniFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let IniFile {
            path,
            kind,
            headers,
            ..
        } = self;
        f.debug_struct("IniFile")
            .field("path", path)
            .field("kind", kind)
            .field("headers", &headers.len())
            .finish()
    }
}

/// Mixes kind and name. Names are short: eight bytes a step.
fn hash(kind: SectionKind, name: &[u8]) -> u32 {
    let seed = name.len() as u64 * 4 + kind as u64;
    let mixed = name.chunks(8).fold(seed, |hash, chunk| {
        let word = chunk
            .iter()
            .fold(0, |word, byte| word << 8 | u64::from(*byte));
        let product = (hash ^ word).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        product ^ (product >> 32)
    });
    mixed as u32
}

/// A mistake and the line it is in.
struct Misplaced {
    fault: Fault,
    line: u32,
}

impl Misplaced {
    fn told(self, path: &Path) -> Error {
        let column = u32::try_from(self.fault.at)
            .unwrap_or(u32::MAX)
            .saturating_add(1);
        let message = format!("failed to load config file, {}", path.display());
        let cause = Error::new(
            Status::ConfigFile,
            "INIParseError",
            self.fault.expected.to_string(),
        );
        Error::new(Status::ConfigFile, "SharedConfigLoadError", message)
            .with_position(path, self.line, column)
            .with_cause(cause)
    }
}

/// A property that the lines below may continue.
#[derive(Clone, Copy)]
struct Open {
    indent: usize,
    /// It has no value, so what continues it are sub-properties.
    nested: bool,
}

/// Checks every line and finds the headers.
fn scan(bytes: &[u8], kind: FileKind) -> Result<Vec<Header>, Misplaced> {
    let misplaced = |at, expected, line| Misplaced {
        fault: Fault { at, expected },
        line,
    };
    if matches!(bytes, [0xFF, 0xFE, ..] | [0xFE, 0xFF, ..]) {
        return Err(misplaced(0, Expected::Utf8NotUtf16, 1));
    }
    if u32::try_from(bytes.len()).is_err() {
        return Err(misplaced(0, Expected::SmallerFile, 0));
    }
    let body = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let nul = memchr(0, body).is_some();
    let mut headers = Vec::new();
    let mut section = false;
    let mut open = None;
    for (line, RawLine { start, text, mark }) in (1..).zip(Lines::new(body)) {
        let (indent, checked) = match Line::classify(text) {
            Line::Nothing => continue,
            _ if nul && text.contains(&0) => {
                let at = memchr(0, text).unwrap_or_default();
                return Err(misplaced(at, Expected::NoNul, line));
            }
            Line::Header { indent, text } => {
                (section, open) = (true, None);
                let named = grammar::header(text, kind).map(|name| {
                    if let Some(Name { kind, name, .. }) = name {
                        if headers.is_empty() {
                            headers.reserve(bytes.len() / 64 + 1);
                        }
                        headers.push(Header {
                            hash: hash(kind, name),
                            start: (bytes.len() - body.len() + start) as u32,
                            line,
                            next: NONE,
                        });
                    }
                });
                (indent, named)
            }
            Line::Text { indent, text } => (
                indent,
                check(text, mark - indent, indent, section, &mut open),
            ),
        };
        checked.map_err(|Fault { at, expected }| misplaced(indent + at, expected, line))?;
    }
    Ok(headers)
}

/// Checks a property or a continuation.
#[inline]
fn check(
    text: &[u8],
    mark: usize,
    indent: usize,
    section: bool,
    open: &mut Option<Open>,
) -> Result<(), Fault> {
    match *open {
        Some(Open {
            indent: outer,
            nested,
        }) if indent > outer => {
            if nested {
                grammar::split_at(text, mark, true)?;
            }
        }
        _ if !section => {
            let continuation = indent > 0;
            return Err(Fault {
                at: 0,
                expected: Expected::HeaderBefore { continuation },
            });
        }
        _ => {
            let (_, value) =
                grammar::split_at(text, mark, false).map_err(|fault| match fault.expected {
                    Expected::Equals { .. } if indent > 0 && open.is_none() => Fault {
                        at: 0,
                        expected: Expected::PropertyBefore,
                    },
                    _ => fault,
                })?;
            *open = Some(Open {
                indent,
                nested: grammar::is_blank(value),
            });
        }
    }
    Ok(())
}
