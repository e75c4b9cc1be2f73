//! What a session is made of, told to a user: each value, where it came from, and how credentials will be had.
//!
//! It reads what the load kept. Nothing is opened, asked or changed, and secrets are masked before anything is laid out.

mod chain;
mod json;
mod mask;
mod text;

use crate::config::Field;
use crate::error::{Error, Result};
use crate::load::files::LookedAt;
use crate::load::origin::Origin;
use crate::load::profile::Profile;
use crate::load::settings::Key;
use crate::resolved::ResolvedConfig;
use chain::Step;

use crate::load::environment::Variable;
use crate::transport::PemSource;

/// How [`explain`] writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i32)]
pub enum Format {
    /// A table for people. Its layout may change.
    Text = 0,
    /// JSON for programs. Members are only ever added.
    Json = 1,
}

/// Key, secret and what goes with them: they come from one place together.
const STATIC_KEYS: [Key; 4] = [
    Key::AccessKeyId,
    Key::SecretAccessKey,
    Key::SessionToken,
    Key::AccountId,
];

/// What a profile can say about credentials besides.
const PROFILE_KEYS: [Key; 15] = [
    Key::CredentialProcess,
    Key::WebIdentityTokenFile,
    Key::RoleArn,
    Key::RoleSessionName,
    Key::ExternalId,
    Key::MfaSerial,
    Key::SourceProfile,
    Key::CredentialSource,
    Key::DurationSeconds,
    Key::SsoSession,
    Key::SsoAccountId,
    Key::SsoRegion,
    Key::SsoRoleName,
    Key::SsoStartUrl,
    Key::LoginSession,
];

/// A value as it may be shown.
struct Entry {
    name: &'static str,
    /// None where there is no value, or none that is a text.
    value: Option<String>,
    /// None where nobody set it.
    origin: Option<Origin>,
}

/// All that is told, whatever the format.
struct Report<'a> {
    profile: &'a str,
    profile_origin: &'a Origin,
    shared_config: bool,
    shared_config_origin: &'a Origin,
    files: &'a [LookedAt],
    settings: Vec<Entry>,
    environment: Vec<(&'static str, String)>,
    chain: Vec<Step>,
    /// Why nothing was loaded.
    failure: Option<&'a Error>,
}

/// Where a value came from: `code`, `environment AWS_REGION`, `file /home/u/.aws/config:3 (profile dev)`, `default`, or
/// `unset` where nobody set it.
///
/// `name` is a field of the configuration, `profile`, `credentials` (what gives the first of the chain), or a key about
/// credentials as a profile spells it. `aws_access_key_id` and what goes with it are those that the chain starts with,
/// wherever they come from; another key is where the profile, or else a profile that it builds on, says it, used or not.
pub fn origin(config: &ResolvedConfig, name: &str) -> Result<String> {
    let loaded = config.loaded();
    let origin = match name {
        "profile" => Some(loaded.profile_origin.clone()),
        "credentials" => chain::of(config)
            .into_iter()
            .next()
            .and_then(|step| step.origin),
        _ => match Field::named(name) {
            Some(field) => setting(config, field).origin,
            None => origin_of_key(config, key_named(name)?),
        },
    };
    Ok(origin.map_or_else(|| "unset".to_owned(), |origin| origin.to_string()))
}

/// The whole table: profile, shared config, files, settings, variables, and the chain of credentials.
///
/// Secret keys, tokens, external ids, passwords in URLs and the arguments of a `credential_process` are masked, and
/// access key ids but for their last four characters. In text, what is not set is left out. The JSON is one object:
///
/// ```json
/// {"error": null,
///  "profile": {"name": "dev", "origin": ORIGIN},
///  "shared_config": {"enabled": true, "origin": ORIGIN},
///  "files": [{"path": "/home/u/.aws/config", "state": "read" | "missing" | "unreadable" | "invalid"}],
///  "settings": [{"name": "region", "value": "eu-west-1" | null, "origin": ORIGIN}],
///  "environment": [{"name": "AWS_PROFILE", "value": "dev"}],
///  "credentials": {"provider": "AssumeRoleProvider" | null,
///                  "chain": [{"provider": …, "profile": "dev" | null, "origin": ORIGIN,
///                             "values": [{"name": "role_arn", "value": …, "origin": ORIGIN}]}]}}
/// ```
///
/// with, as ORIGIN, `{"kind": "code"}`, `{"kind": "environment", "variable": "AWS_REGION"}`,
/// `{"kind": "file", "path": "/home/u/.aws/config", "line": 3, "section": "profile dev"}`, `{"kind": "default"}` or
/// `{"kind": "unset"}`. All fields are listed. A value that is null and has an origin is PEM text that the program gave;
/// a provider that is null is the program's own. The chain is in the order in which a session asks; the last of it gives
/// the credentials. `error` is why a session that was wanted in any case could not be loaded.
pub fn explain(config: &ResolvedConfig, format: Format) -> String {
    let report = Report::of(config);
    match format {
        Format::Text => text::write(&report),
        Format::Json => json::write(&report),
    }
}

impl Report<'_> {
    fn of(config: &ResolvedConfig) -> Report<'_> {
        let loaded = config.loaded();
        let seen = |variable: &Variable| {
            let value = loaded.environment.lossy(*variable)?;
            Some((variable.name(), mask::variable(*variable, &value)))
        };
        let settings = Field::ALL.iter().map(|field| setting(config, *field));
        Report {
            profile: &loaded.profile.name,
            profile_origin: &loaded.profile_origin,
            shared_config: loaded.shared_config,
            shared_config_origin: &loaded.shared_config_origin,
            files: &loaded.files,
            settings: settings.collect(),
            environment: Variable::ALL.iter().filter_map(seen).collect(),
            chain: chain::of(config),
            failure: loaded.failure.as_ref(),
        }
    }
}

/// A field as a session uses it.
fn setting(config: &ResolvedConfig, field: Field) -> Entry {
    let (value, origin) = match (config.pem(field), config.find(field)) {
        (Some(PemSource::Path(path)), _) => (Some(path.display().to_string()), Some(Origin::Code)),
        (Some(PemSource::Bytes(_)), _) => (None, Some(Origin::Code)),
        (None, Some((text, origin))) => (Some(mask::field(field, text)), Some(origin)),
        (None, None) => (None, None),
    };
    Entry {
        name: field.facts().name,
        value,
        origin,
    }
}

fn key_named(name: &str) -> Result<Key> {
    let mut keys = STATIC_KEYS.iter().chain(&PROFILE_KEYS);
    keys.find(|key| key.name() == name).copied().ok_or_else(|| {
        let shown: String = name.chars().take(64).collect();
        Error::argument(
            "name",
            format_args!("is {shown:?}, which names no field and no key of credentials"),
        )
    })
}

fn origin_of_key(config: &ResolvedConfig, key: Key) -> Option<Origin> {
    let chain = chain::of(config);
    // What is nearest to the session comes last.
    let mut values = chain.iter().rev().flat_map(|step| &step.values);
    match values.find(|entry| entry.name == key.name()) {
        Some(entry) => entry.origin.clone(),
        None if !STATIC_KEYS.contains(&key) => origin_in_profile(&config.loaded().profile, key),
        None if config.has_own_credentials() => Some(Origin::Code),
        None => None,
    }
}

fn origin_in_profile(profile: &Profile, key: Key) -> Option<Origin> {
    profiles(profile)
        .find_map(|profile| chain::said(profile, key))
        .map(|setting| Origin::File(setting.position.clone()))
}

/// A profile and those that it builds on, each before its source.
fn profiles(profile: &Profile) -> impl Iterator<Item = &Profile> {
    std::iter::successors(Some(profile), |profile| profile.source.as_deref())
}
