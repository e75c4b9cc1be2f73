//! Text that C can borrow: a Rust string with a NUL kept after it.
//!
//! Getters of the C interface hand out pointers into objects. Keeping the NUL next to the value means that no getter
//! has to allocate, and that a value with a NUL inside, which C would see cut short, is refused where it enters.

use std::borrow::Cow;
use std::fmt::{self, Write};
use zeroize::Zeroize;

/// An immutable string, without NUL inside and with one after it.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Text(Cow<'static, str>);

/// A string held a NUL at this byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("has a NUL at byte {0}")]
pub struct InnerNul(pub usize);

impl Text {
    /// The empty text.
    pub const EMPTY: Text = Text(Cow::Borrowed("\0"));

    /// Copies `text`, or says where it holds a NUL.
    pub fn new(text: impl AsRef<str>) -> Result<Text, InnerNul> {
        let text = text.as_ref();
        match memchr::memchr(0, text.as_bytes()) {
            Some(at) => Err(InnerNul(at)),
            None => Ok(Text::copied(text)),
        }
    }

    /// Copies `text` up to its first NUL, for text that comes from outside and is only shown.
    pub fn lossy(text: impl AsRef<str>) -> Text {
        let text = text.as_ref();
        let end = memchr::memchr(0, text.as_bytes()).unwrap_or(text.len());
        Text::copied(text.get(..end).unwrap_or_default())
    }

    /// Puts a short text together, in one allocation; up to its first NUL.
    pub fn format(text: fmt::Arguments<'_>) -> Text {
        let mut with_nul = String::with_capacity(48);
        // Writing to a String does not fail.
        let _ = fmt::Write::write_fmt(&mut with_nul, text);
        if let Some(at) = with_nul.bytes().position(|byte| byte == 0) {
            with_nul.truncate(at);
        }
        with_nul.push('\0');
        Text(Cow::Owned(with_nul))
    }

    fn copied(text: &str) -> Text {
        if text.is_empty() {
            return Text::EMPTY;
        }
        let mut with_nul = String::with_capacity(text.len() + 1);
        with_nul.push_str(text);
        with_nul.push('\0');
        Text(Cow::Owned(with_nul))
    }

    /// Wraps a literal that ends in NUL; [`text!`](crate::text!) writes the NUL. A literal without one is empty.
    pub const fn from_static(with_nul: &'static str) -> Text {
        let bytes = with_nul.as_bytes();
        match bytes {
            [.., 0] => Text(Cow::Borrowed(with_nul)),
            _ => Text::EMPTY,
        }
    }

    /// Overwrites the text, which was a secret, where it is not part of the program.
    pub(crate) fn wipe(&mut self) {
        if let Cow::Owned(text) = &mut self.0 {
            text.zeroize();
            *self = Text::EMPTY;
        }
    }

    /// The string, without the NUL.
    pub fn as_str(&self) -> &str {
        let with_nul = self.as_str_with_nul();
        with_nul.strip_suffix('\0').unwrap_or(with_nul)
    }

    /// The string with its NUL, for C.
    pub fn as_str_with_nul(&self) -> &str {
        &self.0
    }

    /// Whether there is nothing before the NUL.
    pub fn is_empty(&self) -> bool {
        self.as_str().is_empty()
    }
}

/// Overwrites bytes that may hold secrets and are about to be given back, many at a time.
pub(crate) fn overwrite(bytes: &mut [u8]) {
    bytes.fill(0);
    // Else the compiler could see that nobody reads them again, and leave them.
    std::hint::black_box(bytes);
}

/// A [`Text`] from a literal, without allocation: `text!("host")`.
#[macro_export]
macro_rules! text {
    ($literal:literal) => {
        $crate::text::Text::from_static(concat!($literal, "\0"))
    };
}

impl Default for Text {
    fn default() -> Text {
        Text::EMPTY
    }
}

impl std::ops::Deref for Text {
    type Target = str;
    fn deref(&self) -> &str {
        self.as_str()
    }
}

impl AsRef<str> for Text {
    fn as_ref(&self) -> &str {
        self.as_str()
    }
}

impl std::borrow::Borrow<str> for Text {
    fn borrow(&self) -> &str {
        self.as_str()
    }
}

impl PartialEq<str> for Text {
    fn eq(&self, other: &str) -> bool {
        self.as_str() == other
    }
}

impl PartialEq<&str> for Text {
    fn eq(&self, other: &&str) -> bool {
        self.as_str() == *other
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Shows a text on one line: what would break the line, or change how it reads, is shown as an escape.
pub struct Escaped<'a>(pub &'a str);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for character in self.0.chars() {
            match character {
                '\'' | '"' => f.write_char(character)?,
                _ => write!(f, "{}", character.escape_debug())?,
            }
        }
        Ok(())
    }
}

/// A text as an error tells it: names and values of any length are cut where nobody reads on.
pub fn shown(text: &str) -> &str {
    const MOST: usize = 1024;
    let end = text.char_indices().nth(MOST).map(|(end, _)| end);
    end.and_then(|end| text.get(..end)).unwrap_or(text)
}

/// Whether it is what HTTP calls a token: a method, a header's name.
pub(crate) fn is_token(text: &str) -> bool {
    !text.is_empty()
        && text.bytes().all(|byte| {
            byte.is_ascii_alphanumeric()
                || matches!(
                    byte,
                    b'-' | b'_' | b'!' | b'#'
                        ..=b'\'' | b'*' | b'+' | b'.' | b'^' | b'`' | b'|' | b'~'
                )
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_a_nul_after_and_refuses_one_inside() {
        assert_eq!(Text::new("ab").unwrap().as_str_with_nul(), "ab\0");
        assert_eq!(Text::new("a\0b").unwrap_err(), InnerNul(1));
        assert_eq!(Text::lossy("a\0b"), "a");
        assert_eq!(text!("host").as_str(), "host");
        assert_eq!(Text::from_static("no NUL"), "");
        assert!(Text::EMPTY.is_empty());
    }

    #[test]
    fn a_token_is_what_rfc_9110_says() {
        let marks = "!#$%&'*+-.^_`|~";
        for character in (0..=255).map(char::from) {
            let is = character.is_ascii_alphanumeric() || marks.contains(character);
            assert_eq!(is_token(&format!("a{character}")), is, "{character:?}");
        }
        assert!(!is_token(""));
    }

    #[test]
    fn what_is_escaped_stays_on_its_line() {
        let shown = Escaped("a b\n'\"\\\u{202e}\u{2028}\u{1b}[1mé").to_string();
        assert_eq!(shown, r#"a b\n'"\\\u{202e}\u{2028}\u{1b}[1mé"#);
    }
}
