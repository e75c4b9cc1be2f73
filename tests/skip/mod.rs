//! Tests that can't run here say so, where everybody sees it.
#![allow(dead_code, reason = "not every test needs all of it")]

use std::fmt::Display;
use std::io::Write;
use std::path::{Path, PathBuf};

/// Tells that this test, or a part of it, is skipped. `make check` repeats the line at its end.
pub(crate) fn skipped(why: impl Display) {
    let thread = std::thread::current();
    let test = thread.name().unwrap_or_default();
    // Where one test runs after another, its name stands in the line already.
    let line = format!("\nnote: skipped {test}: {why}\n");
    // Not by a macro: what these print of a test that passes nobody sees.
    let _ = std::io::stderr().write_all(line.as_bytes());
}

/// A file or folder of the public test vectors; `None`, and the test is skipped, where it is not.
pub(crate) fn vectors(name: &str) -> Option<PathBuf> {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/vectors");
    let folder = std::env::var_os("SESSION_VECTORS").map_or_else(beside, PathBuf::from);
    let path = folder.join(name);
    if path.exists() {
        return Some(path);
    }
    skipped(format_args!("no {}", path.display()));
    None
}
