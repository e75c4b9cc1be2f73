//! The checks: each field worked out anew, each key looked up where it is said to be, the report against both.

use crate::reader::Property;
use crate::scenario::{PRIVATE, Scenario};
use crate::told::{Counts, Told};
use serde_json::Value;
use session::config::Field;
use session::credentials::Patient;
use session::error::Result as Loaded;
use session::explain::{Format, explain, origin};
use session::resolved::ResolvedConfig;
use std::collections::BTreeMap;
use std::path::Path;

const STATIC_KEYS: [&str; 4] = [
    "aws_access_key_id",
    "aws_secret_access_key",
    "aws_session_token",
    "aws_account_id",
];

const PROFILE_KEYS: [&str; 15] = [
    "credential_process",
    "web_identity_token_file",
    "role_arn",
    "role_session_name",
    "external_id",
    "mfa_serial",
    "source_profile",
    "credential_source",
    "duration_seconds",
    "sso_session",
    "sso_account_id",
    "sso_region",
    "sso_role_name",
    "sso_start_url",
    "login_session",
];

/// A session, or a copy of one, and what it was made from.
pub(crate) struct Made<'a> {
    scenario: &'a Scenario,
    config: &'a ResolvedConfig,
    /// What the program set.
    code: BTreeMap<String, String>,
    own_credentials: bool,
    properties: Vec<Property>,
    report: Value,
}

impl<'a> Made<'a> {
    pub(crate) fn new(
        scenario: &'a Scenario,
        config: &'a ResolvedConfig,
        overrides: &Value,
    ) -> Made<'a> {
        let given = &scenario.options()["config"];
        let mut code = scenario.settings(given);
        // A load takes an empty text for none; a copy takes it as it is.
        code.retain(|_, value| !value.is_empty());
        code.extend(scenario.settings(overrides));
        let report: Value =
            serde_json::from_str(&explain(config, Format::Json)).expect("explain gives JSON");
        let files = report["files"].as_array().expect("files");
        let passed_over = files.iter().any(|file| file["state"] == "invalid");
        Made {
            scenario,
            config,
            code,
            own_credentials: !given["credentials"].is_null() || !overrides["credentials"].is_null(),
            properties: if passed_over {
                Vec::new()
            } else {
                scenario.properties()
            },
            report,
        }
    }

    pub(crate) fn all(&self) -> Result<Counts, String> {
        let mut counts = Counts::default();
        for field in Field::ALL {
            let told = self.origin(field.facts().name);
            counts.add(&told);
            self.field(*field, &told)?;
        }
        self.keys(&mut counts)?;
        self.profile_and_switch()?;
        self.settings()?;
        self.surroundings(&mut counts)?;
        self.chain_values()?;
        self.secrets()?;
        Ok(counts)
    }

    fn origin(&self, name: &str) -> Told {
        Told::read(&origin(self.config, name).unwrap_or_else(|error| panic!("{name}: {error}")))
    }

    fn chain(&self) -> &Vec<Value> {
        self.report["credentials"]["chain"]
            .as_array()
            .expect("a chain")
    }

    fn variable(&self, name: &str) -> Option<&str> {
        let gated = matches!(name, "AWS_DEFAULT_REGION" | "AWS_DEFAULT_PROFILE");
        self.scenario
            .variable(name)
            .filter(|_| !gated || self.scenario.shared_config())
    }

    fn profile(&self) -> (String, Told) {
        if let Some(name) = self.scenario.options()["profile"].as_str() {
            return (name.to_owned(), Told::Code);
        }
        let mut variables = ["AWS_PROFILE", "AWS_DEFAULT_PROFILE"].into_iter();
        match variables.find_map(|name| Some((self.variable(name)?, name))) {
            Some((value, name)) => (value.to_owned(), Told::Environment(name.to_owned())),
            None => ("default".to_owned(), Told::Default),
        }
    }

    /// The line that counts for a key of a profile: the last that has a value.
    fn line_of(&self, profile: &str, key: &str) -> Option<&Property> {
        let always = key.starts_with("csm_") || key == "s3_use_arn_region";
        let section = format!("profile {profile}");
        let of_key = |found: &&Property| {
            found.section == section && found.key == key && !found.value.is_empty()
        };
        let last = self.properties.iter().rev().find(of_key);
        last.filter(|_| always || self.scenario.shared_config())
    }

    /// Where a field comes from and what it says there, worked out anew.
    fn expected(&self, field: Field) -> (Told, Option<String>) {
        let facts = field.facts();
        if let Some(value) = self.code.get(facts.name) {
            return (Told::Code, Some(value.clone()));
        }
        let meant = |raw: &str| match (facts.outside.inverted, raw.trim().to_lowercase().as_str()) {
            (true, "true") => "false".to_owned(),
            (true, "false") => "true".to_owned(),
            _ => raw.to_owned(),
        };
        for variable in facts.outside.variables {
            if let Some(value) = self.variable(variable.name()) {
                return (
                    Told::Environment(variable.name().to_owned()),
                    Some(meant(value)),
                );
            }
        }
        let profile = if field.is_csm() {
            "aws_csm".to_owned()
        } else {
            self.profile().0
        };
        let hidden = field.is_csm() && self.variable("AWS_CSM_ENABLED").is_some();
        let key = facts.outside.key.filter(|_| !hidden);
        if let Some(found) = key.and_then(|key| self.line_of(&profile, key.name())) {
            return (Told::at(found), Some(meant(&found.value)));
        }
        match &facts.default {
            Some(value) => (Told::Default, Some(value.as_str().to_owned())),
            None => (Told::Unset, None),
        }
    }

    pub(crate) fn field(&self, field: Field, told: &Told) -> Result<(), String> {
        let name = field.facts().name;
        let (place, value) = self.expected(field);
        if *told != place {
            return Err(format!("{name}: told {told:?}, but it is {place:?}"));
        }
        let has = self.config.get(field).map(|text| text.as_str());
        let same = match (has, &value) {
            // Switches and words are kept in their regular spelling.
            (Some(has), Some(value)) => has == value || has.eq_ignore_ascii_case(value.trim()),
            (has, value) => has.is_none() && value.is_none(),
        };
        if same {
            Ok(())
        } else {
            Err(format!("{name}: is {has:?}, but {place:?} says {value:?}"))
        }
    }

    /// Looks a key about credentials up where it is said to be; `value` is what it must be there, where that is known.
    pub(crate) fn key(&self, key: &str, told: &Told, value: Option<&str>) -> Result<(), String> {
        let why = match told {
            Told::File { .. } => self.key_in_file(key, told, value),
            Told::Environment(variable) => match self.variable(variable) {
                Some(found) if value.is_none_or(|value| value == found) => None,
                found => Some(format!("the variable is {found:?}")),
            },
            Told::Code if self.own_credentials => None,
            Told::Code if key == "duration_seconds" => {
                let given = self.scenario.options()["assume_role_seconds"].as_u64();
                let said = given.map(|given| given.to_string());
                (said.is_none() || said.as_deref() != value)
                    .then(|| format!("the option is {given:?}"))
            }
            Told::Unset if value.is_none_or(str::is_empty) => None,
            _ => Some("it can't be".to_owned()),
        };
        why.map_or(Ok(()), |why| {
            Err(format!("{key}: told {told:?}, value {value:?}: {why}"))
        })
    }

    fn key_in_file(&self, key: &str, told: &Told, value: Option<&str>) -> Option<String> {
        let mut of_key = self.properties.iter().filter(|found| found.key == key);
        let Some(at) = of_key.clone().find(|found| Told::at(found) == *told) else {
            return Some("the key isn't there".to_owned());
        };
        if at.value.is_empty() || value.is_some_and(|value| value != at.value) {
            return Some(format!("there is {:?}", at.value));
        }
        let same = |found: &&Property| found.section == at.section && found.path == at.path;
        let last = of_key.rfind(|found| same(found) && !found.value.is_empty());
        let later = last.filter(|last| last.line != at.line);
        later.map(|later| format!("line {} counts", later.line))
    }

    /// Key, secret and token by what the credentials give; the others by what the report shows.
    fn keys(&self, counts: &mut Counts) -> Result<(), String> {
        let parts = self.static_keys();
        for (index, key) in STATIC_KEYS.into_iter().enumerate() {
            let told = self.origin(key);
            counts.add(&told);
            self.key(
                key,
                &told,
                parts.as_ref().map(|parts| parts[index].as_str()),
            )?;
        }
        for key in PROFILE_KEYS {
            let told = self.origin(key);
            counts.add(&told);
            let steps = self.chain().iter().rev();
            let mut values = steps.flat_map(|step| step["values"].as_array().expect("values"));
            let entry = values.find(|entry| entry["name"] == key);
            self.key(key, &told, entry.and_then(clear))?;
            let said = self.line_of(&self.profile().0, key);
            if let Some(said) = said.filter(|_| told == Told::Unset) {
                return Err(format!(
                    "{key}: told unset, but it is in {}:{}",
                    said.path, said.line
                ));
            }
        }
        let first = self.chain().first();
        let first = first.map_or(Told::Unset, |step| Told::of_json(&step["origin"]));
        let told = self.origin("credentials");
        if told == first {
            Ok(())
        } else {
            Err(format!(
                "credentials: told {told:?}, the chain starts with {first:?}"
            ))
        }
    }

    /// The keys themselves, where nothing need be started or asked for them.
    fn static_keys(&self) -> Option<[String; 4]> {
        let provider = self.report["credentials"]["provider"].as_str();
        if !matches!(
            provider,
            Some("EnvConfigCredentials" | "SharedConfigCredentials")
        ) {
            return None;
        }
        let value = self
            .config
            .credentials()
            .get(&|| self.config.now_seconds(), 0, &Patient);
        let value = Loaded::ok(value)?;
        Some([
            value.access_key_id.as_str().to_owned(),
            value.secret_access_key.as_str().to_owned(),
            value.session_token.as_str().to_owned(),
            value.account_id.as_str().to_owned(),
        ])
    }

    fn profile_and_switch(&self) -> Result<(), String> {
        let (name, place) = self.profile();
        let report = &self.report["profile"];
        if self.origin("profile") != place
            || Told::of_json(&report["origin"]) != place
            || report["name"] != name
        {
            return Err(format!(
                "profile is {name}, {place:?}, but told is {report}"
            ));
        }
        let switch = "AWS_SDK_LOAD_CONFIG";
        let option = self.scenario.options()["shared_config_state"].as_str();
        let place = match (option, self.variable(switch)) {
            (Some("enable" | "disable"), _) => Told::Code,
            (_, Some(_)) => Told::Environment(switch.to_owned()),
            (_, None) => Told::Default,
        };
        let (report, is) = (&self.report["shared_config"], self.scenario.shared_config());
        if Told::of_json(&report["origin"]) != place || report["enabled"] != is {
            return Err(format!(
                "shared config is {is}, {place:?}, but told is {report}"
            ));
        }
        Ok(())
    }

    /// JSON and text say of each field what `origin` says, and what it is.
    fn settings(&self) -> Result<(), String> {
        let text = explain(self.config, Format::Text);
        let settings = self.report["settings"].as_array().expect("settings");
        if settings.len() != Field::ALL.len() {
            return Err(format!("{} settings are told", settings.len()));
        }
        for (entry, field) in settings.iter().zip(Field::ALL) {
            let name = field.facts().name;
            let told = origin(self.config, name).expect("a field has an origin");
            let value = self.config.get(*field).map(|text| text.as_str());
            let place = Told::of_json(&entry["origin"]);
            if entry["name"] != name
                || place != Told::read(&told)
                || entry["value"].as_str() != value
            {
                return Err(format!("{name} is {value:?}, {told}, but told is {entry}"));
            }
            let prefix = format!("  {name} ");
            let line = text.lines().find(|line| line.starts_with(&prefix));
            let shown = value.map(|value| format!("{value:?}").trim_matches('"').to_owned());
            match (line, shown) {
                (None, None) => {}
                (Some(line), Some(shown)) if line.ends_with(&told) && line.contains(&shown) => {}
                (line, _) => {
                    return Err(format!(
                        "{name} is {value:?}, {told}, but the text has {line:?}"
                    ));
                }
            }
        }
        Ok(())
    }

    /// Variables and files are told as they are.
    fn surroundings(&self, counts: &mut Counts) -> Result<(), String> {
        for entry in self.report["environment"].as_array().expect("environment") {
            let text = |name: &str| entry[name].as_str().expect(name);
            let (name, shown) = (text("name"), text("value"));
            let value = self.scenario.variable(name).unwrap_or_default();
            let query_hidden = shown
                .strip_suffix("****")
                .is_some_and(|shown| shown.ends_with('?') && value.starts_with(shown));
            if value != shown
                && !query_hidden
                && !(shown.starts_with("****") && value.contains(PRIVATE))
            {
                return Err(format!("{name} is {value:?}, but told is {shown}"));
            }
            counts.variables += 1;
        }
        let told: Vec<&str> = self.report["files"]
            .as_array()
            .expect("files")
            .iter()
            .filter_map(|file| file["path"].as_str())
            .collect();
        let paths = self.scenario.paths();
        if !paths.iter().map(String::as_str).eq(told) {
            return Err(format!(
                "the files are {paths:?}, but told is {}",
                self.report["files"]
            ));
        }
        for file in self.report["files"].as_array().expect("files") {
            let there = Path::new(file["path"].as_str().expect("path")).is_file();
            if there != matches!(file["state"].as_str(), Some("read" | "invalid")) {
                return Err(format!("told is {file}"));
            }
            counts.files += 1;
        }
        Ok(())
    }

    fn chain_values(&self) -> Result<(), String> {
        for entry in self
            .chain()
            .iter()
            .flat_map(|step| step["values"].as_array().expect("values"))
        {
            let name = entry["name"].as_str().expect("name");
            let told = Told::of_json(&entry["origin"]);
            if !name.starts_with("AWS_") {
                self.key(name, &told, clear(entry))?;
            } else if told != Told::Environment(name.to_owned()) || self.variable(name).is_none() {
                return Err(format!("told is {entry}"));
            }
        }
        Ok(())
    }

    fn secrets(&self) -> Result<(), String> {
        let outputs = [Format::Json, Format::Text].map(|format| explain(self.config, format));
        match outputs.iter().find(|output| output.contains(PRIVATE)) {
            Some(output) => Err(format!("a secret is shown: {output}")),
            None => Ok(()),
        }
    }
}

/// The value of an entry, unless it is masked.
fn clear(entry: &Value) -> Option<&str> {
    entry["value"]
        .as_str()
        .filter(|value| !value.contains("****") && !value.ends_with("..."))
}
