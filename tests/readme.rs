//! The program in the README is `examples-c/readme.c`, which is compiled and run; links in the documents lead somewhere.
#![allow(clippy::unwrap_used, reason = "a test says what it expects by failing")]

use std::fs;
use std::path::{Path, PathBuf};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap()
}

#[test]
fn the_program_in_the_readme_is_the_example() {
    let readme = read("README.md");
    let (_, after) = readme.split_once("```c\n").unwrap();
    let (block, _) = after.split_once("```\n").unwrap();
    assert_eq!(block, read("examples-c/readme.c"));
}

/// Where the links of a Markdown text lead: what stands in `](…)`.
fn links(text: &str) -> impl Iterator<Item = &str> {
    text.split("](")
        .skip(1)
        .filter_map(|rest| rest.split(')').next())
}

#[test]
fn links_lead_to_files() {
    let mut documents = vec![
        PathBuf::from("README.md"),
        PathBuf::from("CONTRIBUTING.md"),
        PathBuf::from("CHANGELOG.md"),
    ];
    for entry in fs::read_dir(root().join("docs")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "md") {
            documents.push(path);
        }
    }
    let mut count = 0;
    for document in documents {
        let document = root().join(document);
        let text = fs::read_to_string(&document).unwrap();
        for link in links(&text).filter(|link| !link.contains("://")) {
            let file = link.split('#').next().unwrap();
            let target = document.parent().unwrap().join(file);
            assert!(target.exists(), "{}: {link}", document.display());
            count += 1;
        }
    }
    assert!(count > 10, "only {count} links");
}

/// The names that C programs can use, and those of types and constants beside them.
fn names_in(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))
        .filter(|word| word.starts_with("session_") || word.starts_with("SESSION_"))
}

#[test]
fn every_name_in_the_documents_is_in_the_header() {
    // The static library, beginnings of names, options of the build and variables of the tests.
    const OTHERS: [&str; 7] = [
        "session_static",
        "SESSION_ERR_",
        "SESSION_BUILD_TESTS",
        "SESSION_BUILD_EXAMPLES",
        "SESSION_SANITIZE",
        "SESSION_VECTORS",
        "SESSION_TEST_PYTHON",
    ];
    let header = read("include/session.h");
    let known: std::collections::HashSet<&str> = names_in(&header).collect();
    let mut documents = vec![root().join("README.md"), root().join("CHANGELOG.md")];
    documents.extend(
        fs::read_dir(root().join("docs"))
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.extension().is_some_and(|extension| extension == "md")),
    );
    let (mut count, mut unknown) = (0, Vec::new());
    for document in documents {
        let text = fs::read_to_string(&document).unwrap();
        for name in names_in(&text) {
            // `session_config_*` and `session_config_set_…` stand for all that begin so.
            let begins = name.ends_with('_') && known.iter().any(|known| known.starts_with(name));
            if !(known.contains(name) || begins || OTHERS.contains(&name)) {
                unknown.push(format!("{}: {name}", document.display()));
            }
            count += 1;
        }
    }
    assert!(
        unknown.is_empty(),
        "not in the header:\n{}",
        unknown.join("\n")
    );
    assert!(count > 100, "only {count} names");
}
