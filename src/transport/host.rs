//! Host names and addresses, as they stand in URLs.

use std::net::IpAddr;

/// A host without the brackets of an IPv6 literal and the dot at the end of an absolute name.
pub(crate) fn bare(host: &str) -> &str {
    let literal = host
        .strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'));
    let host = literal.unwrap_or(host);
    host.strip_suffix('.').unwrap_or(host)
}

/// Whether the host is this machine itself. `localhost` is by its name: nothing is looked up.
pub fn is_loopback(host: &str) -> bool {
    let host = bare(host);
    let address = host.parse::<IpAddr>();
    host.eq_ignore_ascii_case("localhost")
        || address.is_ok_and(|address| address.to_canonical().is_loopback())
}
