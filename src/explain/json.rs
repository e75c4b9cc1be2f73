//! The report as JSON.

use super::chain::Step;
use super::{Entry, Report};
use crate::load::files::FileState;
use crate::load::origin::Origin;
use serde_json::{Value, json};

pub(super) fn write(report: &Report<'_>) -> String {
    let files = report.files.iter();
    let files = files
        .map(|file| json!({"path": file.path.to_string_lossy(), "state": state_name(file.state)}));
    let environment = report.environment.iter();
    let environment = environment.map(|(name, value)| json!({"name": name, "value": value}));
    let provider = report.chain.last().and_then(|step| step.provider);
    let value = json!({
        "error": report.failure.map(|error| error.text().as_str()),
        "profile": {"name": report.profile, "origin": origin(Some(report.profile_origin))},
        "shared_config": {
            "enabled": report.shared_config,
            "origin": origin(Some(report.shared_config_origin)),
        },
        "files": files.collect::<Value>(),
        "settings": report.settings.iter().map(entry).collect::<Value>(),
        "environment": environment.collect::<Value>(),
        "credentials": {
            "provider": provider,
            "chain": report.chain.iter().map(step).collect::<Value>(),
        },
    });
    format!("{value:#}\n")
}

fn step(step: &Step) -> Value {
    json!({
        "provider": step.provider,
        "profile": step.profile,
        "origin": origin(step.origin.as_ref()),
        "values": step.values.iter().map(entry).collect::<Value>(),
    })
}

fn entry(entry: &Entry) -> Value {
    json!({"name": entry.name, "value": entry.value, "origin": origin(entry.origin.as_ref())})
}

fn origin(origin: Option<&Origin>) -> Value {
    match origin {
        None => json!({"kind": "unset"}),
        Some(Origin::Code) => json!({"kind": "code"}),
        Some(Origin::Default) => json!({"kind": "default"}),
        Some(Origin::Environment(variable)) => {
            json!({"kind": "environment", "variable": variable.name()})
        }
        Some(Origin::File(position)) => json!({
            "kind": "file",
            "path": position.path().to_string_lossy(),
            "line": position.line,
            "section": &*position.section.title,
        }),
    }
}

pub(super) fn state_name(state: FileState) -> &'static str {
    match state {
        FileState::Read => "read",
        FileState::Missing => "missing",
        FileState::Unreadable => "unreadable",
        FileState::Invalid => "invalid",
    }
}
