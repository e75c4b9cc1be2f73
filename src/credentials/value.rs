//! The values: keys, token and expiry that belong together.

use crate::error::{Error, Result, Status};
use crate::text::Text;
use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};
use zeroize::Zeroize;

/// A text that is overwritten when it is dropped, and never shown.
#[derive(Clone)]
pub struct Secret(String);

impl Secret {
    /// Takes a copy. A NUL inside is refused, as C would see the text cut short.
    pub fn new(text: &str) -> Result<Secret, crate::text::InnerNul> {
        if let Some(at) = text.bytes().position(|byte| byte == 0) {
            return Err(crate::text::InnerNul(at));
        }
        // In full at once: growing would leave a copy behind.
        let mut with_nul = String::with_capacity(text.len() + 1);
        with_nul.push_str(text);
        with_nul.push('\0');
        Ok(Secret(with_nul))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        self.0.strip_suffix('\0').unwrap_or(&self.0)
    }

    /// The text with a NUL after it, for C.
    pub fn as_str_with_nul(&self) -> &str {
        &self.0
    }
}

impl Drop for Secret {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<secret>")
    }
}

/// The expiry of values that never expire.
pub const NEVER: i64 = i64::MAX;

/// One set of credentials, immutable: key, secret, token and expiry belong together.
#[derive(Clone, Debug)]
pub struct Value {
    /// The access key id. Not secret: it is part of every signature.
    pub access_key_id: Text,
    /// The secret access key.
    pub secret_access_key: Secret,
    /// The session token; empty if there is none.
    pub session_token: Secret,
    /// Who gave them, by Go's name: `EnvConfigCredentials`.
    pub provider: Text,
    /// The account they belong to; empty if not known.
    pub account_id: Text,
    /// When they expire: Unix seconds, or [`NEVER`].
    pub expires_at: i64,
    /// Whether they may be used although they have expired, because nobody can be asked for others now (static
    /// stability). They are kept, and every ten minutes there is another try.
    pub stale: bool,
}

impl Value {
    /// Keys that never expire. Empty keys are refused with Go's `EmptyStaticCreds`.
    pub fn of_keys(
        access_key_id: &str,
        secret_access_key: &str,
        session_token: &str,
        provider: &str,
    ) -> Result<Value> {
        if access_key_id.is_empty() || secret_access_key.is_empty() {
            return Err(Error::new(
                Status::Credentials,
                "EmptyStaticCreds",
                "static credentials are empty",
            ));
        }
        let refused = |name| move |nul| Error::argument(name, nul);
        Ok(Value {
            access_key_id: Text::new(access_key_id).map_err(refused("access_key_id"))?,
            secret_access_key: Secret::new(secret_access_key)
                .map_err(refused("secret_access_key"))?,
            session_token: Secret::new(session_token).map_err(refused("session_token"))?,
            provider: Text::lossy(provider),
            account_id: Text::EMPTY,
            expires_at: NEVER,
            stale: false,
        })
    }

    /// Whether key, secret and token are the same.
    pub fn has_keys_of(&self, other: &Value) -> bool {
        self.access_key_id == other.access_key_id
            && self.secret_access_key.as_str() == other.secret_access_key.as_str()
            && self.session_token.as_str() == other.session_token.as_str()
    }

    /// A number that changes when the keys do, and from which they can't be told.
    pub(super) fn fingerprint(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        self.access_key_id.hash(&mut hasher);
        self.secret_access_key.as_str().hash(&mut hasher);
        self.session_token.as_str().hash(&mut hasher);
        hasher.finish()
    }

    /// Whether more than `seconds` are left at `now` (Unix seconds).
    pub fn lasts(&self, now: i64, seconds: i64) -> bool {
        self.expires_at == NEVER || self.expires_at.saturating_sub(now) > seconds
    }
}

#[cfg(test)]
#[cfg(not(session_loom))]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_not_shown() {
        let value = Value::of_keys("AK", "hidden", "hidden", "p").unwrap();
        assert!(!format!("{value:?}").contains("hidden"));
    }

    #[test]
    fn the_fingerprint_is_of_all_keys() {
        let of = |id, secret, token| Value::of_keys(id, secret, token, "p").unwrap();
        let one = of("AK", "SK", "");
        assert_eq!(one.fingerprint(), of("AK", "SK", "").fingerprint());
        for other in [
            of("AL", "SK", ""),
            of("AK", "SL", ""),
            of("AK", "SK", "T"),
            of("AKS", "K", ""),
        ] {
            assert_ne!(one.fingerprint(), other.fingerprint());
            assert!(!one.has_keys_of(&other));
        }
    }
}
