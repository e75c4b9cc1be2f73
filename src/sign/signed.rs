//! What a signature adds to a request.

use super::{EMPTY_SHA256, UNSIGNED_PAYLOAD};
use crate::text;
use crate::text::Text;
use crate::transport::Header;
use std::ops::{Deref, Range};

/// Text inside a buffer, with a NUL after it: [`Text`], borrowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TextRef<'a>(&'a str);

impl<'a> TextRef<'a> {
    /// The string, without the NUL.
    pub fn as_str(self) -> &'a str {
        self.0.strip_suffix('\0').unwrap_or(self.0)
    }

    /// The string with its NUL, for C.
    pub fn as_str_with_nul(self) -> &'a str {
        self.0
    }
}

impl Deref for TextRef<'_> {
    type Target = str;
    fn deref(&self) -> &str {
        self.as_str()
    }
}

/// A signed request or a presigned URL. All of it lies in one buffer, or two where [`Signer::explain`] asks for more.
///
/// [`Signer::explain`]: super::Signer::explain
pub struct Signed {
    /// Each string with a NUL after it; the signature is the end of the last.
    pub(super) buffer: String,
    pub(super) url: Span,
    pub(super) date: Span,
    pub(super) token: Span,
    pub(super) content_sha256: Span,
    pub(super) authorization: Span,
    /// Canonical request and string to sign, or nothing.
    pub(super) explained: String,
    /// Headers of the caller that the presigned URL is good for only together with.
    pub(super) given: Vec<Header>,
}

fn text_of(header: &Header) -> (TextRef<'_>, TextRef<'_>) {
    (
        TextRef(header.name.as_str_with_nul()),
        TextRef(header.value.as_str_with_nul()),
    )
}

/// A place in the buffer, NUL included; empty if there is no such string.
pub(super) type Span = Range<usize>;

const SIGNATURE_LEN: usize = 64;

impl Signed {
    /// The presigned URL. Of a request that is signed by headers, its URL as it was given, where the signer was asked to
    /// explain; otherwise empty.
    pub fn url(&self) -> TextRef<'_> {
        self.at(&self.url)
    }

    /// The signature in hexadecimal.
    pub fn signature(&self) -> TextRef<'_> {
        let start = self.buffer.len().saturating_sub(SIGNATURE_LEN + 1);
        self.at(&(start..self.buffer.len()))
    }

    /// The canonical request, where the signer was asked to explain; otherwise empty.
    pub fn canonical_request(&self) -> TextRef<'_> {
        TextRef(self.explained.split_inclusive('\0').next().unwrap_or("\0"))
    }

    /// The string to sign, where the signer was asked to explain; otherwise empty.
    pub fn string_to_sign(&self) -> TextRef<'_> {
        TextRef(self.explained.split_inclusive('\0').nth(1).unwrap_or("\0"))
    }

    /// The headers to send. Signed by headers: those to add to the given ones, each in place of what has its name. Of a
    /// presigned URL: all that must be sent along with it, given ones and added ones.
    pub fn headers(&self) -> impl Iterator<Item = (TextRef<'_>, TextRef<'_>)> {
        let given = self.given.iter().map(text_of);
        given.chain(self.added())
    }

    /// How many headers [`headers`](Signed::headers) gives.
    pub fn header_count(&self) -> usize {
        self.given.len() + self.added().count()
    }

    /// One of the headers that [`headers`](Signed::headers) gives, found without going through those before it.
    pub fn header(&self, index: usize) -> Option<(TextRef<'_>, TextRef<'_>)> {
        match index.checked_sub(self.given.len()) {
            None => self.given.get(index).map(text_of),
            Some(index) => self.added().nth(index),
        }
    }

    fn added(&self) -> impl Iterator<Item = (TextRef<'_>, TextRef<'_>)> {
        let added = [
            ("X-Amz-Date\0", &self.date),
            ("X-Amz-Security-Token\0", &self.token),
            ("X-Amz-Content-Sha256\0", &self.content_sha256),
            ("Authorization\0", &self.authorization),
        ];
        added
            .into_iter()
            .filter(|(_, span)| !span.is_empty())
            .map(|(name, span)| (TextRef(name), self.at(span)))
    }

    /// Puts the added headers of a request that is signed by headers where they belong.
    pub fn apply_to(&self, headers: &mut Vec<Header>) {
        let added = [
            (text!("X-Amz-Date"), &self.date),
            (text!("X-Amz-Security-Token"), &self.token),
            (text!("X-Amz-Content-Sha256"), &self.content_sha256),
            (text!("Authorization"), &self.authorization),
        ];
        for (name, span) in added {
            if !span.is_empty() {
                headers.retain(|header| !header.name.eq_ignore_ascii_case(&name));
                let value = self.at(span);
                let value = match value.as_str() {
                    EMPTY_SHA256 => {
                        text!("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
                    }
                    UNSIGNED_PAYLOAD => text!("UNSIGNED-PAYLOAD"),
                    // The room for the NUL is there, so that nothing moves.
                    _ => Text::lossy(value.as_str_with_nul()),
                };
                headers.push(Header { name, value });
            }
        }
    }

    fn at(&self, span: &Span) -> TextRef<'_> {
        TextRef(
            self.buffer
                .get(span.clone())
                .filter(|text| !text.is_empty())
                .unwrap_or("\0"),
        )
    }
}
