//! Profiles: what the files say about one, and the profiles that it builds on.
//!
//! Only the sections of the profiles that are wanted are looked at. The rules of what may stand together are those of
//! the Go package; each error names the profile, and the file and line where there is one.

use crate::error::{Error, Result, Status};
use crate::load::ini::{FileKind, IniFile, MAX_SIZE, Property, SectionKind};
use crate::load::origin::{FilePosition, FileSection};
use crate::text::{Text, overwrite, shown};
use std::cell::LazyCell;
use std::fs::File;
use std::io::{ErrorKind, Read, Seek, SeekFrom};
use std::path::Path;
use std::sync::Arc;

/// When a key counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reading {
    /// In every load.
    Always,
    /// Only when shared config is on.
    SharedConfig,
}
use Reading::{Always, SharedConfig};

macro_rules! keys {
    ($($key:ident $name:literal $reading:expr;)*) => {
        /// A key of a profile, or of the section that a profile refers to.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[allow(missing_docs, reason = "each is documented by its name, which the table beside it gives")]
        #[repr(u8)]
        pub enum Key { $($key),* }

        impl Key {
            const ALL: &'static [Key] = &[$(Key::$key),*];

            const fn bit(self) -> u64 {
                const { assert!(Key::ALL.len() <= u64::BITS as usize) };
                1 << self as u8
            }

            /// The key as it is spelt in a file.
            pub const fn name(self) -> &'static str {
                match self { $(Key::$key => $name),* }
            }

            fn named(name: &str) -> Option<Key> {
                match name {
                    $($name => Some(Key::$key),)*
                    _ if name.bytes().any(|byte| byte.is_ascii_uppercase()) => {
                        Key::named(&name.to_ascii_lowercase())
                    }
                    _ => None,
                }
            }

            const fn reading(self) -> Reading {
                match self { $(Key::$key => $reading),* }
            }
        }
    };
}

keys! {
    AccessKeyId "aws_access_key_id" Always;
    SecretAccessKey "aws_secret_access_key" Always;
    SessionToken "aws_session_token" Always;
    AccountId "aws_account_id" SharedConfig;
    CredentialProcess "credential_process" Always;
    WebIdentityTokenFile "web_identity_token_file" Always;
    RoleArn "role_arn" SharedConfig;
    RoleSessionName "role_session_name" SharedConfig;
    ExternalId "external_id" SharedConfig;
    MfaSerial "mfa_serial" SharedConfig;
    SourceProfile "source_profile" SharedConfig;
    CredentialSource "credential_source" SharedConfig;
    DurationSeconds "duration_seconds" SharedConfig;
    SsoSession "sso_session" SharedConfig;
    SsoAccountId "sso_account_id" SharedConfig;
    SsoRegion "sso_region" SharedConfig;
    SsoRoleName "sso_role_name" SharedConfig;
    SsoStartUrl "sso_start_url" SharedConfig;
    LoginSession "login_session" SharedConfig;
    Region "region" SharedConfig;
    UseFipsEndpoint "use_fips_endpoint" SharedConfig;
    UseDualstackEndpoint "use_dualstack_endpoint" SharedConfig;
    StsRegionalEndpoints "sts_regional_endpoints" SharedConfig;
    S3UsEast1RegionalEndpoint "s3_us_east_1_regional_endpoint" SharedConfig;
    S3UseArnRegion "s3_use_arn_region" Always;
    EndpointDiscoveryEnabled "endpoint_discovery_enabled" SharedConfig;
    MaxAttempts "max_attempts" SharedConfig;
    RetryMode "retry_mode" SharedConfig;
    AuthSchemePreference "auth_scheme_preference" SharedConfig;
    SdkUaAppId "sdk_ua_app_id" SharedConfig;
    EndpointUrl "endpoint_url" SharedConfig;
    IgnoreConfiguredEndpointUrls "ignore_configured_endpoint_urls" SharedConfig;
    Services "services" SharedConfig;
    CaBundle "ca_bundle" SharedConfig;
    Ec2MetadataServiceEndpoint "ec2_metadata_service_endpoint" SharedConfig;
    Ec2MetadataServiceEndpointMode "ec2_metadata_service_endpoint_mode" SharedConfig;
    Ec2MetadataV1Disabled "ec2_metadata_v1_disabled" SharedConfig;
    CsmEnabled "csm_enabled" Always;
    CsmHost "csm_host" Always;
    CsmPort "csm_port" Always;
    CsmClientId "csm_client_id" Always;
}

/// The keys whose values are secret.
const SECRET: [Key; 2] = [Key::SecretAccessKey, Key::SessionToken];

/// A value of a profile and where it stands.
#[derive(Clone, Debug)]
pub struct Setting {
    /// The value, never empty.
    pub value: Text,
    /// Where it stands.
    pub position: FilePosition,
}

impl Setting {
    fn of(property: &Property<'_>, section: &Arc<FileSection>) -> Setting {
        Setting {
            value: Text::lossy(property.value()),
            position: FilePosition {
                section: section.clone(),
                line: property.line,
            },
        }
    }

    /// Overwrites the value where it is secret.
    fn wipe(&mut self, key: Key) {
        if SECRET.contains(&key) {
            self.value.wipe();
        }
    }

    /// The error for a value that can't be used.
    pub fn error(&self, code: &str, message: impl AsRef<str>) -> Error {
        Error::new(Status::Config, code, message).with_position(
            self.position.path(),
            self.position.line,
            0,
        )
    }
}

/// What became of a file that was looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileState {
    /// It was read.
    Read,
    /// There is none.
    Missing,
    /// It could not be read.
    Unreadable,
    /// It is no configuration file, and nothing in it was used.
    Invalid,
}

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

/// A file that was looked for.
#[derive(Clone, Debug)]
pub struct LookedAt {
    /// Where.
    pub path: Arc<Path>,
    /// As what.
    pub kind: FileKind,
    /// What became of it.
    pub state: FileState,
}

/// The configuration files of one load.
#[derive(Default)]
pub struct Files {
    read: Vec<(Arc<Path>, IniFile)>,
    looked_at: Vec<LookedAt>,
}

impl Files {
    /// Reads a file into the collection; the later file wins. One that can't be read is passed over, as in Go.
    pub fn read(&mut self, path: Arc<Path>, kind: FileKind) -> Result<()> {
        let seen = |state| LookedAt {
            path: path.clone(),
            kind,
            state,
        };
        let state = match contents(&path) {
            Ok(bytes) => {
                match IniFile::parse(&path, bytes, kind) {
                    Ok(file) => self.read.push((path.clone(), file)),
                    Err(error) => {
                        self.looked_at.push(seen(FileState::Invalid));
                        return Err(error);
                    }
                }
                FileState::Read
            }
            Err(error) if error.kind() == ErrorKind::NotFound => FileState::Missing,
            Err(_) => FileState::Unreadable,
        };
        self.looked_at.push(seen(state));
        Ok(())
    }

    /// The files that were looked for, in the order they were.
    pub fn into_looked_at(self) -> Vec<LookedAt> {
        self.looked_at
    }

    /// What the files say about a section, or None if it stands in none of them.
    fn section(&self, kind: SectionKind, name: &str, shared_config: bool) -> Option<Settings> {
        let mut found: Option<Settings> = None;
        for (path, file) in &self.read {
            let Some(section) = file.section(kind, name) else {
                continue;
            };
            let place = LazyCell::new(|| place(path, kind, name));
            let setting = |property: &Property<'_>| Setting::of(property, &place);
            let mut of_file = Settings::default();
            for property in section.iter() {
                let Some(key) = Key::named(property.key) else {
                    continue;
                };
                if property.is_unset() || (key.reading() == SharedConfig && !shared_config) {
                    continue;
                }
                of_file.put(key, setting(&property));
            }
            // Decision 10: a web identity needs its role also where shared config is off.
            if !shared_config && of_file.get(Key::WebIdentityTokenFile).is_some() {
                for key in [Key::RoleArn, Key::RoleSessionName] {
                    let property = section.get(key.name());
                    if let Some(property) = property.filter(|it| !it.value().is_empty()) {
                        of_file.put(key, setting(&property));
                    }
                }
            }
            found.get_or_insert_with(Settings::default).merge(of_file);
        }
        // `key = ""` hides what an earlier file says, and counts as unset.
        if let Some(settings) = &mut found {
            settings.retain(|_, setting| !setting.value.is_empty());
        }
        found
    }

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

    /// The error for a profile that stands in no file.
    pub fn no_such_profile(&self, name: &str) -> Error {
        let name = shown(name);
        let message = if self.looked_at.is_empty() {
            format!("failed to get profile, {name}: no file was looked in")
        } else {
            let files: Vec<String> = self
                .looked_at
                .iter()
                .map(|file| described(&file.path, file.state))
                .collect();
            format!(
                "failed to get profile, {name}: it stands in none of the files: {}",
                files.join(", ")
            )
        };
        Error::new(
            Status::ProfileNotFound,
            "SharedConfigProfileNotExistsError",
            message,
        )
    }
}

/// All bytes of a file, or some more than it may have.
fn contents(path: &Path) -> std::io::Result<Vec<u8>> {
    const MOST: usize = MAX_SIZE + 1;
    // Most files are shorter.
    let mut start = [0; 1024];
    let mut file = File::open(path)?;
    let read = loop {
        match file.read(&mut start) {
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            read => break read?,
        }
    };
    // To ask where a file ends costs less than to read there and find nothing. A pipe does not say, and others say
    // nothing true.
    let end = match file.seek(SeekFrom::End(0)) {
        Ok(end) if end == read as u64 => read,
        Ok(end) => {
            file.seek(SeekFrom::Start(read as u64))?;
            usize::try_from(end).map_or(MOST, |end| end.min(MOST))
        }
        Err(_) => 0,
    };
    let mut bytes = Vec::new();
    // In full at once: growing would leave a copy behind.
    bytes.try_reserve_exact(end.max(read))?;
    bytes.extend_from_slice(start.get(..read).unwrap_or_default());
    overwrite(start.get_mut(..read).unwrap_or_default());
    if end != read {
        let most = if end > read { end } else { MOST };
        file.take((most - read) as u64).read_to_end(&mut bytes)?;
    }
    Ok(bytes)
}

fn place(path: &Arc<Path>, kind: SectionKind, name: &str) -> Arc<FileSection> {
    let kind = match kind {
        SectionKind::Profile => "profile ",
        SectionKind::SsoSession => "sso-session ",
        SectionKind::Services => "services ",
    };
    Arc::new(FileSection {
        path: path.clone(),
        title: [kind, name].concat().into(),
    })
}

fn described(path: &Path, state: FileState) -> String {
    let path = path.to_string_lossy();
    let path = shown(&path);
    match state {
        FileState::Read => path.to_owned(),
        FileState::Missing => format!("{path} (missing)"),
        FileState::Unreadable => format!("{path} (unreadable)"),
        FileState::Invalid => format!("{path} (invalid)"),
    }
}

/// The values of a profile, or of a section that it refers to.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// A bit for each key that is set. A load asks for all of them, and most are not.
    set: u64,
    values: Vec<(Key, Setting)>,
}

impl Settings {
    fn put(&mut self, key: Key, setting: Setting) {
        let place = match self.set & key.bit() {
            0 => None,
            _ => self.values.iter_mut().find(|(set, _)| *set == key),
        };
        match place {
            Some((_, mine)) => std::mem::replace(mine, setting).wipe(key),
            None => self.values.push((key, setting)),
        }
        self.set |= key.bit();
    }

    fn remove(&mut self, keys: &[Key]) {
        let unwanted = keys.iter().fold(0, |bits, key| bits | key.bit());
        if self.set & unwanted != 0 {
            self.retain(|key, _| unwanted & key.bit() == 0);
        }
    }

    fn retain(&mut self, wanted: impl Fn(Key, &Setting) -> bool) {
        let set = &mut self.set;
        self.values.retain_mut(|(key, setting)| {
            let stays = wanted(*key, setting);
            if !stays {
                *set &= !key.bit();
                setting.wipe(*key);
            }
            stays
        });
    }

    /// Takes over what a later file says. Key, secret and token go together: a pair replaces all three.
    fn merge(&mut self, later: Settings) {
        const TRIPLE: [Key; 3] = [Key::AccessKeyId, Key::SecretAccessKey, Key::SessionToken];
        let mut later = later;
        if later.get(Key::AccessKeyId).is_some() && later.get(Key::SecretAccessKey).is_some() {
            self.remove(&TRIPLE);
        } else {
            later.remove(&TRIPLE);
        }
        if self.values.is_empty() {
            *self = later;
            return;
        }
        for (key, setting) in std::mem::take(&mut later.values) {
            self.put(key, setting);
        }
    }

    /// A value and where it stands.
    #[inline]
    pub fn get(&self, key: Key) -> Option<&Setting> {
        if self.set & key.bit() == 0 {
            return None;
        }
        self.values
            .iter()
            .find(|(set, _)| *set == key)
            .map(|(_, setting)| setting)
    }

    /// A value.
    pub fn value(&self, key: Key) -> Option<&str> {
        self.get(key).map(|setting| setting.value.as_str())
    }

    /// The first of `keys` that is set.
    pub fn first(&self, keys: &[Key]) -> Option<(Key, &Setting)> {
        keys.iter().find_map(|key| Some((*key, self.get(*key)?)))
    }

    /// All values, in the order they were found.
    pub fn iter(&self) -> impl Iterator<Item = (Key, &Setting)> {
        self.values.iter().map(|(key, setting)| (*key, setting))
    }
}

impl Drop for Settings {
    fn drop(&mut self) {
        self.remove(&SECRET);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_any_length_are_read_whole() {
        let path = std::env::temp_dir().join(format!("session-contents-{}", std::process::id()));
        for length in [0, 1, 1023, 1024, 1025, 2048, 100_000] {
            let written: Vec<u8> = (0..length).map(|byte| byte as u8).collect();
            std::fs::write(&path, &written).unwrap();
            assert!(contents(&path).unwrap() == written, "{length}");
        }
        std::fs::remove_file(&path).unwrap();
        // One that does not say how long it is.
        let status = Path::new("/proc/self/smaps");
        if status.exists() {
            assert!(contents(status).unwrap().len() > 1024);
        }
        assert!(contents(Path::new("/")).is_err());
    }
}
