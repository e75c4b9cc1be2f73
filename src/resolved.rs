//! Resolved configuration: what the program, the environment and the files say, each value with its origin.
//!
//! The layers are kept apart and looked through from the top, so that a copy of a session shares all of them but its
//! own: what the copy was given, what the session was given, then outside, then defaults.

use crate::config::{Clock, Config, Field, Kind, Logger, Sleep};
use crate::credentials::Credentials;
use crate::credentials::profile::Plan;
use crate::error::{Error, Result};
use crate::load::environment::Environment;
use crate::load::files::LookedAt;
use crate::load::origin::Origin;
use crate::load::profile::Profile;
use crate::load::settings::Setting;
use crate::session::TokenProvider;
use crate::text::Text;
use crate::transport::{self, PemSource, TlsSettings, Transport};
use once_cell::sync::OnceCell;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// What a load found, shared by a session and all its copies and clients.
pub struct Loaded {
    pub(crate) environment: Environment,
    /// What the program gave to the load.
    pub(crate) code: Config,
    /// What variables and files say, sorted by field.
    pub(crate) outside: Vec<(Field, Text, Origin)>,
    pub(crate) shared_config: bool,
    /// Who says whether shared config is on.
    pub(crate) shared_config_origin: Origin,
    pub(crate) profile: Arc<Profile>,
    pub(crate) profile_origin: Origin,
    pub(crate) files: Vec<LookedAt>,
    pub(crate) plan: Plan,
    /// The endpoints of the profile's `services` section, by service id.
    pub(crate) service_endpoints: Vec<(Text, Setting)>,
    /// What options gave for TLS; it wins over the fields.
    pub(crate) pem: TlsSettings,
    pub(crate) tls: transport::Tls,
    pub(crate) built_in: OnceCell<Arc<dyn Transport>>,
    /// Who is asked for MFA codes.
    pub(crate) token_provider: Option<Arc<TokenProvider>>,
    /// How long a program of `credential_process` may take, where the program says so.
    pub(crate) process_timeout: Option<Duration>,
    /// Whether credentials of roles are shared with the AWS CLI.
    pub(crate) cli_cache: bool,
    /// Why nothing could be loaded, where the session was wanted all the same.
    pub(crate) failure: Option<Error>,
}

const OF_TLS: [Field; 3] = [Field::CaBundle, Field::ClientTlsCert, Field::ClientTlsKey];

/// The configuration of a session, a copy or a client.
#[derive(Clone)]
pub struct ResolvedConfig {
    base: Arc<Base>,
    overrides: Option<Arc<Config>>,
}

/// What all copies of a session share.
struct Base {
    loaded: Arc<Loaded>,
    /// Where the load found credentials. Providers hold what was loaded, so they can't be part of it.
    credentials: Arc<Credentials>,
}

impl ResolvedConfig {
    /// The configuration of a session that was loaded.
    pub fn new(loaded: Arc<Loaded>, credentials: Arc<Credentials>) -> ResolvedConfig {
        ResolvedConfig {
            base: Arc::new(Base {
                loaded,
                credentials,
            }),
            overrides: None,
        }
    }

    /// The same with more overrides on top.
    pub fn with(&self, overrides: Option<&Arc<Config>>) -> ResolvedConfig {
        let overrides = match (&self.overrides, overrides) {
            (mine, None) => mine.clone(),
            (None, Some(theirs)) => Some(theirs.clone()),
            (Some(mine), Some(theirs)) => {
                let mut merged = Config::clone(mine);
                merged.merge(theirs);
                Some(Arc::new(merged))
            }
        };
        ResolvedConfig {
            base: self.base.clone(),
            overrides,
        }
    }

    /// What the load found.
    pub fn loaded(&self) -> &Arc<Loaded> {
        &self.base.loaded
    }

    /// All that is set, with defaults and objects, as one configuration.
    pub fn snapshot(&self) -> Config {
        let mut config = Config::default();
        for field in Field::ALL {
            if let Some(text) = self.get(*field) {
                config.put(*field, text.clone());
            }
        }
        config.credentials = self.object(|config| &config.credentials).cloned();
        config.transport = self.object(|config| &config.transport).cloned();
        config.sleep = self.object(|config| &config.sleep).cloned();
        config.clock = self.object(|config| &config.clock).cloned();
        config.logger = self.object(|config| &config.logger).cloned();
        config
    }

    /// The environment of the load.
    pub fn environment(&self) -> &Environment {
        &self.base.loaded.environment
    }

    /// A value and where it came from.
    pub fn find(&self, field: Field) -> Option<(&Text, Origin)> {
        if let Some(text) = self
            .overrides
            .as_ref()
            .and_then(|overrides| overrides.get(field))
        {
            return Some((text, Origin::Code));
        }
        // An empty text given to a load leaves the field to the others.
        if let Some(text) = self
            .base
            .loaded
            .code
            .get(field)
            .filter(|text| !text.is_empty())
        {
            return Some((text, Origin::Code));
        }
        if let Some((_, text, origin)) = self
            .base
            .loaded
            .outside
            .iter()
            .find(|(set, _, _)| *set == field)
        {
            return Some((text, origin.clone()));
        }
        field
            .facts()
            .default
            .as_ref()
            .map(|text| (text, Origin::Default))
    }

    /// A value; None where nobody set it and it has no default.
    pub fn get(&self, field: Field) -> Option<&Text> {
        let code = self
            .overrides
            .as_ref()
            .and_then(|overrides| overrides.get(field));
        code.or_else(|| {
            self.base
                .loaded
                .code
                .get(field)
                .filter(|text| !text.is_empty())
        })
        .or_else(|| {
            self.base
                .loaded
                .outside
                .iter()
                .find(|(set, _, _)| *set == field)
                .map(|(_, text, _)| text)
        })
        .or(field.facts().default.as_ref())
    }

    /// The endpoint that somebody configured for the service, by its id in small letters with `_`, or for all: code, the
    /// service's variable, the general one, the service's in the profile, the general one there.
    pub fn configured_endpoint(&self, id: &str) -> Option<&Text> {
        if self.flag(Field::IgnoreConfiguredEndpointUrls) {
            return None;
        }
        let (general, origin) = self.find(Field::EndpointUrl).unzip();
        if origin == Some(Origin::Code) {
            return general;
        }
        let of_variable = || {
            self.base
                .loaded
                .environment
                .endpoint(&id.to_ascii_uppercase())
        };
        let of_environment = || general.filter(|_| matches!(origin, Some(Origin::Environment(_))));
        let of_profile = || {
            let mut endpoints = self.base.loaded.service_endpoints.iter();
            endpoints
                .find(|(service, _)| service.eq_ignore_ascii_case(id))
                .map(|(_, setting)| &setting.value)
        };
        of_variable()
            .or_else(of_environment)
            .or_else(of_profile)
            .or(general)
    }

    /// A text, empty where nobody set it.
    pub fn text(&self, field: Field) -> &str {
        self.get(field).map_or("", Text::as_str)
    }

    /// A switch, where somebody set it.
    pub fn tri_state(&self, field: Field) -> Option<bool> {
        debug_assert_eq!(field.facts().kind, Kind::Flag);
        self.get(field).map(|text| *text == "true")
    }

    /// A switch, off where nobody set it.
    pub fn flag(&self, field: Field) -> bool {
        self.tri_state(field).unwrap_or(false)
    }

    fn object<T: ?Sized>(&self, of: impl Fn(&Config) -> &Option<Arc<T>>) -> Option<&Arc<T>> {
        let overridden = self
            .overrides
            .as_ref()
            .and_then(|overrides| of(overrides).as_ref());
        overridden.or_else(|| of(&self.base.loaded.code).as_ref())
    }

    /// Where credentials come from.
    pub fn credentials(&self) -> &Arc<Credentials> {
        self.object(|config| &config.credentials)
            .unwrap_or(&self.base.credentials)
    }

    /// Whether the program gave the credentials.
    pub fn has_own_credentials(&self) -> bool {
        self.object(|config| &config.credentials).is_some()
    }

    /// What waits between tries, if the program gave it.
    pub fn sleep(&self) -> Option<&Arc<Sleep>> {
        self.object(|config| &config.sleep)
    }

    /// Who is told what happens.
    pub fn logger(&self) -> Option<&Arc<Logger>> {
        self.object(|config| &config.logger)
    }

    fn clock(&self) -> Option<&Arc<Clock>> {
        self.object(|config| &config.clock)
    }

    /// The time, in Unix nanoseconds.
    pub fn now(&self) -> i64 {
        match self.clock() {
            Some(clock) => clock(),
            None => {
                let since = SystemTime::now()
                    .duration_since(UNIX_EPOCH)
                    .unwrap_or_default();
                i64::try_from(since.as_nanos()).unwrap_or(i64::MAX)
            }
        }
    }

    /// The time, in Unix seconds.
    pub fn now_seconds(&self) -> i64 {
        self.now().div_euclid(1_000_000_000)
    }

    /// What sends requests: the program's own, or the built-in one, made when it is first asked for.
    pub fn transport(&self) -> Result<Arc<dyn Transport>> {
        if let Some(own) = self.object(|config| &config.transport) {
            return Ok(own.clone());
        }
        if self.overrides_tls() {
            return transport::built_in(
                &transport::check_tls(&self.tls_settings())?,
                self.environment(),
            );
        }
        let make = || transport::built_in(&self.base.loaded.tls, self.environment());
        self.base.loaded.built_in.get_or_try_init(make).cloned()
    }

    fn overrides_tls(&self) -> bool {
        let overrides = self.overrides.as_ref();
        overrides.is_some_and(|config| OF_TLS.iter().any(|field| config.get(*field).is_some()))
    }

    /// The PEM text that an option gave, which wins over a field of TLS.
    pub fn pem(&self, field: Field) -> Option<&PemSource> {
        let pem = &self.base.loaded.pem;
        let given = match field {
            Field::CaBundle => &pem.ca_bundle,
            Field::ClientTlsCert => &pem.client_certificate,
            Field::ClientTlsKey => &pem.client_key,
            _ => &None,
        };
        let overridden = self
            .overrides
            .as_ref()
            .is_some_and(|config| config.get(field).is_some());
        given.as_ref().filter(|_| !overridden)
    }

    /// What TLS is to use: PEM text of options, and the files that the fields name.
    fn tls_settings(&self) -> TlsSettings {
        let file = |field| {
            let path = || self.get(field).filter(|text| !text.is_empty());
            let named = || path().map(|path| PemSource::Path(path.as_str().into()));
            self.pem(field).cloned().or_else(named)
        };
        TlsSettings {
            ca_bundle: file(Field::CaBundle),
            client_certificate: file(Field::ClientTlsCert),
            client_key: file(Field::ClientTlsKey),
        }
    }
}
