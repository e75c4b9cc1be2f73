//! The session: loaded once, copied with overrides, and the parent of every client.

use crate::config::{Config, Field};
use crate::credentials::Credentials;
use crate::credentials::assume_role::RolePolicy;
use crate::credentials::profile::{Base, Plan, RoleOptions, WebIdentity, has_environment_keys};
use crate::error::{Error, Result, Status};
use crate::handlers::{Handlers, HasHandlers, LiveHandlers, failing};
use crate::load::environment::{Environment, Variable, bad_variable};
use crate::load::files::Files;
use crate::load::ini::FileKind;
use crate::load::origin::Origin;
use crate::load::profile::Profile;
use crate::load::settings::{Key, Settings};
use crate::request::defaults;
use crate::resolved::{Loaded, ResolvedConfig};
use crate::text::{Text, shown};
use crate::transport::{self, PemSource, Tls, TlsSettings};
use once_cell::sync::OnceCell;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// Whether the config file, and all keys of profiles, are read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(i32)]
pub enum SharedConfigState {
    /// As `AWS_SDK_LOAD_CONFIG` says.
    #[default]
    FromEnvironment = 0,
    /// No.
    Disable = 1,
    /// Yes.
    Enable = 2,
}

/// Asks for an MFA code: serial number, role and profile. Gives the code, or the reason why there is none.
pub type TokenProvider = dyn Fn(&TokenRequest) -> Result<Text> + Send + Sync;

/// What an MFA code is asked for.
#[derive(Clone, Debug)]
pub struct TokenRequest {
    /// The serial number or ARN of the device.
    pub serial: Text,
    /// The role to assume.
    pub role: Text,
    /// The profile it stands in.
    pub profile: Text,
}

/// What a load is told by the program.
#[derive(Clone, Default)]
pub struct Options {
    /// Settings that win over all others.
    pub config: Config,
    /// Settings that options name one by one; they win over `config`.
    pub fields: Config,
    /// The profile; also lets it win over keys in the environment.
    pub profile: Text,
    /// Whether the config file is read.
    pub shared_config: SharedConfigState,
    /// The files to read instead of the usual ones, the later wins.
    pub files: Option<Vec<PathBuf>>,
    /// The environment to use instead of the process's.
    pub environment: Option<Environment>,
    /// Who is asked for MFA codes.
    pub token_provider: Option<Arc<TokenProvider>>,
    /// For how many seconds roles are assumed, whatever the profile says.
    pub assume_role_duration: Option<u32>,
    /// How long a program of `credential_process` may take; a minute where nothing is said.
    pub process_timeout: Option<Duration>,
    /// What else is said of the last role of a chain.
    pub role_policy: RolePolicy,
    /// Whether credentials of roles are shared with the AWS CLI, in its cache.
    pub cli_cache: bool,
    /// The handlers instead of the built-in ones.
    pub handlers: Option<Arc<Handlers>>,
    /// What TLS is to use, from memory or files; wins over the fields of the configuration.
    pub tls: TlsSettings,
    /// What is wrong with an option, by its name.
    pub faults: Vec<(&'static str, Error)>,
}

impl Options {
    /// Options with nothing but a configuration.
    pub fn of(config: Config) -> Options {
        Options {
            config,
            ..Options::default()
        }
    }

    fn fault(&self) -> Option<&Error> {
        let own = self.faults.first().map(|(_, error)| error);
        own.or_else(|| self.config.fault())
            .or_else(|| self.fields.fault())
    }
}

/// Configuration, credentials and handlers that clients inherit.
pub struct Session {
    config: ResolvedConfig,
    handlers: LiveHandlers,
}

impl HasHandlers for Session {
    fn live_handlers(&self) -> &LiveHandlers {
        &self.handlers
    }
}

impl Session {
    /// Loads a session from the environment and the files, those of TLS too where they are named. Opens no socket.
    pub fn load(options: &Options) -> Result<Session> {
        if let Some(fault) = options.fault() {
            return Err(fault.clone());
        }
        let loaded = Loader::new(options)?.load()?;
        let loaded = Arc::new(loaded);
        let credentials = Arc::new(Plan::credentials(&loaded));
        let config = ResolvedConfig::new(loaded, credentials);
        let given = options.handlers.as_ref().filter(|given| !given.is_empty());
        let mut handlers = given.cloned().unwrap_or_else(defaults::handlers);
        let unchecked = config.flag(Field::DisableParamValidation);
        if unchecked || given.is_some() {
            defaults::place_parameter_check(Arc::make_mut(&mut handlers), unchecked);
        }
        Ok(Session {
            config,
            handlers: LiveHandlers::new(handlers),
        })
    }

    /// Go's deprecated `New`: a session in any case. What went wrong is the error of every request.
    pub fn load_deferred(config: &Config) -> Session {
        Session::load(&Options::of(config.clone())).unwrap_or_else(|error| {
            let loaded = Loader::bare(config, error.clone());
            let credentials = Arc::new(Credentials::fixed(Err(error.clone())));
            let config = ResolvedConfig::new(Arc::new(loaded), credentials);
            Session {
                config,
                handlers: LiveHandlers::new(Arc::new(failing(error))),
            }
        })
    }

    /// The session of the process, loaded when it is first asked for. A failed load is tried again next time.
    pub fn of_process() -> Result<Arc<Session>> {
        static DEFAULT: OnceCell<Arc<Session>> = OnceCell::new();
        DEFAULT
            .get_or_try_init(|| Session::load(&Options::default()).map(Arc::new))
            .cloned()
    }

    /// A session with overrides on top; credentials and handlers are shared, later changes are not.
    pub fn copy(&self, overrides: Option<&Arc<Config>>) -> Result<Session> {
        if let Some(fault) = overrides.and_then(|config| config.fault()) {
            return Err(fault.clone());
        }
        let config = self.config.with(overrides);
        let mut handlers = self.handlers.now();
        let validation = |config: &ResolvedConfig| config.flag(Field::DisableParamValidation);
        let says_so = |config: &Arc<Config>| config.get(Field::DisableParamValidation).is_some();
        if overrides.is_some_and(says_so) && validation(&config) != validation(&self.config) {
            defaults::place_parameter_check(Arc::make_mut(&mut handlers), validation(&config));
        }
        Ok(Session {
            config,
            handlers: LiveHandlers::new(handlers),
        })
    }

    /// Its configuration.
    pub fn config(&self) -> &ResolvedConfig {
        &self.config
    }
}

/// One load.
struct Loader<'a> {
    options: &'a Options,
    environment: Environment,
    code: Config,
    shared_config: bool,
    shared_config_origin: Origin,
    profile_name: Text,
    profile_origin: Origin,
}

impl<'a> Loader<'a> {
    fn new(options: &'a Options) -> Result<Loader<'a>> {
        let environment = options
            .environment
            .clone()
            .unwrap_or_else(Environment::of_process);
        let (shared_config, shared_config_origin) = match options.shared_config {
            SharedConfigState::Disable => (false, Origin::Code),
            SharedConfigState::Enable => (true, Origin::Code),
            SharedConfigState::FromEnvironment => {
                let set = environment.lossy(Variable::SdkLoadConfig).is_some();
                let variable = Origin::Environment(Variable::SdkLoadConfig);
                (
                    environment.loads_config(),
                    if set { variable } else { Origin::Default },
                )
            }
        };
        let mut code = options.config.clone();
        code.merge(&options.fields);
        let mut loader = Loader {
            options,
            environment,
            code,
            shared_config,
            shared_config_origin,
            profile_name: crate::text!("default"),
            profile_origin: Origin::Default,
        };
        if !options.profile.is_empty() {
            (loader.profile_name, loader.profile_origin) = (options.profile.clone(), Origin::Code);
        } else if let Some((name, variable)) =
            loader.variable(&[Variable::Profile, Variable::DefaultProfile])?
        {
            (loader.profile_name, loader.profile_origin) =
                (Text::lossy(name), Origin::Environment(variable));
        }
        Ok(loader)
    }

    /// What is left of a load that failed: the program's own settings.
    fn bare(config: &Config, error: Error) -> Loaded {
        Loaded {
            environment: Environment::default(),
            code: config.clone(),
            outside: Vec::new(),
            shared_config: false,
            shared_config_origin: Origin::Default,
            profile: Arc::new(Profile::empty(crate::text!("default"))),
            profile_origin: Origin::Default,
            files: Vec::new(),
            plan: Plan::of(Base::Remote),
            service_endpoints: Vec::new(),
            pem: TlsSettings::default(),
            tls: Tls::default(),
            built_in: OnceCell::new(),
            token_provider: None,
            process_timeout: None,
            cli_cache: false,
            failure: Some(error),
        }
    }

    /// The first of the variables that is set. Those named `AWS_DEFAULT_…` count with shared config alone.
    fn variable(&self, variables: &[Variable]) -> Result<Option<(&str, Variable)>> {
        for variable in variables {
            let gated = matches!(variable, Variable::DefaultRegion | Variable::DefaultProfile);
            if !self.environment.has(*variable) || (gated && !self.shared_config) {
                continue;
            }
            if let Some(text) = self.environment.text(*variable)? {
                return Ok(Some((text, *variable)));
            }
        }
        Ok(None)
    }

    fn load(self) -> Result<Loaded> {
        let mut outside = self.fields_of_environment()?;
        let mut files = Files::default();
        let profile = match self.read_files(&mut files) {
            Ok(profile) => profile,
            Err(_) if self.files_do_not_matter() => Profile::empty(self.profile_name.clone()),
            Err(error) => return Err(error),
        };
        let profile = Arc::new(profile);
        self.fields_of_profile(&profile.settings, |field| !field.is_csm(), &mut outside)?;
        if self.environment.get(Variable::CsmEnabled).is_none() {
            if let Some(csm) = files.settings("aws_csm", self.shared_config) {
                self.fields_of_profile(&csm, Field::is_csm, &mut outside)?;
            }
        }
        let plan = self.plan(&profile)?;
        let services = profile.settings.get(Key::Services);
        let service_endpoints = services
            .map(|name| files.service_endpoints(name))
            .unwrap_or_default();
        let tls = transport::check_tls(&self.tls_settings(&outside))?;
        Ok(Loaded {
            environment: self.environment,
            code: self.code,
            outside,
            shared_config: self.shared_config,
            shared_config_origin: self.shared_config_origin,
            profile,
            profile_origin: self.profile_origin,
            files: files.into_looked_at(),
            plan,
            service_endpoints,
            pem: self.options.tls.clone(),
            tls,
            built_in: OnceCell::new(),
            token_provider: self.options.token_provider.clone(),
            process_timeout: self.options.process_timeout,
            cli_cache: self.options.cli_cache,
            failure: None,
        })
    }

    /// What TLS is to use: from memory, else from the files that are named.
    fn tls_settings(&self, outside: &[(Field, Text, Origin)]) -> TlsSettings {
        let source = |memory: &Option<PemSource>, field: Field| {
            let named = || {
                let code = self.code.get(field).filter(|text| !text.is_empty());
                code.or_else(|| {
                    outside
                        .iter()
                        .find(|(set, _, _)| *set == field)
                        .map(|(_, text, _)| text)
                })
            };
            memory
                .clone()
                .or_else(|| named().map(|path| PemSource::Path(path.as_str().into())))
        };
        let memory = &self.options.tls;
        TlsSettings {
            ca_bundle: source(&memory.ca_bundle, Field::CaBundle),
            client_certificate: source(&memory.client_certificate, Field::ClientTlsCert),
            client_key: source(&memory.client_key, Field::ClientTlsKey),
        }
    }

    /// Go passes over any fault of the files when no profile was asked for and credentials are there without them.
    fn files_do_not_matter(&self) -> bool {
        self.profile_origin == Origin::Default
            && !self.shared_config
            && self.has_credentials_already()
    }

    fn has_credentials_already(&self) -> bool {
        self.code.credentials.is_some() || has_environment_keys(&self.environment)
    }

    fn no_such_profile(&self, files: &Files) -> Error {
        let error = files.no_such_profile(&self.profile_name);
        if self.shared_config || self.options.files.is_some() {
            return error;
        }
        let why = "the config file is read only if AWS_SDK_LOAD_CONFIG is true or the options enable shared config";
        error.with_cause(Error::new(Status::ProfileNotFound, "", why))
    }

    fn read_files(&self, files: &mut Files) -> Result<Profile> {
        match &self.options.files {
            Some(paths) => {
                for path in paths {
                    files.read(path.as_path().into(), FileKind::Either)?;
                }
            }
            None => {
                let home = || self.environment.home().map(|home| home.join(".aws"));
                let path = |variable, name| {
                    let named = self.environment.as_path(variable).map(Arc::from);
                    named.or_else(|| home().map(|folder| folder.join(name).into()))
                };
                if self.shared_config {
                    if let Some(path) = path(Variable::ConfigFile, "config") {
                        files.read(path, FileKind::Config)?;
                    }
                }
                if let Some(path) = path(Variable::SharedCredentialsFile, "credentials") {
                    files.read(path, FileKind::Credentials)?;
                }
            }
        }
        let wanted = match self.profile_origin {
            Origin::Code => true,
            Origin::Environment(_) => {
                !self.has_credentials_already()
                    && self
                        .environment
                        .get(Variable::WebIdentityTokenFile)
                        .is_none()
            }
            _ => false,
        };
        let name = &self.profile_name;
        match files.profile(name, self.shared_config)? {
            Some(profile) => Ok(profile),
            None if wanted => Err(self.no_such_profile(files)),
            None => Ok(Profile::empty(name.clone())),
        }
    }

    fn fields_of_environment(&self) -> Result<Vec<(Field, Text, Origin)>> {
        let mut found = Vec::new();
        for field in Field::ALL {
            let outside = &field.facts().outside;
            let Some((raw, variable)) = self.variable(outside.variables)? else {
                continue;
            };
            match field.check(raw) {
                Ok(text) => found.push((
                    *field,
                    regular(text, outside.inverted),
                    Origin::Environment(variable),
                )),
                // What only IMDS uses is an error only when IMDS is used.
                Err(_) if outside.inverted => {}
                Err(expected) => {
                    let why = format!("is {:?}, but {expected} is expected", shown(raw));
                    return Err(bad_variable(variable, &why));
                }
            }
        }
        Ok(found)
    }

    fn fields_of_profile(
        &self,
        settings: &Settings,
        wanted: impl Fn(Field) -> bool,
        found: &mut Vec<(Field, Text, Origin)>,
    ) -> Result<()> {
        for field in Field::ALL {
            let outside = &field.facts().outside;
            let Some((key, setting)) = outside.key.and_then(|key| Some((key, settings.get(key)?)))
            else {
                continue;
            };
            if !wanted(*field) {
                continue;
            }
            match field.check(&setting.value) {
                // A bad value is an error also where a variable wins over it.
                Ok(_) if found.iter().any(|(set, _, _)| set == field) => {}
                Ok(text) => {
                    let text = regular(text, outside.inverted);
                    found.push((*field, text, Origin::File(setting.position.clone())));
                }
                Err(_) if key == Key::Ec2MetadataV1Disabled => {}
                Err(expected) => {
                    let value = shown(&setting.value);
                    let message =
                        format!("{} is {value:?}, but {expected} is expected", key.name());
                    return Err(setting.error("SharedConfigErr", message));
                }
            }
        }
        Ok(())
    }

    /// Where credentials come from, by the order of the Go package.
    fn plan(&self, profile: &Arc<Profile>) -> Result<Plan> {
        if self.code.credentials.is_some() {
            return Ok(Plan::of(Base::Code));
        }
        if self.options.profile.is_empty() {
            if has_environment_keys(&self.environment) {
                return Ok(Plan::of(Base::Environment));
            }
            if let Some(file) = self.environment.path(Variable::WebIdentityTokenFile) {
                return self.web_identity(file);
            }
        }
        let options = RoleOptions {
            has_token_provider: self.options.token_provider.is_some(),
            duration_seconds: self.options.assume_role_duration,
        };
        let mut plan = Plan::of_profile(profile, &self.environment, options)?;
        if let Some(role) = plan.roles.last_mut() {
            Arc::make_mut(role).policy = self.options.role_policy.clone();
        }
        Ok(plan)
    }

    fn web_identity(&self, token_file: PathBuf) -> Result<Plan> {
        let Some(role_arn) = self.environment.get(Variable::RoleArn) else {
            let why = "AWS_WEB_IDENTITY_TOKEN_FILE is set, but AWS_ROLE_ARN is not";
            let cause = Error::new(Status::Config, "", why);
            return Err(
                Error::new(Status::Config, "WebIdentityErr", "role ARN is not set")
                    .with_cause(cause),
            );
        };
        Ok(Plan::of(Base::WebIdentity(WebIdentity {
            token_file,
            role_arn: Text::lossy(role_arn),
            session_name: self
                .environment
                .get(Variable::RoleSessionName)
                .map(Text::lossy),
            origin: Origin::Environment(Variable::WebIdentityTokenFile),
        })))
    }
}

/// A checked value as the field means it.
fn regular(text: Text, inverted: bool) -> Text {
    match (inverted, text.as_str()) {
        (true, "true") => crate::text!("false"),
        (true, "false") => crate::text!("true"),
        _ => text,
    }
}
