//! The canonical request: the text that both sides make of a request and hash.

use super::escape::{Keep, escape};
use super::header::Fields;
use super::output::Output;
use super::query::Query;

/// How a path becomes the canonical one.
#[derive(Clone, Copy)]
pub(super) struct PathRules {
    /// Escape what is escaped already, as all services but S3 want it.
    pub(super) double_encode: bool,
    /// Resolve `.` and `..` and drop doubled slashes.
    pub(super) normalize: bool,
}

impl PathRules {
    fn keep(self) -> Keep {
        if self.double_encode {
            Keep::SLASH
        } else {
            Keep::PATH
        }
    }

    /// Writes the path of a presigned URL: as it was given, for the service escapes it as it comes. S3 decodes it first,
    /// so there what can't stand in a URL is escaped.
    pub(super) fn write_sent(self, path: &str, out: &mut impl Output) {
        if self.double_encode {
            out.put(path);
        } else {
            escape(path, Keep::PATH, out);
        }
    }

    /// Writes the canonical path.
    fn write(self, path: &str, out: &mut impl Output) {
        if self.normalize {
            self.write_normalized(path, out);
        } else if path.is_empty() {
            out.put_ascii(b'/');
        } else {
            escape(path, self.keep(), out);
        }
    }

    fn write_normalized(self, path: &str, out: &mut impl Output) {
        let mut segments: Vec<&str> = Vec::new();
        for segment in path.split('/') {
            match segment {
                "" | "." => {}
                ".." => {
                    segments.pop();
                }
                _ => segments.push(segment),
            }
        }
        for segment in &segments {
            out.put_ascii(b'/');
            escape(segment, self.keep(), out);
        }
        if segments.is_empty() || path.ends_with('/') {
            out.put_ascii(b'/');
        }
    }
}

/// The query, which a presigned URL has written already.
#[derive(Clone, Copy)]
pub(super) enum CanonicalQuery<'a> {
    Parsed(&'a Query<'a>),
    Written(&'a str),
}

/// The parts of a canonical request.
pub(super) struct CanonicalRequest<'a> {
    pub(super) method: &'a str,
    pub(super) path: &'a str,
    pub(super) path_rules: PathRules,
    pub(super) query: CanonicalQuery<'a>,
    pub(super) headers: &'a Fields<'a>,
    pub(super) payload_hash: &'a str,
}

impl CanonicalRequest<'_> {
    /// Writes all lines.
    pub(super) fn write(&self, out: &mut impl Output) {
        out.put(self.method);
        out.put_ascii(b'\n');
        self.path_rules.write(self.path, out);
        out.put_ascii(b'\n');
        match self.query {
            CanonicalQuery::Parsed(query) => query.write(out),
            CanonicalQuery::Written(text) => out.put(text),
        }
        out.put_ascii(b'\n');
        self.headers.write_lines(out);
        out.put_ascii(b'\n');
        self.headers.write_names(";", out);
        out.put_ascii(b'\n');
        out.put(self.payload_hash);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(path: &str, double_encode: bool, normalize: bool) -> String {
        let mut out = String::new();
        PathRules {
            double_encode,
            normalize,
        }
        .write(path, &mut out);
        out
    }

    #[test]
    fn paths_are_escaped_once_more_but_for_s3() {
        assert_eq!(path("", true, false), "/");
        assert_eq!(path("/a%20b/c d/é", true, false), "/a%2520b/c%20d/%C3%A9");
        assert_eq!(
            path("/a%20b/c d/é/(1)", false, false),
            "/a%20b/c%20d/%C3%A9/(1)"
        );
        assert_eq!(path("//a/../b/.", true, false), "//a/../b/.");
    }

    #[test]
    fn normalizing_resolves_dots_and_doubled_slashes() {
        for (given, expected) in [
            ("", "/"),
            ("/", "/"),
            ("//", "/"),
            ("/..", "/"),
            ("/../../a", "/a"),
            ("/a/./b/../c", "/a/c"),
            ("//a//b//", "/a/b/"),
            ("/a/..", "/"),
            ("/a b/%2E", "/a%20b/%252E"),
        ] {
            assert_eq!(path(given, true, true), expected, "{given}");
        }
    }
}
