//! The header is what src/ffi says: this makes it anew and compares it with `include/session.h`.
//!
//! `UPDATE_HEADER=1 cargo test --test header` writes it.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test says what it expects by failing"
)]

use std::fs;
use std::path::Path;

#[test]
fn the_header_is_up_to_date() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let path = root.join("include/session.h");
    let made = header(root);
    if std::env::var_os("UPDATE_HEADER").is_some() {
        fs::create_dir_all(root.join("include")).unwrap();
        fs::write(&path, made).unwrap();
        return;
    }
    let committed = fs::read_to_string(&path).unwrap_or_default();
    let differs = made
        .lines()
        .zip(committed.lines())
        .position(|(made, committed)| made != committed);
    assert!(
        made == committed,
        "include/session.h is out of date from line {}: run UPDATE_HEADER=1 cargo test --test header",
        differs.map_or(0, |at| at + 1)
    );
}

/// What a reader of the header sees first of each file of src/ffi, in the order of its `mod` lines.
fn sections(root: &Path) -> Vec<(String, String, String)> {
    let modules = fs::read_to_string(root.join("src/ffi/mod.rs")).unwrap();
    let names = modules
        .lines()
        .filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';'));
    names
        .map(|name| {
            let source = fs::read_to_string(root.join(format!("src/ffi/{name}.rs"))).unwrap();
            let title = source
                .lines()
                .next()
                .unwrap()
                .trim_start_matches("//! ")
                .trim_end_matches('.')
                .to_owned();
            (name.to_owned(), title, source)
        })
        .collect()
}

fn header(root: &Path) -> String {
    let config = cbindgen::Config::from_file(root.join("cbindgen.toml")).unwrap();
    let mut builder = cbindgen::Builder::new().with_config(config);
    for (name, _, _) in sections(root) {
        builder = builder.with_src(root.join(format!("src/ffi/{name}.rs")));
    }
    let mut made = Vec::new();
    builder.generate().unwrap().write(&mut made);
    let made = String::from_utf8(made).unwrap();
    with_banners(&with_preamble(&made, root), root)
}

/// The file comment, the version and the macros, which cbindgen has no place for.
fn with_preamble(made: &str, root: &Path) -> String {
    let (before, after) = made.split_once("#include <stdint.h>\n").unwrap();
    let (_, guard) = before.split_once("#ifndef SESSION_H").unwrap();
    let template = fs::read_to_string(root.join("include/preamble.h.in")).unwrap();
    let part = |name: &str| match name {
        "MAJOR" => env!("CARGO_PKG_VERSION_MAJOR"),
        "MINOR" => env!("CARGO_PKG_VERSION_MINOR"),
        _ => env!("CARGO_PKG_VERSION_PATCH"),
    };
    let mut macros = template.clone();
    for name in ["MAJOR", "MINOR", "PATCH"] {
        macros = macros.replace(&format!("@{name}@"), part(name));
    }
    let (comment, macros) = macros.split_once("/* ==== */\n").unwrap();
    format!("{comment}\n#ifndef SESSION_H{guard}#include <stdint.h>\n\n{macros}{after}")
}

/// A banner before the first function of each section.
fn with_banners(made: &str, root: &Path) -> String {
    let mut made = made.to_owned();
    let mut open = false;
    for (name, title, source) in sections(root) {
        let functions = source.lines().filter_map(|line| {
            let line = line.strip_prefix("pub ")?;
            let line = line.strip_prefix("unsafe ").unwrap_or(line);
            line.strip_prefix("extern \"C\" fn ")?.split('(').next()
        });
        let first = functions
            .filter_map(|function| start_of(&made, function))
            .min();
        let Some(at) = first else { continue };
        let close = if open { "/** @} */\n\n" } else { "" };
        let rule = "-".repeat(72usize.saturating_sub(title.len()));
        let banner = format!(
            "{close}/* ---- {title} {rule} */\n\n/** @defgroup {name} {title}\n * @{{ */\n\n"
        );
        made.insert_str(at, &banner);
        open = true;
    }
    let end = made.rfind("#ifdef __cplusplus").unwrap();
    made.insert_str(end, "/** @} */\n\n");
    made
}

/// Where the comment of a function begins.
fn start_of(made: &str, function: &str) -> Option<usize> {
    let call = format!("{function}(");
    let declared = |at: usize| {
        let before = made.get(..at).unwrap();
        let line = before.rfind('\n').unwrap();
        // Alone behind its result, and not at the end of a longer name.
        let marked = before.get(..line).unwrap().ends_with("SESSION_API")
            || before.get(line..).unwrap().starts_with("\nSESSION_API ");
        marked && before.ends_with([' ', '*'])
    };
    let at = made
        .match_indices(&call)
        .map(|(at, _)| at)
        .find(|at| declared(*at))?;
    made.get(..at)?.rfind("\n/**\n").map(|at| at + 1)
}

/// The comment and the declaration of each function, both without line ends and stars.
fn functions(header: &str) -> Vec<(String, String)> {
    let in_one_line = |text: &str| {
        let words = text.split_whitespace().filter(|word| *word != "*");
        words.collect::<Vec<_>>().join(" ")
    };
    header
        .split("/**\n")
        .filter_map(|rest| rest.split_once("*/\n"))
        .filter_map(|(comment, rest)| {
            let declaration = rest.strip_prefix("SESSION_API")?.split(';').next()?;
            Some((in_one_line(comment), in_one_line(declaration)))
        })
        .collect()
}

/// What a comment leaves untold: who may call the function, since when it is there, what it gives, and how it fails.
fn untold(comment: &str, declaration: &str) -> Vec<&'static str> {
    let (rest, returned) = comment.split_once("@return ").unwrap_or((comment, ""));
    let is_void = declaration.starts_with("void session_");
    let mut wanted = vec![
        ("@thread", comment.contains("@thread ")),
        ("@since", comment.contains("@since ")),
        ("@return", is_void || !returned.is_empty()),
    ];
    if declaration.starts_with("enum session_status_t ") {
        let told = returned.contains("SESSION_ERR_") || returned.contains("as session_");
        wanted.push(("which errors it gives, or as what", told));
        // Of a buffer its length tells what counts.
        let outputs = rest.split("@param ").skip(1).filter(|param| {
            param.contains("receives")
                && !param.starts_with("error ")
                && !param.starts_with("buffer ")
        });
        wanted.extend(outputs.map(|output| {
            (
                "what an output is on failure",
                output.contains("on failure"),
            )
        }));
    }
    wanted.retain(|(_, told)| !told);
    wanted.into_iter().map(|(what, _)| what).collect()
}

#[test]
fn every_comment_tells_errors_threads_and_version() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("include/session.h");
    let header = fs::read_to_string(path).unwrap();
    let functions = functions(&header);
    assert_eq!(functions.len(), header.matches("\nSESSION_API").count());
    let faults = functions.iter().flat_map(|(comment, declaration)| {
        let untold = untold(comment, declaration).into_iter();
        untold.map(move |what| format!("{declaration}: {what}"))
    });
    let faults: Vec<_> = faults.collect();
    assert!(faults.is_empty(), "not told:\n{}", faults.join("\n"));
}

#[test]
fn the_version_macros_are_those_of_the_package() {
    let header =
        fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("include/session.h"))
            .unwrap();
    let number = |name: &str| {
        let line = header
            .lines()
            .find(|line| line.starts_with(&format!("#define SESSION_VERSION_{name} ")))
            .unwrap();
        line.rsplit(' ').next().unwrap().to_owned()
    };
    let version = format!(
        "{}.{}.{}",
        number("MAJOR"),
        number("MINOR"),
        number("PATCH")
    );
    assert_eq!(version, env!("CARGO_PKG_VERSION"));
}
