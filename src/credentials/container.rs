//! The credentials endpoint of a container: that of ECS, or the agent of EKS Pod Identity.

use super::members::{Members, missing_key};
use super::per_process::PerProcess;
use super::reply::LIMIT;
use super::{Provider, Value, Wait, disk, local};
use crate::error::{Error, Result, Status};
use crate::load::environment::{Environment, Variable, bad_variable};
use crate::request::Url;
use crate::resolved::Loaded;
use crate::service::Client;
use crate::sign;
use crate::text::Text;
use crate::transport::{Purpose, Timeouts, bare};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, ToSocketAddrs};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use zeroize::Zeroizing;

const CODE: &str = "CredentialsEndpointError";
const ECS: IpAddr = IpAddr::V4(Ipv4Addr::new(169, 254, 170, 2));
const EKS: IpAddr = IpAddr::V4(Ipv4Addr::new(169, 254, 170, 23));
const EKS_V6: IpAddr = IpAddr::V6(Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x23));

/// The endpoint is on this machine or next to it.
const TIMEOUTS: Timeouts = Timeouts {
    connect: Duration::from_secs(2),
    handshake: Duration::from_secs(5),
    idle: Duration::from_secs(10),
    total: Duration::from_secs(20),
};

/// The longest authorization token.
const TOKEN_LIMIT: usize = 64 * 1024;

/// Asks the endpoint that the container's environment names.
pub struct Container {
    loaded: Arc<Loaded>,
    client: PerProcess<Arc<Client>>,
}

/// Where a request is sent, and what stands in its `Host` where that is something else.
struct Server {
    url: Url,
    host: Option<Text>,
}

impl Container {
    /// A provider that asks the endpoint named by the environment. Nothing is looked up before it is asked.
    pub fn new(loaded: &Arc<Loaded>) -> Container {
        Container {
            loaded: loaded.clone(),
            client: PerProcess::new(),
        }
    }

    /// The URL that the environment names: the relative one goes first.
    fn url(&self) -> Result<Url> {
        let environment = &self.loaded.environment;
        let relative = environment.text(Variable::ContainerCredentialsRelativeUri)?;
        let full = environment.text(Variable::ContainerCredentialsFullUri)?;
        let (text, variable) = match (relative, full) {
            (Some(path), _) if path.starts_with('/') => (
                format!("http://{ECS}{path}"),
                Variable::ContainerCredentialsRelativeUri,
            ),
            (Some(_), _) => {
                let variable = Variable::ContainerCredentialsRelativeUri;
                return Err(bad_variable(variable, "does not begin with `/`"));
            }
            (None, Some(url)) => (url.to_string(), Variable::ContainerCredentialsFullUri),
            (None, None) => return Err(failed("no environment variable names an endpoint")),
        };
        let unfit = |why: &str| failed(format!("invalid URL, {}: {why}", variable.name()));
        let url = sign::Url::parse(&text).map_err(|error| unfit(error.message()))?;
        if !matches!(url.scheme, "http" | "https") {
            return Err(unfit("its scheme is neither http nor https"));
        }
        if url.authority.contains('@') {
            return Err(unfit("it has a user"));
        }
        let query = url.query.unwrap_or_default();
        Ok(Url::new(url.scheme, url.authority, url.path, query))
    }

    /// The servers that may be asked. Over plain http, these are addresses of this machine and of the two agents; a
    /// name is looked up here, once, so that what was checked is what is asked.
    fn servers(&self, url: Url) -> Result<Vec<Server>> {
        let as_it_is = |url| Ok(vec![Server { url, host: None }]);
        if url.scheme() == "https" {
            return as_it_is(url);
        }
        let host = bare(url.host()).to_owned();
        if let Ok(address) = host.parse::<IpAddr>() {
            return match is_allowed(address) {
                true => as_it_is(url),
                false => Err(foreign(&host)),
            };
        }
        if self.loaded.code.transport.is_some() {
            // It does its own look-up, which could have another result.
            return match host.eq_ignore_ascii_case("localhost") {
                true => as_it_is(url),
                false => Err(foreign(&host)),
            };
        }
        let unresolved = |why: &str| failed(format!("failed to resolve host, {host:?}, {why}"));
        let port = url.authority().strip_prefix(url.host());
        let port = port.and_then(|port| port.strip_prefix(':')).unwrap_or("80");
        let port = port
            .parse::<u16>()
            .map_err(|_| unresolved("whose port is no number"))?;
        let addresses = (host.as_str(), port).to_socket_addrs();
        let addresses = addresses.map_err(|error| unresolved(&error.to_string()))?;
        let servers: Vec<Server> = addresses
            .map(|address| {
                if !is_allowed(address.ip()) {
                    return Err(foreign(&host));
                }
                let mut checked = url.clone();
                checked.set_authority(address.to_string());
                let host = Some(Text::lossy(url.authority()));
                Ok(Server { url: checked, host })
            })
            .collect::<Result<_>>()?;
        match servers.is_empty() {
            true => Err(unresolved("which has no address")),
            false => Ok(servers),
        }
    }

    fn ask(&self, server: &Server, token: Option<&str>, wait: &dyn Wait) -> Result<Value> {
        let url = server.url.text();
        let client = self.client.get(|_| {
            let service = crate::text!("container");
            let client = local::client(&self.loaded, Purpose::Container, service, url, TIMEOUTS);
            Arc::new(client)
        });
        let operation = crate::text!("GetCredentials");
        let mut request = local::request(client, operation, crate::text!("GET"), url, wait)?;
        let headers = request.headers_mut();
        headers.set_checked("Accept", "application/json")?;
        if let Some(host) = &server.host {
            headers.set_checked("Host", host)?;
        }
        if let Some(token) = token {
            headers.set_checked("Authorization", token)?;
        }
        let mut response = local::send(&mut request)?;
        let unread = |why: String| Error::new(Status::Serialization, "SerializationError", why);
        let body = response.0.whole(LIMIT)?;
        let members = Members::parse(body).map_err(unread)?;
        let provider = crate::text!("CredentialsEndpointProvider");
        let value = members.credentials("Token", provider).map_err(unread)?;
        match missing_key(&value) {
            Some(key) => Err(unread(format!("{key} is missing in the reply"))),
            None => Ok(value),
        }
    }
}

impl Provider for Container {
    fn retrieve(&self, wait: &dyn Wait) -> Result<Value> {
        let servers = self.servers(self.url()?)?;
        let token = token(&self.loaded.environment)?;
        let token = token.as_ref().map(|token| token.as_str());
        let mut failure = None;
        for server in &servers {
            match self.ask(server, token, wait) {
                // The next address may be the one that somebody listens at.
                Err(error) if matches!(error.status(), Status::Transport | Status::Timeout) => {
                    failure = Some(error);
                }
                result => {
                    return result.map_err(|cause| failed(FAILED).with_cause(cause));
                }
            }
        }
        let error = failed(FAILED);
        Err(failure.map_or(error.clone(), |cause| error.with_cause(cause)))
    }
}

const FAILED: &str = "failed to load credentials";

fn failed(message: impl AsRef<str>) -> Error {
    Error::new(Status::Credentials, CODE, message)
}

fn foreign(host: &str) -> Error {
    failed(format!(
        "invalid endpoint host, {host:?}, only loopback/ecs/eks hosts are allowed."
    ))
}

fn is_allowed(address: IpAddr) -> bool {
    let address = address.to_canonical();
    address.is_loopback() || [ECS, EKS, EKS_V6].contains(&address)
}

/// The authorization token: from its file, as it is now, else from its variable.
fn token(environment: &Environment) -> Result<Option<Zeroizing<String>>> {
    let file = environment.path(Variable::ContainerAuthorizationTokenFile);
    let token = match file {
        Some(path) => read_token(&path)?,
        None => match environment.text(Variable::ContainerAuthorizationToken)? {
            Some(token) => Zeroizing::new(token.to_string()),
            None => return Ok(None),
        },
    };
    let trimmed = token.trim();
    if trimmed.contains(['\r', '\n']) {
        return Err(failed(
            "authorization token contains invalid newline sequence",
        ));
    }
    Ok((!trimmed.is_empty()).then(|| Zeroizing::new(trimmed.to_owned())))
}

fn read_token(path: &Path) -> Result<Zeroizing<String>> {
    let unread = |why: String| {
        let cause = Error::new(Status::Credentials, "", why).with_position(path, 0, 0);
        failed("failed to read the authorization token file").with_cause(cause)
    };
    let token = disk::read(path, TOKEN_LIMIT).map_err(|error| unread(error.to_string()))?;
    match std::str::from_utf8(&token) {
        Ok(text) => Ok(Zeroizing::new(text.to_owned())),
        Err(_) => Err(unread("it is no UTF-8".to_owned())),
    }
}
