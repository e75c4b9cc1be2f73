//! The report as an aligned table. Every row is one line, whatever its values hold.

use super::chain::Step;
use super::json::state_name;
use super::{Entry, Report};
use crate::load::origin::Origin;
use crate::text::Escaped;
use std::fmt::Write;

/// A wider cell pushes its own row alone.
const WIDEST: usize = 64;
/// What is longer is cut.
const LONGEST: usize = 200;

type Row = [String; 3];

pub(super) fn write(report: &Report<'_>) -> String {
    let mut text = String::new();
    table(&mut text, "", &head(report));
    let files = report.files.iter();
    let files = files.map(|file| {
        row(
            &shown(&file.path.to_string_lossy()),
            state_name(file.state),
            "",
        )
    });
    section(&mut text, "files", files.collect());
    let settings = report
        .settings
        .iter()
        .filter(|entry| entry.origin.is_some());
    section(&mut text, "settings", settings.map(entry).collect());
    let environment = report.environment.iter();
    let environment = environment.map(|(name, value)| row(name, &shown(value), ""));
    section(&mut text, "environment", environment.collect());
    text.push_str("\ncredentials\n");
    if report.chain.is_empty() {
        text.push_str("  none\n");
    }
    for (number, step) in (1..).zip(&report.chain) {
        write_step(&mut text, number, step);
    }
    text
}

fn head(report: &Report<'_>) -> Vec<Row> {
    let shared_config = if report.shared_config { "on" } else { "off" };
    let mut rows = vec![
        row(
            "profile",
            &shown(report.profile),
            &report.profile_origin.to_string(),
        ),
        row(
            "shared config",
            shared_config,
            &report.shared_config_origin.to_string(),
        ),
    ];
    if let Some(error) = report.failure {
        rows.push(row("error", &Escaped(error.text()).to_string(), ""));
    }
    rows
}

fn write_step(text: &mut String, number: u32, step: &Step) {
    let provider = step.provider.unwrap_or("the program's own");
    let profile = step
        .profile
        .as_ref()
        .map(|profile| format!(", profile {}", shown(profile)));
    let (profile, origin) = (profile.unwrap_or_default(), told(step.origin.as_ref()));
    let _ = writeln!(text, "  {number}. {provider}{profile}, {origin}");
    let rows: Vec<Row> = step.values.iter().map(entry).collect();
    table(text, "     ", &rows);
}

fn section(text: &mut String, title: &str, rows: Vec<Row>) {
    let _ = writeln!(text, "\n{title}");
    if rows.is_empty() {
        text.push_str("  none\n");
    }
    table(text, "  ", &rows);
}

fn entry(entry: &Entry) -> Row {
    let value = entry
        .value
        .as_deref()
        .map_or_else(|| "(PEM in memory)".to_owned(), shown);
    row(entry.name, &value, &told(entry.origin.as_ref()))
}

fn told(origin: Option<&Origin>) -> String {
    origin.map_or_else(|| "unset".to_owned(), Origin::to_string)
}

fn row(first: &str, second: &str, third: &str) -> Row {
    [first, second, third].map(str::to_owned)
}

fn table(text: &mut String, indent: &str, rows: &[Row]) {
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column));
        let widths = cells.map(|cell| cell.chars().count());
        widths.filter(|width| *width <= WIDEST).max().unwrap_or(0)
    };
    let (first_width, second_width) = (width(0), width(1));
    for [first, second, third] in rows {
        let line = format!("{indent}{first:first_width$}  {second:second_width$}  {third}");
        text.push_str(line.trim_end_matches(' '));
        text.push('\n');
    }
}

/// A value on one line. One with blanks, which could pass for more columns, is put in quotes.
fn shown(value: &str) -> String {
    let cut = value.char_indices().nth(LONGEST).map(|(at, _)| at);
    let start = cut.and_then(|at| value.get(..at)).unwrap_or(value);
    let odd = |c: char| c.is_whitespace() || c == '"';
    let quoted = start.is_empty() || start.contains(odd);
    let start = if quoted {
        format!("{start:?}")
    } else {
        Escaped(start).to_string()
    };
    match cut {
        Some(_) => format!("{start}... ({} bytes)", value.len()),
        None => start,
    }
}
