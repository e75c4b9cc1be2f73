//! Hosts that take no proxy: loopback, and what `NO_PROXY` lists.

use crate::transport::host::bare;
use std::net::IpAddr;

/// An entry of `NO_PROXY`.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Exempt {
    Everything,
    Address(IpAddr, Option<u16>),
    Network(IpAddr, u32),
    Domain {
        suffix: String,
        itself: bool,
        port: Option<u16>,
    },
}

/// The entries of a `NO_PROXY` list; what makes no sense is skipped, as in Go.
pub(super) fn exempt(list: &str) -> Vec<Exempt> {
    list.split(',')
        .filter_map(|entry| Exempt::parse(&entry.trim().to_ascii_lowercase()))
        .collect()
}

impl Exempt {
    /// An entry, in lower case.
    fn parse(entry: &str) -> Option<Exempt> {
        if entry == "*" {
            return Some(Exempt::Everything);
        }
        if let Some((address, bits)) = entry.split_once('/') {
            let (address, bits) = (address.parse::<IpAddr>().ok()?, bits.parse::<u32>().ok()?);
            let width = if address.is_ipv4() { 32 } else { 128 };
            return (bits <= width).then_some(Exempt::Network(address, bits));
        }
        let (host, port) = match entry.rsplit_once(':') {
            // More colons without brackets: an IPv6 address without port.
            Some((host, _)) if host.contains(':') && !host.ends_with(']') => (entry, None),
            Some((host, port)) => (host, Some(port.parse::<u16>().ok()?)),
            None => (entry, None),
        };
        let host = host
            .strip_prefix('[')
            .and_then(|host| host.strip_suffix(']'))
            .unwrap_or(host);
        if let Ok(address) = host.parse::<IpAddr>() {
            return Some(Exempt::Address(address, port));
        }
        let host = if host.starts_with("*.") {
            host.get(1..)?
        } else {
            host
        };
        let (name, itself) = match host.strip_prefix('.') {
            Some(name) => (name, false),
            None => (host, true),
        };
        (!name.is_empty()).then(|| Exempt::Domain {
            suffix: format!(".{name}"),
            itself,
            port,
        })
    }

    /// Whether requests to the host take no proxy.
    pub(super) fn covers(&self, host: &str, port: u16) -> bool {
        let host = bare(host).to_ascii_lowercase();
        let address = host.parse::<IpAddr>().ok();
        match self {
            Exempt::Everything => true,
            Exempt::Address(exempt, only) => {
                address == Some(*exempt) && only.is_none_or(|only| only == port)
            }
            Exempt::Network(network, bits) => {
                address.is_some_and(|address| contains(*network, *bits, address))
            }
            Exempt::Domain {
                suffix,
                itself,
                port: only,
            } => {
                only.is_none_or(|only| only == port)
                    && (host.ends_with(suffix.as_str())
                        || (*itself && suffix.strip_prefix('.') == Some(&*host)))
            }
        }
    }
}

/// Whether the first `bits` of both addresses are the same.
fn contains(network: IpAddr, bits: u32, address: IpAddr) -> bool {
    let differ = match (network, address) {
        (IpAddr::V4(network), IpAddr::V4(address)) => {
            u128::from(network.to_bits() ^ address.to_bits()) << 96
        }
        (IpAddr::V6(network), IpAddr::V6(address)) => network.to_bits() ^ address.to_bits(),
        _ => return false,
    };
    differ.leading_zeros() >= bits
}

#[cfg(test)]
mod tests {
    #[test]
    fn exemptions_are_go_s() {
        for (list, host, port, exempt) in [
            ("*", "a.example", 443, true),
            ("example.com", "example.com", 443, true),
            ("example.com", "a.example.com", 443, true),
            ("example.com", "aexample.com", 443, false),
            (".example.com", "example.com", 443, false),
            ("*.example.com", "b.a.example.com", 443, true),
            ("*.example.com", "example.com", 443, false),
            (" Example.COM , other", "EXAMPLE.com", 443, true),
            ("example.com:8443", "example.com", 443, false),
            ("example.com:8443", "a.example.com", 8443, true),
            ("example.com:x", "example.com", 443, false),
            ("10.0.0.0/8", "10.1.2.3", 80, true),
            ("10.0.0.0/8", "11.1.2.3", 80, false),
            ("10.0.0.0/33", "10.1.2.3", 80, false),
            ("0.0.0.0/0", "11.1.2.3", 80, true),
            ("fd00::/8", "[fd00::1]", 80, true),
            ("fd00::1", "[fd00::1]", 80, true),
            ("[fd00::1]:80", "[fd00::1]", 443, false),
            ("192.0.2.1:80", "192.0.2.1", 80, true),
            (",,", "a.example", 80, false),
        ] {
            let covered = super::exempt(list)
                .iter()
                .any(|exempt| exempt.covers(host, port));
            assert_eq!(covered, exempt, "{list} {host}:{port}");
        }
    }
}
