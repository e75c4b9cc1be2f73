//! Configuration files read twice: by the library, and in the plainest way.

use session::load::ini::{FileKind, IniFile, SectionKind};
use std::collections::BTreeMap;

/// Key in lower case, value, line.
pub(crate) type Properties = Vec<(String, String, u32)>;
/// Each section's properties.
pub(crate) type Sections = BTreeMap<String, Properties>;

/// All that a file says, or the line of its mistake.
pub(crate) fn read(bytes: &[u8], kind: FileKind) -> Result<Sections, u32> {
    let file = match IniFile::parse("f", bytes.to_vec(), kind) {
        Ok(file) => file,
        Err(error) => {
            let lines: Vec<_> = bytes.split(|byte| *byte == b'\n').collect();
            let line = lines
                .get(error.line() as usize - 1)
                .expect("a line of the file");
            assert!(
                (1..=line.len() + 1).contains(&(error.column() as usize)),
                "{bytes:?}: {error}"
            );
            return Err(error.line());
        }
    };
    let mut sections = Sections::new();
    for kind in [
        SectionKind::Profile,
        SectionKind::SsoSession,
        SectionKind::Services,
    ] {
        for name in file.names(kind) {
            let section = file
                .section(kind, name)
                .expect("a listed name has a section");
            let all = section.iter().map(|property| {
                for sub in property.sub_properties() {
                    assert!(sub.line > property.line && !sub.value().contains('\0'));
                }
                (
                    property.key.to_ascii_lowercase(),
                    property.value().into_owned(),
                    property.line,
                )
            });
            sections.insert(format!("{kind:?} {name}"), all.collect());
        }
    }
    Ok(sections)
}

/// The same, read in the plainest way: line by line, with no index and no slices.
pub(crate) fn read_plainly(bytes: &[u8], kind: FileKind) -> Result<Sections, u32> {
    const BLANK: [char; 2] = [' ', '\t'];
    let cut = |text: &str| {
        let at = text
            .char_indices()
            .find(|(at, c)| "#;".contains(*c) && text[..*at].ends_with(BLANK));
        at.map_or(text, |(at, _)| &text[..at])
            .trim_start_matches(BLANK)
            .trim_end_matches([' ', '\t', '\r'])
            .to_owned()
    };
    let text = String::from_utf8(bytes.to_vec()).expect("only text is read plainly");
    let text = text.strip_prefix('\u{FEFF}').unwrap_or(&text);
    let mut sections: BTreeMap<(String, bool), Properties> = BTreeMap::new();
    // The section (none yet, one that names nothing, or a name), and the open property: indent, nested, whether kept.
    let mut section: Option<Option<(String, bool)>> = None;
    let mut open: Option<(usize, bool, bool)> = None;
    for (number, line) in (1..).zip(text.split('\n')) {
        let line = line.trim_end_matches([' ', '\t', '\r']);
        let content = line.trim_start_matches(BLANK);
        let indent = line.len() - content.len();
        if content.is_empty() || content.starts_with(['#', ';']) {
            continue;
        }
        if content.contains('\0') {
            return Err(number);
        }
        if content.starts_with('[') {
            let header = plain_header(content, kind).ok_or(number)?;
            if let Some(key) = &header {
                sections.entry(key.clone()).or_default();
            }
            (section, open) = (Some(header), None);
            continue;
        }
        if let Some((_, nested, kept)) = open.filter(|(outer, ..)| indent > *outer) {
            let part = cut(content);
            if nested
                && part
                    .split_once('=')
                    .is_none_or(|(key, _)| key.trim_matches(BLANK).is_empty())
            {
                return Err(number);
            }
            if let (Some(Some(key)), true) = (&section, kept) {
                let (_, value, _) = sections
                    .get_mut(key)
                    .and_then(|all| all.last_mut())
                    .expect("a property");
                *value += &format!("\n{content}");
            }
            continue;
        }
        let Some(named) = &section else {
            return Err(number);
        };
        let equals = content.find('=').ok_or(number)?;
        let key = content[..equals].trim_end_matches([' ', '\t', '\r']);
        if equals == 0 || cut(&content[..equals]) != key {
            return Err(number);
        }
        let value = cut(&content[equals + 1..]);
        // A carriage return alone is no name either.
        let kept = !key.is_empty()
            && key
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || "-/.%@_:+".contains(c));
        open = Some((indent, value.is_empty(), kept));
        if let (Some(section), true) = (named, kept) {
            let all = sections.get_mut(section).expect("a section");
            all.push((key.to_ascii_lowercase(), value, number));
        }
    }
    // `[profile p]` hides `[p]`.
    let hidden: Vec<_> = sections
        .keys()
        .filter(|(name, prefixed)| *prefixed && name.starts_with("Profile"))
        .cloned()
        .collect();
    for (name, _) in hidden {
        sections.remove(&(name, false));
    }
    Ok(sections
        .into_iter()
        .map(|((name, _), all)| (name, all))
        .collect())
}

/// What a header without quotes names; outer `None` if it is a mistake.
fn plain_header(content: &str, kind: FileKind) -> Option<Option<(String, bool)>> {
    let (inner, after) = content[1..].split_once(']')?;
    let after = after.trim_start_matches([' ', '\t']);
    let commented = |text: &str| {
        [" #", " ;", "\t#", "\t;"]
            .iter()
            .any(|sign| text.contains(sign))
    };
    if inner.contains('[')
        || commented(inner)
        || !(after.is_empty() || after.starts_with(['#', ';']))
    {
        return None;
    }
    let words: Vec<_> = inner
        .split([' ', '\t'])
        .filter(|word| !word.is_empty())
        .collect();
    let valid = |name: &str| {
        name.chars()
            .all(|c| c.is_alphanumeric() || "-/.%@_:+".contains(c))
    };
    match *words.as_slice() {
        [] => None,
        [name] if valid(name) && (kind != FileKind::Config || name == "default") => {
            Some(Some((format!("Profile {name}"), false)))
        }
        [keyword, name] if valid(name) && kind != FileKind::Credentials => Some(match keyword {
            "profile" => Some((format!("Profile {name}"), true)),
            "sso-session" => Some((format!("SsoSession {name}"), true)),
            "services" => Some((format!("Services {name}"), true)),
            _ => None,
        }),
        _ => Some(None),
    }
}
