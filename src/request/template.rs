//! Request paths as AWS models write them: `/{Bucket}/{Key+}?acl`.
//!
//! `{Name}` takes one segment, `{Name+}` the rest of the path with its slashes; both are percent-encoded.

use crate::error::{Error, Result};

/// A path with names in it, and a query.
#[derive(Clone, Debug)]
pub struct Template {
    path: String,
    query: Option<String>,
    parts: Vec<Part>,
}

/// A piece of a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// As it is.
    Literal(String),
    /// The value of a param.
    Label {
        /// The param's name.
        name: String,
        /// Whether slashes of the value are slashes of the path.
        greedy: bool,
    },
}

impl Template {
    /// Reads a path, or says where it can't be understood.
    pub fn parse(text: &str) -> Result<Template> {
        if let Some(at) = text.bytes().position(|byte| byte.is_ascii_control()) {
            return Err(Error::argument(
                "path",
                format_args!("has a control character at byte {at}"),
            ));
        }
        let text = text.split('#').next().unwrap_or_default();
        let (path, query) = match text.split_once('?') {
            Some((path, query)) => (path, Some(query.to_owned())),
            None => (text, None),
        };
        let mut parts = Vec::new();
        let mut rest = path;
        while let Some((literal, after)) = rest.split_once('{') {
            let Some((label, after)) = after.split_once('}') else {
                return Err(Error::argument(
                    "path",
                    format_args!(
                        "has a {{ without }} at byte {}",
                        path.len() - rest.len() + literal.len()
                    ),
                ));
            };
            let (name, greedy) = label
                .strip_suffix('+')
                .map_or((label, false), |name| (name, true));
            if name.is_empty() || name.contains(['{', '/']) {
                return Err(Error::argument(
                    "path",
                    format_args!("has {{{label}}}, which is no name"),
                ));
            }
            if !literal.is_empty() {
                parts.push(Part::Literal(literal.to_owned()));
            }
            parts.push(Part::Label {
                name: name.to_owned(),
                greedy,
            });
            rest = after;
        }
        if !rest.is_empty() {
            parts.push(Part::Literal(rest.to_owned()));
        }
        Ok(Template {
            path: path.to_owned(),
            query,
            parts,
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
    pub fn parts(&self) -> &[Part] {
        &self.parts
    }

    /// The names in the path.
    pub fn labels(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().filter_map(|part| match part {
            Part::Label { name, .. } => Some(name.as_str()),
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
        assert_eq!(template.parts().len(), 4);
        for bad in ["/{", "/{}", "/{a/b}", "/\n", "/{+}"] {
            assert!(Template::parse(bad).is_err(), "{bad}");
        }
    }
}
