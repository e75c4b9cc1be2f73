//! What services and files say of credentials, read with care: bounded, checked, and overwritten after use.

use super::{NEVER, Secret, Value};
use crate::error::{Error, Result, Status};
use crate::request::{Response, Url};
use crate::service::Client;
use crate::service::document::{Document, wipe_json};
use crate::text::Text;
use crate::transport;
use serde_json::{Map, Value as Json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// The most bytes of a reply that are read.
pub(super) const LIMIT: usize = 1 << 20;

/// The longest lifetime that is believed, in seconds: ten years. AWS gives hours.
const LONGEST_LIFETIME: i64 = 10 * 366 * 24 * 3600;

/// A reply with secrets in it.
pub(super) struct Reply(pub(super) Response);

impl Reply {
    /// The reply as a document.
    pub(super) fn document(&mut self) -> Result<&Document> {
        self.0.document(LIMIT)
    }

    /// The reply as a JSON object.
    pub(super) fn object(&mut self) -> Result<&Map<String, Json>> {
        match self.document()? {
            Document::Json(Json::Object(members)) => Ok(members),
            _ => Err(malformed("the reply is no JSON object")),
        }
    }
}

impl Drop for Reply {
    fn drop(&mut self) {
        self.0.wipe();
    }
}

/// A JSON object with secrets in it.
pub(super) struct SecretObject(Map<String, Json>);

impl SecretObject {
    /// Parses bytes; the error has the place, never the text.
    pub(super) fn parse(bytes: &[u8]) -> Result<SecretObject> {
        match serde_json::from_slice(bytes) {
            Ok(Json::Object(members)) => Ok(SecretObject(members)),
            Ok(mut json) => {
                wipe_json(&mut json);
                Err(malformed("it is no JSON object"))
            }
            Err(error) => Err(malformed(&format!(
                "it is no JSON at line {} column {}",
                error.line(),
                error.column()
            ))),
        }
    }

    /// An object of texts.
    pub(super) fn of_texts<const N: usize>(texts: [(&str, &str); N]) -> SecretObject {
        let member = |(name, text): (&str, &str)| (name.to_owned(), text.into());
        SecretObject(texts.into_iter().map(member).collect())
    }

    /// The members.
    pub(super) fn members(&self) -> &Map<String, Json> {
        &self.0
    }

    /// Replaces a member, in its place.
    pub(super) fn set(&mut self, name: &str, value: Json) {
        if let Some(mut old) = self.0.insert(name.to_owned(), value) {
            wipe_json(&mut old);
        }
    }

    /// As bytes, to be written.
    pub(super) fn to_bytes(&self) -> zeroize::Zeroizing<Vec<u8>> {
        // Writing to a counter first, as growing would leave copies behind.
        let mut length = Count(0);
        let _ = serde_json::to_writer(&mut length, &self.0);
        let mut bytes = zeroize::Zeroizing::new(Vec::with_capacity(length.0));
        let _ = serde_json::to_writer(&mut *bytes, &self.0);
        bytes
    }
}

struct Count(usize);

impl std::io::Write for Count {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl From<Map<String, Json>> for SecretObject {
    fn from(members: Map<String, Json>) -> SecretObject {
        SecretObject(members)
    }
}

impl Drop for SecretObject {
    fn drop(&mut self) {
        self.0.values_mut().for_each(wipe_json);
    }
}

/// A text member that must be there.
pub(super) fn text<'a>(members: &'a Map<String, Json>, name: &str) -> Result<&'a str> {
    match members.get(name) {
        Some(Json::String(text)) if !text.is_empty() => Ok(text),
        Some(Json::String(_)) => Err(malformed(&format!("{name} is empty"))),
        Some(_) => Err(malformed(&format!("{name} is no text"))),
        None => Err(malformed(&format!("{name} is missing"))),
    }
}

/// A text member, or nothing.
pub(super) fn text_or_empty<'a>(members: &'a Map<String, Json>, name: &str) -> &'a str {
    members.get(name).and_then(Json::as_str).unwrap_or_default()
}

/// A whole number that must be there.
pub(super) fn number(members: &Map<String, Json>, name: &str) -> Result<i64> {
    let number = members.get(name).and_then(Json::as_i64);
    number.ok_or_else(|| malformed(&format!("{name} is no whole number")))
}

/// A time in Unix seconds, as AWS and its tools write it: RFC 3339, or with `UTC` for the `Z`.
pub(super) fn time(text: &str) -> Result<i64> {
    let text = text.trim();
    let zulu = text.strip_suffix("UTC").map(|start| format!("{start}Z"));
    match OffsetDateTime::parse(zulu.as_deref().unwrap_or(text), &Rfc3339) {
        Ok(time) => Ok(time.unix_timestamp()),
        Err(_) => Err(malformed("a time is expected as in 2006-01-02T15:04:05Z")),
    }
}

/// A time member that must be there.
pub(super) fn time_of(members: &Map<String, Json>, name: &str) -> Result<i64> {
    time(text(members, name)?).map_err(|error| malformed(&format!("{name}: {}", error.message())))
}

/// When that ends of which a reply says for how long it is good: Unix seconds.
pub(super) fn end_of_lifetime(members: &Map<String, Json>, now: i64) -> Result<i64> {
    let lifetime = number(members, "expiresIn")?;
    // Nothing is made of another number: what is written to a login must be right, or the login is lost.
    if !(1..=LONGEST_LIFETIME).contains(&lifetime) {
        let why = format!("expiresIn is {lifetime}, which is no lifetime in seconds");
        return Err(malformed(&why));
    }
    Ok(now.saturating_add(lifetime))
}

/// Unix seconds as AWS's tools write them: `2006-01-02T15:04:05` and the suffix. Not every number is a time.
pub(super) fn told_time(seconds: i64, suffix: &str) -> Result<String> {
    let format = time::macros::format_description!("[year]-[month]-[day]T[hour]:[minute]:[second]");
    let time = OffsetDateTime::from_unix_timestamp(seconds)
        .ok()
        .and_then(|time| time.format(format).ok());
    match time {
        Some(time) => Ok(time + suffix),
        None => Err(malformed(&format!(
            "{seconds} is no time that can be written"
        ))),
    }
}

/// Credentials as they were read.
pub(super) struct Keys<'a> {
    pub(super) access_key_id: &'a str,
    pub(super) secret_access_key: &'a str,
    pub(super) session_token: &'a str,
    pub(super) account_id: &'a str,
    pub(super) expires_at: i64,
}

impl Keys<'_> {
    /// The credentials of a provider.
    pub(super) fn of(self, provider: Text) -> Result<Value> {
        let with_nul = |name: &str| malformed(&format!("{name} has a NUL inside"));
        let secret = |text, name| Secret::new(text).map_err(|_| with_nul(name));
        Ok(Value {
            access_key_id: Text::new(self.access_key_id)
                .map_err(|_| with_nul("the access key id"))?,
            secret_access_key: secret(self.secret_access_key, "the secret access key")?,
            session_token: secret(self.session_token, "the session token")?,
            provider,
            account_id: Text::lossy(self.account_id),
            expires_at: self.expires_at.min(NEVER - 1),
            stale: false,
        })
    }
}

/// The error of what can't be understood.
pub(super) fn malformed(why: &str) -> Error {
    Error::new(Status::Serialization, "SerializationError", why)
}

/// Refuses to send a token in clear to a client's endpoint.
pub(super) fn check_tls(client: &Client) -> Result<()> {
    client
        .url()
        .map_or(Ok(()), |url| check_tls_of(url, client.service()))
}

/// Refuses to send a token in clear, except to this machine.
pub(crate) fn check_tls_of(url: &Url, service: &str) -> Result<()> {
    if url.scheme() == "https" || transport::is_loopback(url.host()) {
        return Ok(());
    }
    let message = format!(
        "the endpoint {}://{} of {service} is not https, and a token must not be sent in clear",
        url.scheme(),
        url.authority(),
    );
    Err(Error::new(Status::Config, "InsecureEndpoint", message))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_aws_tools_write_them() {
        for text in [
            "2036-01-02T03:04:05Z",
            "2036-01-02T03:04:05UTC",
            "2036-01-02T04:04:05.999+01:00",
        ] {
            assert_eq!(time(text).unwrap(), 2_082_855_845, "{text}");
        }
        let told = told_time(2_082_855_845, "UTC").unwrap();
        assert_eq!(told, "2036-01-02T03:04:05UTC");
        assert!(told_time(999_999_999_999, "Z").is_err());
        for bad in [
            "",
            "soon",
            "300000-01-01T00:00:00Z",
            "2036-13-01T00:00:00Z",
            "UTC",
            "-1",
        ] {
            assert!(time(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn an_object_keeps_the_place_of_its_members() {
        let mut object = SecretObject::parse(br#"{"a": "1", "b": [2], "c": null}"#).unwrap();
        object.set("a", "3".into());
        object.set("d", 4.into());
        assert_eq!(&**object.to_bytes(), br#"{"a":"3","b":[2],"c":null,"d":4}"#);
        let error = SecretObject::parse(b"{\"a\": hidden}").err().unwrap();
        assert!(!error.text().contains("hidden"));
        assert!(SecretObject::parse(b"[]").is_err());
    }
}
