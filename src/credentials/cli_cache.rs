//! The cache of role credentials that the AWS CLI keeps, in its format and place, so that a code for MFA is asked for
//! once. Only where the program wants it.

use super::per_process::PerProcess;
use super::reply::{Keys, SecretObject, text, text_or_empty, time_of, told_time};
use super::sts::Assumed;
use super::sync::Mutex;
use super::{Value, disk};
use crate::error::{Error, Result, Status};
use crate::request::log;
use crate::resolved::{Loaded, ResolvedConfig};
use crate::text::Text;
use serde_json::{Map, Value as Json, json};
use sha1::{Digest, Sha1};
use std::fmt::Write;
use std::path::PathBuf;

/// What is left less of a lifetime, in seconds, is not taken from the cache: it would be refreshed at once.
const LEAST: i64 = 300;

/// The place of one set of credentials.
pub(super) struct CliCache {
    path: PathBuf,
    /// The key that was given from here last. Who asks again wants another.
    given: PerProcess<Mutex<Option<Text>>>,
}

impl CliCache {
    /// The place of a role that is assumed with these parameters; a session name that was made up is not among them.
    pub(super) fn of_role(
        loaded: &Loaded,
        arguments: impl FnOnce() -> Map<String, Json>,
    ) -> Option<CliCache> {
        CliCache::at(loaded, || {
            let mut arguments = arguments();
            let policy = arguments.get("Policy").and_then(Json::as_str);
            if let Some(policy) = policy.and_then(|policy| serde_json::from_str(policy).ok()) {
                arguments.insert("Policy".to_owned(), policy);
            }
            python_json(&arguments.into(), ", ", ": ")
        })
    }

    /// The place of a role of SSO. Its JSON has no blanks, for no other reason than that the CLI writes it so.
    pub(super) fn of_sso(loaded: &Loaded, arguments: impl FnOnce() -> Json) -> Option<CliCache> {
        CliCache::at(loaded, || python_json(&arguments(), ",", ":"))
    }

    fn at(loaded: &Loaded, key: impl FnOnce() -> String) -> Option<CliCache> {
        // Files that a program with more rights leaves in its caller's home would be in the caller's way.
        if !loaded.cli_cache || loaded.environment.is_privileged() {
            return None;
        }
        let home = loaded.environment.home()?;
        let name = format!("{:x}.json", Sha1::digest(key()));
        Some(CliCache {
            path: home.join(".aws/cli/cache").join(name),
            given: PerProcess::new(),
        })
    }

    /// The credentials that are there, if they last and are others than those given last.
    pub(super) fn get(&self, now: i64, provider: Text) -> Option<Value> {
        let object = SecretObject::parse(&disk::read(&self.path, disk::LIMIT).ok()?).ok()?;
        let members = object.members().get("Credentials")?.as_object()?;
        let value = Keys {
            access_key_id: text(members, "AccessKeyId").ok()?,
            secret_access_key: text(members, "SecretAccessKey").ok()?,
            session_token: text(members, "SessionToken").ok()?,
            account_id: text_or_empty(members, "AccountId"),
            expires_at: time_of(members, "Expiration").ok()?,
        };
        let value = value.of(provider).ok()?;
        let mut given = self.given.lock();
        let is_new = given.as_ref() != Some(&value.access_key_id);
        if !is_new || !value.lasts(now, LEAST) {
            return None;
        }
        *given = Some(value.access_key_id.clone());
        Some(value)
    }

    /// Keeps what STS gave.
    pub(super) fn put_role(&self, config: &ResolvedConfig, assumed: &Assumed) {
        let mut entry = Map::new();
        if let Some((arn, id)) = &assumed.user {
            let user = json!({"AssumedRoleId": id, "Arn": arn});
            entry.insert("AssumedRoleUser".to_owned(), user);
        }
        self.put(config, &assumed.value, entry);
    }

    /// Keeps what SSO gave.
    pub(super) fn put_sso(&self, config: &ResolvedConfig, value: &Value) {
        let mut entry = Map::new();
        entry.insert("ProviderType".to_owned(), "sso".into());
        self.put(config, value, entry);
    }

    fn put(&self, config: &ResolvedConfig, value: &Value, entry: Map<String, Json>) {
        *self.given.lock() = Some(value.access_key_id.clone());
        // The credentials are good whether or not they can be kept.
        if let Err(error) = self.write(value, entry) {
            let path = self.path.display();
            let line = format!("WARNING: {path} could not be written: {}", error.message());
            log::tell(config, log::Level::Debug, &line);
        }
    }

    fn write(&self, value: &Value, mut entry: Map<String, Json>) -> Result<()> {
        entry.insert("Credentials".to_owned(), credentials(value)?);
        let entry = SecretObject::from(entry);
        disk::replace(&self.path, &entry.to_bytes())
            .map_err(|error| Error::new(Status::Credentials, "", error.to_string()))
    }
}

fn credentials(value: &Value) -> Result<Json> {
    let expiration = told_time(value.expires_at, "UTC")?;
    let mut members = Map::new();
    let mut add = |name: &str, text: &str| members.insert(name.to_owned(), text.into());
    add("AccessKeyId", &value.access_key_id);
    add("SecretAccessKey", value.secret_access_key.as_str());
    add("SessionToken", value.session_token.as_str());
    add("Expiration", &expiration);
    if !value.account_id.is_empty() {
        add("AccountId", &value.account_id);
    }
    Ok(members.into())
}

/// JSON as Python writes it with sorted keys, which the CLI hashes: all but ASCII escaped, and these separators.
fn python_json(json: &Json, item: &str, member: &str) -> String {
    let mut text = String::new();
    write_json(&mut text, json, item, member);
    text
}

fn write_json(out: &mut String, json: &Json, item: &str, member: &str) {
    match json {
        Json::String(text) => write_text(out, text),
        Json::Array(items) => {
            out.push('[');
            for (index, value) in items.iter().enumerate() {
                out.push_str(if index == 0 { "" } else { item });
                write_json(out, value, item, member);
            }
            out.push(']');
        }
        Json::Object(members) => {
            let mut sorted: Vec<_> = members.iter().collect();
            sorted.sort_by_key(|(name, _)| *name);
            out.push('{');
            for (index, (name, value)) in sorted.into_iter().enumerate() {
                out.push_str(if index == 0 { "" } else { item });
                write_text(out, name);
                out.push_str(member);
                write_json(out, value, item, member);
            }
            out.push('}');
        }
        Json::Null | Json::Bool(_) | Json::Number(_) => out.push_str(&json.to_string()),
    }
}

fn write_text(out: &mut String, text: &str) {
    out.push('"');
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            ' '..='~' => out.push(character),
            _ => {
                for unit in character.encode_utf16(&mut [0; 2]) {
                    let _ = write!(out, "\\u{unit:04x}");
                }
            }
        }
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::python_json;
    use serde_json::json;

    /// What Python 3.11 gives for the same with `sort_keys=True`.
    #[test]
    fn json_is_python_s() {
        let value = json!({"b": [1, true, null, {}], "a": "é\u{1f600}\u{7f}\"\\\n/\u{1}", "B": {"z": 1, "y": 2}, "c": []});
        assert_eq!(
            python_json(&value, ", ", ": "),
            r#"{"B": {"y": 2, "z": 1}, "a": "\u00e9\ud83d\ude00\u007f\"\\\n/\u0001", "b": [1, true, null, {}], "c": []}"#
        );
        assert_eq!(
            python_json(&json!({"roleName": "r", "accountId": "1"}), ",", ":"),
            r#"{"accountId":"1","roleName":"r"}"#
        );
    }
}
