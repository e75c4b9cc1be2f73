//! Absolute URLs, taken apart and otherwise left alone.

use super::output::Output;
use crate::error::{Error, Result};
use memchr::{memchr, memchr3};
use std::fmt;

/// The parts of a URL that matter to a signature, as they were given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Url<'a> {
    /// `https` or `http`; others sign the same way.
    pub scheme: &'a str,
    /// Host and port.
    pub authority: &'a str,
    /// From the first `/` to the query; may be empty.
    pub path: &'a str,
    /// What follows `?`, if there is one.
    pub query: Option<&'a str>,
}

impl<'a> Url<'a> {
    /// Splits an absolute URL. Nothing is decoded, escaped or normalised; raw blanks and UTF-8 may stand in path and
    /// query; a fragment is dropped.
    pub fn parse(text: &'a str) -> Result<Url<'a>> {
        let bad = |why: &dyn fmt::Display| Error::argument("url", why);
        let Some((scheme, rest)) = split_scheme(text) else {
            return Err(bad(
                &"is not absolute: it must start with a scheme and a host, as in \"https://example.com/path\"",
            ));
        };
        let name = |byte: u8| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte);
        if !scheme.starts_with(|first: char| first.is_ascii_alphabetic())
            || !scheme.bytes().all(name)
        {
            return Err(bad(&"has no valid scheme before \"://\""));
        }
        let end = memchr3(b'/', b'?', b'#', rest.as_bytes()).unwrap_or(rest.len());
        let (authority, rest) = rest.split_at(end);
        let rest = split(rest, b'#').map_or(rest, |(before, _)| before);
        let (path, query) = match split(rest, b'?') {
            Some((path, query)) => (path, Some(query)),
            None => (rest, None),
        };
        check_authority(authority).map_err(|why| bad(&why))?;
        let url = Url {
            scheme,
            authority,
            path,
            query,
        };
        url.check_target().map_err(|why| bad(&why))?;
        Ok(url)
    }

    /// The authority as the `Host` header has it: without the port that goes without saying.
    pub fn host(&self) -> &'a str {
        let default = match self.scheme {
            scheme if scheme.eq_ignore_ascii_case("https") => ":443",
            scheme if scheme.eq_ignore_ascii_case("http") => ":80",
            _ => return self.authority,
        };
        self.authority
            .strip_suffix(default)
            .unwrap_or(self.authority)
    }

    /// Writes it as it was given.
    pub(super) fn write(&self, out: &mut impl Output) {
        self.write_origin(out);
        out.put(self.path);
        if let Some(query) = self.query {
            out.put_ascii(b'?');
            out.put(query);
        }
    }

    /// Writes what stands before the path.
    pub(super) fn write_origin(&self, out: &mut impl Output) {
        out.put(self.scheme);
        out.put("://");
        out.put(self.authority);
    }

    /// Its length.
    pub(super) fn len(&self) -> usize {
        self.scheme.len()
            + "://?".len()
            + self.authority.len()
            + self.path.len()
            + self.query.map_or(0, str::len)
    }

    /// For URLs that were put together, not parsed.
    pub(super) fn check(&self) -> Result<()> {
        check_authority(self.authority).map_err(|why| Error::argument("authority", why))?;
        self.check_target()
            .map_err(|why| Error::argument("url", why))
    }

    fn check_target(&self) -> Result<(), &'static str> {
        if !self.path.is_empty() && !self.path.starts_with('/') {
            return Err("has a path that does not start with \"/\"");
        }
        if has_control(self.path) {
            return Err("has a control character in its path; percent-encode it");
        }
        if self.query.is_some_and(has_control) {
            return Err("has a control character in its query; percent-encode it");
        }
        Ok(())
    }
}

/// The scheme, and what stands behind its `://`.
fn split_scheme(text: &str) -> Option<(&str, &str)> {
    match split(text, b':') {
        Some((scheme, rest)) if rest.starts_with("//") => Some((scheme, rest.get(2..)?)),
        _ => text.split_once("://"),
    }
}

/// As `split_once`, at an ASCII character, and quicker in short texts.
fn split(text: &str, at: u8) -> Option<(&str, &str)> {
    let found = memchr(at, text.as_bytes())?;
    Some((text.get(..found)?, text.get(found + 1..)?))
}

/// Whether there is an ASCII control character in it.
pub(super) fn has_control(text: &str) -> bool {
    // A fold, not `any`: without an exit in the middle it is done many bytes at a time.
    text.bytes()
        .fold(false, |found, byte| found | byte.is_ascii_control())
}

/// Never says what the authority is: with a password in front of the host it must not end up in a log.
fn check_authority(authority: &str) -> Result<(), &'static str> {
    let (host, port) = match authority.strip_prefix('[').map(|rest| rest.split_once(']')) {
        Some(Some((address, after))) => {
            if address.is_empty()
                || !address
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || b":.%".contains(&byte))
            {
                return Err("has no valid IPv6 address between \"[\" and \"]\"");
            }
            (address, after)
        }
        Some(None) => return Err("has an IPv6 address without \"]\""),
        None => {
            let end = memchr(b':', authority.as_bytes()).unwrap_or(authority.len());
            authority.split_at(end)
        }
    };
    if memchr(b'@', authority.as_bytes()).is_some() {
        return Err(
            "has a user name or password before the host, which a signed request can't carry",
        );
    }
    if host.is_empty() {
        return Err("has no host");
    }
    // A fold, as above.
    let strange = host.bytes().fold(false, |found, byte| {
        found | matches!(byte, 0..=b' ' | b'"' | b'#' | b'/' | b'<' | b'>' | b'?' | b'['..=b'^' | b'`' | b'{'..=b'}' | 0x7f..=0xff)
    });
    if strange && !host.is_ascii() {
        return Err("has a host that is not ASCII; give its punycode form (xn--...)");
    }
    if strange {
        return Err("has a character in its host that no host can have");
    }
    match port.strip_prefix(':') {
        Some(digits)
            if digits.bytes().all(|byte| byte.is_ascii_digit())
                && digits.parse::<u16>().is_ok() =>
        {
            Ok(())
        }
        None if port.is_empty() => Ok(()),
        _ => Err("has no valid port after the host"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(text: &str) -> (&str, &str, &str, Option<&str>) {
        let url = Url::parse(text).unwrap();
        (url.scheme, url.authority, url.path, url.query)
    }

    #[test]
    fn splits_without_changing() {
        assert_eq!(parts("https://h"), ("https", "h", "", None));
        assert_eq!(parts("http://h:80?"), ("http", "h:80", "", Some("")));
        assert_eq!(
            parts("https://[::1]:5000/a//../b c/é?x=/?&y#f?g"),
            ("https", "[::1]:5000", "/a//../b c/é", Some("x=/?&y"))
        );
        assert_eq!(parts("wss://h#f"), ("wss", "h", "", None));
        assert_eq!(parts("https://h/x://y"), ("https", "h", "/x://y", None));
        let mut again = String::new();
        Url::parse("http://h:80?a=b").unwrap().write(&mut again);
        assert_eq!(again, "http://h:80?a=b");
    }

    #[test]
    fn strips_only_the_scheme_s_own_port() {
        for (url, host) in [
            ("https://h:443/", "h"),
            ("HTTPS://h:443/", "h"),
            ("https://h:80/", "h:80"),
            ("http://h:80/", "h"),
            ("http://h:443/", "h:443"),
            ("https://h:8443/", "h:8443"),
            ("https://[::443]/", "[::443]"),
            ("https://[::1]:443/", "[::1]"),
            ("wss://h:443/", "h:443"),
        ] {
            assert_eq!(Url::parse(url).unwrap().host(), host, "{url}");
        }
    }

    #[test]
    fn refuses_what_is_no_url_and_says_why() {
        for (url, why) in [
            ("", "not absolute"),
            ("/path", "not absolute"),
            ("h/path", "not absolute"),
            ("1s://h/", "scheme"),
            ("ht tp://h/", "scheme"),
            ("://h/", "scheme"),
            ("https:///p", "no host"),
            ("https://?q", "no host"),
            ("https://:443/", "no host"),
            ("https://user:pass-word@h/", "user name or password"),
            ("https://user@h/", "user name or password"),
            ("https://h:port/", "port"),
            ("https://h:/", "port"),
            ("https://h:65536/", "port"),
            ("https://h:+1/", "port"),
            ("https://[::1/", "IPv6"),
            ("https://[]/", "IPv6"),
            ("https://[::1]x/", "port"),
            ("https://a b/", "host"),
            ("https://é/", "punycode"),
            ("https://a\\b/", "host"),
            ("https://a\nb/", "host"),
            ("https://h/a\nb", "control character in its path"),
            ("https://h/?a\rb", "control character in its query"),
        ] {
            let error = Url::parse(url).expect_err(url);
            assert_eq!(error.code().as_str(), "InvalidArgument");
            assert!(error.message().contains(why), "{url}: {error}");
            assert!(!error.text().contains("pass-word"));
        }
    }
}
