//! An origin, read back from what the library says.

use crate::reader::Property;
use serde_json::Value;

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Told {
    Code,
    Environment(String),
    File {
        path: String,
        line: u64,
        section: String,
    },
    Default,
    Unset,
}

impl Told {
    pub(crate) fn at(property: &Property) -> Told {
        let Property {
            path,
            line,
            section,
            ..
        } = property.clone();
        Told::File {
            path,
            line,
            section,
        }
    }

    /// Reads the text of an origin.
    pub(crate) fn read(text: &str) -> Told {
        if let Some(name) = text.strip_prefix("environment ") {
            return Told::Environment(name.to_owned());
        }
        if let Some(place) = text.strip_prefix("file ") {
            let (place, section) = place
                .strip_suffix(')')
                .and_then(|place| place.split_once(" ("))
                .expect(text);
            let (path, line) = place.rsplit_once(':').expect(text);
            let (path, line, section) = (
                path.to_owned(),
                line.parse().expect(text),
                section.to_owned(),
            );
            return Told::File {
                path,
                line,
                section,
            };
        }
        match text {
            "code" => Told::Code,
            "default" => Told::Default,
            "unset" => Told::Unset,
            _ => panic!("no origin: {text}"),
        }
    }

    /// Reads an origin in JSON.
    pub(crate) fn of_json(value: &Value) -> Told {
        let text = |name: &str| value[name].as_str().expect(name).to_owned();
        match value["kind"].as_str() {
            Some("environment") => Told::Environment(text("variable")),
            Some("file") => {
                let line = value["line"].as_u64().expect("line");
                Told::File {
                    path: text("path"),
                    line,
                    section: text("section"),
                }
            }
            Some(kind) => Told::read(kind),
            None => panic!("no origin: {value}"),
        }
    }
}

/// How many origins of each kind were looked up.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    pub(crate) code: usize,
    pub(crate) environment: usize,
    pub(crate) file: usize,
    pub(crate) default: usize,
    pub(crate) unset: usize,
    pub(crate) variables: usize,
    pub(crate) files: usize,
}

impl Counts {
    pub(crate) fn add(&mut self, told: &Told) {
        let count = match told {
            Told::Code => &mut self.code,
            Told::Environment(_) => &mut self.environment,
            Told::File { .. } => &mut self.file,
            Told::Default => &mut self.default,
            Told::Unset => &mut self.unset,
        };
        *count += 1;
    }

    pub(crate) fn add_all(&mut self, other: &Counts) {
        self.code += other.code;
        self.environment += other.environment;
        self.file += other.file;
        self.default += other.default;
        self.unset += other.unset;
        self.variables += other.variables;
        self.files += other.files;
    }
}
