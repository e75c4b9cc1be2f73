//! The metadata service of EC2 instances.

use super::members::{Members, missing_key};
use super::per_process::PerProcess;
use super::reply::{LIMIT, Reply};
use super::sync::Mutex;
use super::{NEVER, Provider, Secret, Value, Wait, local};
use crate::config::Field;
use crate::error::{Error, Result, Status};
use crate::load::environment::{Environment, Variable, bad_variable};
use crate::load::settings::Key;
use crate::request::Request;
use crate::request::log::{self, Level};
use crate::resolved::{Loaded, ResolvedConfig};
use crate::service::Client;
use crate::sign::{self, escape_path_segment};
use crate::text::Text;
use crate::transport::{Purpose, Timeouts};
use std::sync::Arc;
use std::time::Duration;

/// Where the service is.
const IPV4: &str = "http://169.254.169.254";
const IPV6: &str = "http://[fd00:ec2::254]";
const ROLES: &str = "/latest/meta-data/iam/security-credentials/";

/// For how long a token is asked, in seconds.
const TOKEN_TTL: &str = "21600";
/// How long before its end a token is no longer used.
const TOKEN_MARGIN: i64 = 30;
/// For how long the service is not asked again after it gave nothing, in seconds.
const FAILURE_KEPT: i64 = 30;
/// For how long expired credentials are given while there are no others, in seconds.
const STABLE: i64 = 300;
/// Credentials that have less left, in seconds, count as expired where there are no others.
const LAST_MINUTE: i64 = 60;

/// Asks the metadata service for the credentials of the instance's role.
pub struct Imds {
    config: ResolvedConfig,
    service: PerProcess<Result<Service>>,
    state: PerProcess<Mutex<State>>,
}

/// The service as it is configured.
struct Service {
    client: Arc<Client>,
    origin: String,
    /// Whether version 1 will do where there are no tokens.
    fallback: bool,
}

#[derive(Clone, Default)]
struct State {
    token: Option<Token>,
    /// The service has no tokens.
    without_token: bool,
    /// What it gave last.
    last: Option<Value>,
    /// When it gave nothing, and why.
    failure: Option<(i64, Error)>,
}

#[derive(Clone)]
struct Token {
    text: Secret,
    until: i64,
}

impl Imds {
    /// A provider that asks the service when it is asked.
    pub fn new(loaded: &Arc<Loaded>) -> Imds {
        let anonymous = Arc::new(super::Credentials::Anonymous);
        Imds {
            config: ResolvedConfig::new(loaded.clone(), anonymous),
            service: PerProcess::new(),
            state: PerProcess::new(),
        }
    }

    fn service(&self) -> Result<&Service> {
        let service = self.service.get(|_| Service::of(&self.config));
        service.as_ref().map_err(Clone::clone)
    }

    fn fetch(&self, wait: &dyn Wait) -> Result<Value> {
        if is_disabled(self.config.environment())? {
            let why = "EC2 IMDS access disabled via AWS_EC2_METADATA_DISABLED env var";
            let cause = Error::new(Status::Credentials, "RequestCanceled", why);
            return Err(role_error(NO_ROLE.to_owned(), cause));
        }
        let service = self.service()?;
        let role = self.role(service, wait)?;
        let told = |cause| {
            let message = format!("failed to get {role} EC2 instance role credentials");
            role_error(message, cause)
        };
        let mut path = ROLES.to_owned();
        escape_path_segment(&role, false, &mut path);
        let mut response = self.get(service, &path, wait).map_err(told)?;
        let body = response.0.whole(LIMIT).map_err(told)?;
        read(body).map_err(told)
    }

    /// The name of the instance's role.
    fn role(&self, service: &Service, wait: &dyn Wait) -> Result<String> {
        let told = |cause| role_error(NO_ROLE.to_owned(), cause);
        let mut response = self.get(service, ROLES, wait).map_err(told)?;
        let list = response.0.whole(LIMIT).map_err(told)?;
        let list = std::str::from_utf8(list)
            .map_err(|_| told(unread("the list of roles is no UTF-8".to_owned())))?;
        match list.trim().lines().next().map(str::trim) {
            None | Some("") => Err(Error::new(
                Status::Credentials,
                "EmptyEC2RoleList",
                "empty EC2 Role list",
            )),
            // Names of IAM have 64 characters at most, and these two would be another path.
            Some(role)
                if role.len() > 256
                    || matches!(role, "." | "..")
                    || role.chars().any(char::is_control) =>
            {
                Err(told(unread("the reply names no role".to_owned())))
            }
            Some(role) => Ok(role.to_owned()),
        }
    }

    fn get(&self, service: &Service, path: &str, wait: &dyn Wait) -> Result<Reply> {
        let mut asked_again = false;
        loop {
            let token = self.token(service, wait)?;
            let url = format!("{}{path}", service.origin);
            let operation = crate::text!("GetMetadata");
            let mut request =
                local::request(&service.client, operation, crate::text!("GET"), &url, wait)?;
            if let Some(token) = &token {
                let name = "x-aws-ec2-metadata-token";
                request.headers_mut().set_checked(name, token.as_str())?;
            }
            match local::send(&mut request) {
                Ok(response) => return Ok(response),
                // The token is no longer good, or one is wanted now.
                Err(_) if request.http_status() == 401 && !asked_again => {
                    let mut state = self.state.lock();
                    state.token = None;
                    state.without_token = false;
                    asked_again = true;
                }
                Err(cause) => return Err(call_error("failed to make EC2Metadata request", cause)),
            }
        }
    }

    /// A token for the calls; none where the service has none and may be asked without.
    fn token(&self, service: &Service, wait: &dyn Wait) -> Result<Option<Secret>> {
        let now = self.config.now_seconds();
        {
            let state = self.state.lock();
            if state.without_token {
                return Ok(None);
            }
            if let Some(token) = state.token.as_ref().filter(|token| now < token.until) {
                return Ok(Some(token.text.clone()));
            }
        }
        let url = format!("{}/latest/api/token", service.origin);
        let operation = crate::text!("GetToken");
        let mut request =
            local::request(&service.client, operation, crate::text!("PUT"), &url, wait)?;
        let ttl = "x-aws-ec2-metadata-token-ttl-seconds";
        request.headers_mut().set_checked(ttl, TOKEN_TTL)?;
        let cause = match local::send(&mut request) {
            Ok(response) => {
                let token =
                    read_token(response, now).map_err(|cause| call_error(NO_TOKEN, cause))?;
                self.state.lock().token = Some(token.clone());
                return Ok(Some(token.text));
            }
            Err(cause) => cause,
        };
        match self.may_go_without(service, &request) {
            Some(false) => Err(call_error(
                "failed to get IMDSv2 token and fallback to IMDSv1 is disabled",
                cause,
            )),
            None => Err(call_error(NO_TOKEN, cause)),
            Some(true) => {
                self.state.lock().without_token = true;
                let line =
                    format!("WARN: failed to get session token, falling back to IMDSv1: {cause}");
                log::tell(&self.config, Level::Deprecated, &line);
                Ok(None)
            }
        }
    }

    /// Where the service says that it has no tokens: whether it may be asked without.
    fn may_go_without(&self, service: &Service, request: &Request) -> Option<bool> {
        matches!(request.http_status(), 403..=405).then_some(service.fallback)
    }

    /// Why the service gave nothing, if that was a moment ago.
    fn failed_lately(&self, now: i64) -> Option<Error> {
        let (at, error) = self.state.lock().failure.clone()?;
        // A clock that was set back does not make it last.
        let kept = at..at.saturating_add(FAILURE_KEPT);
        kept.contains(&now).then_some(error)
    }

    /// What is given while the service gives nothing: the last credentials, when they have come to their end.
    fn stable(&self, now: i64) -> Option<Value> {
        let last = self.state.lock().last.clone()?;
        // While they are good, whoever holds them does better with them as they are.
        (!last.lasts(now, LAST_MINUTE)).then(|| self.prolonged(last, now))
    }

    fn prolonged(&self, value: Value, now: i64) -> Value {
        let line = "WARNING: the EC2 metadata service gives no credentials that are valid: the last ones stay in use";
        log::tell(&self.config, Level::Debug, line);
        Value {
            expires_at: now.saturating_add(STABLE).max(value.expires_at),
            ..value
        }
    }
}

impl Provider for Imds {
    fn retrieve(&self, wait: &dyn Wait) -> Result<Value> {
        let now = self.config.now_seconds();
        if let Some(error) = self.failed_lately(now) {
            return self.stable(now).ok_or(error);
        }
        match self.fetch(wait) {
            Ok(value) => {
                let mut state = self.state.lock();
                state.last = Some(value.clone());
                state.failure = None;
                drop(state);
                match value.lasts(now, 0) {
                    true => Ok(value),
                    false => Ok(self.prolonged(value, now)),
                }
            }
            // The service has not failed.
            Err(error) if wait.given_up().is_some() => Err(error),
            Err(error) => {
                // From the end of the look-up, which may have taken long.
                let at = self.config.now_seconds();
                self.state.lock().failure = Some((at, error.clone()));
                self.stable(now).ok_or(error)
            }
        }
    }
}

impl Service {
    fn of(config: &ResolvedConfig) -> Result<Service> {
        let environment = config.environment();
        let seconds = number(environment, Variable::MetadataServiceTimeout, 1, 3600)?;
        let attempts = number(environment, Variable::MetadataServiceNumAttempts, 1, 100)?;
        let origin = origin(config)?;
        let limit = Duration::from_secs(u64::from(seconds));
        let timeouts = Timeouts {
            connect: limit,
            handshake: limit,
            idle: limit,
            total: limit,
        };
        let service = crate::text!("ec2metadata");
        let retries = Text::lossy(attempts.saturating_sub(1).to_string());
        let client = local::client(config.loaded(), Purpose::Imds, service, &origin, timeouts)
            .with_field(Field::MaxRetries, retries);
        Ok(Service {
            client: Arc::new(client),
            origin,
            fallback: may_fall_back(config)?,
        })
    }
}

/// Scheme and host of the service; a path that was configured with them is not used.
fn origin(config: &ResolvedConfig) -> Result<String> {
    let endpoint = config.text(Field::Ec2MetadataServiceEndpoint).trim();
    if endpoint.is_empty() {
        let mode = config.text(Field::Ec2MetadataServiceEndpointMode);
        return Ok(if mode == "IPv6" { IPV6 } else { IPV4 }.to_owned());
    }
    let unfit = |why: &str| {
        // A password may stand before the last `@`.
        let shown = endpoint.rsplit('@').next().unwrap_or_default();
        let shown: String = shown.chars().take(200).collect();
        let message = format!("the endpoint of the EC2 metadata service, {shown:?}, {why}");
        Error::new(Status::Config, "EC2MetadataError", message)
    };
    let url = sign::Url::parse(endpoint).map_err(|error| unfit(error.message()))?;
    match url.scheme {
        "http" | "https" => Ok(format!("{}://{}", url.scheme, url.authority)),
        _ => Err(unfit("is neither http nor https")),
    }
}

/// Whether version 1 may be used. A word that is none is an error here, where it matters, and not when it was loaded.
fn may_fall_back(config: &ResolvedConfig) -> Result<bool> {
    let environment = config.environment();
    let variable = Variable::Ec2MetadataV1Disabled;
    environment
        .text(variable)?
        .map_or(Ok(false), |word| flag(word, variable))?;
    let setting = config
        .loaded()
        .profile
        .settings
        .get(Key::Ec2MetadataV1Disabled);
    if let Some(setting) = setting.filter(|setting| truth(&setting.value).is_none()) {
        let message = format!(
            "{} is {:?}, but true or false is expected",
            Key::Ec2MetadataV1Disabled.name(),
            setting.value.as_str()
        );
        return Err(setting.error("SharedConfigErr", message));
    }
    Ok(config.tri_state(Field::Ec2MetadataEnableFallback) != Some(false))
}

fn is_disabled(environment: &Environment) -> Result<bool> {
    let variable = Variable::Ec2MetadataDisabled;
    environment
        .text(variable)?
        .map_or(Ok(false), |word| flag(word, variable))
}

fn truth(word: &str) -> Option<bool> {
    match word.trim() {
        word if word.eq_ignore_ascii_case("true") => Some(true),
        word if word.eq_ignore_ascii_case("false") => Some(false),
        _ => None,
    }
}

fn flag(word: &str, variable: Variable) -> Result<bool> {
    truth(word).ok_or_else(|| {
        bad_variable(
            variable,
            &format!("is {word:?}, but true or false is expected"),
        )
    })
}

/// A whole number from 1 to `most`.
fn number(environment: &Environment, variable: Variable, usual: u32, most: u32) -> Result<u32> {
    let Some(word) = environment.text(variable)? else {
        return Ok(usual);
    };
    let digits = word.trim();
    let number = digits.parse::<u32>().ok();
    let is_plain = digits.bytes().all(|byte| byte.is_ascii_digit());
    number
        .filter(|number| is_plain && (1..=most).contains(number))
        .ok_or_else(|| {
            let why = format!(
                "is {:?}, but a whole number from 1 to {most} is expected",
                word
            );
            bad_variable(variable, &why)
        })
}

fn read_token(mut response: Reply, now: i64) -> Result<Token> {
    let ttl = response
        .0
        .header("x-aws-ec2-metadata-token-ttl-seconds")
        .trim();
    let ttl = ttl.parse::<u32>().map_err(|_| {
        let why = "the reply does not say for how long its token is good";
        Error::new(Status::Serialization, "ParamFormatInvalidError", why)
    })?;
    let text = std::str::from_utf8(response.0.whole(64 * 1024)?)
        .unwrap_or_default()
        .trim();
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(unread("the reply is no token".to_owned()));
    }
    Ok(Token {
        text: Secret::new(text).map_err(|nul| unread(format!("the token {nul}")))?,
        until: now
            .saturating_add(i64::from(ttl))
            .saturating_sub(TOKEN_MARGIN),
    })
}

fn read(body: &[u8]) -> Result<Value> {
    let members = Members::parse(body).map_err(unread)?;
    match members.text("Code").map_err(unread)? {
        "Success" => {}
        code => {
            let code = if code.is_empty() {
                "UnknownError"
            } else {
                code
            };
            let message = members.text("Message").unwrap_or_default();
            return Err(Error::new(Status::Credentials, code, message));
        }
    }
    let provider = crate::text!("EC2RoleProvider");
    let value = members.credentials("Token", provider).map_err(unread)?;
    match missing_key(&value) {
        Some(key) => Err(unread(format!("{key} is missing in the reply"))),
        // All that the service gives expires.
        None if value.expires_at == NEVER => {
            Err(unread("Expiration is missing in the reply".to_owned()))
        }
        None => Ok(value),
    }
}

const NO_ROLE: &str = "no EC2 instance role found";
const NO_TOKEN: &str = "failed to get IMDSv2 token";

fn role_error(message: String, cause: Error) -> Error {
    Error::new(Status::Credentials, "EC2RoleRequestError", message).with_cause(cause)
}

fn call_error(message: &str, cause: Error) -> Error {
    Error::new(Status::Credentials, "EC2MetadataError", message).with_cause(cause)
}

fn unread(why: String) -> Error {
    Error::new(Status::Serialization, "SerializationError", why)
}
