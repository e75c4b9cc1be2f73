//! Retries: which failures are worth another attempt, how long to wait for it, and when to stop.
//!
//! `legacy` is the Go package to the letter; `standard` is what the current AWS SDKs call standard 2.1. A client keeps
//! what its requests learn from each other: the quota of retries, and how far the clock is off.

use super::Request;
use crate::config::Field;
use crate::error::{Error, Status};
use crate::os;
use crate::resolved::ResolvedConfig;
use crate::service::redirect;
use crate::text::Text;
use std::sync::atomic::{AtomicI64, AtomicU32, Ordering};

/// What a client's requests learn from each other.
pub struct RetryState {
    /// How many retries are left, in tokens.
    quota: AtomicU32,
    /// How far the servers' clock is ahead of ours, in nanoseconds.
    clock_offset: AtomicI64,
}

const QUOTA: u32 = 500;
const TRANSIENT_COST: u32 = 14;
const THROTTLING_COST: u32 = 5;
const REFUND_WITHOUT_RETRY: u32 = 1;

impl Default for RetryState {
    fn default() -> RetryState {
        RetryState {
            quota: AtomicU32::new(QUOTA),
            clock_offset: AtomicI64::new(0),
        }
    }
}

impl RetryState {
    fn acquire(&self, cost: u32) -> bool {
        let take = |left: u32| left.checked_sub(cost);
        self.quota
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, take)
            .is_ok()
    }

    /// Gives back what the last retry cost, or a little where there was none.
    pub(super) fn release(&self, cost: Option<u32>) {
        let amount = cost.unwrap_or(REFUND_WITHOUT_RETRY);
        let give = |left: u32| (left < QUOTA).then(|| left.saturating_add(amount).min(QUOTA));
        // No change where the quota is full: requests that go well write nothing that others read.
        let _ = self
            .quota
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, give);
    }

    /// How far the servers' clock is ahead of ours, in nanoseconds.
    pub(crate) fn clock_offset(&self) -> i64 {
        self.clock_offset.load(Ordering::Relaxed)
    }

    fn set_clock_offset(&self, offset: i64) {
        self.clock_offset.store(offset, Ordering::Relaxed);
    }
}

/// How tries follow each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    Legacy,
    Standard,
}

/// What kind of failure an attempt ended in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Throttling,
    Transient,
    Lasting,
}

struct Policy {
    mode: Mode,
    dynamodb: bool,
    max_retries: u32,
}

impl Policy {
    fn of(config: &ResolvedConfig, service: &str) -> Policy {
        // `adaptive` acts as `standard`.
        let mode = match config.text(Field::RetryMode) {
            "legacy" => Mode::Legacy,
            _ => Mode::Standard,
        };
        // Go knows no numbers for the streams.
        let dynamodb = match mode {
            Mode::Legacy => service == "dynamodb",
            Mode::Standard => matches!(service, "dynamodb" | "streams.dynamodb"),
        };
        // A `max_retries` of -1 is none.
        let number = |field| config.get(field).and_then(|text| text.parse::<u32>().ok());
        let usual = match (mode, dynamodb) {
            (Mode::Legacy, true) => 10,
            (Mode::Legacy, false) | (Mode::Standard, true) => 3,
            (Mode::Standard, false) => 2,
        };
        let attempts = number(Field::MaxAttempts).map(|attempts| attempts.saturating_sub(1));
        Policy {
            mode,
            dynamodb,
            max_retries: number(Field::MaxRetries).or(attempts).unwrap_or(usual),
        }
    }
}

/// The most attempts that requests of the service may need.
pub(super) fn max_attempts(config: &ResolvedConfig, service: &str) -> u32 {
    Policy::of(config, service).max_retries.saturating_add(1)
}

/// Whether the request is one that programs make over and over, so that it waits also where it is not tried again.
fn is_long_poll(request: &Request) -> bool {
    matches!(
        (request.service().as_str(), request.operation().as_str()),
        ("sqs", "ReceiveMessage")
            | ("states", "GetActivityTask")
            | ("swf", "PollForActivityTask" | "PollForDecisionTask")
    )
}

/// Leaves `Expect` out where a server refuses it (RFC 9110, 10.1.1), and says whether it did: once, if the body is still
/// there.
fn leave_out_expect(request: &mut Request, error: &Error) -> bool {
    let refused = request.http_status() == 417
        && !matches!(error.status(), Status::Handler | Status::Canceled)
        && request.headers().get("Expect").is_some();
    let again = request.may_expect() && request.can_send_again();
    if !refused || !again || request.retryable() == Some(false) {
        return false;
    }
    request.headers_mut().remove("Expect");
    request.expect_refused = true;
    true
}

/// `core.AfterRetryHandler`: decides, waits, and takes the error away where another attempt is to be made.
pub(super) fn after_retry(request: &mut Request) {
    let Some(error) = request.error().cloned() else {
        return;
    };
    // Not a failure: it takes nothing from the quota, and is no question of how many attempts there may be.
    if redirect(request, &error) || leave_out_expect(request, &error) {
        request.clear_error();
        return;
    }
    let client = request.client().clone();
    if request.http_status() == 401 {
        client.token().forget();
    }
    let policy = Policy::of(client.configuration(), request.service());
    let kind = policy.classify(&error, request.http_status());
    let expired = is_expired_credentials(error.code());
    let skewed = learn_skew(request, &error);
    if request.retryable().is_none() {
        request.set_retryable(Some(kind != Kind::Lasting || skewed));
    }
    // Whoever gets the error in the end learns it too: a client may have tried once only.
    let worth = request.retryable() == Some(true);
    request.set_error(error.clone().with_retryable(worth));
    let spent = request.retry_count() >= policy.max_retries || !request.can_send_again();
    if request.retryable() != Some(true) || spent {
        return;
    }
    let cost = match (policy.mode, kind) {
        (Mode::Legacy, _) => None,
        (Mode::Standard, Kind::Throttling) => Some(THROTTLING_COST),
        (Mode::Standard, _) => Some(TRANSIENT_COST),
    };
    let refused = cost.is_some_and(|cost| !client.retries().acquire(cost));
    if refused && !is_long_poll(request) {
        return;
    }
    let delay = if skewed {
        0
    } else {
        policy.delay(request, kind)
    };
    if let Err(canceled) = request.wait(delay) {
        request.set_retryable(Some(false));
        return request.set_error(canceled);
    }
    if refused {
        return;
    }
    if expired {
        request.expire_credentials();
    }
    request.begin_retry(delay, cost);
}

impl Policy {
    fn classify(&self, error: &Error, http_status: u16) -> Kind {
        match (error.retryable(), error.status()) {
            (Some(false), _) | (_, Status::Canceled) => return Kind::Lasting,
            // What never got as far as a server.
            (
                None,
                Status::InvalidArgument
                | Status::InvalidState
                | Status::Unsupported
                | Status::Config
                | Status::Credentials,
            ) => return Kind::Lasting,
            _ => {}
        }
        match self.mode {
            Mode::Legacy => legacy_kind(error, http_status),
            Mode::Standard => standard_kind(error, http_status),
        }
    }

    /// The wait before the next attempt, in nanoseconds.
    fn delay(&self, request: &Request, kind: Kind) -> u64 {
        match self.mode {
            Mode::Legacy => self.legacy_delay(request, kind),
            Mode::Standard => self.standard_delay(request, kind),
        }
    }

    fn standard_delay(&self, request: &Request, kind: Kind) -> u64 {
        const LONGEST: f64 = 20.0;
        const MOST_ADDED: f64 = 5.0;
        let base = match kind {
            Kind::Throttling => 1.0,
            _ if self.dynamodb => 0.025,
            _ => 0.05,
        };
        let power = 2f64.powi(i32::try_from(request.retry_count().min(30)).unwrap_or(30));
        let own = fraction() * (base * power).min(LONGEST);
        let asked = request
            .response()
            .and_then(|response| response.headers().get("x-amz-retry-after"));
        let asked = asked
            .and_then(|text| text.trim().parse::<u32>().ok())
            .map(|ms| f64::from(ms) / 1000.0);
        let seconds = asked.map_or(own, |asked| asked.clamp(own, own + MOST_ADDED));
        (seconds * 1e9) as u64
    }

    /// Go's: twice as long each time, with as much again by chance; `Retry-After` on top, whatever it says.
    fn legacy_delay(&self, request: &Request, kind: Kind) -> u64 {
        const LONGEST: u64 = 300_000_000_000;
        let least: u64 = match kind {
            Kind::Throttling => 500_000_000,
            _ if self.dynamodb => 50_000_000,
            _ => 30_000_000,
        };
        let jitter = |delay: u64| delay.saturating_add((fraction() * delay as f64) as u64);
        let count = request.retry_count();
        let fits = u64::BITS - 1 > count && least.ilog2() + 1 < 63u32.saturating_sub(count);
        let delay = if fits {
            jitter(least).saturating_mul(1 << count)
        } else {
            u64::MAX
        };
        let delay = if delay > LONGEST {
            jitter(LONGEST / 2)
        } else {
            delay
        };
        let asked = matches!(request.http_status(), 429 | 503) && kind == Kind::Throttling;
        let header = request
            .response()
            .filter(|_| asked)
            .and_then(|response| response.headers().get("retry-after"));
        let seconds = header
            .and_then(|text| text.parse::<i64>().ok())
            .unwrap_or(0);
        delay.saturating_add_signed(seconds.saturating_mul(1_000_000_000))
    }
}

fn is_expired_credentials(code: &str) -> bool {
    matches!(
        code,
        "ExpiredToken" | "ExpiredTokenException" | "RequestExpired"
    )
}

fn legacy_kind(error: &Error, http_status: u16) -> Kind {
    const THROTTLING: [&str; 11] = [
        "ProvisionedThroughputExceededException",
        "ThrottledException",
        "Throttling",
        "ThrottlingException",
        "RequestLimitExceeded",
        "RequestThrottled",
        "RequestThrottledException",
        "TooManyRequestsException",
        "PriorRequestNotComplete",
        "TransactionInProgressException",
        "EC2ThrottledException",
    ];
    const RETRYABLE: [&str; 5] = [
        "RequestError",
        "RequestTimeout",
        "ResponseTimeout",
        "RequestTimeoutException",
        "IDPCommunicationError",
    ];
    let code = error.code().as_str();
    if matches!(http_status, 429 | 502 | 503 | 504) || THROTTLING.contains(&code) {
        return Kind::Throttling;
    }
    let of_transport = matches!(error.status(), Status::Transport | Status::Timeout);
    if http_status == 500
        || of_transport
        || RETRYABLE.contains(&code)
        || is_expired_credentials(code)
        || error.retryable() == Some(true)
    {
        return Kind::Transient;
    }
    Kind::Lasting
}

fn standard_kind(error: &Error, http_status: u16) -> Kind {
    const THROTTLING: [&str; 14] = [
        "Throttling",
        "ThrottlingException",
        "ThrottledException",
        "RequestThrottledException",
        "TooManyRequestsException",
        "ProvisionedThroughputExceededException",
        "TransactionInProgressException",
        "RequestLimitExceeded",
        "BandwidthLimitExceeded",
        "LimitExceededException",
        "RequestThrottled",
        "SlowDown",
        "PriorRequestNotComplete",
        "EC2ThrottledException",
    ];
    const TRANSIENT: [&str; 4] = [
        "RequestTimeout",
        "RequestTimeoutException",
        "InternalError",
        "IDPCommunicationError",
    ];
    let code = error.code().as_str();
    if http_status == 429 || THROTTLING.contains(&code) {
        return Kind::Throttling;
    }
    let of_transport = matches!(error.status(), Status::Transport | Status::Timeout);
    if matches!(http_status, 500 | 502 | 503 | 504)
        || of_transport
        || TRANSIENT.contains(&code)
        || is_expired_credentials(code)
        || error.retryable() == Some(true)
    {
        return Kind::Transient;
    }
    Kind::Lasting
}

/// Whether the failure comes from a clock that is off, and by how much, which is kept for the client's next signatures.
fn learn_skew(request: &mut Request, error: &Error) -> bool {
    const FOUR_MINUTES: i64 = 4 * 60 * 1_000_000_000;
    let certain = matches!(
        error.code().as_str(),
        "RequestTimeTooSkewed" | "RequestExpired" | "RequestInTheFuture"
    );
    let possible = matches!(
        error.code().as_str(),
        "InvalidSignatureException" | "SignatureDoesNotMatch" | "AuthFailure"
    );
    if !(certain || possible) || request.has_corrected_clock() {
        return false;
    }
    let date = request
        .response()
        .and_then(|response| response.headers().get("date"))
        .and_then(|date| parse_date(date));
    let Some(theirs) = date else { return false };
    let client = request.client().clone();
    let offset = theirs.saturating_sub(client.configuration().now());
    // Not with what the client knows by now: another request may have learned it in the meantime.
    if offset.saturating_sub(request.signed_skew).saturating_abs() < FOUR_MINUTES {
        return false;
    }
    client.retries().set_clock_offset(offset);
    request.set_corrected_clock();
    true
}

/// An HTTP date (RFC 9110: `Sun, 06 Nov 1994 08:49:37 GMT`) in Unix nanoseconds; only one of a likely time.
fn parse_date(text: &str) -> Option<i64> {
    use time::macros::format_description;
    let format = format_description!(
        "[weekday repr:short], [day] [month repr:short] [year] [hour]:[minute]:[second] GMT"
    );
    let date = time::PrimitiveDateTime::parse(text.trim(), format)
        .ok()?
        .assume_utc();
    // A server that is decades off is not to be followed.
    (2020..2120)
        .contains(&date.year())
        .then(|| date.unix_timestamp().saturating_mul(1_000_000_000))
}

/// A number from 0 to 1 by chance.
fn fraction() -> f64 {
    (os::random() as u64 >> 11) as f64 / (1u64 << 53) as f64
}

/// A UUID of version 4 by chance, for `amz-sdk-invocation-id`.
pub(super) fn uuid() -> Text {
    let random = os::random();
    let (high, low) = ((random >> 64) as u64, random as u64);
    Text::format(format_args!(
        "{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}",
        high >> 32,
        (high >> 16) & 0xffff,
        high & 0xfff,
        (low >> 48) & 0x3fff | 0x8000,
        low & 0xffff_ffff_ffff
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_quota_is_spent_and_refunded() {
        let state = RetryState::default();
        let spent = (0..).take_while(|_| state.acquire(TRANSIENT_COST)).count();
        assert_eq!(spent, 35);
        state.release(Some(TRANSIENT_COST));
        assert!(state.acquire(TRANSIENT_COST));
        assert!(!state.acquire(TRANSIENT_COST));
        for _ in 0..1000 {
            state.release(None);
        }
        assert_eq!(state.quota.load(Ordering::Relaxed), QUOTA);
    }

    #[test]
    fn dates_are_read_and_unlikely_ones_are_not() {
        assert_eq!(
            parse_date("Sun, 06 Nov 2022 08:49:37 GMT"),
            Some(1_667_724_577_000_000_000)
        );
        for bad in [
            "",
            "Sun, 06 Nov 1994 08:49:37 GMT",
            "yesterday",
            "Sun, 06 Nov 9999 08:49:37 GMT",
        ] {
            assert_eq!(parse_date(bad), None, "{bad}");
        }
    }

    #[test]
    fn chance_is_a_fraction_and_ids_differ() {
        assert!((0..1000).all(|_| (0.0..1.0).contains(&fraction())));
        assert_ne!(uuid(), uuid());
        assert_eq!(uuid().len(), 36);
    }
}
