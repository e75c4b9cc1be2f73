//! Any bytes end in a file or in an error that tells its place, and in what a plain reader makes of them.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test says what it expects by failing"
)]

use session::load::ini::{FileKind, IniFile, SectionKind};
use std::collections::BTreeMap;
use std::time::Instant;

/// Numbers that look random and are the same in every run.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self, below: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 16) as usize % below
    }
}

/// Key in lower case, value, line.
type Properties = Vec<(String, String, u32)>;
/// Each section's properties.
type Sections = BTreeMap<String, Properties>;

/// All that a file says, or the line of its mistake.
fn read(bytes: &[u8], kind: FileKind) -> Result<Sections, u32> {
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
fn read_plainly(bytes: &[u8], kind: FileKind) -> Result<Sections, u32> {
    const BLANK: [char; 2] = [' ', '\t'];
    let cut = |text: &str| {
        let at = text
            .char_indices()
            .find(|(at, c)| "#;".contains(*c) && text[..*at].ends_with(BLANK));
        at.map_or(text, |(at, _)| &text[..at])
            .trim_matches([' ', '\t', '\r'])
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
        let kept = key
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

const KINDS: [FileKind; 3] = [FileKind::Config, FileKind::Credentials, FileKind::Either];

#[test]
fn reads_what_a_plain_reader_reads() {
    const PARTS: [&str; 32] = [
        "[",
        "]",
        "=",
        " ",
        "\t",
        "\n",
        "\n",
        "\r\n",
        "#",
        ";",
        " # ",
        "a",
        "b",
        "é",
        ":",
        "!",
        "\0",
        "[profile a]\n",
        "[default]\n",
        "[profile default]\n",
        "[a]\n",
        "[sso-session s]",
        "[services a]\n",
        "k = v\n",
        "K=w # c\n",
        "s3 =\n",
        "  x = 1\n",
        "\t y\n",
        "\n \n",
        "#c\n",
        "key with space = 1\n",
        "aws_access_key_id = AKIDEXAMPLE # a long comment behind it\n",
    ];
    let mut numbers = Numbers(0x5EED);
    let (mut files, mut mistakes) = (0, 0);
    for round in 0..60_000 {
        let start = ["", "\u{FEFF}", "[default]\n", "[profile a]\nk = v\n"][round % 4];
        let length = numbers.next(16);
        let text = (0..length).fold(start.to_owned(), |text, _| {
            text + PARTS[numbers.next(PARTS.len())]
        });
        let kind = KINDS[round % 3];
        let (ours, plain) = (
            read(text.as_bytes(), kind),
            read_plainly(text.as_bytes(), kind),
        );
        assert_eq!(ours, plain, "{kind:?} {text:?}");
        if ours.is_ok() {
            files += 1
        } else {
            mistakes += 1
        }
    }
    assert!(
        files > 10_000 && mistakes > 10_000,
        "{files} files, {mistakes} mistakes"
    );
    println!("{files} files and {mistakes} mistakes alike");
}

#[test]
fn random_bytes() {
    let mut numbers = Numbers(0xB17E5);
    for round in 0..20_000 {
        let alphabet: &[u8] = if round % 2 == 0 {
            b"[]=\"'#; \t\r\n\0\xEF\xBB\xBF\xFFakprofile"
        } else {
            &[]
        };
        let length = numbers.next(200);
        let mut bytes: Vec<u8> = if round % 4 == 0 {
            b"[default]\nk = v\n".to_vec()
        } else {
            Vec::new()
        };
        bytes.extend((0..length).map(|_| match alphabet {
            [] => numbers.next(256) as u8,
            _ => alphabet[numbers.next(alphabet.len())],
        }));
        let _ = read(&bytes, KINDS[round % 3]);
    }
}

#[test]
fn cut_at_every_byte() {
    let sample = "\u{FEFF}# é\r\n[profile \"a b\"] # c\r\nregion = us-west-2\r\ns3 =\r\n  addressing_style = path\r\n\r\n\
                  [sso-session s]\nsso_region = \"x # y\" ; c\nk = a\n  b\n[services s]\nsts =\n  endpoint_url = http://h\n[default]\nk = é\n";
    let whole = read(sample.as_bytes(), FileKind::Config).expect("the sample is a file");
    assert_eq!(whole.len(), 4);
    let mut read_so_far = 0;
    for end in 0..sample.len() {
        match read(&sample.as_bytes()[..end], FileKind::Config) {
            Ok(sections) => {
                assert!(
                    sections.keys().all(|name| whole.contains_key(name)),
                    "cut at {end}: {sections:?}"
                );
                read_so_far += 1;
            }
            Err(line) => {
                let last = 1 + sample
                    .bytes()
                    .take(end)
                    .filter(|byte| *byte == b'\n')
                    .count();
                assert_eq!(line as usize, last, "cut at {end}");
            }
        }
    }
    assert!(read_so_far > 50, "{read_so_far}");
}

/// Parses a big file, and reads one section of it.
fn big(what: &str, bytes: Vec<u8>) -> Result<usize, u32> {
    let (size, start) = (bytes.len(), Instant::now());
    let answer = match IniFile::parse("f", bytes, FileKind::Either) {
        Ok(file) => {
            let section = file.section(SectionKind::Profile, "a");
            let read = section.map_or(0, |section| {
                section.iter().map(|property| property.value().len()).sum()
            });
            Ok(read + file.names(SectionKind::Profile).count())
        }
        Err(error) => Err(error.line()),
    };
    println!("{what}: {size} bytes in {:?}", start.elapsed());
    answer
}

#[test]
fn big_files() {
    let many = |part: &str, count: usize| part.repeat(count).into_bytes();
    let with =
        |start: &str, part: &str, count: usize| [start.as_bytes(), &many(part, count)].concat();
    assert_eq!(
        big(
            "50 MB of properties",
            with("[a]\n", "some_key = some value\n", 2_300_000)
        ),
        Ok(10 * 2_300_000 + 1)
    );
    assert_eq!(
        big("a long line", with("[a]\nk = ", "v", 10_000_000)),
        Ok(10_000_001)
    );
    assert_eq!(
        big(
            "a long line of comment signs",
            with("[a]\nk =", "#", 10_000_000)
        ),
        Ok(10_000_001)
    );
    assert_eq!(
        big(
            "a long line of comments",
            with("[a]\nk = v", " #", 5_000_000)
        ),
        Ok(2)
    );
    assert_eq!(big("a long key", with("[a]\nk", "#", 10_000_000)), Err(2));
    assert_eq!(
        big("a long line of quotes", with("[a]\nk = ", "\"", 10_000_000)),
        Ok(10_000_001)
    );
    assert_eq!(big("brackets", many("[", 1_000_000)), Err(1));
    assert_eq!(big("lines of brackets", many("[\n", 1_000_000)), Err(1));
    assert_eq!(
        big(
            "a long header",
            [many("[", 1), many("\"a ", 3_000_000), many("]", 1)].concat()
        ),
        Ok(0)
    );
    assert_eq!(
        big("one name", many("[a]\nk=v\n", 1_000_000)),
        Ok(1_000_001)
    );
    assert_eq!(
        big("names that mean nothing", many("[a b c]\n", 1_000_000)),
        Ok(0)
    );
    assert_eq!(
        big("newlines", with("[a]\nk = v\n", "\n", 10_000_000)),
        Ok(2)
    );
    assert_eq!(
        big("continuations", with("[a]\nk = v\n", " c\n", 1_000_000)),
        Ok(2_000_002)
    );
    assert_eq!(
        big(
            "comments between",
            with("[a]\n", "k = v\n#\n#\n", 1_000_000)
        ),
        Ok(1_000_001)
    );
    assert_eq!(big("NULs", vec![0; 10_000_000]), Err(1));
    assert_eq!(
        big("NULs in comments", with("[a]\n", "#\0\n", 1_000_000)),
        Ok(1)
    );
    let names: String = (0..500_000).map(|i| format!("[p{i}]\n")).collect();
    assert_eq!(big("half a million names", names.into_bytes()), Ok(500_000));
}

#[test]
fn look_ups_do_not_slow_down() {
    let names: Vec<_> = (0..200_000).map(|i| format!("p{i}")).collect();
    let text: String = names
        .iter()
        .map(|name| format!("[profile {name}]\nk = {name}\n"))
        .collect();
    let file = IniFile::parse("f", text.into(), FileKind::Config).expect("a file");
    let start = Instant::now();
    for name in &names {
        let section = file.section(SectionKind::Profile, name).expect("a profile");
        assert_eq!(section.get("k").expect("a key").value(), name.as_str());
    }
    println!("all of it: {:?}", start.elapsed());
}

#[test]
fn every_place_in_a_block() {
    for length in 0..260 {
        for text in [
            "[default]\nk = v # c\n\nj = w\n",
            "[default]\r\ns3 =\r\n  x = 1\r\n[profile a]\nk",
            "[a]",
        ] {
            let text = format!("#{}\n{text}", "=".repeat(length));
            for kind in KINDS {
                assert_eq!(
                    read(text.as_bytes(), kind),
                    read_plainly(text.as_bytes(), kind),
                    "{kind:?} {text:?}"
                );
            }
        }
    }
}
