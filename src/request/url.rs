//! Where a request goes: scheme, authority, path and query, kept as they go over the wire.

use crate::sign::escape_path_segment;
use crate::text::Text;
use std::sync::OnceLock;

/// A URL in its parts. Nothing is normalised: what was given is what is signed and sent.
#[derive(Clone, Debug, Default)]
pub struct Url {
    scheme: String,
    authority: String,
    path: String,
    query: String,
    /// The whole as text, put together when somebody asks.
    text: OnceLock<Text>,
}

impl Url {
    /// Puts a URL together. The path begins with a slash or is empty; the query has no `?`.
    pub fn new(scheme: &str, authority: &str, path: &str, query: &str) -> Url {
        Url {
            scheme: scheme.to_owned(),
            authority: authority.to_owned(),
            path: path.to_owned(),
            query: query.to_owned(),
            text: OnceLock::new(),
        }
    }

    /// `https` or `http`; empty where there is no endpoint.
    pub fn scheme(&self) -> &str {
        &self.scheme
    }

    /// Host and port.
    pub fn authority(&self) -> &str {
        &self.authority
    }

    /// The host without its port.
    pub fn host(&self) -> &str {
        match self.authority.rsplit_once(':') {
            Some((host, port)) if !port.contains(']') => host,
            _ => &self.authority,
        }
    }

    /// The path.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The query, without `?`.
    pub fn query(&self) -> &str {
        &self.query
    }

    /// Changes the authority.
    pub fn set_authority(&mut self, authority: String) {
        self.text.take();
        self.authority = authority;
    }

    /// Changes the path.
    pub fn set_path(&mut self, path: String) {
        self.text.take();
        self.path = path;
    }

    /// Changes the query.
    pub fn set_query(&mut self, query: String) {
        self.text.take();
        self.query = query;
    }

    /// Adds a name and value, percent-encoded, to the query.
    pub fn add_query(&mut self, name: &str, value: &str) {
        self.text.take();
        if !self.query.is_empty() {
            self.query.push('&');
        }
        escape_path_segment(name, false, &mut self.query);
        self.query.push('=');
        escape_path_segment(value, false, &mut self.query);
    }

    /// Adds a path as Go does: behind the one there is, one slash between; the query replaces the one there is.
    pub fn join(&mut self, path: &str, query: Option<&str>) {
        self.text.take();
        if self.path.ends_with('/') && path.starts_with('/') {
            self.path.pop();
        }
        // Behind a path it is a part of the last name; behind a host it would be a part of that.
        if self.path.is_empty() && !path.is_empty() && !path.starts_with('/') {
            self.path.push('/');
        }
        self.path.push_str(path);
        self.query = query.unwrap_or_default().to_owned();
    }

    /// Path and query as they go over the wire.
    pub fn target(&self) -> String {
        let path = if self.path.is_empty() {
            "/"
        } else {
            &self.path
        };
        let mut target = String::with_capacity(path.len() + self.query.len() + 1);
        target.push_str(path);
        if !self.query.is_empty() {
            target.push('?');
            target.push_str(&self.query);
        }
        target
    }

    /// The whole; empty where there is no endpoint.
    pub fn text(&self) -> &Text {
        self.text.get_or_init(|| {
            if self.authority.is_empty() {
                return Text::EMPTY;
            }
            let mut text = format!("{}://{}{}", self.scheme, self.authority, self.path);
            if !self.query.is_empty() {
                text.push('?');
                text.push_str(&self.query);
            }
            Text::lossy(text)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn joins_as_go_does() {
        let joined = |base: &str, query: &str, path: &str, path_query| {
            let mut url = Url::new("https", "h", base, query);
            url.join(path, path_query);
            url.text().to_string()
        };
        assert_eq!(
            joined("/base", "", "/a", Some("x=1")),
            "https://h/base/a?x=1"
        );
        assert_eq!(joined("/base", "", "a", None), "https://h/basea");
        assert_eq!(joined("", "z=1", "/a", None), "https://h/a");
        assert_eq!(joined("/", "", "/a", None), "https://h/a");
    }

    #[test]
    fn the_host_has_no_port() {
        assert_eq!(Url::new("http", "[::1]:80", "", "").host(), "[::1]");
        assert_eq!(Url::new("http", "[::1]", "", "").host(), "[::1]");
        assert_eq!(Url::new("http", "h:1", "", "").host(), "h");
    }
}
