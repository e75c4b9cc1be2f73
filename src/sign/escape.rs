//! Percent-encoding as SigV4 has it, for paths and queries.

use super::output::Output;
use std::slice;

/// Which bytes stay as they are; each has a bit in [`KEPT`].
#[derive(Clone, Copy)]
pub(super) struct Keep(u8);

impl Keep {
    /// Letters, digits, `-`, `.`, `_`, `~`: RFC 3986's unreserved characters.
    pub(super) const UNRESERVED: Keep = Keep(1);
    /// The same and `/`.
    pub(super) const SLASH: Keep = Keep(2);
    /// All that may stand in a path, `%` included: only what no path can have is escaped.
    pub(super) const PATH: Keep = Keep(4);

    fn has(self, byte: u8) -> bool {
        KEPT.get(usize::from(byte))
            .is_some_and(|bits| bits & self.0 != 0)
    }
}

static KEPT: [u8; 256] = {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        let kept = match byte as u8 {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => 1 | 2 | 4,
            b'/' => 2 | 4,
            b'%' | b'!' | b'$' | b'&' | b'\'' | b'(' | b')' | b'*' | b'+' | b',' | b';' | b'='
            | b':' | b'@' => 4,
            b'[' | b']' => 4,
            _ => 0,
        };
        #[allow(
            clippy::indexing_slicing,
            reason = "computed by the compiler, which checks it"
        )]
        {
            table[byte] = kept;
        }
        byte += 1;
    }
    table
};

/// Adds `segment` to a path, percent-encoded; `keep_slash` for parameters that span several segments (`{Key+}`).
/// Also right for a name or value of a query, without `keep_slash`.
pub fn escape_path_segment(segment: &str, keep_slash: bool, out: &mut String) {
    escape(
        segment,
        if keep_slash {
            Keep::SLASH
        } else {
            Keep::UNRESERVED
        },
        out,
    );
}

/// Adds a path with what no path can have percent-encoded, and nothing else: no escape in it is escaped again.
pub fn escape_path(path: &str, out: &mut String) {
    escape(path, Keep::PATH, out);
}

/// Adds `text` with every byte that is not to be kept as `%XX`.
pub(super) fn escape(text: &str, keep: Keep, out: &mut impl Output) {
    // What is kept is ASCII, so a run of it is whole characters.
    let mut run = 0;
    for (at, byte) in text.bytes().enumerate() {
        if !keep.has(byte) {
            out.put(text.get(run..at).unwrap_or_default());
            escape_byte(byte, out);
            run = at + 1;
        }
    }
    out.put(text.get(run..).unwrap_or_default());
}

/// Adds bytes that need not be UTF-8, unreserved ones as they are.
pub(super) fn escape_bytes(bytes: impl Iterator<Item = u8>, out: &mut impl Output) {
    for byte in bytes {
        if Keep::UNRESERVED.has(byte) {
            out.put_ascii(byte);
        } else {
            escape_byte(byte, out);
        }
    }
}

/// The escape of a byte that is not unreserved.
pub(super) fn escaped(byte: u8) -> Option<[u8; 3]> {
    (!Keep::UNRESERVED.has(byte)).then(|| percent(byte))
}

fn percent(byte: u8) -> [u8; 3] {
    let digit = |nibble: u8| nibble + if nibble < 10 { b'0' } else { b'A' - 10 };
    [b'%', digit(byte >> 4), digit(byte & 15)]
}

fn escape_byte(byte: u8, out: &mut impl Output) {
    for character in percent(byte) {
        out.put_ascii(character);
    }
}

/// The bytes of a text, percent-encoding undone; what is none stays.
pub fn unescaped(text: &str) -> impl Iterator<Item = u8> {
    let mut rest = text.as_bytes().iter();
    std::iter::from_fn(move || match rest.next()? {
        b'%' => Some(unescape(&mut rest)),
        byte => Some(*byte),
    })
}

/// The byte that a `%` stands for with what comes after it; without two digits it is itself.
pub(super) fn unescape(rest: &mut slice::Iter<'_, u8>) -> u8 {
    let decoded = match *rest.as_slice() {
        [high, low, ..] => hex_pair(high, low),
        _ => None,
    };
    if decoded.is_some() {
        rest.nth(1);
    }
    decoded.unwrap_or(b'%')
}

/// The value of two hexadecimal digits.
fn hex_pair(high: u8, low: u8) -> Option<u8> {
    let digit = |byte: u8| {
        char::from(byte)
            .to_digit(16)
            .and_then(|value| u8::try_from(value).ok())
    };
    Some(digit(high)? << 4 | digit(low)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn escaped(text: &str, keep: Keep) -> String {
        let mut out = String::new();
        escape(text, keep, &mut out);
        out
    }

    #[test]
    fn escapes_all_but_the_kept() {
        assert_eq!(
            escaped("a/b c+é~%2F", Keep::UNRESERVED),
            "a%2Fb%20c%2B%C3%A9~%252F"
        );
        assert_eq!(
            escaped("a/b c+é~%2F", Keep::SLASH),
            "a/b%20c%2B%C3%A9~%252F"
        );
        assert_eq!(
            escaped("a/b c+é~%2F(1)\"", Keep::PATH),
            "a/b%20c+%C3%A9~%2F(1)%22"
        );
        let mut path = "/".to_owned();
        escape_path_segment("ሴ/x", false, &mut path);
        escape_path_segment("/y", true, &mut path);
        assert_eq!(path, "/%E1%88%B4%2Fx/y");
    }

    #[test]
    fn knows_every_byte() {
        for byte in 0..=255 {
            let mut out = String::new();
            escape_bytes([byte].into_iter(), &mut out);
            let unreserved = byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
            assert_eq!(
                out,
                if unreserved {
                    char::from(byte).to_string()
                } else {
                    format!("%{byte:02X}")
                }
            );
        }
        assert_eq!(hex_pair(b'f', b'0'), Some(0xf0));
        assert_eq!(hex_pair(b'A', b'9'), Some(0xa9));
        assert_eq!(hex_pair(b'g', b'0'), None);
        let bytes: Vec<u8> = unescaped("a%40+%3a%zz%4").collect();
        assert_eq!(bytes, b"a@+:%zz%4");
    }
}
