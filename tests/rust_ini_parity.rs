//! rust-ini reads the same in files that both must read alike, and each case is known in which it doesn't.
//!
//! A case of the second list that starts to agree shows that rust-ini was repaired: then take it out of the list.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test says what it expects by failing"
)]

use ini::{Ini, ParseOption};
use session::load::ini::{FileKind, IniFile, SectionKind};
use std::collections::BTreeMap;

type Sections = BTreeMap<String, BTreeMap<String, String>>;

fn ours(text: &str) -> Result<Sections, String> {
    let file = IniFile::parse("f", text.into(), FileKind::Credentials)
        .map_err(|error| error.to_string())?;
    let sections = file.names(SectionKind::Profile).map(|name| {
        let section = file
            .section(SectionKind::Profile, name)
            .expect("a listed name has a section");
        let properties = section
            .iter()
            .map(|property| (property.key.to_owned(), property.value().into_owned()));
        (name.to_owned(), properties.collect())
    });
    Ok(sections.collect())
}

fn theirs(text: &str) -> Result<Sections, String> {
    let option = ParseOption {
        enabled_escape: false,
        enabled_quote: true,
        ..ParseOption::default()
    };
    let file = Ini::load_from_str_opt(text, option).map_err(|error| error.to_string())?;
    let sections = file.iter().filter_map(|(name, properties)| {
        let properties = properties
            .iter()
            .map(|(key, value)| (key.to_owned(), value.to_owned()));
        name.map(|name| (name.to_owned(), properties.collect()))
    });
    Ok(sections.collect())
}

#[test]
fn reads_the_same() {
    const VALUES: [&str; 8] = [
        "us-west-2",
        "wJalrXUtnFEMI/K7MDENG",
        "a=b==",
        "http://h:80/p?q=1",
        "\"a b\"",
        "true",
        "3600",
        "é世",
    ];
    const BETWEEN: [&str; 5] = ["=", " = ", "= ", " =", "\t=\t"];
    let mut count = 0;
    for sections in 1..6_usize {
        for keys in 0..8_usize {
            for (style, newline) in ["\n", "\r\n"].into_iter().enumerate() {
                let mut text = String::new();
                for section in 0..sections {
                    text += &format!("# section {section}{newline}[s{section}]{newline}");
                    for key in 0..keys {
                        let at = section * 7 + key * 3 + style + count;
                        let (between, value) =
                            (BETWEEN[at % BETWEEN.len()], VALUES[at % VALUES.len()]);
                        text += &format!("key_{key}{between}{value}{newline}");
                        text += ["", "; comment", "\t"][at % 3];
                        text += newline;
                    }
                }
                let read = ours(&text).expect("a file");
                assert_eq!((read.len(), read["s0"].len()), (sections, keys), "{text:?}");
                assert_eq!(theirs(&text), Ok(read), "{text:?}");
                count += 1;
            }
        }
    }
    assert_eq!(count, 80);
    println!("{count} files read alike");
}

#[test]
fn known_differences() {
    let one = |pairs: &[(&str, &str)]| -> Result<Sections, String> {
        let pairs = pairs
            .iter()
            .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
        Ok([("s".to_owned(), pairs.collect())].into())
    };
    let cases = [
        (
            "a line without '=' takes the next key along",
            "[s]\nfoo\nk = v\n",
            None,
            one(&[("foo\nk", "v")]),
        ),
        (
            "a '\\' at the end joins the next line",
            "[s]\nk = a\\\nj = b\n",
            Some(one(&[("k", "a\\"), ("j", "b")])),
            one(&[("k", "aj = b")]),
        ),
        (
            "an indented comment is a key",
            "[s]\nk = v\n  # c = d\n",
            Some(one(&[("k", "v")])),
            one(&[("k", "v"), ("# c", "d")]),
        ),
        (
            "a comment behind a value is part of it",
            "[s]\nk = a\t#b\n",
            Some(one(&[("k", "a")])),
            one(&[("k", "a\t#b")]),
        ),
        (
            "a quote left open takes the next lines along",
            "[s]\nk = \"a\nj = b\"\n",
            Some(one(&[("k", "\"a"), ("j", "b\"")])),
            one(&[("k", "a\nj = b")]),
        ),
        (
            "an indented line is no continuation",
            "[s]\nk = a\n  j = b\n",
            Some(one(&[("k", "a\nj = b")])),
            one(&[("k", "a"), ("j", "b")]),
        ),
        ("':' is a '='", "[s]\nk : v\n", None, one(&[("k", "v")])),
    ];
    for (what, text, expected, known) in cases {
        let (ours, theirs) = (ours(text), theirs(text));
        println!("{what}: ours {ours:?}, theirs {theirs:?}");
        match expected {
            Some(expected) => assert_eq!(ours, expected, "{what}"),
            None => assert!(ours.is_err(), "{what}"),
        }
        assert_eq!(theirs, known, "{what}");
    }
}
