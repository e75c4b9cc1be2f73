//! One section, read on demand: its properties, their values and sub-properties.

use super::grammar::{self, Line};
use super::{Header, IniFile};
use memchr::memchr;
use std::borrow::Cow;
use std::fmt;
use std::str;

/// All that a file says under one name.
#[derive(Clone, Copy)]
pub struct Section<'a> {
    pub(super) file: &'a IniFile,
    /// Its first header.
    pub(super) header: &'a Header,
}

impl<'a> Section<'a> {
    /// The name.
    pub fn name(&self) -> &'a str {
        str::from_utf8(self.file.name(self.header)).unwrap_or_default()
    }

    /// The file it is in.
    pub fn file(&self) -> &'a IniFile {
        self.file
    }

    /// The line of its first header.
    pub fn line(&self) -> u32 {
        self.header.line
    }

    /// All properties in the order of the file. To read many keys, go over them once: where a key comes twice, the
    /// last that is not [`Property::is_unset`] counts.
    pub fn iter(&self) -> Properties<'a> {
        Properties {
            section: *self,
            next: self.header.next,
            body: Body::below(self.file, self.header),
        }
    }

    /// The property that counts for a key, whose case doesn't matter.
    pub fn get(&self, key: &str) -> Option<Property<'a>> {
        last(self.iter(), key)
    }

    /// A sub-property: `endpoint_url` in the lines below `s3 =`.
    pub fn sub(&self, key: &str, sub_key: &str) -> Option<Property<'a>> {
        last(self.get(key)?.sub_properties(), sub_key)
    }
}

/// Shows no values.
impl fmt::Debug for Section<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Section")
            .field("kind", &self.header.kind)
            .field("name", &self.name())
            .finish_non_exhaustive()
    }
}

/// The last property of a key that is set, or else the last.
fn last<'a>(properties: impl Iterator<Item = Property<'a>>, key: &str) -> Option<Property<'a>> {
    properties
        .filter(|property| property.is(key))
        .reduce(|old, new| if new.is_unset() { old } else { new })
}

/// A key and its value.
#[derive(Clone, Copy)]
pub struct Property<'a> {
    /// The key as it is spelled in the file.
    pub key: &'a str,
    /// The line of the key.
    pub line: u32,
    /// All from the `=` to the end of the last line that continues it.
    raw: &'a [u8],
}

impl<'a> Property<'a> {
    /// Whether it has this key; case doesn't matter.
    pub fn is(&self, key: &str) -> bool {
        self.key.eq_ignore_ascii_case(key)
    }

    /// Whether nothing at all is given, as in `key =`. Such a line overrides no other; `key = ""` does.
    pub fn is_unset(&self) -> bool {
        memchr(b'\n', self.raw).is_none() && grammar::is_blank(self.raw)
    }

    /// The value: without comment, without a pair of double quotes around it (but those of a `credential_process`
    /// stay), and with the lines that continue it, each after a newline.
    pub fn value(&self) -> Cow<'a, str> {
        let mut rest = self.raw;
        let Some(first) = grammar::next_line(&mut rest) else {
            return Cow::Borrowed("");
        };
        let verbatim = !rest.is_empty() || self.is("credential_process");
        let first = grammar::value(first, verbatim);
        // The check alone is quicker than one that looks for what to replace.
        let first =
            str::from_utf8(first).map_or_else(|_| String::from_utf8_lossy(first), Cow::Borrowed);
        if rest.is_empty() {
            return first;
        }
        let mut value = first.into_owned();
        while let Some(line) = grammar::next_line(&mut rest) {
            if let Line::Text { text, .. } = Line::classify(line) {
                value.push('\n');
                value.push_str(&String::from_utf8_lossy(grammar::trim(text)));
            }
        }
        Cow::Owned(value)
    }

    /// The sub-properties in the lines below `key =`, in the order of the file; none where the key has a value itself.
    pub fn sub_properties(&self) -> SubProperties<'a> {
        let mut body = Body {
            rest: self.raw,
            line: self.line,
        };
        match body.next_line() {
            Some(first) if grammar::is_blank(first) => SubProperties(body),
            _ => SubProperties(Body::default()),
        }
    }
}

/// Shows no value: it may be a secret.
impl fmt::Debug for Property<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Property")
            .field("key", &self.key)
            .field("line", &self.line)
            .finish_non_exhaustive()
    }
}

/// Lines still to be read, and the number of the first of them.
#[derive(Clone, Copy, Default)]
struct Body<'a> {
    rest: &'a [u8],
    line: u32,
}

impl<'a> Body<'a> {
    /// What stands below a header.
    fn below(file: &'a IniFile, header: &Header) -> Body<'a> {
        Body {
            rest: file.bytes.get(header.body as usize..).unwrap_or_default(),
            line: header.line + 1,
        }
    }

    fn next_line(&mut self) -> Option<&'a [u8]> {
        let line = grammar::next_line(&mut self.rest)?;
        self.line += 1;
        Some(line)
    }

    /// Takes the lines that continue a property, whose line was just taken, and gives all from `value`, the end of that
    /// line, to the end of the last of them. `rest` is what was left before.
    fn continued(
        &mut self,
        rest: &'a [u8],
        line: &[u8],
        value: &'a [u8],
        indent: usize,
    ) -> &'a [u8] {
        // What continues a line is further in than it, so it starts with a blank.
        if !matches!(self.rest, [b' ' | b'\t' | b'\r' | b'\n' | b'#' | b';', ..]) {
            return value;
        }
        let from_value = rest.get(line.len() - value.len()..).unwrap_or_default();
        let mut raw = value;
        let mut ahead = *self;
        loop {
            let start = from_value.len() - ahead.rest.len();
            let Some(line) = ahead.next_line() else { break };
            match Line::classify(line) {
                Line::Nothing => {}
                Line::Text { indent: inner, .. } if inner > indent => {
                    raw = from_value.get(..start + line.len()).unwrap_or(raw);
                    *self = ahead;
                }
                _ => break,
            }
        }
        raw
    }
}

/// The properties of a section.
pub struct Properties<'a> {
    section: Section<'a>,
    /// The header whose body comes next.
    next: u32,
    body: Body<'a>,
}

impl<'a> Properties<'a> {
    /// Goes to the body of the section's next header.
    fn next_body(&mut self) -> Option<()> {
        let Section { file, header, .. } = self.section;
        loop {
            let this = file.find(self.next, header.hash, header.kind, file.name(header))?;
            self.next = this.next;
            if this.prefixed == header.prefixed {
                self.body = Body::below(file, this);
                return Some(());
            }
        }
    }
}

impl<'a> Iterator for Properties<'a> {
    type Item = Property<'a>;

    fn next(&mut self) -> Option<Property<'a>> {
        loop {
            let Body { rest, line: number } = self.body;
            let Some(line) = self.body.next_line() else {
                self.next_body()?;
                continue;
            };
            match Line::classify(line) {
                Line::Nothing => {}
                Line::Header { .. } => self.body = Body::default(),
                Line::Text { indent, text } => {
                    let Ok((key, value)) = grammar::split(text, false) else {
                        continue;
                    };
                    let raw = self.body.continued(rest, line, value, indent);
                    if let Some(key) = grammar::key(key) {
                        return Some(Property {
                            key,
                            line: number,
                            raw,
                        });
                    }
                }
            }
        }
    }
}

/// The sub-properties of a property.
pub struct SubProperties<'a>(Body<'a>);

impl<'a> Iterator for SubProperties<'a> {
    type Item = Property<'a>;

    fn next(&mut self) -> Option<Property<'a>> {
        loop {
            let number = self.0.line;
            let Line::Text { text, .. } = Line::classify(self.0.next_line()?) else {
                continue;
            };
            let Ok((key, raw)) = grammar::split(text, true) else {
                continue;
            };
            if let Ok(key) = str::from_utf8(key) {
                return Some(Property {
                    key,
                    line: number,
                    raw,
                });
            }
        }
    }
}
