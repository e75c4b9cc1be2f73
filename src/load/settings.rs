//! The keys of a profile that mean something, and their values with the places where they stand.

use crate::error::{Error, Status};
use crate::load::ini::Property;
use crate::load::origin::{FilePosition, FileSection};
use crate::text::Text;
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

            pub(super) fn named(name: &str) -> Option<Key> {
                match name {
                    $($name => Some(Key::$key),)*
                    _ if name.bytes().any(|byte| byte.is_ascii_uppercase()) => {
                        Key::named(&name.to_ascii_lowercase())
                    }
                    _ => None,
                }
            }

            pub(super) const fn reading(self) -> Reading {
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
    pub(super) fn of(property: &Property<'_>, section: &Arc<FileSection>) -> Setting {
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

/// The values of a profile, or of a section that it refers to.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// A bit for each key that is set. A load asks for all of them, and most are not.
    set: u64,
    values: Vec<(Key, Setting)>,
}

impl Settings {
    pub(super) fn put(&mut self, key: Key, setting: Setting) {
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

    pub(super) fn remove(&mut self, keys: &[Key]) {
        let unwanted = keys.iter().fold(0, |bits, key| bits | key.bit());
        if self.set & unwanted != 0 {
            self.retain(|key, _| unwanted & key.bit() == 0);
        }
    }

    pub(super) fn retain(&mut self, wanted: impl Fn(Key, &Setting) -> bool) {
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
    pub(super) fn merge(&mut self, later: Settings) {
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
