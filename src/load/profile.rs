//! Profiles: what the files say about one, and the profiles that it builds on.
//!
//! Only the sections of the profiles that are wanted are looked at. The rules of what may stand together are those of
//! the Go package; each error names the profile, and the file and line where there is one.

use crate::error::{Error, Result};
use crate::load::files::{Files, place};
use crate::load::ini::SectionKind;
use crate::load::settings::{Key, Setting, Settings};
use crate::text::Text;
use std::sync::Arc;

/// How many profiles may build on each other. Each is a call in the other, and stacks are small.
const LONGEST_CHAIN: usize = 64;

/// A profile on the way to its source.
struct Visited<'a> {
    name: &'a Text,
    before: Option<&'a Visited<'a>>,
}

impl<'a> Visited<'a> {
    /// The names, the last first.
    fn names(last: Option<&'a Visited<'a>>) -> impl Iterator<Item = &'a Text> {
        std::iter::successors(last, |visited| visited.before).map(|visited| visited.name)
    }
}

impl Files {
    /// The profile of that name with everything that it builds on, if it stands anywhere.
    pub fn profile(&self, name: &Text, shared_config: bool) -> Result<Option<Profile>> {
        self.settings(name, shared_config)
            .map(|settings| self.linked_profile(name, settings, shared_config, None))
            .transpose()
    }

    /// The values of a profile alone, if it stands anywhere.
    pub fn settings(&self, name: &str, shared_config: bool) -> Option<Settings> {
        self.section(SectionKind::Profile, name, shared_config)
    }

    fn linked_profile(
        &self,
        name: &Text,
        settings: Settings,
        shared_config: bool,
        before: Option<&Visited<'_>>,
    ) -> Result<Profile> {
        let mut profile = Profile {
            name: name.clone(),
            settings,
            source: None,
            sso_session: None,
        };
        if Visited::names(before).any(|visited| visited == name) {
            // The second visit ends a cycle: the profile serves as a source of keys alone.
            profile.settings.remove(&[
                Key::RoleArn,
                Key::ExternalId,
                Key::MfaSerial,
                Key::RoleSessionName,
                Key::SourceProfile,
            ]);
        } else {
            profile.check_role()?;
        }
        profile.check_one_type()?;
        if profile.settings.get(Key::SourceProfile).is_some() {
            profile.settings.remove(&[
                Key::CredentialSource,
                Key::CredentialProcess,
                Key::WebIdentityTokenFile,
                Key::AccessKeyId,
                Key::SecretAccessKey,
                Key::SessionToken,
                Key::AccountId,
                Key::SsoAccountId,
                Key::SsoRegion,
                Key::SsoRoleName,
                Key::SsoStartUrl,
                Key::LoginSession,
            ]);
        }
        if let Some(source) = profile.settings.get(Key::SourceProfile) {
            let visited = Visited { name, before };
            let found = self.source_of(&profile, source, shared_config, &visited)?;
            profile.source = Some(Arc::new(found));
        }
        if let Some(session) = profile.settings.get(Key::SsoSession) {
            profile.sso_session = Some(self.sso_session(session)?);
        }
        Ok(profile)
    }

    fn source_of(
        &self,
        profile: &Profile,
        source: &Setting,
        shared_config: bool,
        visited: &Visited<'_>,
    ) -> Result<Profile> {
        if Visited::names(Some(visited)).count() >= LONGEST_CHAIN {
            let first = Visited::names(Some(visited))
                .last()
                .map_or("", Text::as_str);
            let message = format!(
                "the chain of source_profile that starts at profile {first} is longer than {LONGEST_CHAIN} profiles"
            );
            return Err(source.error("SharedConfigErr", message));
        }
        let name = &source.value;
        let is_cycle = Visited::names(Some(visited)).any(|visited| visited == name);
        let failure = |why: Option<Error>| {
            let role = profile.settings.value(Key::RoleArn).unwrap_or_default();
            let mut message = format!(
                "failed to load assume role for {role}, source profile {name} has no shared credentials"
            );
            if is_cycle {
                let mut way: Vec<&str> = Visited::names(Some(visited)).map(Text::as_str).collect();
                way.reverse();
                let way = way.join(" -> ");
                message.push_str(&format!("; the profiles form a cycle: {way} -> {name}"));
            }
            let error = source.error("SharedConfigAssumeRoleError", message);
            why.into_iter().fold(error, Error::with_cause)
        };
        let Some(settings) = self.settings(name, shared_config) else {
            return Err(failure(Some(self.no_such_profile(name))));
        };
        let found = self.linked_profile(name, settings, shared_config, Some(visited))?;
        if found.has_credentials() {
            Ok(found)
        } else {
            Err(failure(None))
        }
    }

    /// The endpoints that a `services` section gives, by service id. The later file wins.
    pub fn service_endpoints(&self, name: &Setting) -> Vec<(Text, Setting)> {
        let wanted = name.value.trim();
        let mut found: Vec<(Text, Setting)> = Vec::new();
        for (path, file) in &self.read {
            let Some(section) = file.section(SectionKind::Services, wanted) else {
                continue;
            };
            let place = place(path, SectionKind::Services, wanted);
            for service in section.iter() {
                let Some(url) = section.sub(service.key, Key::EndpointUrl.name()) else {
                    continue;
                };
                let setting = Setting::of(&url, &place);
                found.retain(|(id, _)| !id.eq_ignore_ascii_case(service.key));
                found.push((Text::lossy(service.key), setting));
            }
        }
        found
    }

    /// The `sso-session` section that a profile refers to. The first file that has it wins, as in Go.
    fn sso_session(&self, name: &Setting) -> Result<SsoSession> {
        let wanted = name.value.trim();
        for (path, file) in &self.read {
            let Some(section) = file.section(SectionKind::SsoSession, wanted) else {
                continue;
            };
            let place = place(path, SectionKind::SsoSession, wanted);
            let mut settings = Settings::default();
            for property in section.iter() {
                let Some(key) = Key::named(property.key).filter(|_| !property.value().is_empty())
                else {
                    continue;
                };
                settings.put(key, Setting::of(&property, &place));
            }
            return Ok(SsoSession {
                name: Text::lossy(wanted),
                settings,
            });
        }
        Err(name.error(
            "SharedConfigErr",
            format!("failed to find SSO session section, {wanted}"),
        ))
    }
}

/// An `sso-session` section.
#[derive(Clone, Debug)]
pub struct SsoSession {
    /// The name in its header.
    pub name: Text,
    /// Its values.
    pub settings: Settings,
}

/// A profile with what it builds on.
#[derive(Clone, Debug)]
pub struct Profile {
    /// Its name.
    pub name: Text,
    /// Its values, merged over the files.
    pub settings: Settings,
    /// The profile that `source_profile` names.
    pub source: Option<Arc<Profile>>,
    /// The section that `sso_session` names.
    pub sso_session: Option<SsoSession>,
}

/// The keys that make a profile one of SSO.
pub const SSO_KEYS: [Key; 5] = [
    Key::SsoSession,
    Key::SsoAccountId,
    Key::SsoRegion,
    Key::SsoRoleName,
    Key::SsoStartUrl,
];

impl Profile {
    /// A profile without any values.
    pub fn empty(name: Text) -> Profile {
        Profile {
            name,
            settings: Settings::default(),
            source: None,
            sso_session: None,
        }
    }

    /// Whether it has a key and a secret.
    pub fn has_static_keys(&self) -> bool {
        self.settings.get(Key::AccessKeyId).is_some()
            && self.settings.get(Key::SecretAccessKey).is_some()
    }

    /// Whether credentials can come from it.
    pub fn has_credentials(&self) -> bool {
        const SOURCES: [Key; 5] = [
            Key::SourceProfile,
            Key::CredentialSource,
            Key::CredentialProcess,
            Key::WebIdentityTokenFile,
            Key::LoginSession,
        ];
        self.has_static_keys()
            || self.settings.first(&SOURCES).is_some()
            || self.settings.first(&SSO_KEYS).is_some()
    }

    /// What is assumed from a source needs a role to assume.
    fn check_role(&self) -> Result<()> {
        const WANT_ROLE: [Key; 3] = [
            Key::SourceProfile,
            Key::CredentialSource,
            Key::WebIdentityTokenFile,
        ];
        match self.settings.first(&WANT_ROLE) {
            Some((key, setting)) if self.settings.get(Key::RoleArn).is_none() => Err(setting
                .error(
                    "CredentialRequiresARNError",
                    format!(
                        "credential type {} requires role_arn, profile {}",
                        key.name(),
                        self.name
                    ),
                )),
            _ => Ok(()),
        }
    }

    /// At most one way to credentials, static keys and SSO apart.
    fn check_one_type(&self) -> Result<()> {
        const TYPES: [Key; 4] = [
            Key::SourceProfile,
            Key::CredentialSource,
            Key::CredentialProcess,
            Key::WebIdentityTokenFile,
        ];
        let mut set = TYPES
            .iter()
            .filter_map(|key| Some((*key, self.settings.get(*key)?)));
        match (set.next(), set.next()) {
            (Some((first, _)), Some((second, setting))) => Err(setting.error(
                "SharedConfigErr",
                format!(
                    "only one credential type may be specified per profile: source profile, credential source, \
                     credential process, web identity token; profile {} has {} and {}",
                    self.name,
                    first.name(),
                    second.name()
                ),
            )),
            _ => Ok(()),
        }
    }
}
