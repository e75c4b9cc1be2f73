//! A client: a service, where it is, how requests to it are signed, and the handlers they run through.

use super::facts::{Facts, Protocol};
use super::{protocol, s3, signer};
use crate::config::{Config, Field};
use crate::credentials::Credentials;
use crate::endpoint::{self, Lookup};
use crate::error::{Error, Result, Status};
use crate::handlers::{Handler, Handlers, HasHandlers, LiveHandlers, Stage};
use crate::request::retry::RetryState;
use crate::request::{Url, defaults};
use crate::resolved::{Loaded, ResolvedConfig};
use crate::session::Session;
use crate::sign;
use crate::text::Text;
use crate::transport::{Purpose, Transport};
use std::sync::Arc;

/// A client of one service, shared by its requests.
pub struct Client {
    config: ResolvedConfig,
    handlers: LiveHandlers,
    service: Text,
    protocol: Protocol,
    endpoint: Endpoint,
    purpose: Purpose,
    retries: RetryState,
}

/// Where the library's own calls go.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Place<'a> {
    /// To the service's endpoint in a region.
    Region(&'a str),
    /// There.
    Url(&'a str),
}

/// Where a service is.
#[derive(Default)]
struct Endpoint {
    text: Text,
    url: Option<Url>,
    partition: Text,
    signing_region: Text,
    signing_name: Text,
    /// The name that requests are signed for; two services of SSO have one that Go's endpoints do not know.
    signs_as: Text,
    /// Whether the program named the endpoint itself.
    is_custom: bool,
    error: Option<Error>,
}

impl HasHandlers for Client {
    fn live_handlers(&self) -> &LiveHandlers {
        &self.handlers
    }
}

impl Client {
    /// A client of `service`, by the id of its endpoints (`s3`, `sts`, `monitoring`). A region or endpoint that is
    /// missing or bad is the error of its requests.
    pub fn new(
        session: &Session,
        service: Text,
        overrides: Option<&Arc<Config>>,
    ) -> Result<Client> {
        if let Some(fault) = overrides.and_then(|config| config.fault()) {
            return Err(fault.clone());
        }
        if service.is_empty()
            || !service
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"-._".contains(&byte))
        {
            let shown: String = service.chars().take(64).collect();
            return Err(Error::argument(
                "service",
                format_args!("is {shown:?}, which is no id of a service"),
            ));
        }
        let config = session.config().with(overrides);
        let endpoint = Endpoint::of(&service, &config);
        let handlers = session.live_handlers().now();
        Ok(Client::assemble(
            config,
            service,
            endpoint,
            handlers,
            Purpose::Service,
        ))
    }

    /// A client for the library's own calls for credentials: the built-in handlers alone, and never the endpoint that
    /// the program gave for its services.
    pub(crate) fn for_credentials(
        loaded: &Arc<Loaded>,
        credentials: Arc<Credentials>,
        purpose: Purpose,
        service: Text,
        place: Place<'_>,
    ) -> Client {
        let config = ResolvedConfig::new(loaded.clone(), Arc::new(Credentials::Anonymous));
        let mut own = Config::default();
        own.credentials = Some(credentials);
        if let Place::Region(region) = place {
            own.put(Field::Region, Text::lossy(region));
        }
        let config = config.with(Some(&Arc::new(own)));
        let found = match place {
            Place::Region(_) => resolve(&service, &config),
            Place::Url(url) => given(&service, &config, url),
        };
        let endpoint = found.unwrap_or_else(Endpoint::missing);
        Client::assemble(config, service, endpoint, defaults::handlers(), purpose)
    }

    fn assemble(
        config: ResolvedConfig,
        service: Text,
        endpoint: Endpoint,
        mut handlers: Arc<Handlers>,
        purpose: Purpose,
    ) -> Client {
        let protocol = protocol::of(&service);
        let lists = Arc::make_mut(&mut handlers);
        defaults::place_parameter_check(lists, config.flag(Field::DisableParamValidation));
        lists.list_mut(Stage::Sign).push_back(Handler::builtin(
            crate::text!("v4.SignRequestHandler"),
            signer::sign,
        ));
        protocol::add_handlers(protocol, lists);
        if s3::is_s3(&service) {
            s3::add_handlers(lists);
        }
        Client {
            config,
            handlers: LiveHandlers::new(handlers),
            service,
            protocol,
            endpoint,
            purpose,
            retries: RetryState::default(),
        }
    }

    /// What its requests have learnt about retries and the servers' clock.
    pub fn retries(&self) -> &RetryState {
        &self.retries
    }

    /// What its requests are for.
    pub fn purpose(&self) -> Purpose {
        self.purpose
    }

    /// The service, by the id of its endpoints.
    pub fn service(&self) -> &Text {
        &self.service
    }

    /// How requests and replies are written.
    pub fn protocol(&self) -> Protocol {
        self.protocol
    }

    /// Its configuration.
    pub fn configuration(&self) -> &ResolvedConfig {
        &self.config
    }

    /// The region it works in; empty if none.
    pub fn region(&self) -> &Text {
        self.config.get(Field::Region).unwrap_or(&Text::EMPTY)
    }

    /// The endpoint as text; empty if there is none.
    pub fn endpoint(&self) -> &Text {
        &self.endpoint.text
    }

    /// The endpoint; none where it could not be found.
    pub fn url(&self) -> Option<&Url> {
        self.endpoint.url.as_ref()
    }

    /// Whether the program named the endpoint itself.
    pub fn has_custom_endpoint(&self) -> bool {
        self.endpoint.is_custom
    }

    /// Why there is no endpoint, where something is wrong with region or endpoint.
    pub fn endpoint_error(&self) -> Option<&Error> {
        self.endpoint.error.as_ref()
    }

    /// The partition: `aws`, `aws-cn`, …; empty for an endpoint that the program named.
    pub fn partition(&self) -> &Text {
        &self.endpoint.partition
    }

    /// The region that is signed for.
    pub fn signing_region(&self) -> &Text {
        &self.endpoint.signing_region
    }

    /// The name that requests are signed for.
    pub fn signs_as(&self) -> &Text {
        &self.endpoint.signs_as
    }

    /// The name that is signed for the service, as Go's endpoints say it.
    pub fn signing_name(&self) -> &Text {
        &self.endpoint.signing_name
    }

    /// Where its credentials come from.
    pub fn credentials(&self) -> &Arc<Credentials> {
        self.config.credentials()
    }

    /// What sends its requests.
    pub fn transport(&self) -> Result<Arc<dyn Transport>> {
        self.config.transport()
    }
}

impl Endpoint {
    fn of(service: &str, config: &ResolvedConfig) -> Endpoint {
        let custom = config.text(Field::Endpoint);
        let found = if custom.is_empty() {
            resolve(service, config)
        } else {
            given(service, config, custom)
        };
        found.unwrap_or_else(Endpoint::missing)
    }

    fn missing(error: Error) -> Endpoint {
        Endpoint {
            error: Some(error),
            ..Endpoint::default()
        }
    }
}

/// An endpoint that the program named.
fn given(service: &str, config: &ResolvedConfig, endpoint: &str) -> Result<Endpoint> {
    let scheme = if config.flag(Field::DisableSsl) {
        "http"
    } else {
        "https"
    };
    let has_scheme = endpoint
        .split_once("://")
        .is_some_and(|(scheme, _)| !scheme.is_empty() && !scheme.contains(':'));
    let text = if has_scheme {
        endpoint.to_owned()
    } else {
        format!("{scheme}://{endpoint}")
    };
    let url = parse_endpoint(&text)?;
    Ok(Endpoint {
        url: Some(url),
        text: Text::lossy(text),
        partition: Text::EMPTY,
        signing_region: Text::lossy(config.text(Field::Region)),
        signing_name: signing_name_of(service),
        signs_as: signing_name_of(service),
        is_custom: true,
        error: None,
    })
}

fn resolve(service: &str, config: &ResolvedConfig) -> Result<Endpoint> {
    let is_s3 = s3::is_s3(service);
    let dual_stack = config.tri_state(Field::UseDualStackEndpoint);
    let found = endpoint::resolve(&Lookup {
        service,
        region: config.text(Field::Region),
        use_fips: config.flag(Field::UseFipsEndpoint),
        use_dual_stack: dual_stack.unwrap_or_else(|| is_s3 && config.flag(Field::UseDualStack)),
        disable_ssl: config.flag(Field::DisableSsl),
        sts_legacy: config.text(Field::StsRegionalEndpoint) == "legacy",
        s3_us_east_1_legacy: config.text(Field::S3UsEast1RegionalEndpoint) == "legacy",
        imds_ipv6: config.text(Field::Ec2MetadataServiceEndpointMode) == "IPv6",
    })?;
    Ok(Endpoint {
        url: Some(parse_endpoint(&found.url)?),
        text: found.url,
        partition: found.partition,
        signing_region: found.signing_region,
        signs_as: if found.signing_name_derived {
            signing_name_of(service)
        } else {
            found.signing_name.clone()
        },
        signing_name: found.signing_name,
        is_custom: false,
        error: None,
    })
}

/// The name to sign for where the endpoint does not say: the service's own, else its id.
fn signing_name_of(service: &str) -> Text {
    let own = Facts::of(service).map_or("", |facts| facts.signing_name);
    Text::lossy(if own.is_empty() { service } else { own })
}

fn parse_endpoint(text: &str) -> Result<Url> {
    let url = sign::Url::parse(text).map_err(|error| {
        Error::new(Status::Config, "InvalidEndpointURL", "invalid endpoint uri").with_cause(error)
    })?;
    if !matches!(url.scheme, "https" | "http") {
        let why = format!("the scheme of endpoint {text:?} is neither http nor https");
        return Err(Error::new(Status::Config, "InvalidEndpointURL", why));
    }
    Ok(Url::new(
        url.scheme,
        url.authority,
        url.path,
        url.query.unwrap_or_default(),
    ))
}
