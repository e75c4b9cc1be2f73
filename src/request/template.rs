//! Request paths as AWS models write them: `/{Bucket}/{Key+}?acl`.
//!
//! `{Name}` takes one segment, `{Name+}` the rest of the path with its slashes; both are percent-encoded.

use crate::error::{Error, Result};

/// A path with names in it, and a query.
#[derive(Clone, Debug)]
pub struct Template {
    path: String,
    query: Option<String>,
}

/// A piece of a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part<'a> {
    /// As it is.
    Literal(&'a str),
    /// The value of a param.
    Label {
        /// The param's name.
        name: &'a str,
        /// Whether slashes of the value are slashes of the path.
        greedy: bool,
    },
}

impl Template {
    /// Reads a path, or says where it can't be understood.
    pub fn parse(text: &str) -> Result<Template> {
        if let Some(at) = text.bytes().position(|byte| byte.is_ascii_control()) {
            let why = format_args!("has a control character at byte {at}");
            return Err(Error::argument("path", why));
        }
        let text = text.split('#').next().unwrap_or_default();
        let (path, query) = match text.split_once('?') {
            Some((path, query)) => (path, Some(query.to_owned())),
            None => (text, None),
        };
        let mut rest = path;
        while let Some((_, after)) = rest.split_once('{') {
            let Some((label, after)) = after.split_once('}') else {
                return Err(Error::argument("path", "has a { without }"));
            };
            let name = label.strip_suffix('+').unwrap_or(label);
            if name.is_empty() || name.contains(['{', '/']) {
                let why = format_args!("has {{{label}}}, which is no name");
                return Err(Error::argument("path", why));
            }
            rest = after;
        }
        Ok(Template {
            path: path.to_owned(),
            query,
        })
    }

    /// The path as it was given.
    pub fn raw_path(&self) -> &str {
        &self.path
    }

    /// The query as it was given.
    pub fn raw_query(&self) -> Option<&str> {
        self.query.as_deref()
    }

    /// The pieces of the path.
    pub fn parts(&self) -> impl Iterator<Item = Part<'_>> {
        let mut rest = self.path.as_str();
        std::iter::from_fn(move || {
            if let Some((label, after)) =
                rest.strip_prefix('{').and_then(|rest| rest.split_once('}'))
            {
                rest = after;
                let (name, greedy) = match label.strip_suffix('+') {
                    Some(name) => (name, true),
                    None => (label, false),
                };
                return Some(Part::Label { name, greedy });
            }
            let (literal, after) = rest.split_at(rest.find('{').unwrap_or(rest.len()));
            rest = after;
            (!literal.is_empty()).then_some(Part::Literal(literal))
        })
    }

    /// The names in the path.
    pub fn labels(&self) -> impl Iterator<Item = &str> {
        self.parts().filter_map(|part| match part {
            Part::Label { name, .. } => Some(name),
            Part::Literal(_) => None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_labels_and_query() {
        let template = Template::parse("/{Bucket}/x{Key+}?acl").unwrap();
        assert_eq!(template.raw_query(), Some("acl"));
        assert_eq!(template.labels().collect::<Vec<_>>(), ["Bucket", "Key"]);
        assert_eq!(template.parts().count(), 4);
        for bad in ["/{", "/{}", "/{a/b}", "/\n", "/{+}"] {
            assert!(Template::parse(bad).is_err(), "{bad}");
        }
    }
}
