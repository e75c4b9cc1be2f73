//! From a profile to credentials: which provider comes first, and which roles are assumed on the way.
//!
//! A plan is data. Making one reads nothing and asks nobody; it fails where the profile can never give credentials.

use crate::credentials::assume_role::{AssumeRole, RolePolicy};
use crate::credentials::container::Container;
use crate::credentials::imds::Imds;
use crate::credentials::keys::ProfileKeys;
use crate::credentials::login::Login;
use crate::credentials::process::Process;
use crate::credentials::remote::Remote;
use crate::credentials::sso::SsoRole;
use crate::credentials::web_identity::WebIdentityRole;
use crate::credentials::{Credentials, Provider, Value};
use crate::error::Result;
use crate::load::environment::{Environment, Variable};
use crate::load::origin::{FilePosition, Origin};
use crate::load::profile::{Profile, SSO_KEYS};
use crate::load::settings::{Key, Setting, Settings};
use crate::resolved::Loaded;
use crate::text::Text;
use std::path::PathBuf;
use std::sync::Arc;

/// Where the first credentials come from.
#[derive(Clone, Debug)]
pub enum Base {
    /// The program gave them.
    Code,
    /// Keys in the environment.
    Environment,
    /// Keys in a profile.
    Keys(Arc<Profile>),
    /// A token that another party signed, for a role.
    WebIdentity(WebIdentity),
    /// A role of IAM Identity Center.
    Sso(Sso),
    /// A program that prints them.
    Process {
        /// Its command line.
        command: Setting,
        /// The profile that names it.
        profile: Text,
    },
    /// The login of a user in the console.
    Login {
        /// Whose login, by ARN.
        session: Setting,
        /// The profile that names it.
        profile: Text,
    },
    /// The endpoint of the container; a profile asks for it.
    Container {
        /// Where it asks.
        source: Setting,
        /// The profile.
        profile: Text,
    },
    /// The metadata service of EC2; a profile asks for it.
    Imds {
        /// Where it asks.
        source: Setting,
        /// The profile.
        profile: Text,
    },
    /// Nothing is configured: the container's endpoint or the metadata service of EC2 may have some.
    Remote,
}

/// A token in a file, and the role that it is exchanged for.
#[derive(Clone, Debug)]
pub struct WebIdentity {
    /// The file.
    pub token_file: PathBuf,
    /// The role.
    pub role_arn: Text,
    /// The name of the role's session, if that is said.
    pub session_name: Option<Text>,
    /// Where the file is named.
    pub origin: Origin,
}

/// What a profile, and the session that it names, say of IAM Identity Center.
#[derive(Clone, Debug)]
pub struct Sso {
    /// The profile.
    pub profile: Text,
    /// The session by whose name the token is cached; none in a profile of the older form.
    pub session: Option<Text>,
    /// The page where the user logs in; the token is cached by it where there is no session.
    pub start_url: Text,
    /// The region of Identity Center.
    pub region: Text,
    /// The account; none where the profile gives a token alone.
    pub account_id: Option<Text>,
    /// The role in it.
    pub role_name: Option<Text>,
    /// Where the profile begins to speak of it.
    pub position: FilePosition,
}

/// A role that is assumed with what came before.
#[derive(Clone, Debug)]
pub struct Role {
    /// The profile that has it, with a `role_arn`.
    pub profile: Arc<Profile>,
    /// For how many seconds, if that is said.
    pub duration_seconds: Option<u32>,
    /// Who says it.
    pub duration_origin: Origin,
    /// What the program says besides.
    pub policy: RolePolicy,
}

impl Role {
    /// What the profile says of the role.
    pub fn value(&self, key: Key) -> Option<&Text> {
        self.profile.settings.get(key).map(|setting| &setting.value)
    }

    /// The role.
    pub fn arn(&self) -> &Text {
        self.value(Key::RoleArn).unwrap_or(&Text::EMPTY)
    }
}

/// How credentials will be had.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Where the first ones come from.
    pub base: Base,
    /// The roles, in the order they are assumed.
    pub roles: Vec<Arc<Role>>,
}

/// What the program says of the profile's roles.
#[derive(Clone, Copy, Debug, Default)]
pub struct RoleOptions {
    /// Whether there is somebody to ask for MFA codes.
    pub has_token_provider: bool,
    /// For how long roles are assumed, whatever the profile says.
    pub duration_seconds: Option<u32>,
}

impl Plan {
    /// A plan without roles.
    pub fn of(base: Base) -> Plan {
        Plan {
            base,
            roles: Vec::new(),
        }
    }

    /// The plan of a profile, by the order of the Go package.
    pub fn of_profile(
        profile: &Arc<Profile>,
        environment: &Environment,
        options: RoleOptions,
    ) -> Result<Plan> {
        let mut plan = match &profile.source {
            Some(source) => Plan::of_profile(source, environment, options)?,
            None => Plan::of(base(profile, environment)?),
        };
        // A web identity is a role already.
        let assumed = matches!(&plan.base, Base::WebIdentity(_)) && profile.source.is_none();
        if profile.settings.get(Key::RoleArn).is_some() && !assumed {
            plan.roles.push(Arc::new(role(profile, options)?));
        }
        Ok(plan)
    }

    /// The source that carries the plan of a session out.
    pub fn credentials(loaded: &Arc<Loaded>) -> Credentials {
        Plan::after_roles(loaded, loaded.plan.roles.len())
    }

    /// The source of what is had after so many roles. Those before the last are made when they are asked.
    pub(super) fn after_roles(loaded: &Arc<Loaded>, count: usize) -> Credentials {
        let before = count.checked_sub(1);
        match before.and_then(|before| Some((before, loaded.plan.roles.get(before)?))) {
            Some((before, role)) => source_of(loaded, AssumeRole::new(loaded, role, before)),
            None => loaded.plan.base.credentials(loaded),
        }
    }
}

impl Base {
    fn credentials(&self, loaded: &Arc<Loaded>) -> Credentials {
        match self {
            Base::Code => Credentials::Anonymous,
            Base::Environment => {
                let kept = loaded.clone();
                source_of(loaded, move || environment_keys(&kept.environment))
            }
            Base::Keys(profile) => source_of(loaded, ProfileKeys::new(loaded, profile)),
            Base::WebIdentity(identity) => {
                source_of(loaded, WebIdentityRole::new(loaded, identity))
            }
            Base::Sso(sso) => source_of(loaded, SsoRole::new(loaded, sso)),
            Base::Login { session, profile } => {
                source_of(loaded, Login::new(loaded, session, profile))
            }
            Base::Process { command, profile } => {
                let process = Process::new(loaded, command.clone(), profile.clone());
                source_of(loaded, process)
            }
            Base::Container { .. } => source_of(loaded, Container::new(loaded)),
            Base::Imds { .. } => source_of(loaded, Imds::new(loaded)),
            Base::Remote => source_of(loaded, Remote::new(loaded)),
        }
    }
}

/// A source that goes by the clock of the load, as the requests of the providers do.
fn source_of(loaded: &Loaded, provider: impl Provider + 'static) -> Credentials {
    Credentials::with_clock(provider, loaded.code.clock.clone())
}

fn base(profile: &Arc<Profile>, environment: &Environment) -> Result<Base> {
    let settings = &profile.settings;
    if profile.has_static_keys() {
        return Ok(Base::Keys(profile.clone()));
    }
    if let Some(setting) = settings.get(Key::CredentialSource) {
        return credential_source(setting, &profile.name, environment);
    }
    if let Some(setting) = settings.get(Key::WebIdentityTokenFile) {
        return Ok(Base::WebIdentity(WebIdentity {
            token_file: setting.value.as_str().into(),
            role_arn: value(settings, Key::RoleArn).unwrap_or_default(),
            session_name: value(settings, Key::RoleSessionName),
            origin: Origin::File(setting.position.clone()),
        }));
    }
    if let Some((_, setting)) = settings.first(&SSO_KEYS) {
        return Ok(Base::Sso(sso_of(profile, setting)?));
    }
    if let Some(command) = settings.get(Key::CredentialProcess) {
        return Ok(Base::Process {
            command: command.clone(),
            profile: profile.name.clone(),
        });
    }
    if let Some(session) = settings.get(Key::LoginSession) {
        return Ok(Base::Login {
            session: session.clone(),
            profile: profile.name.clone(),
        });
    }
    Ok(Base::Remote)
}

fn value(settings: &Settings, key: Key) -> Option<Text> {
    settings.get(key).map(|setting| setting.value.clone())
}

fn credential_source(setting: &Setting, profile: &Text, environment: &Environment) -> Result<Base> {
    let set = |variable| environment.get(variable).is_some();
    let (source, profile) = (setting.clone(), profile.clone());
    match setting.value.as_str() {
        "Environment" => Ok(Base::Environment),
        "Ec2InstanceMetadata" => Ok(Base::Imds { source, profile }),
        "EcsContainer"
            if set(Variable::ContainerCredentialsRelativeUri) || set(Variable::ContainerCredentialsFullUri) =>
        {
            Ok(Base::Container { source, profile })
        }
        "EcsContainer" => Err(setting.error(
            "SharedConfigErr",
            "EcsContainer was specified as the credential_source, but neither \
             'AWS_CONTAINER_CREDENTIALS_RELATIVE_URI' nor 'AWS_CONTAINER_CREDENTIALS_FULL_URI' was set",
        )),
        _ => Err(setting.error(
            "SharedConfigErr",
            "credential source values must be EcsContainer, Ec2InstanceMetadata, or Environment",
        )),
    }
}

/// What a profile says of IAM Identity Center, where it says all that is needed.
pub(super) fn sso_of(profile: &Profile, first: &Setting) -> Result<Sso> {
    check_sso(profile)?;
    Ok(sso(profile, first))
}

fn sso(profile: &Profile, first: &Setting) -> Sso {
    let settings = &profile.settings;
    let of_login = match &profile.sso_session {
        Some(session) => &session.settings,
        None => settings,
    };
    Sso {
        profile: profile.name.clone(),
        session: profile
            .sso_session
            .as_ref()
            .map(|session| session.name.clone()),
        start_url: value(of_login, Key::SsoStartUrl).unwrap_or_default(),
        region: value(of_login, Key::SsoRegion).unwrap_or_default(),
        account_id: value(settings, Key::SsoAccountId),
        role_name: value(settings, Key::SsoRoleName),
        position: first.position.clone(),
    }
}

fn role(profile: &Arc<Profile>, options: RoleOptions) -> Result<Role> {
    if let Some(serial) = profile
        .settings
        .get(Key::MfaSerial)
        .filter(|_| !options.has_token_provider)
    {
        return Err(serial.error(
            "AssumeRoleTokenProviderNotSetError",
            format!(
                "assume role with MFA enabled, but AssumeRoleTokenProvider session option not set. \
                 Profile {} has mfa_serial {}",
                profile.name, serial.value
            ),
        ));
    }
    let of_profile = profile.settings.get(Key::DurationSeconds);
    let duration_origin = match (options.duration_seconds, of_profile) {
        (Some(_), _) => Origin::Code,
        (None, Some(setting)) => Origin::File(setting.position.clone()),
        (None, None) => Origin::Default,
    };
    Ok(Role {
        profile: profile.clone(),
        duration_seconds: options.duration_seconds.or(duration(profile)?),
        duration_origin,
        policy: RolePolicy::default(),
    })
}

/// The `duration_seconds` of a profile, in whole numbers and within what STS takes.
pub fn duration(profile: &Profile) -> Result<Option<u32>> {
    let Some(setting) = profile.settings.get(Key::DurationSeconds) else {
        return Ok(None);
    };
    let digits = setting.value.bytes().all(|byte| byte.is_ascii_digit());
    match setting.value.parse::<u32>() {
        Ok(seconds) if digits && (900..=43200).contains(&seconds) => Ok(Some(seconds)),
        _ => Err(setting.error(
            "SharedConfigErr",
            format!(
                "duration_seconds of profile {} is {:?}, but a whole number from 900 to 43200 is expected",
                profile.name,
                setting.value.as_str()
            ),
        )),
    }
}

fn check_sso(profile: &Profile) -> Result<()> {
    let settings = &profile.settings;
    let missing = |wanted: &[Key], has: &dyn Fn(Key) -> bool| -> Vec<&'static str> {
        wanted
            .iter()
            .filter(|key| !has(**key))
            .map(|key| key.name())
            .collect()
    };
    let (absent, position) = match (&profile.sso_session, settings.get(Key::SsoSession)) {
        (Some(session), Some(setting)) => {
            for key in [Key::SsoRegion, Key::SsoStartUrl] {
                if let (Some(mine), Some(theirs)) = (settings.get(key), session.settings.get(key)) {
                    if mine.value != theirs.value {
                        return Err(mine.error(
                            "SharedConfigErr",
                            format!(
                                "{} in profile \"{}\" must match {} in sso-session {}",
                                key.name(),
                                profile.name,
                                key.name(),
                                session.name
                            ),
                        ));
                    }
                }
            }
            let has = |key| session.settings.get(key).is_some();
            (
                missing(&[Key::SsoRegion, Key::SsoStartUrl], &has),
                Some(setting),
            )
        }
        _ => {
            let has = |key| settings.get(key).is_some();
            let wanted = [
                Key::SsoRegion,
                Key::SsoStartUrl,
                Key::SsoAccountId,
                Key::SsoRoleName,
            ];
            (
                missing(&wanted, &has),
                settings.first(&SSO_KEYS).map(|(_, setting)| setting),
            )
        }
    };
    match position.filter(|_| !absent.is_empty()) {
        None => Ok(()),
        Some(setting) => Err(setting.error(
            "SharedConfigErr",
            format!(
                "profile \"{}\" is configured to use SSO but is missing required configuration: {}",
                profile.name,
                absent.join(", ")
            ),
        )),
    }
}

/// What the environment says where a profile would use this key, and the variable: the first of its names that is set.
pub fn environment_key(environment: &Environment, key: Key) -> Option<(Variable, &str)> {
    let variables: &[Variable] = match key {
        Key::AccessKeyId => &[Variable::AccessKeyId, Variable::AccessKey],
        Key::SecretAccessKey => &[Variable::SecretAccessKey, Variable::SecretKey],
        Key::SessionToken => &[Variable::SessionToken],
        Key::AccountId => &[Variable::AccountId],
        Key::WebIdentityTokenFile => &[Variable::WebIdentityTokenFile],
        Key::RoleArn => &[Variable::RoleArn],
        Key::RoleSessionName => &[Variable::RoleSessionName],
        _ => &[],
    };
    variables
        .iter()
        .find_map(|variable| Some((*variable, environment.get(*variable)?)))
}

/// Whether the environment has a key and its secret.
pub fn has_environment_keys(environment: &Environment) -> bool {
    let has = |key| environment_key(environment, key).is_some();
    has(Key::AccessKeyId) && has(Key::SecretAccessKey)
}

/// Key, secret and token of the environment.
pub fn environment_keys(environment: &Environment) -> Result<Value> {
    let text = |key| environment_key(environment, key).map_or("", |(_, text)| text);
    let value = Value::of_keys(
        text(Key::AccessKeyId),
        text(Key::SecretAccessKey),
        text(Key::SessionToken),
        "EnvConfigCredentials",
    )?;
    Ok(Value {
        account_id: environment
            .get(Variable::AccountId)
            .map(Text::lossy)
            .unwrap_or_default(),
        ..value
    })
}
