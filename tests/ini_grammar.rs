//! The file grammar: what is read, and where a mistake is said to be.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test says what it expects by failing"
)]

use session::load::ini::{FileKind, IniFile, Property, SectionKind};

fn parse(text: &str, kind: FileKind) -> IniFile {
    IniFile::parse("/f", text.into(), kind).unwrap_or_else(|error| panic!("{text:?}: {error}"))
}

fn value(property: Option<Property<'_>>) -> Option<String> {
    property.map(|property| property.value().into_owned())
}

/// The value of `k` in `[default]`, whose lines these are.
fn default_k(lines: &str) -> Option<String> {
    let file = parse(&format!("[default]\n{lines}"), FileKind::Config);
    value(file.section(SectionKind::Profile, "default")?.get("k"))
}

#[test]
fn values() {
    let cases = [
        ("k = v", "v"),
        ("k=v", "v"),
        ("k\t=\tv\t", "v"),
        ("k = a=b", "a=b"),
        ("k==v", "=v"),
        ("k = a = b \n", "a = b"),
        ("k = v # c", "v"),
        ("k = v\t; c", "v"),
        ("k = v#c", "v#c"),
        ("k = v#c #d", "v#c"),
        ("k=#c", "#c"),
        ("k = # c\nj = w", ""),
        ("k = a,b", "a,b"),
        ("k = a , b", "a , b"),
        ("k = [a]", "[a]"),
        ("k = \"a b\"", "a b"),
        ("k = \"a # b\" # c", "a # b"),
        ("k = \"\"", ""),
        ("k = \"a\"b\"", "\"a\"b\""),
        ("k = \"a\" b", "\"a\" b"),
        ("k = \"a\"; c", "\"a\"; c"),
        ("k = \"C:\\new\"", "C:\\new"),
        ("k = \"v", "\"v"),
        ("k = 'v'", "'v'"),
        ("k = a\\", "a\\"),
        ("k = é世", "é世"),
        ("k = v\r\n", "v"),
        ("k = v\r", "v"),
        ("k = a\rb", "a\rb"),
        ("K = v", "v"),
        ("k = a\nk = b", "b"),
        ("k = a\nk =", "a"),
        ("k = a\nk = \"\"", ""),
        ("k = a\n  b\n\n# c\n  ; d\n\te # f\nj = 1", "a\nb\ne # f"),
        ("k = \"a\"\n  b", "\"a\"\nb"),
        ("k = a # c\n  b", "a\nb"),
        ("k =\n  x = 1\n  y = 2", "\nx = 1\ny = 2"),
        ("k =\n  # only a comment\n", ""),
        ("  k = a\n  j = b\n", "a"),
        ("  j = a\n    more\n  k = b\n", "b"),
        ("# x\n;y\nk = a", "a"),
        ("#k = x\nk = a", "a"),
        ("in valid = x\n  more\nk = a", "a"),
        ("k = ${HOME}", "${HOME}"),
        ("k = %(x)s", "%(x)s"),
    ];
    for (lines, expected) in cases {
        assert_eq!(default_k(lines).as_deref(), Some(expected), "{lines:?}");
        let crlf = lines.replace("\r\n", "\n").replace('\n', "\r\n");
        assert_eq!(default_k(&crlf).as_deref(), Some(expected), "{crlf:?}");
    }
    for lines in [
        "",
        "kk = 1",
        "j =\n  k = 1\n",
        "j = 1\n  k = 2",
        "k[x] = v",
        "[profile other]\nk = v",
    ] {
        assert_eq!(default_k(lines), None, "{lines:?}");
    }
}

#[test]
fn a_command_keeps_its_quotes() {
    let text =
        "[default]\ncredential_process = \"/a b/c # d\" # e\nCredential_Process = \"/a b\" -c\n";
    let file = parse(text, FileKind::Config);
    let section = file
        .section(SectionKind::Profile, "default")
        .expect("a profile");
    let all: Vec<_> = section
        .iter()
        .map(|property| property.value().into_owned())
        .collect();
    assert_eq!(all, ["\"/a b/c # d\"", "\"/a b\" -c"]);
}

#[test]
fn unset_is_not_empty() {
    let file = parse(
        "[default]\na =\nb = \"\"\nc = # c\nd =\n  x = 1\n",
        FileKind::Config,
    );
    let section = file
        .section(SectionKind::Profile, "default")
        .expect("a profile");
    let unset: Vec<_> = section
        .iter()
        .map(|property| (property.key, property.is_unset()))
        .collect();
    assert_eq!(
        unset,
        [("a", true), ("b", false), ("c", true), ("d", false)]
    );
}

#[test]
fn sub_properties() {
    let text = "[services s]\nsts =\n  endpoint_url = http://a # c\n\n\tRegion = \"r\"\ns3 =\n  endpoint_url = http://b\n  endpoint_url =\n\
                dynamodb = x\n  endpoint_url = http://c\n";
    let file = parse(text, FileKind::Config);
    let section = file.section(SectionKind::Services, "s").expect("a section");
    assert_eq!(
        value(section.sub("sts", "endpoint_url")).as_deref(),
        Some("http://a")
    );
    assert_eq!(value(section.sub("STS", "region")).as_deref(), Some("r"));
    assert_eq!(
        section.sub("sts", "region").map(|property| property.line),
        Some(5)
    );
    assert_eq!(
        value(section.sub("s3", "endpoint_url")).as_deref(),
        Some("http://b")
    );
    assert!(
        section.sub("dynamodb", "endpoint_url").is_none(),
        "the lines continue a value"
    );
    assert!(section.sub("sqs", "endpoint_url").is_none());
    assert!(section.get("endpoint_url").is_none());
}

#[test]
fn headers() {
    use FileKind::{Config, Credentials, Either};
    use SectionKind::{Profile, Services, SsoSession};
    let cases: [(&str, &[FileKind], SectionKind, &str); 20] = [
        (
            "[default]",
            &[Config, Credentials, Either],
            Profile,
            "default",
        ),
        (
            "  [default]",
            &[Config, Credentials, Either],
            Profile,
            "default",
        ),
        (
            "[ default ] # c",
            &[Config, Credentials, Either],
            Profile,
            "default",
        ),
        (
            "[default];c",
            &[Config, Credentials, Either],
            Profile,
            "default",
        ),
        (
            "[\tprofile \t default\t]",
            &[Config, Either],
            Profile,
            "default",
        ),
        ("[p]", &[Credentials, Either], Profile, "p"),
        ("[profile p]", &[Config, Either], Profile, "p"),
        ("[profile \"a b\"]", &[Config, Either], Profile, "a b"),
        ("[profile 'a b']", &[Config, Either], Profile, "a b"),
        (
            "[profile \"a # [b]\"] # c",
            &[Config, Either],
            Profile,
            "a # [b]",
        ),
        ("[\"a b\"]", &[Credentials, Either], Profile, "a b"),
        ("[profile é-1]", &[Config, Either], Profile, "é-1"),
        ("[profile]", &[Credentials, Either], Profile, "profile"),
        ("[profilep]", &[Credentials, Either], Profile, "profilep"),
        ("[sso-session s]", &[Config, Either], SsoSession, "s"),
        (
            "[sso-session \"s t\"]",
            &[Config, Either],
            SsoSession,
            "s t",
        ),
        ("[services s]", &[Config, Either], Services, "s"),
        (
            "[sso-sessions]",
            &[Credentials, Either],
            Profile,
            "sso-sessions",
        ),
        (
            "[profile a/b.c%d@e_f:g+h]",
            &[Config, Either],
            Profile,
            "a/b.c%d@e_f:g+h",
        ),
        ("[DEFAULT]", &[Credentials, Either], Profile, "DEFAULT"),
    ];
    for (header, kinds, section_kind, name) in cases {
        for kind in [Config, Credentials, Either] {
            let file = parse(&format!("{header}\nk = v"), kind);
            let found = file
                .section(section_kind, name)
                .map(|section| (section.name().to_owned(), section.line()));
            assert_eq!(
                found,
                kinds.contains(&kind).then(|| (name.to_owned(), 1)),
                "{header} in {kind:?}"
            );
            let names: Vec<_> = [Profile, SsoSession, Services]
                .into_iter()
                .flat_map(|kind| file.names(kind))
                .collect();
            assert_eq!(
                names,
                if kinds.contains(&kind) {
                    vec![name]
                } else {
                    vec![]
                },
                "{header} in {kind:?}"
            );
        }
    }
    let ignored = "[profile a b]\nk = v\n[foo!bar]\n[profile \"\"]\n[profile \"a]\n[profile o'b]\n[de fault]\n[Profile p]\n[x y]\n\
                   [a#b]\n[profile a b c d]\n[\"profile\" p]\n[profile \"p\"x]\n[plugins]\nk = v\n";
    for kind in [Config, Credentials, Either] {
        let expected: &[&str] = if kind == Config { &[] } else { &["plugins"] };
        assert_eq!(
            parse(ignored, kind).names(Profile).collect::<Vec<_>>(),
            expected
        );
    }
}

#[test]
fn sections_of_one_name() {
    let text = "\u{FEFF}[default]\nk = a\n[profile p]\nk = 1\n[profile default]\nj = b\n[profile p]\nk = 2\nj = 3\n[default]\nj = c\n";
    let file = parse(text, FileKind::Config);
    let lines = |name| {
        let section = file.section(SectionKind::Profile, name).expect("a profile");
        section
            .iter()
            .map(|property| (property.key, property.value().into_owned(), property.line))
            .collect::<Vec<_>>()
    };
    assert_eq!(lines("default"), [("j", "b".to_owned(), 6)]);
    assert_eq!(
        lines("p"),
        [
            ("k", "1".to_owned(), 4),
            ("k", "2".to_owned(), 8),
            ("j", "3".to_owned(), 9)
        ]
    );
    assert_eq!(
        file.names(SectionKind::Profile).collect::<Vec<_>>(),
        ["default", "p"]
    );
    let file = parse("[p]\nk = 1\n[profile p]\nj = 2\n", FileKind::Either);
    let section = file.section(SectionKind::Profile, "p").expect("a profile");
    assert!(section.get("k").is_none() && section.get("j").is_some());
}

#[test]
fn mistakes_tell_their_place() {
    let cases = [
        ("[default", 1, 9, "must end with ']'"),
        ("[default\r\nk = v", 1, 9, "must end with ']'"),
        ("# c\n\n  [default", 3, 11, "must end with ']'"),
        ("[default # c]", 1, 10, "must end with ']'"),
        ("[a[b]", 1, 3, "must end with ']'"),
        ("[[a]]", 1, 2, "name of a section"),
        ("[]", 1, 2, "name of a section"),
        ("[ ]", 1, 3, "name of a section"),
        ("[", 1, 2, "must end with ']'"),
        ("[a]]", 1, 4, "only a comment"),
        ("[a] k = v", 1, 5, "only a comment"),
        ("[a][b]", 1, 4, "only a comment"),
        ("default]\n", 1, 1, "Expected a profile definition"),
        ("\u{FEFF}k = v\n", 1, 1, "Expected a profile definition"),
        (
            "\n  k = v\n",
            2,
            3,
            "Expected a profile definition, found continuation",
        ),
        ("[a]\nk : v\n", 2, 6, "'=' sign defining a property"),
        (
            "[a]\njunk   # c = d\n",
            2,
            5,
            "'=' sign defining a property",
        ),
        (
            "[a]\nk = v\n<<<<<<< HEAD\n",
            3,
            13,
            "'=' sign defining a property",
        ),
        ("[a]\n= v", 2, 1, "Property did not have a name"),
        ("[a]\n  = v", 2, 3, "Property did not have a name"),
        (
            "[a]\n  v",
            2,
            3,
            "Expected a property definition, found continuation",
        ),
        (
            "[a]\nk = v\n[b]\n\tv",
            4,
            2,
            "Expected a property definition, found continuation",
        ),
        ("[a]\nk =\n  b\n", 3, 4, "'=' sign defining a sub-property"),
        (
            "[a]\nk = # c\n  b\n",
            3,
            4,
            "'=' sign defining a sub-property",
        ),
        (
            "[a]\nk =\n\n  = b\n",
            4,
            3,
            "Sub-property did not have a name",
        ),
        ("[a]\nk = v\0\n", 2, 6, "NUL"),
        ("[x y]\njunk\n", 2, 5, "'=' sign defining a property"),
    ];
    for (text, line, column, expected) in cases {
        let error = IniFile::parse("/d/config", text.into(), FileKind::Either).expect_err(text);
        assert_eq!(
            (error.line(), error.column()),
            (line, column),
            "{text:?}: {error}"
        );
        assert_eq!(error.code(), "SharedConfigLoadError");
        assert_eq!(error.message(), "failed to load config file, /d/config");
        assert_eq!(error.path(), "/d/config");
        let [cause] = error.causes() else {
            panic!("{text:?}: one cause")
        };
        assert_eq!(cause.code(), "INIParseError");
        assert!(cause.message().contains(expected), "{text:?}: {error}");
    }
    let utf16: Vec<u8> = "[default]"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    let error = IniFile::parse(
        "f",
        [b"\xFF\xFE".to_vec(), utf16].concat(),
        FileKind::Config,
    )
    .expect_err("UTF-16");
    assert!(error.text().contains("UTF-16"), "{error}");
}

#[test]
fn what_is_no_text_matters_only_where_it_is_read() {
    let bytes = b"# caf\xE9 \0\n[default] ; \xE9\nk = caf\xE9\n  \xFF\nj = v # \xE9\n\xE9 = v\n[profile \xE9]\n".to_vec();
    let file = IniFile::parse("f", bytes, FileKind::Config).expect("a file");
    let section = file
        .section(SectionKind::Profile, "default")
        .expect("a profile");
    assert_eq!(
        value(section.get("k")).as_deref(),
        Some("caf\u{FFFD}\n\u{FFFD}")
    );
    assert_eq!(value(section.get("j")).as_deref(), Some("v"));
    assert_eq!(section.iter().count(), 2);
    assert_eq!(file.names(SectionKind::Profile).count(), 1);
}

#[test]
fn nothing_shows_a_value() {
    let file = parse("[default]\nk = s3cret\n", FileKind::Config);
    let section = file
        .section(SectionKind::Profile, "default")
        .expect("a profile");
    assert!(!format!("{file:?} {section:?} {:?}", section.get("k")).contains("s3cret"));
    let error = IniFile::parse(
        "f",
        b"[default]\nk = s3cret\ns3cret".to_vec(),
        FileKind::Config,
    )
    .expect_err("a mistake");
    assert!(!format!("{error} {error:?}").contains("s3cret"));
}
