//! Where a value came from, so that a user can be told, and can go there and find it.

use crate::load::environment::Variable;
use crate::text::Escaped;
use std::fmt;
use std::path::Path;
use std::sync::Arc;

/// Where a value came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The program set it.
    Code,
    /// A variable of the environment.
    Environment(Variable),
    /// A line of a file.
    File(FilePosition),
    /// Nobody set it.
    Default,
}

/// A line in a file, and the section it stands in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FilePosition {
    /// The section, which all lines of it share.
    pub section: Arc<FileSection>,
    /// The line, from 1.
    pub line: u32,
}

/// A section of a file.
#[derive(Debug, PartialEq, Eq)]
pub struct FileSection {
    /// The file.
    pub path: Arc<Path>,
    /// Its name, as a user writes it: `profile dev`, `sso-session corp`.
    pub title: Box<str>,
}

impl FilePosition {
    /// The file.
    pub fn path(&self) -> &Path {
        &self.section.path
    }
}

impl fmt::Display for FilePosition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.path().to_string_lossy();
        let (path, section) = (Escaped(&path), Escaped(&self.section.title));
        write!(f, "{path}:{} ({section})", self.line)
    }
}

impl fmt::Display for Origin {
    /// `code`, `environment AWS_REGION`, `file /home/u/.aws/config:3 (profile dev)` or `default`, on one line.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Origin::Code => f.write_str("code"),
            Origin::Environment(variable) => write!(f, "environment {}", variable.name()),
            Origin::File(position) => write!(f, "file {position}"),
            Origin::Default => f.write_str("default"),
        }
    }
}
