//! The files of the AWS tools, `config` and `credentials`: scanned once, read where something is wanted.
//!
//! [`IniFile::parse`] goes over the text once. It checks every line, so that a mistake anywhere is told with its place
//! and never leaves half a file, and keeps only where each section starts. Keys and values are read when a section
//! is asked for, as slices of the text.

mod grammar;
mod lines;
mod scan;
mod section;

pub use section::{Properties, Property, Section, SubProperties};

use crate::error::Result;
use crate::text::overwrite;
use grammar::Name;
use std::fmt;
use std::path::Path;
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
    kind: FileKind,
    bytes: Vec<u8>,
    headers: Vec<Header>,
    /// The first header of each hash, by the hash's low bits. Their number is a power of two; none where all headers are
    /// one chain.
    heads: Vec<u32>,
}

/// A header that names something, in the order of the file.
struct Header {
    hash: u32,
    line: u32,
    /// Where its name starts, and how long that is.
    name: u32,
    length: u32,
    /// Where the line below it starts.
    body: u32,
    /// The next header in the same place of the hash table.
    next: u32,
    kind: SectionKind,
    /// Whether it spells `profile` out: `[profile default]` beats `[default]`.
    prefixed: bool,
}

/// The most bytes that a file may have. What has no end, a device for instance, is found out by it.
pub const MAX_SIZE: usize = 256 << 20;

/// No header.
const NONE: u32 = u32::MAX;

impl IniFile {
    /// Scans a file. A mistake anywhere in it is an error that tells file, line, column and what was expected.
    ///
    /// Bytes that are no UTF-8 are let through, so that an old comment breaks nothing; in a value they read as U+FFFD.
    pub fn parse(path: impl AsRef<Path>, bytes: Vec<u8>, kind: FileKind) -> Result<IniFile> {
        let headers =
            scan::scan(&bytes, kind).map_err(|mistake| mistake.into_error(path.as_ref()))?;
        let mut file = IniFile {
            kind,
            bytes,
            headers,
            heads: Vec::new(),
        };
        file.link();
        Ok(file)
    }

    /// The section of a name: all headers of that name together. `[profile default]` hides `[default]`.
    pub fn section(&self, kind: SectionKind, name: &str) -> Option<Section<'_>> {
        let hash = hash(kind, name.as_bytes());
        let mut found = None;
        let mut at = self.head(hash);
        while let Some(header) = self.find(at, hash, kind, name.as_bytes()) {
            let section = Section { file: self, header };
            if header.prefixed || kind != SectionKind::Profile {
                return Some(section);
            }
            found = found.or(Some(section));
            at = header.next;
        }
        found
    }

    /// The names of all sections of a kind, each once, in the order of the file.
    pub fn names(&self, kind: SectionKind) -> impl Iterator<Item = &str> {
        self.headers.iter().filter_map(move |header| {
            let name = self.name(header);
            let first = self.find(self.head(header.hash), header.hash, kind, name)?;
            std::ptr::eq(first, header).then(|| str::from_utf8(name).unwrap_or_default())
        })
    }

    /// Builds the hash table. Going backwards keeps each chain in the order of the file.
    fn link(&mut self) {
        // So few are looked through sooner than a table is made.
        const FEW: usize = 8;
        if self.headers.len() <= FEW {
            for (header, next) in self.headers.iter_mut().zip(1..) {
                header.next = next;
            }
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
        match self.heads.len().checked_sub(1) {
            Some(mask) => {
                let head = self.heads.get(hash as usize & mask);
                head.copied().unwrap_or(NONE)
            }
            None => 0,
        }
    }

    /// The first header of a name from `at` on in its chain.
    fn find(&self, mut at: u32, hash: u32, kind: SectionKind, name: &[u8]) -> Option<&Header> {
        while let Some(header) = self.headers.get(at as usize) {
            if header.hash == hash && header.kind == kind && self.name(header) == name {
                return Some(header);
            }
            at = header.next;
        }
        None
    }

    fn name(&self, header: &Header) -> &[u8] {
        let name = self.bytes.get(header.name as usize..);
        name.and_then(|name| name.get(..header.length as usize))
            .unwrap_or_default()
    }
}

impl Header {
    /// A header that stands in `bytes`, in the line before `body`.
    fn new(bytes: &[u8], header: &Name<'_>, line: u32, body: usize) -> Header {
        Header {
            hash: hash(header.kind, header.name),
            line,
            name: (header.name.as_ptr() as usize - bytes.as_ptr() as usize) as u32,
            length: header.name.len() as u32,
            body: body as u32,
            next: NONE,
            kind: header.kind,
            prefixed: header.prefixed,
        }
    }
}

/// A file holds secrets.
impl Drop for IniFile {
    fn drop(&mut self) {
        overwrite(&mut self.bytes);
    }
}

/// Shows no content: a file holds secrets.
impl fmt::Debug for IniFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IniFile")
            .field("kind", &self.kind)
            .finish_non_exhaustive()
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
