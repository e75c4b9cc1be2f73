//! From a profile to credentials: which provider comes first, and which roles are assumed on the way.
//!
//! A plan is data. Making one reads nothing and asks nobody; it fails where the profile can never give credentials.

use crate::credentials::{Credentials, Value};
use crate::error::{Error, Result, Status};
use crate::load::environment::{Environment, Variable};
use crate::load::origin::{FilePosition, Origin};
use crate::load::profile::{Key, Profile, SSO_KEYS, Setting};
use crate::resolved::Loaded;
use crate::text::Text;
use std::sync::Arc;

/// Where the first credentials come from.
#[derive(Clone, Debug)]
pub enum Base {
    /// The program gave them.
    Code,
    /// Keys in the environment.
    Environment,
    /// Keys in a profile: its name, and where the key id stands.
    Keys(Profile),
    /// Something else, named by the variable or the key of a profile that asks for it.
    Other {
        /// Go's name of the provider.
        provider: &'static str,
        /// The variable or key.
        name: &'static str,
        /// Where it stands.
        origin: Origin,
        /// The profile, where there is one.
        profile: Text,
    },
    /// Nothing is configured: the container's endpoint or the metadata service of EC2 may have some.
    Remote,
}

/// A role that is assumed with what came before.
#[derive(Clone, Debug)]
pub struct Role {
    /// The profile that has it.
    pub profile: Text,
    /// The role.
    pub arn: Setting,
    /// For how many seconds, if that is said.
    pub duration_seconds: Option<u32>,
    /// Who says it.
    pub duration_origin: Origin,
}

/// How credentials will be had.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Where the first ones come from.
    pub base: Base,
    /// The roles, in the order they are assumed.
    pub roles: Vec<Role>,
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
        profile: &Profile,
        environment: &Environment,
        options: RoleOptions,
    ) -> Result<Plan> {
        let mut plan = match &profile.source {
            Some(source) => Plan::of_profile(source, environment, options)?,
            None => Plan::of(base(profile, environment)?),
        };
        // A web identity is a role already.
        let assumed = matches!(
            &plan.base,
            Base::Other {
                name: "web_identity_token_file",
                ..
            }
        ) && profile.source.is_none();
        if let Some(arn) = profile.settings.get(Key::RoleArn).filter(|_| !assumed) {
            plan.roles.push(role(profile, arn, options)?);
        }
        Ok(plan)
    }

    /// The source that carries the plan out.
    pub fn credentials(&self, loaded: &Arc<Loaded>) -> Credentials {
        let environment = &loaded.environment;
        if let Some(role) = self.roles.first() {
            return Credentials::fixed(Err(unsupported(
                "role_arn",
                &role.profile,
                &role.arn.position,
            )));
        }
        match &self.base {
            Base::Code => Credentials::Anonymous,
            Base::Environment => Credentials::fixed(environment_keys(environment)),
            Base::Keys(profile) => Credentials::fixed(profile_keys(profile)),
            Base::Other {
                name,
                origin: Origin::File(position),
                profile,
                ..
            } => Credentials::fixed(Err(unsupported(name, profile, position))),
            Base::Other { name, .. } => Credentials::fixed(Err(no_credentials(vec![not_built(
                format!("environment variable {name}"),
            )]))),
            Base::Remote => Credentials::fixed(Err(no_credentials(remote_reasons(environment)))),
        }
    }
}

fn base(profile: &Profile, environment: &Environment) -> Result<Base> {
    let other = |provider, key: Key, setting: &Setting| Base::Other {
        provider,
        name: key.name(),
        origin: Origin::File(setting.position.clone()),
        profile: profile.name.clone(),
    };
    let settings = &profile.settings;
    if profile.has_static_keys() {
        return Ok(Base::Keys(profile.clone()));
    }
    if let Some(setting) = settings.get(Key::CredentialSource) {
        return credential_source(setting, environment, other);
    }
    if let Some(setting) = settings.get(Key::WebIdentityTokenFile) {
        return Ok(other(
            "WebIdentityCredentials",
            Key::WebIdentityTokenFile,
            setting,
        ));
    }
    if let Some((key, setting)) = settings.first(&SSO_KEYS) {
        check_sso(profile)?;
        return Ok(other("SSOProvider", key, setting));
    }
    if let Some(setting) = settings.get(Key::CredentialProcess) {
        return Ok(other("ProcessProvider", Key::CredentialProcess, setting));
    }
    if let Some(setting) = settings.get(Key::LoginSession) {
        return Ok(other("LoginProvider", Key::LoginSession, setting));
    }
    Ok(Base::Remote)
}

fn credential_source(
    setting: &Setting,
    environment: &Environment,
    other: impl Fn(&'static str, Key, &Setting) -> Base,
) -> Result<Base> {
    let set = |variable| environment.get(variable).is_some();
    match setting.value.as_str() {
        "Environment" => Ok(Base::Environment),
        "Ec2InstanceMetadata" => Ok(other("EC2RoleProvider", Key::CredentialSource, setting)),
        "EcsContainer"
            if set(Variable::ContainerCredentialsRelativeUri) || set(Variable::ContainerCredentialsFullUri) =>
        {
            Ok(other("CredentialsEndpointProvider", Key::CredentialSource, setting))
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

fn role(profile: &Profile, arn: &Setting, options: RoleOptions) -> Result<Role> {
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
        profile: profile.name.clone(),
        arn: arn.clone(),
        duration_seconds: options.duration_seconds.or(duration(profile)?),
        duration_origin,
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
pub fn environment_key(environment: &Environment, key: Key) -> Option<(Variable, &Text)> {
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

/// Key, secret and token of the environment.
pub fn environment_keys(environment: &Environment) -> Result<Value> {
    let text = |key| environment_key(environment, key).map_or("", |(_, text)| text.as_str());
    let value = Value::of_keys(
        text(Key::AccessKeyId),
        text(Key::SecretAccessKey),
        text(Key::SessionToken),
        "EnvConfigCredentials",
    )?;
    Ok(Value {
        account_id: environment
            .get(Variable::AccountId)
            .cloned()
            .unwrap_or_default(),
        ..value
    })
}

fn profile_keys(profile: &Profile) -> Result<Value> {
    let text = |key| profile.settings.value(key).unwrap_or_default();
    let file = profile
        .settings
        .get(Key::AccessKeyId)
        .map(|setting| setting.position.path.display().to_string());
    let provider = format!("SharedConfigCredentials: {}", file.unwrap_or_default());
    let value = Value::of_keys(
        text(Key::AccessKeyId),
        text(Key::SecretAccessKey),
        text(Key::SessionToken),
        &provider,
    )?;
    Ok(Value {
        account_id: Text::lossy(text(Key::AccountId)),
        ..value
    })
}

fn unsupported(key: &str, profile: &str, position: &FilePosition) -> Error {
    Error::new(
        Status::Unsupported,
        "UnsupportedCredentials",
        format!("profile {profile} gets its credentials by {key}, which this version of libsession can't do yet"),
    )
    .with_position(&position.path, position.line, 0)
}

fn not_built(what: String) -> Error {
    Error::new(
        Status::Unsupported,
        "UnsupportedCredentials",
        format!("{what}: this version of libsession does not ask it"),
    )
}

fn no_credentials(reasons: Vec<Error>) -> Error {
    let error = Error::new(
        Status::Credentials,
        "NoCredentialProviders",
        "no valid providers in chain",
    );
    reasons.into_iter().fold(error, Error::with_cause)
}

fn remote_reasons(environment: &Environment) -> Vec<Error> {
    let mut reasons = vec![
        Error::new(
            Status::Credentials,
            "EnvAccessKeyNotFound",
            "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not both set in the environment",
        ),
        Error::new(
            Status::Credentials,
            "SharedCredsLoad",
            "the profile has no credentials in the files that were read",
        ),
    ];
    let container = [
        Variable::ContainerCredentialsRelativeUri,
        Variable::ContainerCredentialsFullUri,
    ];
    let disabled = environment
        .get(Variable::Ec2MetadataDisabled)
        .is_some_and(|word| word.eq_ignore_ascii_case("true"));
    reasons.push(
        match container
            .iter()
            .find(|variable| environment.get(**variable).is_some())
        {
            Some(variable) => not_built(format!("credentials endpoint of {}", variable.name())),
            None if disabled => Error::new(
                Status::Credentials,
                "EC2RoleRequestError",
                "disabled by AWS_EC2_METADATA_DISABLED",
            ),
            None => not_built("EC2 instance metadata service".to_owned()),
        },
    );
    reasons
}
