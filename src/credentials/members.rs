//! Credentials in a JSON object, as programs, containers and the metadata service of EC2 write them.

use super::reply;
use super::{NEVER, Secret, Value};
use crate::service::document::wipe_json;
use crate::text::Text;
use serde_json::Value as Json;

/// The members of an object, overwritten when it is dropped.
pub(super) struct Members(Vec<(String, Json)>);

impl Members {
    /// Reads an object. What is wrong is told by its place alone: the text may hold secrets.
    pub(super) fn parse(bytes: &[u8]) -> Result<Members, String> {
        match serde_json::from_slice(bytes) {
            Ok(Json::Object(members)) => Ok(Members(members.into_iter().collect())),
            Ok(other) => {
                drop(Members(vec![(String::new(), other)]));
                Err("it is no JSON object".to_owned())
            }
            Err(error) if error.is_eof() => Err(format!(
                "it is no JSON: it ends too early, at line {} column {}",
                error.line(),
                error.column()
            )),
            Err(error) => Err(format!(
                "it is no JSON at line {} column {}",
                error.line(),
                error.column()
            )),
        }
    }

    /// A member that is there and not null. Names are the same in any case, as in Go; one of the same case goes first.
    pub(super) fn get(&self, name: &str) -> Option<&Json> {
        let same = self.0.iter().find(|(member, _)| member == name);
        let alike = || {
            self.0
                .iter()
                .find(|(member, _)| member.eq_ignore_ascii_case(name))
        };
        let (_, value) = same.or_else(alike)?;
        (!value.is_null()).then_some(value)
    }

    /// A text; empty if it is not there. None of those read here can have a control character, and in a header one
    /// would be harm.
    pub(super) fn text(&self, name: &str) -> Result<&str, String> {
        match self.get(name) {
            None => Ok(""),
            Some(Json::String(text)) if text.chars().any(char::is_control) => {
                Err(format!("{name} has a control character"))
            }
            Some(Json::String(text)) => Ok(text),
            Some(_) => Err(format!("{name} is no text")),
        }
    }

    /// A time in Unix seconds; [`NEVER`] if it is not there.
    pub(super) fn time(&self, name: &str) -> Result<i64, String> {
        if self.get(name).is_none() {
            return Ok(NEVER);
        }
        let text = self.text(name)?;
        let time = reply::time(text);
        time.map_err(|_| format!("{name} is no time as in 2006-01-02T15:04:05Z"))
    }

    /// The credentials, of which keys may be missing. `token` is the name that the session token goes by.
    pub(super) fn credentials(&self, token: &str, provider: Text) -> Result<Value, String> {
        let text = |name| self.text(name).map(Text::lossy);
        let secret = |name| {
            let text = self.text(name)?;
            Secret::new(text).map_err(|nul| format!("{name} {nul}"))
        };
        Ok(Value {
            access_key_id: text("AccessKeyId")?,
            secret_access_key: secret("SecretAccessKey")?,
            session_token: secret(token)?,
            provider,
            account_id: text("AccountId")?,
            expires_at: self.time("Expiration")?,
            stale: false,
        })
    }
}

/// The first of the two keys that is missing.
pub(super) fn missing_key(value: &Value) -> Option<&'static str> {
    match (
        value.access_key_id.is_empty(),
        value.secret_access_key.as_str().is_empty(),
    ) {
        (true, _) => Some("AccessKeyId"),
        (false, true) => Some("SecretAccessKey"),
        (false, false) => None,
    }
}

impl Drop for Members {
    fn drop(&mut self) {
        self.0.iter_mut().for_each(|(_, value)| wipe_json(value));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_credentials_in_any_case() {
        let members = Members::parse(
            br#"{"accesskeyid": "AK", "SECRETACCESSKEY": "SK", "Token": "T", "Expiration": "2036-01-02T03:04:05Z",
                 "AccountId": null, "other": [1]}"#,
        )
        .unwrap();
        let value = members.credentials("Token", crate::text!("P")).unwrap();
        assert_eq!(value.access_key_id, "AK");
        assert_eq!(value.secret_access_key.as_str(), "SK");
        assert_eq!(value.session_token.as_str(), "T");
        assert_eq!(value.expires_at, 2_082_855_845);
        assert_eq!(missing_key(&value), None);
        let none = Members::parse(b"{}").unwrap();
        let value = none.credentials("Token", Text::EMPTY).unwrap();
        assert_eq!(value.expires_at, NEVER);
        assert_eq!(missing_key(&value), Some("AccessKeyId"));
    }

    #[test]
    fn what_is_wrong_is_told_without_the_text() {
        let deep = format!("{{\"a\": {}}}", "[".repeat(100_000));
        for bad in [
            "",
            "hidden",
            "\"hidden\"",
            "{\"hidden\": ",
            "[\"hidden\"]",
            "{\"a\": hidden}",
            "\u{0}",
            &deep,
            "{} hidden",
        ] {
            let why = Members::parse(bad.as_bytes()).err().unwrap();
            assert!(why.starts_with("it is no JSON"), "{why}");
            assert!(!why.contains("hidden"), "{why}");
        }
        for bad in [
            r#"{"AccessKeyId": 5}"#,
            r#"{"SecretAccessKey": {"hidden": 1}}"#,
            r#"{"Token": "hidden\nX: y"}"#,
            r#"{"Token": "hidden\u0000"}"#,
            r#"{"AccountId": 123456789012}"#,
            r#"{"Expiration": -1}"#,
            r#"{"Expiration": "-2036-01-02T03:04:05Z"}"#,
            r#"{"Expiration": "300000-01-01T00:00:00Z"}"#,
            r#"{"Expiration": "hidden"}"#,
            r#"{"Expiration": ""}"#,
        ] {
            let members = Members::parse(bad.as_bytes()).unwrap();
            let why = members.credentials("Token", Text::EMPTY).err().unwrap();
            assert!(!why.contains("hidden"), "{why}");
        }
    }
}
