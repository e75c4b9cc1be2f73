//! Where canonical text goes: into a string, or straight into a hash.

use crate::crypto::{Digest, Sha256};

/// Takes text in pieces.
pub(super) trait Output {
    /// Adds text.
    fn put(&mut self, text: &str);

    /// Adds one ASCII character.
    fn put_ascii(&mut self, character: u8);

    /// Adds text, its ASCII letters in lower case.
    fn put_lowercase(&mut self, text: &str);
}

impl Output for String {
    fn put(&mut self, text: &str) {
        self.push_str(text);
    }

    fn put_ascii(&mut self, character: u8) {
        self.push(char::from(character));
    }

    fn put_lowercase(&mut self, text: &str) {
        let start = self.len();
        self.push_str(text);
        if let Some(added) = self.get_mut(start..) {
            added.make_ascii_lowercase();
        }
    }
}

/// Hashes what it is given, and keeps the text where somebody wants to read it. A hash prefers few long pieces to many
/// short ones, so they are gathered first.
pub(super) struct Hasher<'a> {
    hash: Sha256,
    pending: [u8; 512],
    length: usize,
    copy: Option<&'a mut String>,
}

impl<'a> Hasher<'a> {
    pub(super) fn new(copy: Option<&'a mut String>) -> Hasher<'a> {
        Hasher {
            hash: Sha256::new(),
            pending: [0; 512],
            length: 0,
            copy,
        }
    }

    pub(super) fn finish(mut self) -> Digest {
        self.flush();
        self.hash.finish()
    }

    fn flush(&mut self) {
        self.hash
            .update(self.pending.get(..self.length).unwrap_or_default());
        self.length = 0;
    }

    /// Adds text and returns it where it now lies, unless it went into the hash already.
    fn add(&mut self, text: &str) -> Option<&mut [u8]> {
        if self.pending.len() - self.length < text.len() {
            self.flush();
        }
        let end = self.length + text.len();
        match self.pending.get_mut(self.length..end) {
            Some(place) => {
                place.copy_from_slice(text.as_bytes());
                self.length = end;
                Some(place)
            }
            None => {
                self.hash.update(text.as_bytes());
                None
            }
        }
    }
}

impl Output for Hasher<'_> {
    fn put(&mut self, text: &str) {
        self.add(text);
        if let Some(copy) = &mut self.copy {
            copy.put(text);
        }
    }

    fn put_ascii(&mut self, character: u8) {
        if self.length == self.pending.len() {
            self.flush();
        }
        if let Some(place) = self.pending.get_mut(self.length) {
            *place = character;
            self.length += 1;
        }
        if let Some(copy) = &mut self.copy {
            copy.put_ascii(character);
        }
    }

    fn put_lowercase(&mut self, text: &str) {
        if text.len() > self.pending.len() {
            // Rare enough: nobody has a header name of this length.
            self.put(&text.to_ascii_lowercase());
            return;
        }
        if let Some(place) = self.add(text) {
            place.make_ascii_lowercase();
        }
        if let Some(copy) = &mut self.copy {
            copy.put_lowercase(text);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::sha256;

    #[test]
    fn hashes_what_a_string_collects() {
        for length in [0, 1, 511, 512, 513, 1024, 5000] {
            let long = "Ab-é".repeat(length);
            let mut text = String::new();
            let mut copy = String::new();
            let mut hasher = Hasher::new(Some(&mut copy));
            let outputs: [&mut dyn Output; 2] = [&mut text, &mut hasher];
            for output in outputs {
                for _ in 0..3 {
                    output.put("head");
                    output.put_lowercase(&long);
                    (0..length).for_each(|_| output.put_ascii(b'-'));
                    output.put(&long);
                }
            }
            assert_eq!(hasher.finish(), sha256(text.as_bytes()));
            assert_eq!(copy, text);
        }
    }
}
