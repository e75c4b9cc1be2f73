//! How long the scan of a configuration file takes: `cargo run --release --example ini_speed [PROFILES [ROUNDS]]`.

use session::load::ini::{FileKind, IniFile, SectionKind};
use std::fmt::Write;
use std::hint::black_box;
use std::time::Instant;

fn config(profiles: usize) -> Vec<u8> {
    (0..profiles)
        .fold(String::new(), |mut text, i| {
            let _ = write!(
                text,
                "[profile p{i:05}]\nregion = us-west-2\noutput = json\n"
            );
            let _ = write!(text, "max_attempts = 3\nduration_seconds = 3600\n\n");
            text
        })
        .into_bytes()
}

fn measure(profiles: usize, rounds: usize) -> session::error::Result<()> {
    let bytes = config(profiles);
    let wanted = format!("p{:05}", profiles / 2);
    let (mut scans, mut reads) = (Vec::new(), Vec::new());
    for _ in 0..rounds {
        let copy = bytes.clone();
        let start = Instant::now();
        let file = black_box(IniFile::parse("config", black_box(copy), FileKind::Config)?);
        scans.push(start.elapsed());
        let start = Instant::now();
        let section = file.section(SectionKind::Profile, black_box(&wanted));
        black_box(section.map(|section| {
            section
                .iter()
                .map(|property| property.value().len())
                .sum::<usize>()
        }));
        reads.push(start.elapsed());
    }
    scans.sort();
    reads.sort();
    println!(
        "{profiles} profiles, {} bytes: scan {:?} (best {:?}), look-up and read {:?}",
        bytes.len(),
        scans.get(rounds / 2).copied().unwrap_or_default(),
        scans.first().copied().unwrap_or_default(),
        reads.get(rounds / 2).copied().unwrap_or_default(),
    );
    Ok(())
}

fn main() -> session::error::Result<()> {
    let mut arguments = std::env::args()
        .skip(1)
        .filter_map(|argument| argument.parse().ok());
    match (arguments.next(), arguments.next()) {
        (Some(profiles), rounds) => measure(profiles, rounds.unwrap_or(1000)),
        _ => [3, 1_000, 10_000]
            .into_iter()
            .try_for_each(|profiles| measure(profiles, 1000)),
    }
}
