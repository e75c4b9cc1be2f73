//! A client: a service, where it is, how requests to it are signed, and the handlers they run through.

use super::facts::{Facts, Protocol};
use super::s3::BucketRegions;
use super::scheme::AuthScheme;
use super::{protocol, s3, signer};
use crate::config::{Config, Field};
use crate::credentials::Credentials;
use crate::credentials::bearer::HeldToken;
use crate::endpoint::{self, Lookup};
use crate::error::{Error, Result, Status};
use crate::handlers::{Handler, Handlers, HasHandlers, LiveHandlers, Stage};
use crate::request::log::Level;
use crate::request::retry::RetryState;
use crate::request::{Url, defaults, log};
use crate::resolved::{Loaded, ResolvedConfig};
use crate::session::Session;
use crate::sign;
use crate::text::Text;
use crate::transport::{self, Purpose, Timeouts, Transport};
use once_cell::race::OnceBox;
use once_cell::sync::OnceCell;
use std::sync::Arc;

/// A client of one service, shared by its requests.
pub struct Client {
    config: ResolvedConfig,
    handlers: LiveHandlers,
    service: Text,
    protocol: Protocol,
    endpoint: Endpoint,
    auth_scheme: AuthScheme,
    token: HeldToken,
    bucket_regions: BucketRegions,
    purpose: Purpose,
    timeouts: Timeouts,
    retries: RetryState,
    transport: OnceCell<Arc<dyn Transport>>,
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
            Place::Region(_) => Endpoint::outside_code(&service, &config),
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
        // What is on this machine has no other way than plain http.
        if !matches!(purpose, Purpose::Imds | Purpose::Container) {
            warn(&service, &config, &endpoint);
        }
        // The calls for credentials carry what they need themselves.
        let auth_scheme = match purpose {
            Purpose::Service => AuthScheme::of(&service, &endpoint.signs_as, &config),
            _ => AuthScheme::SigV4,
        };
        let protocol = protocol::of(&service);
        let unchecked = config.flag(Field::DisableParamValidation);
        let handlers = if Arc::ptr_eq(&handlers, &defaults::handlers()) && !unchecked {
            usual_handlers(protocol, s3::is_s3(&service))
        } else {
            let lists = Arc::make_mut(&mut handlers);
            defaults::place_parameter_check(lists, unchecked);
            add_handlers(lists, protocol, s3::is_s3(&service));
            handlers
        };
        Client {
            config,
            handlers: LiveHandlers::new(handlers),
            service,
            protocol,
            endpoint,
            auth_scheme,
            token: HeldToken::default(),
            bucket_regions: BucketRegions::default(),
            purpose,
            timeouts: Timeouts::default(),
            retries: RetryState::default(),
            transport: OnceCell::new(),
        }
    }

    /// The same client with other limits of time.
    pub(crate) fn with_timeouts(mut self, timeouts: Timeouts) -> Client {
        self.timeouts = timeouts;
        self
    }

    /// The same client with a field set, whatever others say of it.
    pub(crate) fn with_field(mut self, field: Field, value: Text) -> Client {
        let mut own = Config::default();
        own.put(field, value);
        self.config = self.config.with(Some(&Arc::new(own)));
        self
    }

    /// How long the steps of its requests may take.
    pub fn timeouts(&self) -> Timeouts {
        self.timeouts
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

    /// How its requests prove who sends them.
    pub fn auth_scheme(&self) -> AuthScheme {
        self.auth_scheme
    }

    /// The bearer token of its requests.
    pub(crate) fn token(&self) -> &HeldToken {
        &self.token
    }

    /// The name that is signed for the service, as Go's endpoints say it.
    pub fn signing_name(&self) -> &Text {
        &self.endpoint.signing_name
    }

    /// Where its credentials come from.
    pub fn credentials(&self) -> &Arc<Credentials> {
        self.config.credentials()
    }

    /// What it has been told of where buckets are.
    pub(super) fn bucket_regions(&self) -> &BucketRegions {
        &self.bucket_regions
    }

    /// The host, with its port, of the service in a region that the service names. None where requests must not go there:
    /// where somebody chose the endpoint, and in another partition, where its credentials are none.
    pub(super) fn authority_in(&self, region: &str) -> Option<Text> {
        let of = |endpoint: &Endpoint| Some(Text::lossy(endpoint.url.as_ref()?.authority()));
        if self.endpoint.is_custom || region.is_empty() {
            return None;
        }
        if region == self.endpoint.signing_region.as_str() {
            return of(&self.endpoint);
        }
        let there = self.endpoint_in(region)?;
        (there.partition == self.endpoint.partition)
            .then(|| of(&there))
            .flatten()
    }

    fn endpoint_in(&self, region: &str) -> Option<Endpoint> {
        let mut own = Config::default();
        own.put(Field::Region, Text::lossy(region));
        if endpoint::without_fips(self.region()) != self.region().as_str() {
            own.put(Field::UseFipsEndpoint, crate::text!("true"));
        }
        resolve(&self.service, &self.config.with(Some(&Arc::new(own)))).ok()
    }

    /// What sends its requests.
    pub fn transport(&self) -> Result<&Arc<dyn Transport>> {
        self.transport.get_or_try_init(|| self.config.transport())
    }
}

impl Endpoint {
    fn of(service: &str, config: &ResolvedConfig) -> Endpoint {
        let found = match config.text(Field::Endpoint) {
            "" => Endpoint::outside_code(service, config),
            endpoint => given(service, config, endpoint),
        };
        found.unwrap_or_else(Endpoint::missing)
    }

    /// The endpoint that the user configured outside of the program, or that of the service.
    fn outside_code(service: &str, config: &ResolvedConfig) -> Result<Endpoint> {
        let known = Facts::of(service).map(|facts| facts.id.to_owned());
        let id = known.unwrap_or_else(|| service.replace(['-', '.'], "_"));
        match config.configured_endpoint(&id) {
            Some(endpoint) => given(service, config, endpoint),
            None => resolve(service, config),
        }
    }

    fn missing(error: Error) -> Endpoint {
        Endpoint {
            error: Some(error),
            ..Endpoint::default()
        }
    }
}

/// Adds a client's handlers to those of its session.
fn add_handlers(lists: &mut Handlers, protocol: Protocol, is_s3: bool) {
    let signer = Handler::builtin(crate::text!("v4.SignRequestHandler"), signer::sign);
    lists.list_mut(Stage::Sign).push_back(signer);
    let send = lists.list_mut(Stage::Send);
    send.push_front(Handler::builtin(
        crate::text!("awssdk.client.LogRequest"),
        log::request,
    ));
    send.push_back(Handler::builtin(
        crate::text!("awssdk.client.LogResponse"),
        log::response,
    ));
    protocol::add_handlers(protocol, lists);
    if is_s3 {
        s3::add_handlers(lists);
    }
}

/// The lists of a client whose session has the built-in handlers, which are the same for all of them.
fn usual_handlers(protocol: Protocol, is_s3: bool) -> Arc<Handlers> {
    // `race`: a lock might have been left behind by a thread that a forked child doesn't have.
    static USUAL: [[OnceBox<Arc<Handlers>>; 2]; Protocol::COUNT] =
        [const { [const { OnceBox::new() }; 2] }; Protocol::COUNT];
    let make = || {
        let mut handlers = Handlers::clone(&defaults::handlers());
        add_handlers(&mut handlers, protocol, is_s3);
        Arc::new(handlers)
    };
    let place = USUAL
        .get(protocol as usize)
        .and_then(|of_protocol| of_protocol.get(usize::from(is_s3)));
    match place {
        Some(place) => place.get_or_init(|| Box::new(make())).clone(),
        None => make(),
    }
}

/// Tells the logger what the program had better know of a client.
fn warn(service: &str, config: &ResolvedConfig, endpoint: &Endpoint) {
    if config.logger().is_none() {
        return;
    }
    if config.text(Field::RetryMode) == "adaptive" {
        let line = "WARNING: retry_mode adaptive is not built: it acts as standard";
        log::tell(config, Level::Debug, line);
    }
    let plain = endpoint.url.as_ref().filter(|url| url.scheme() == "http");
    if let Some(url) = plain.filter(|url| !transport::is_loopback(url.host())) {
        let line = format!(
            "WARNING: {service} is asked over plain http, at {}",
            url.host()
        );
        log::tell(config, Level::Debug, &line);
    }
}

/// An endpoint that somebody named.
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
