//! Proxies: which requests go through which, and the tunnel for `https`.

use super::exempt::{Exempt, exempt};
use super::fault::{Fault, Kind};
use super::tls::Stream;
use crate::sign::unescaped;
use crate::transport::Purpose;
use crate::transport::is_loopback;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::fmt;
use std::io::{Read, Write};
use std::sync::Arc;
use zeroize::Zeroizing;

/// The proxies of a session, by the variables that all programs share.
#[derive(Clone, Debug, Default)]
pub struct ProxySettings(Option<Arc<Rules>>);

#[derive(Debug)]
struct Rules {
    http: Option<Result<Arc<Proxy>, Fault>>,
    https: Option<Result<Arc<Proxy>, Fault>>,
    exempt: Vec<Exempt>,
}

/// A proxy server.
pub(super) struct Proxy {
    /// Whether the way to the proxy itself is TLS.
    pub(super) tls: bool,
    pub(super) host: String,
    pub(super) port: u16,
    /// The value of `Proxy-Authorization`.
    pub(super) authorization: Option<Zeroizing<String>>,
}

impl ProxySettings {
    /// The settings in an environment: `HTTPS_PROXY`, `HTTP_PROXY`, `NO_PROXY` and their lower-case forms.
    ///
    /// `HTTP_PROXY` is ignored in a CGI program (`REQUEST_METHOD` is set), where a request's `Proxy` header sets it.
    pub fn from_environment(variable: impl Fn(&str) -> Option<String>) -> ProxySettings {
        let first = |names: [&str; 2]| {
            names
                .iter()
                .find_map(|name| variable(name).filter(|value| !value.trim().is_empty()))
        };
        let proxy = |names: [&str; 2]| {
            let url = Zeroizing::new(first(names)?);
            Some(Proxy::parse(names[0], &url).map(Arc::new))
        };
        let cgi = first(["REQUEST_METHOD", "REQUEST_METHOD"]).is_some();
        let https = proxy(["HTTPS_PROXY", "https_proxy"]);
        let http = if cgi {
            None
        } else {
            proxy(["HTTP_PROXY", "http_proxy"])
        };
        if http.is_none() && https.is_none() {
            return ProxySettings(None);
        }
        let exempt = first(["NO_PROXY", "no_proxy"])
            .map(|list| exempt(&list))
            .unwrap_or_default();
        ProxySettings(Some(Arc::new(Rules {
            http,
            https,
            exempt,
        })))
    }

    /// The proxy for a request, if it takes one.
    pub(super) fn route(
        &self,
        purpose: Purpose,
        tls: bool,
        host: &str,
        port: u16,
    ) -> Result<Option<Arc<Proxy>>, Fault> {
        let Some(rules) = &self.0 else {
            return Ok(None);
        };
        // Credentials of this machine are had from this machine, whoever asks.
        if matches!(purpose, Purpose::Imds | Purpose::Container) || is_loopback(host) {
            return Ok(None);
        }
        let proxy = if tls { &rules.https } else { &rules.http };
        match proxy {
            Some(proxy) if !rules.exempt.iter().any(|exempt| exempt.covers(host, port)) => {
                proxy.clone().map(Some)
            }
            _ => Ok(None),
        }
    }
}

impl Proxy {
    /// A proxy's URL: `[http[s]://][user[:password]@]host[:port]`. The fault names the variable, never the value, in
    /// which a password may stand.
    fn parse(variable: &str, url: &str) -> Result<Proxy, Fault> {
        let wrong = |why: &str| Fault::lasting(format!("the proxy in {variable} {why}"));
        let url = url.trim();
        let (scheme, rest) = url.split_once("://").unwrap_or(("http", url));
        let tls = match scheme.to_ascii_lowercase().as_str() {
            "http" => false,
            "https" => true,
            "socks4" | "socks4a" | "socks5" | "socks5h" => {
                return Err(wrong("is a SOCKS proxy, which is not supported"));
            }
            _ => return Err(wrong("has an unknown scheme: http and https are known")),
        };
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        let (user, server) = match authority.rsplit_once('@') {
            Some((user, server)) => (Some(user), server),
            None => (None, authority),
        };
        let (host, port) =
            split_port(server).ok_or_else(|| wrong("has a port that is no number up to 65535"))?;
        let known = |byte: u8| byte.is_ascii_alphanumeric() || b"-._:[]".contains(&byte);
        if host.is_empty() || !host.bytes().all(known) {
            return Err(wrong("names no host"));
        }
        let authorization = user.map(|user| {
            // With room for all: growing would leave copies behind.
            let mut plain = Zeroizing::new(Vec::with_capacity(user.len() + 1));
            plain.extend(unescaped(user));
            if !user.contains(':') {
                plain.push(b':');
            }
            let encoded = Zeroizing::new(STANDARD.encode(&*plain));
            Zeroizing::new(["Basic ", &encoded].concat())
        });
        Ok(Proxy {
            tls,
            host: host.to_owned(),
            port: port.unwrap_or(if tls { 443 } else { 80 }),
            authorization,
        })
    }

    /// The proxy, for messages.
    pub(super) fn name(&self) -> String {
        format!(
            "{}://{}:{}",
            if self.tls { "https" } else { "http" },
            self.host,
            self.port
        )
    }

    /// Asks the proxy for a tunnel to a server.
    pub(super) fn tunnel(&self, stream: &mut Stream, host: &str, port: u16) -> Result<(), Fault> {
        let what = format!("the proxy `{}`", self.name());
        let mut request = Zeroizing::new(format!(
            "CONNECT {host}:{port} HTTP/1.1\r\nHost: {host}:{port}\r\n"
        ));
        if let Some(authorization) = &self.authorization {
            request.push_str("Proxy-Authorization: ");
            request.push_str(authorization);
            request.push_str("\r\n");
        }
        request.push_str("\r\n");
        stream
            .write_all(request.as_bytes())
            .map_err(|error| Fault::of_io(error, &what))?;

        // The server speaks only after us, so nothing but the proxy's reply can come.
        let (mut reply, mut buffer) = (Vec::new(), [0; 1024]);
        let rest = loop {
            match stream
                .read(&mut buffer)
                .map_err(|error| Fault::of_io(error, &what))?
            {
                0 => {
                    return Err(Fault::new(
                        Kind::Cut,
                        format!("{what} closed the connection without a reply"),
                    ));
                }
                read => reply.extend_from_slice(buffer.get(..read).unwrap_or_default()),
            }
            if let Some(end) = reply.windows(4).position(|window| window == b"\r\n\r\n") {
                break reply.len() - end - 4;
            }
            if reply.len() > 16 * 1024 {
                return Err(Fault::other(format!(
                    "{what}: the reply to CONNECT has no end"
                )));
            }
        };
        match (reply.get(..8), reply.get(8..12)) {
            (Some(b"HTTP/1.1" | b"HTTP/1.0"), Some([b' ', b'2', _, _])) if rest == 0 => Ok(()),
            (Some(b"HTTP/1.1" | b"HTTP/1.0"), Some([b' ', code @ ..]))
                if code.iter().all(u8::is_ascii_digit) =>
            {
                let code = String::from_utf8_lossy(code);
                let hint = if code == "407" {
                    " (it wants a user and a password)"
                } else {
                    ""
                };
                let text = format!(
                    "{what} refused the way to `{host}:{port}` with HTTP status {code}{hint}"
                );
                Err(if code.starts_with('4') {
                    Fault::lasting(text)
                } else {
                    Fault::other(text)
                })
            }
            _ => Err(Fault::other(format!(
                "{what}: the reply to CONNECT is not HTTP/1.1"
            ))),
        }
    }
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name())
    }
}

/// Splits `host:port`; `None` where the port is no port.
pub(super) fn split_port(authority: &str) -> Option<(&str, Option<u16>)> {
    match authority.rsplit_once(':') {
        // The last colon of a bare `[::1]` is inside the brackets.
        Some((_, port)) if port.ends_with(']') => Some((authority, None)),
        Some((host, "")) => Some((host, None)),
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => {
            Some((host, Some(port.parse().ok()?)))
        }
        Some(_) => None,
        None => Some((authority, None)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(pairs: &[(&str, &str)]) -> ProxySettings {
        ProxySettings::from_environment(|name| {
            pairs
                .iter()
                .find(|(key, _)| *key == name)
                .map(|(_, value)| (*value).to_owned())
        })
    }

    fn proxied(
        settings: &ProxySettings,
        purpose: Purpose,
        tls: bool,
        host: &str,
        port: u16,
    ) -> bool {
        settings.route(purpose, tls, host, port).unwrap().is_some()
    }

    #[test]
    fn machine_credentials_and_loopback_take_no_proxy() {
        let settings = settings(&[("https_proxy", "p:1"), ("HTTP_PROXY", "p:1")]);
        assert!(proxied(
            &settings,
            Purpose::Sts,
            true,
            "sts.amazonaws.com",
            443
        ));
        for purpose in [Purpose::Imds, Purpose::Container] {
            assert!(!proxied(&settings, purpose, false, "169.254.169.254", 80));
        }
        for host in [
            "localhost",
            "LOCALHOST.",
            "127.9.9.9",
            "[::1]",
            "[::ffff:127.0.0.1]",
        ] {
            assert!(
                !proxied(&settings, Purpose::Service, false, host, 80),
                "{host}"
            );
        }
        let cgi = self::settings(&[
            ("HTTP_PROXY", "p:1"),
            ("HTTPS_PROXY", "p:1"),
            ("REQUEST_METHOD", "GET"),
        ]);
        assert!(!proxied(&cgi, Purpose::Service, false, "a.example", 80));
        assert!(proxied(&cgi, Purpose::Service, true, "a.example", 443));
    }

    #[test]
    fn urls_and_their_secrets() {
        let proxy =
            Proxy::parse("HTTP_PROXY", "http://us%40er:pa%3Ass@proxy.example:3128/").unwrap();
        assert_eq!(
            (proxy.host.as_str(), proxy.port, proxy.tls),
            ("proxy.example", 3128, false)
        );
        assert_eq!(
            proxy.authorization.as_ref().unwrap().as_str(),
            "Basic dXNAZXI6cGE6c3M="
        );
        assert_eq!(format!("{proxy:?}"), "http://proxy.example:3128");
        for (user, authorization) in [
            ("", "Basic Og=="),
            ("f", "Basic Zjo="),
            ("fo:", "Basic Zm86"),
            ("foo%C3%BF:a%zz%4:b", "Basic Zm9vw786YSV6eiU0OmI="),
        ] {
            let proxy = Proxy::parse("", &format!("{user}@p")).unwrap();
            assert_eq!(proxy.authorization.unwrap().as_str(), authorization);
        }
        assert_eq!(Proxy::parse("", "[::1]").unwrap().port, 80);
        assert_eq!(Proxy::parse("", "https://p").unwrap().port, 443);
        for url in [
            "socks5://u:secret@p",
            "ftp://u:secret@p",
            "http://u:secret@p:99999",
            "http://u:secret@",
            "u:secret@a b",
        ] {
            let fault = Proxy::parse("HTTPS_PROXY", url).unwrap_err();
            assert!(
                fault.text.contains("HTTPS_PROXY") && !fault.text.contains("secret"),
                "{fault}"
            );
        }
        let settings = settings(&[("HTTPS_PROXY", "http://u:secret@p:1")]);
        assert!(!format!("{settings:?}").contains("secret"));
    }
}
