//! Any bytes end in a file or in an error that tells its place, and in what a plain reader makes of them.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test says what it expects by failing"
)]

#[path = "plain/ini.rs"]
mod plain;

use plain::{read, read_plainly};
use session::load::ini::{FileKind, IniFile, SectionKind};
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
