//! The chain of credentials: what gives the first ones, and each role that is assumed with what came before.

use super::{Entry, STATIC_KEYS, mask, profiles};
use crate::credentials::profile::{Base, Role, environment_key};
use crate::load::environment::{Environment, Variable};
use crate::load::origin::{FilePosition, Origin};
use crate::load::profile::{Profile, SSO_KEYS};
use crate::load::settings::{Key, Setting};
use crate::resolved::{Loaded, ResolvedConfig};

/// One that is asked for credentials.
pub(super) struct Step {
    /// Go's name of it; None for what the program gave, which goes by its own.
    pub(super) provider: Option<&'static str>,
    /// The profile that asks for it.
    pub(super) profile: Option<String>,
    /// What asks for it.
    pub(super) origin: Option<Origin>,
    /// What it is told.
    pub(super) values: Vec<Entry>,
}

const WEB_IDENTITY: [Key; 3] = [
    Key::WebIdentityTokenFile,
    Key::RoleArn,
    Key::RoleSessionName,
];

/// The chain of a session; empty where it could not be loaded.
pub(super) fn of(config: &ResolvedConfig) -> Vec<Step> {
    let loaded = config.loaded();
    if config.has_own_credentials() {
        let provider = config
            .credentials()
            .is_anonymous()
            .then_some("AnonymousCredentials");
        return vec![Step::new(provider, Some(Origin::Code))];
    }
    if loaded.failure.is_some() {
        return Vec::new();
    }
    let roles = loaded.plan.roles.iter();
    let roles = roles.map(|role| role_step(role));
    std::iter::once(base_step(loaded)).chain(roles).collect()
}

/// What a profile says, or else the SSO session that it names.
pub(super) fn said(profile: &Profile, key: Key) -> Option<&Setting> {
    let of_session = || {
        let session = profile.sso_session.as_ref();
        session
            .filter(|_| SSO_KEYS.contains(&key))?
            .settings
            .get(key)
    };
    profile.settings.get(key).or_else(of_session)
}

impl Step {
    fn new(provider: Option<&'static str>, origin: Option<Origin>) -> Step {
        Step {
            provider,
            profile: None,
            origin,
            values: Vec::new(),
        }
    }

    fn of_file(provider: &'static str, position: &FilePosition) -> Step {
        Step::new(Some(provider), Some(Origin::File(position.clone())))
    }

    fn of_profile(mut self, profile: &Profile, keys: &[Key]) -> Step {
        self.profile = Some(profile.name.as_str().to_owned());
        let said = |key: &Key| Some((*key, said(profile, *key)?));
        let entry = |(key, setting): (Key, &Setting)| Entry {
            name: key.name(),
            value: Some(mask::key(key, &setting.value)),
            origin: Some(Origin::File(setting.position.clone())),
        };
        self.values.extend(keys.iter().filter_map(said).map(entry));
        self
    }

    /// What variables say where a profile would use these keys.
    fn of_environment(mut self, environment: &Environment, keys: &[Key]) -> Step {
        let entry = |key: &Key| {
            let (variable, value) = environment_key(environment, *key)?;
            Some(Entry {
                name: key.name(),
                value: Some(mask::key(*key, value)),
                origin: Some(Origin::Environment(variable)),
            })
        };
        self.values.extend(keys.iter().filter_map(entry));
        self
    }

    /// What variables say that no key can.
    fn of_variables(mut self, environment: &Environment, variables: &[Variable]) -> Step {
        let entry = |variable: &Variable| {
            let value = environment.lossy(*variable)?;
            Some(Entry {
                name: variable.name(),
                value: Some(mask::variable(*variable, &value)),
                origin: Some(Origin::Environment(*variable)),
            })
        };
        self.values.extend(variables.iter().filter_map(entry));
        self
    }
}

fn base_step(loaded: &Loaded) -> Step {
    let environment = &loaded.environment;
    // The profile that the others build on.
    let root = profiles(&loaded.profile).last().unwrap_or(&loaded.profile);
    match &loaded.plan.base {
        Base::Code => Step::new(None, Some(Origin::Code)),
        Base::Environment => {
            // A profile can ask for the environment, but for a role alone.
            let asked = !loaded.plan.roles.is_empty();
            let source = root.settings.get(Key::CredentialSource).filter(|_| asked);
            let source_origin = source.map(|source| Origin::File(source.position.clone()));
            let key_id = environment_key(environment, Key::AccessKeyId);
            let origin = key_id.map(|(variable, _)| Origin::Environment(variable));
            let step = Step::new(Some("EnvConfigCredentials"), origin.or(source_origin));
            let step = step.of_environment(environment, &STATIC_KEYS);
            match source {
                Some(_) => step.of_profile(root, &[Key::CredentialSource]),
                None => step,
            }
        }
        Base::Keys(profile) => {
            let key_id = profile.settings.get(Key::AccessKeyId);
            let origin = key_id.map(|key_id| Origin::File(key_id.position.clone()));
            Step::new(Some("SharedConfigCredentials"), origin).of_profile(profile, &STATIC_KEYS)
        }
        Base::WebIdentity(identity) => {
            let origin = identity.origin.clone();
            let from_file = matches!(origin, Origin::File(_));
            let step = Step::new(Some("WebIdentityCredentials"), Some(origin));
            if from_file {
                step.of_profile(root, &WEB_IDENTITY)
            } else {
                step.of_environment(environment, &WEB_IDENTITY)
            }
        }
        Base::Sso(sso) => Step::of_file("SSOProvider", &sso.position).of_profile(root, &SSO_KEYS),
        Base::Process { command, .. } => Step::of_file("ProcessProvider", &command.position)
            .of_profile(root, &[Key::CredentialProcess]),
        Base::Login { session, .. } => Step::of_file("LoginProvider", &session.position)
            .of_profile(root, &[Key::LoginSession])
            .of_variables(environment, &[Variable::LoginCacheDirectory]),
        Base::Container { source, .. } => {
            let step = Step::of_file(CONTAINER, &source.position);
            container_step(step.of_profile(root, &[Key::CredentialSource]), environment)
        }
        Base::Imds { source, .. } => Step::of_file("EC2RoleProvider", &source.position)
            .of_profile(root, &[Key::CredentialSource]),
        Base::Remote => remote_step(environment),
    }
}

const CONTAINER: &str = "CredentialsEndpointProvider";

/// Nothing is configured: the container's endpoint where there is one, or else the metadata service.
fn remote_step(environment: &Environment) -> Step {
    let uri = [
        Variable::ContainerCredentialsRelativeUri,
        Variable::ContainerCredentialsFullUri,
    ]
    .into_iter()
    .find(|variable| environment.get(*variable).is_some());
    match uri {
        Some(uri) => {
            let step = Step::new(Some(CONTAINER), Some(Origin::Environment(uri)));
            container_step(step, environment)
        }
        None => Step::new(Some("EC2RoleProvider"), Some(Origin::Default))
            .of_variables(environment, &[Variable::Ec2MetadataDisabled]),
    }
}

fn container_step(step: Step, environment: &Environment) -> Step {
    const VARIABLES: [Variable; 4] = [
        Variable::ContainerCredentialsRelativeUri,
        Variable::ContainerCredentialsFullUri,
        Variable::ContainerAuthorizationToken,
        Variable::ContainerAuthorizationTokenFile,
    ];
    step.of_variables(environment, &VARIABLES)
}

fn role_step(role: &Role) -> Step {
    const KEYS: [Key; 6] = [
        Key::RoleArn,
        Key::SourceProfile,
        Key::CredentialSource,
        Key::RoleSessionName,
        Key::ExternalId,
        Key::MfaSerial,
    ];
    let arn = role.profile.settings.get(Key::RoleArn);
    let origin = arn.map(|arn| Origin::File(arn.position.clone()));
    let mut step = Step::new(Some("AssumeRoleProvider"), origin).of_profile(&role.profile, &KEYS);
    if let Some(seconds) = role.duration_seconds {
        step.values.push(Entry {
            name: Key::DurationSeconds.name(),
            value: Some(seconds.to_string()),
            origin: Some(role.duration_origin.clone()),
        });
    }
    step
}
