//! What the logger is told: one line for each event, with the prefixes of the Go package, secrets masked.
//!
//! The level is a list of words, so that a program says what it wants to see: `debug,retries`. Nothing is put together
//! for a logger that is not there or does not want it.

use super::Request;
use crate::config::{Field, LOG_WORDS};
use crate::error::Error;
use crate::redact;
use crate::resolved::ResolvedConfig;
use crate::text::Text;
use crate::transport::Header;
use std::fmt::Write;

/// Go's bits of the log level; each but `Debug` includes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i32)]
pub enum Level {
    /// Requests and replies, without their bodies.
    Debug = 0x1000,
    /// What is signed.
    Signing = 0x1001,
    /// The bodies too.
    Body = 0x1002,
    /// Each retry.
    Retries = 0x1004,
    /// Each failure.
    Errors = 0x1008,
    /// What the program had better not rely on.
    Deprecated = 0x1020,
}

impl Level {
    fn word(self) -> &'static str {
        let [_, debug, signing, body, retries, errors, deprecated, _] = LOG_WORDS;
        match self {
            Level::Debug => debug,
            Level::Signing => signing,
            Level::Body => body,
            Level::Retries => retries,
            Level::Errors => errors,
            Level::Deprecated => deprecated,
        }
    }
}

/// Whether the logger is there and wants this.
pub fn wants(config: &ResolvedConfig, level: Level) -> bool {
    if config.logger().is_none() {
        return false;
    }
    let mut words = config.text(Field::LogLevel).split(',');
    match level {
        Level::Debug => words.any(|word| !matches!(word, "" | "off")),
        level => words.any(|word| word == level.word()),
    }
}

/// Whether the program asked for secrets in clear.
fn unredacted(config: &ResolvedConfig) -> bool {
    config
        .text(Field::LogLevel)
        .split(',')
        .any(|word| Some(&word) == LOG_WORDS.last())
}

/// Tells the logger, if there is one, a line without line feeds.
pub fn tell(config: &ResolvedConfig, level: Level, line: &str) {
    if let Some(logger) = config.logger() {
        let line = Text::lossy(
            line.escape_debug()
                .collect::<String>()
                .replace("\\\"", "\"")
                .replace("\\'", "'"),
        );
        logger(level as i32, &line);
    }
}

/// The request as it is sent.
pub(crate) fn request(request: &mut Request) {
    let config = request.client().configuration();
    if !wants(config, Level::Debug) {
        return;
    }
    let clear = unredacted(config);
    let mut line = format!(
        "DEBUG: Request {} Details: {} ",
        name(request),
        request.method()
    );
    line.push_str(&match clear {
        true => request.url().text().to_string(),
        false => redact::url(request.url().text()),
    });
    headers(&mut line, request.headers().as_slice(), clear);
    tell(config, Level::Debug, &line);
    if wants(config, Level::Body) {
        let shown = body(request.body(), clear);
        tell(
            config,
            Level::Body,
            &format!("DEBUG: Request Body {}: {shown}", name(request)),
        );
    }
}

/// The reply, when its headers have come.
pub(crate) fn response(request: &mut Request) {
    let config = request.client().configuration();
    let Some(response) = request.response().filter(|_| wants(config, Level::Debug)) else {
        return;
    };
    let mut line = format!(
        "DEBUG: Response {} Details: {}",
        name(request),
        response.status()
    );
    headers(&mut line, response.headers().as_slice(), unredacted(config));
    tell(config, Level::Debug, &line);
}

/// The body of a reply that was read as a whole by the library.
pub(super) fn response_body(request: &Request) {
    let config = request.client().configuration();
    if !wants(config, Level::Body) {
        return;
    }
    if let Some(bytes) = request
        .response()
        .and_then(|response| response.whole_if_read())
    {
        let shown = body(bytes, unredacted(config));
        tell(
            config,
            Level::Body,
            &format!("DEBUG: Response Body {}: {shown}", name(request)),
        );
    }
}

/// What was signed.
pub(crate) fn signature(request: &Request, canonical_request: &str, string_to_sign: &str) {
    let config = request.client().configuration();
    let shown = match unredacted(config) {
        true => canonical_request.to_owned(),
        false => without_secret_lines(canonical_request),
    };
    let line = format!(
        "DEBUG: Request Signature: {}, canonical string \"{shown}\", string to sign \"{string_to_sign}\"",
        name(request)
    );
    tell(config, Level::Signing, &line);
}

/// A canonical request, its query and headers masked as elsewhere.
fn without_secret_lines(canonical_request: &str) -> String {
    let shown = |(number, line): (usize, &str)| match line.split_once(':') {
        _ if number == 2 => redact::form(line),
        Some((name, _)) if redact::is_secret(name) => format!("{name}:{}", redact::MASK),
        _ => line.to_owned(),
    };
    let lines: Vec<String> = canonical_request
        .split('\n')
        .enumerate()
        .map(shown)
        .collect();
    lines.join("\n")
}

/// Another attempt.
pub(super) fn retry(request: &Request) {
    let config = request.client().configuration();
    if wants(config, Level::Retries) {
        let line = format!(
            "DEBUG: Retrying Request {}, attempt {}",
            name(request),
            request.retry_count()
        );
        tell(config, Level::Retries, &line);
    }
}

/// A failure, by the stage it came in.
pub(super) fn failure(request: &Request, stage: &str, error: &Error) {
    let config = request.client().configuration();
    if wants(config, Level::Errors) {
        let next = match stage {
            // What fails before SEND is final.
            "Validate Request" | "Build Request" | "Sign Request" => "not retrying".to_owned(),
            _ => {
                let attempt = request.retry_count().saturating_add(1);
                let most = super::retry::max_attempts(config, request.service());
                format!("attempt {attempt}/{most}")
            }
        };
        let line = format!(
            "DEBUG: {stage} {} failed, {next}, error {error}",
            name(request)
        );
        tell(config, Level::Errors, &line);
    }
}

fn name(request: &Request) -> String {
    format!("{}/{}", request.service(), request.operation())
}

fn headers(line: &mut String, headers: &[Header], clear: bool) {
    for header in headers {
        let value = match clear {
            true => header.value.to_string(),
            false if redact::is_secret(&header.name) => redact::MASK.to_owned(),
            // As of a redirect.
            false => redact::url(&header.value),
        };
        // Writing to a String does not fail.
        let _ = write!(line, " [{}: {value}]", header.name);
    }
}

/// The beginning of a body, secrets masked.
fn body(bytes: &[u8], clear: bool) -> String {
    const MOST: usize = 4096;
    let text = String::from_utf8_lossy(bytes.get(..MOST.min(bytes.len())).unwrap_or_default());
    let text = if clear {
        text.into_owned()
    } else {
        redact::text(&text)
    };
    format!("{} bytes: {text}", bytes.len())
}
