//! A reader of configuration files for checking: plain and slow, and sharing nothing with the library's.

/// A key with its value, where it stands.
#[derive(Clone, Debug)]
pub(crate) struct Property {
    /// The file.
    pub(crate) path: String,
    /// The line of the key, from 1.
    pub(crate) line: u64,
    /// The section as a user names it.
    pub(crate) section: String,
    /// Whether its header spells `profile` out.
    pub(crate) prefixed: bool,
    /// The key in lower case.
    pub(crate) key: String,
    /// The value.
    pub(crate) value: String,
}

/// Which headers name a profile.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Spelling {
    Config,
    Credentials,
    Either,
}

/// All properties of a file, in its order.
pub(crate) fn properties(path: &str, text: &str, spelling: Spelling) -> Vec<Property> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut found: Vec<Property> = Vec::new();
    let mut section: Option<(String, bool)> = None;
    // The indent of the property that lines below may continue.
    let mut open: Option<usize> = None;
    for (number, line) in (1..).zip(text.split('\n')) {
        let body = line.trim();
        let indent = line.len() - line.trim_start_matches([' ', '\t']).len();
        if body.is_empty() || body.starts_with(['#', ';']) {
            continue;
        }
        if body.starts_with('[') {
            (section, open) = (header(body, spelling), None);
            continue;
        }
        if open.is_some_and(|open| indent > open) {
            if section.is_some() {
                let last = found.last_mut().expect("a property is open");
                last.value.push('\n');
                last.value.push_str(body);
            }
            continue;
        }
        let (key, value) = body.split_once('=').unwrap_or((body, ""));
        open = Some(indent);
        if let Some((section, prefixed)) = &section {
            let key = key.trim().to_lowercase();
            found.push(Property {
                path: path.to_owned(),
                line: number,
                section: section.clone(),
                prefixed: *prefixed,
                value: stripped(value, key == "credential_process"),
                key,
            });
        }
    }
    let of_default = |property: &Property| property.section == "profile default";
    if found
        .iter()
        .any(|property| property.prefixed && of_default(property))
    {
        found.retain(|property| property.prefixed || !of_default(property));
    }
    found
}

/// The section that a header names, and whether it says `profile`.
fn header(line: &str, spelling: Spelling) -> Option<(String, bool)> {
    let inner = line[1..].split(']').next()?.trim();
    let unquoted = |name: &str| name.trim().trim_matches(['"', '\'']).to_owned();
    match inner.split_once([' ', '\t']) {
        Some((word @ ("profile" | "sso-session"), name)) if spelling != Spelling::Credentials => {
            Some((format!("{word} {}", unquoted(name)), word == "profile"))
        }
        Some(_) if !inner.starts_with(['"', '\'']) => None,
        _ => {
            let names = spelling != Spelling::Config || inner == "default";
            names.then(|| (format!("profile {}", unquoted(inner)), false))
        }
    }
}

/// A value without comment and quotes.
fn stripped(value: &str, keeps_quotes: bool) -> String {
    let value = value.trim();
    let comment = |text: &str| text.starts_with([' ', '\t']) && text.trim().starts_with(['#', ';']);
    let quoted = value
        .strip_prefix('"')
        .and_then(|rest| rest.split_once('"'));
    if let Some((inner, _)) = quoted.filter(|(_, after)| after.trim().is_empty() || comment(after))
    {
        return if keeps_quotes {
            format!("\"{inner}\"")
        } else {
            inner.to_owned()
        };
    }
    let padded = format!(" {value}");
    let starts = [" #", " ;", "\t#", "\t;"].iter();
    let end = starts.filter_map(|start| padded.find(start)).min();
    padded[..end.unwrap_or(padded.len())].trim().to_owned()
}

#[test]
fn reads_what_the_files_of_aws_hold() {
    let text = "[default]\nregion = a # c\n  b\n[profile \"x y\"]\nk=\"v;w\" ; c\n[other]\nk = 1\n";
    let read: Vec<_> = properties("f", text, Spelling::Config)
        .into_iter()
        .map(|found| (found.line, found.section, found.key, found.value))
        .collect();
    let expected = [
        (2, "profile default", "region", "a\nb"),
        (5, "profile x y", "k", "v;w"),
    ];
    let expected = expected
        .map(|(line, section, key, value)| (line, section.into(), key.into(), value.into()));
    assert_eq!(read, expected);
}
