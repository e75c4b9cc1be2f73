//! The public cases of the file grammar that the AWS tools share.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test says what it expects by failing"
)]

mod skip;

use serde_json::{Map, Value};
use session::error::Result;
use session::load::ini::{FileKind, IniFile, SectionKind};
use skip::vectors;

/// All sections of a kind, each a map of its properties, added to those of an earlier file.
fn add(all: &mut Map<String, Value>, file: &IniFile, kind: SectionKind) {
    for name in file.names(kind) {
        let section = file
            .section(kind, name)
            .expect("a listed name has a section");
        let entry = all.entry(name).or_insert_with(|| Value::Object(Map::new()));
        for property in section.iter() {
            let read = section.get(property.key).expect("a listed key has a value");
            entry[property.key.to_ascii_lowercase()] = Value::from(read.value());
        }
    }
}

fn read(input: &Value) -> Result<Value> {
    let (mut profiles, mut sso_sessions) = (Map::new(), Map::new());
    for (key, kind) in [
        ("configFile", FileKind::Config),
        ("credentialsFile", FileKind::Credentials),
    ] {
        if let Some(text) = input.get(key) {
            let bytes = text
                .as_str()
                .expect("a file is a string")
                .as_bytes()
                .to_vec();
            let file = IniFile::parse(key, bytes, kind)?;
            add(&mut profiles, &file, SectionKind::Profile);
            add(&mut sso_sessions, &file, SectionKind::SsoSession);
        }
    }
    Ok(serde_json::json!({ "profiles": profiles, "sso_sessions": sso_sessions }))
}

#[test]
fn reads_every_public_case() {
    let Some(path) = vectors("shared-config/profile-parser-tests.json") else {
        return;
    };
    let text = std::fs::read_to_string(path).expect("the cases are text");
    let cases: Value = serde_json::from_str(&text).expect("the cases are JSON");
    let cases = cases["tests"].as_array().expect("the cases are a list");
    let mut failed = Vec::new();
    for case in cases {
        let (name, output) = (&case["name"], &case["output"]);
        match (read(&case["input"]), output["errorContaining"].as_str()) {
            (Ok(read), None) => {
                let mut expected = output["config"].clone();
                if expected.get("sso_sessions").is_none() {
                    expected["sso_sessions"] = Value::Object(Map::new());
                }
                if read != expected {
                    failed.push(format!("{name}: read {read}, expected {expected}"));
                }
            }
            (Err(error), Some(part))
                if error.text().contains(part) && error.line() > 0 && error.column() > 0 => {}
            (answer, expected) => failed.push(format!(
                "{name}: answered {answer:?}, expected {expected:?}"
            )),
        }
    }
    assert!(
        failed.is_empty(),
        "{} failed:\n{}",
        failed.len(),
        failed.join("\n")
    );
    assert_eq!(cases.len(), 65);
    println!("{} passed", cases.len());
}
