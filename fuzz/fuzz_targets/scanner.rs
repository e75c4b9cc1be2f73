//! Any bytes as the config or the credentials file.
#![no_main]
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a property that does not hold ends the run"
)]

#[path = "../../tests/plain/ini.rs"]
mod plain;

use libfuzzer_sys::fuzz_target;
use plain::{Sections, read, read_plainly};
use serde_json::Value;
use session::explain::{Format, explain};
use session::load::environment::Environment;
use session::load::ini::{FileKind, IniFile, SectionKind};
use session::session::{Options, Session, SharedConfigState};
use std::path::PathBuf;
use std::sync::OnceLock;

const KINDS: [FileKind; 3] = [FileKind::Config, FileKind::Credentials, FileKind::Either];
const BOM: &[u8] = b"\xEF\xBB\xBF";

fuzz_target!(|data: &[u8]| {
    for kind in KINDS {
        let found = read(data, kind);
        spellings(data, kind, &found);
        // The plain reader knows no quotes in headers and values.
        if !data.iter().any(|byte| matches!(byte, b'"' | b'\''))
            && std::str::from_utf8(data).is_ok()
        {
            assert_eq!(found, read_plainly(data, kind), "{kind:?}");
        }
        places(data, kind);
    }
    origins(data);
});

/// A byte order mark and the line ends of Windows change nothing.
fn spellings(data: &[u8], kind: FileKind, found: &Result<Sections, u32>) {
    if data.starts_with(BOM) || data.starts_with(b"\xFF\xFE") || data.starts_with(b"\xFE\xFF") {
        return;
    }
    assert_eq!(&read(&[BOM, data].concat(), kind), found, "with a mark");
    if !data.contains(&b'\r') {
        let lines: Vec<&[u8]> = data.split(|byte| *byte == b'\n').collect();
        assert_eq!(&read(&lines.join(&b"\r\n"[..]), kind), found, "with CRLF");
    }
}

/// The line of a file, from 1, as text.
fn line_of(data: &[u8], line: u32) -> String {
    let index = (line as usize).checked_sub(1).expect("lines start at 1");
    let line = data.split(|byte| *byte == b'\n').nth(index);
    String::from_utf8_lossy(line.expect("a line of the file")).into_owned()
}

/// A property begins in its line, with key and value.
fn places(data: &[u8], kind: FileKind) {
    let Ok(file) = IniFile::parse("f", data.to_vec(), kind) else {
        return;
    };
    for kind in [
        SectionKind::Profile,
        SectionKind::SsoSession,
        SectionKind::Services,
    ] {
        for name in file.names(kind) {
            let section = file
                .section(kind, name)
                .expect("a listed name has a section");
            assert!(line_of(data, section.line()).contains(name));
            for property in section.iter() {
                stands_at(data, property.line, property.key, &property.value());
                let counts = section.get(property.key).expect("a property that is there");
                assert!(counts.key.eq_ignore_ascii_case(property.key));
                for sub in property.sub_properties() {
                    stands_at(data, sub.line, sub.key, &sub.value());
                }
            }
        }
    }
}

fn stands_at(data: &[u8], line: u32, key: &str, value: &str) {
    let text = line_of(data, line);
    let text = text.trim_start_matches('\u{feff}').trim_start();
    let (before, after) = text.split_once('=').expect("a property has a =");
    assert_eq!(before.trim(), key.trim(), "line {line}");
    let mut parts = value.split('\n');
    let first = parts.next().expect("split gives one part at least");
    assert!(after.contains(first), "line {line}: {value:?}");
    let mut next = line;
    for part in parts {
        // Blank lines and comments may stand between.
        loop {
            next += 1;
            let line = line_of(data, next);
            let line = line.trim_start_matches([' ', '\t']);
            if line.trim_end_matches([' ', '\t', '\r']) == part {
                break;
            }
        }
    }
}

/// What a session tells of the origin of a setting is true.
fn origins(data: &[u8]) {
    static PATH: OnceLock<PathBuf> = OnceLock::new();
    let path = PATH.get_or_init(|| {
        std::env::temp_dir().join(format!("session-fuzz-scanner-{}", std::process::id()))
    });
    std::fs::write(path, data).expect("a temporary file");
    let mut options = Options {
        shared_config: SharedConfigState::Enable,
        environment: Some(Environment::default()),
        files: Some(vec![path.clone()]),
        ..Options::default()
    };
    options.fields.set("ca_bundle", "").expect("a field");
    let loaded = Session::load(&options);
    std::fs::remove_file(path).expect("the temporary file");
    let session = match loaded {
        Ok(session) => session,
        Err(error) => {
            assert!(!error.text().is_empty());
            if error.line() > 0 {
                line_of(data, error.line());
            }
            return;
        }
    };
    let report = explain(session.config(), Format::Json);
    let report: Value = serde_json::from_str(&report).expect("a report is JSON");
    let settings = report["settings"].as_array().expect("settings");
    for setting in settings {
        let origin = &setting["origin"];
        let (Some(line), Some(value)) = (origin["line"].as_u64(), setting["value"].as_str()) else {
            continue;
        };
        let text = line_of(data, line.try_into().expect("a number of a line"));
        let first = value.lines().next().unwrap_or_default();
        let (_, after) = text.split_once('=').expect("a setting has a =");
        // Of a URL what may be secret is not told, which can be whole lines. Switches are told in lower case.
        assert!(
            value.contains("****") || after.to_lowercase().contains(&first.to_lowercase()),
            "{setting} {text}"
        );
    }
}
