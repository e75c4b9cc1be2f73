//! Roles: STS gives credentials of a role to whoever has credentials that may have them.

use super::cli_cache::CliCache;
use super::per_process::PerProcess;
use super::profile::{Plan, Role};
use super::{Credentials, Provider, Value, Wait, sts};
use crate::error::{Error, Result, Status};
use crate::load::settings::Key;
use crate::resolved::Loaded;
use crate::service::Client;
use crate::session::TokenRequest;
use crate::text::Text;
use once_cell::race::OnceBox;
use serde_json::{Map, Value as Json, json};
use std::sync::Arc;

const NAME: Text = crate::text!("AssumeRoleProvider");

/// For how many seconds a role is assumed where nobody says it.
const DURATION: u32 = 900;

/// What a program says of the last role of its chain, that no profile can.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RolePolicy {
    /// A policy in JSON: what it does not allow, the credentials can't do.
    pub policy: Option<Text>,
    /// Policies of IAM, by their ARNs, to the same end.
    pub policy_arns: Vec<Text>,
    /// Keys and values that are put on the role's session.
    pub tags: Vec<(Text, Text)>,
    /// The keys of tags that roles assumed from this one keep.
    pub transitive_tag_keys: Vec<Text>,
    /// Who is behind it, for the log of the account.
    pub source_identity: Option<Text>,
}

/// Assumes a role with the credentials of a source.
pub(super) struct AssumeRole {
    loaded: Arc<Loaded>,
    role: Arc<Role>,
    /// How many roles come before.
    before: usize,
    /// Made without waiting: a child of fork() has no thread that would finish.
    source: OnceBox<Arc<Credentials>>,
    client: PerProcess<Arc<Client>>,
    session_name: OnceBox<Text>,
    cache: Option<CliCache>,
}

impl AssumeRole {
    pub(super) fn new(loaded: &Arc<Loaded>, role: &Arc<Role>, before: usize) -> AssumeRole {
        let cache = CliCache::of_role(loaded, || arguments(role));
        AssumeRole {
            loaded: loaded.clone(),
            role: role.clone(),
            before,
            source: OnceBox::new(),
            client: PerProcess::new(),
            session_name: OnceBox::new(),
            cache,
        }
    }

    /// What the role is assumed with.
    fn source(&self) -> &Arc<Credentials> {
        self.source
            .get_or_init(|| Box::new(Arc::new(Plan::after_roles(&self.loaded, self.before))))
    }

    fn assume(&self, client: &Arc<Client>, wait: &dyn Wait) -> Result<Value> {
        // Before anybody is asked for a code: without a source it would be for nothing.
        let source = self.source();
        if !source.is_anonymous() {
            let now = || client.configuration().now_seconds();
            source.get(&now, 0, wait)?;
        }
        let params = self.params(client)?;
        let mut reply = sts::call(client, crate::text!("AssumeRole"), params, wait)?;
        let assumed = sts::read(&mut reply, NAME, self.role.arn())?;
        if let Some(cache) = &self.cache {
            cache.put_role(client.configuration(), &assumed);
        }
        Ok(assumed.value)
    }

    fn params(&self, client: &Arc<Client>) -> Result<Map<String, Json>> {
        let mut params = arguments(&self.role);
        params
            .entry("DurationSeconds")
            .or_insert_with(|| DURATION.into());
        let named = self.session_name.get_or_init(|| {
            let name = self.role.value(Key::RoleSessionName).cloned();
            Box::new(name.unwrap_or_else(|| sts::session_name(client)))
        });
        params.insert("RoleSessionName".to_owned(), named.as_str().into());
        if let Some(code) = self.code()? {
            params.insert("TokenCode".to_owned(), code.as_str().into());
        }
        check(client, &params)?;
        Ok(params)
    }

    /// The MFA code, where the role wants one.
    fn code(&self) -> Result<Option<Text>> {
        let Some(serial) = self.role.value(Key::MfaSerial) else {
            return Ok(None);
        };
        let Some(ask) = &self.loaded.token_provider else {
            return Err(Error::new(
                Status::Credentials,
                "AssumeRoleTokenNotAvailable",
                "assume role with MFA enabled, but neither TokenCode nor TokenProvider are set",
            ));
        };
        let request = TokenRequest {
            serial: serial.clone(),
            role: self.role.arn().clone(),
            profile: self.role.profile.name.clone(),
        };
        ask(&request).map(Some)
    }
}

impl Provider for AssumeRole {
    fn retrieve(&self, wait: &dyn Wait) -> Result<Value> {
        let client = self
            .client
            .get(|_| sts::client(&self.loaded, self.source().clone()));
        let now = client.configuration().now_seconds();
        match self.cache.as_ref().and_then(|cache| cache.get(now, NAME)) {
            Some(value) => Ok(value),
            None => self.assume(client, wait),
        }
    }

    fn expire(&self) {
        self.source().expire_lasting();
    }
}

/// What the user says of a role, as parameters of the call. Also what the AWS CLI's cache knows it by.
fn arguments(role: &Role) -> Map<String, Json> {
    let mut params = Map::new();
    let mut add = |name: &str, value: Option<Json>| {
        if let Some(value) = value {
            params.insert(name.to_owned(), value);
        }
    };
    let text = |text: &Option<Text>| text.as_ref().map(|text| text.as_str().into());
    let of_profile = |key| role.value(key).map(|text| text.as_str().into());
    let texts = |texts: &[Text]| {
        let list: Vec<&str> = texts.iter().map(Text::as_str).collect();
        (!list.is_empty()).then(|| json!(list))
    };
    let RolePolicy {
        policy,
        policy_arns,
        tags,
        transitive_tag_keys,
        source_identity,
    } = &role.policy;
    let arns = policy_arns.iter().map(|arn| json!({"arn": arn.as_str()}));
    let arns: Vec<Json> = arns.collect();
    let tags = tags
        .iter()
        .map(|(key, value)| json!({"Key": key.as_str(), "Value": value.as_str()}));
    let tags: Vec<Json> = tags.collect();
    add("RoleArn", Some(role.arn().as_str().into()));
    add("RoleSessionName", of_profile(Key::RoleSessionName));
    add("ExternalId", of_profile(Key::ExternalId));
    add("SerialNumber", of_profile(Key::MfaSerial));
    add("DurationSeconds", role.duration_seconds.map(Json::from));
    add("Policy", text(policy));
    add("PolicyArns", (!arns.is_empty()).then(|| arns.into()));
    add("Tags", (!tags.is_empty()).then(|| tags.into()));
    add("TransitiveTagKeys", texts(transitive_tag_keys));
    add("SourceIdentity", text(source_identity));
    params
}

fn check(client: &Client, params: &Map<String, Json>) -> Result<()> {
    let text = |name: &str| params.get(name).and_then(Json::as_str);
    let field = |name: &'static str, minimum| (name, text(name), minimum);
    let fields = [
        field("ExternalId", 2),
        field("Policy", 1),
        field("RoleArn", 20),
        field("RoleSessionName", 2),
        field("SerialNumber", 9),
        field("SourceIdentity", 2),
        field("TokenCode", 6),
    ];
    sts::check(client, "AssumeRoleInput", &fields)
}
