//! The refreshing cache at its worst: many threads over many refreshes, and two days with everything that can go wrong.
//! Time is given by the tests.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test says what it expects by failing"
)]

use session::credentials::{Credentials, Patient, Provider, Value, Wait};
use session::error::{Error, Result, Status};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicUsize, Ordering::SeqCst};

const HOUR: i64 = 3600;

/// The keys of a call, which all carry its number.
fn keys(call: usize, expires_at: i64) -> Result<Value> {
    let text = |prefix| format!("{prefix}{call}");
    Ok(Value {
        expires_at,
        ..Value::of_keys(&text("AK"), &text("SK"), &text("ST"), &text("P"))?
    })
}

fn number(value: &Value) -> usize {
    let id = value.access_key_id.strip_prefix("AK").unwrap();
    let texts = [
        value.secret_access_key.as_str(),
        value.session_token.as_str(),
        value.provider.as_str(),
    ];
    assert!(
        texts
            .iter()
            .all(|text| text.ends_with(id) && text.len() <= id.len() + 2),
        "torn"
    );
    id.parse().unwrap()
}

/// Over ten refreshes, each thread with this many gets at least. `after` is called after each.
pub(crate) fn sixty_four_threads(gets: usize, after: impl Fn() + Sync) {
    const THREADS: usize = 64;
    const REFRESHES: usize = 10;
    let now = Arc::new(AtomicI64::new(0));
    let calls = Arc::new(AtomicUsize::new(0));
    let (clock, counter) = (now.clone(), calls.clone());
    let source = Credentials::provided(move || {
        // As if the network took a while.
        std::thread::yield_now();
        keys(counter.fetch_add(1, SeqCst) + 1, clock.load(SeqCst) + HOUR)
    });
    let done: Vec<_> = (0..THREADS).map(|_| AtomicUsize::new(0)).collect();
    let is_over = AtomicBool::new(false);
    let one_thread = |done: &AtomicUsize| {
        let (mut last, mut get) = (0, 0);
        while get < gets || !is_over.load(SeqCst) {
            get += 1;
            let before = now.load(SeqCst);
            let value = source.get(&|| now.load(SeqCst), 0, &Patient).unwrap();
            // There is always a value that is valid, or one is waited for.
            assert!(value.expires_at > before, "expired");
            let number = number(&value);
            assert!(number >= last, "older than before");
            last = number;
            after();
            if get % 100 == 0 {
                done.store(get, SeqCst);
            }
        }
    };
    std::thread::scope(|scope| {
        let spawned = done.iter().map(|done| scope.spawn(|| one_thread(done)));
        let threads: Vec<_> = spawned.collect();
        let total = || done.iter().map(|done| done.load(SeqCst)).sum::<usize>();
        // A thread that ends before time has failed: its join tells why.
        let failed = || threads.iter().any(|thread| thread.is_finished());
        let held = || {
            source
                .try_get(&|| now.load(SeqCst))
                .map_or(0, |value| number(&value))
        };
        let wait_for = |refreshes, gets| {
            while (held() < refreshes || total() < gets) && !failed() {
                std::thread::sleep(std::time::Duration::from_millis(1));
            }
        };
        for refresh in 1..=REFRESHES {
            wait_for(refresh, THREADS * gets / (REFRESHES + 1) * refresh);
            // To the last minutes, in which one asks, or beyond the end, where all wait.
            let past_the_end = refresh % 2 == 1;
            let step = if past_the_end { HOUR + 100 } else { HOUR - 100 };
            now.fetch_add(step, SeqCst);
        }
        wait_for(1 + REFRESHES, 0);
        is_over.store(true, SeqCst);
        threads
            .into_iter()
            .for_each(|thread| thread.join().unwrap());
    });
    assert_eq!(calls.load(SeqCst), 1 + REFRESHES);
}

#[test]
fn sixty_four_threads_over_ten_refreshes() {
    sixty_four_threads(1_000_000, || ());
}

/// What a simulated provider goes through.
struct World {
    now: AtomicI64,
    calls: AtomicUsize,
    /// Whether the provider is there.
    is_up: AtomicBool,
    /// Whether every second call is refused.
    is_throttled: AtomicBool,
    /// Whether it gives its last values when it is not there, as that of EC2 does.
    is_stable: bool,
    last_expiry: AtomicI64,
}

struct Simulated(Arc<World>);

impl Provider for Simulated {
    fn retrieve(&self, _: &dyn Wait) -> Result<Value> {
        let world = &self.0;
        let call = world.calls.fetch_add(1, SeqCst) + 1;
        let refused = |code, message| Err(Error::new(Status::Service, code, message));
        if !world.is_up.load(SeqCst) {
            let expires_at = world.last_expiry.load(SeqCst);
            return match world.is_stable {
                true => Ok(Value {
                    stale: true,
                    ..keys(call, expires_at)?
                }),
                false => refused("Down", "nobody there"),
            };
        }
        if world.is_throttled.load(SeqCst) && call % 2 == 1 {
            return refused("Throttling", "slow down");
        }
        let expires_at = world.now.load(SeqCst) + HOUR;
        world.last_expiry.store(expires_at, SeqCst);
        keys(call, expires_at)
    }
}

/// 48 hours with a request every ten seconds. Of the requests: when each of them failed.
fn two_days(
    is_stable: bool,
    is_down: impl Fn(i64) -> bool,
    is_throttled: impl Fn(i64) -> bool,
) -> (Vec<i64>, usize) {
    let world = Arc::new(World {
        now: AtomicI64::new(0),
        calls: AtomicUsize::new(0),
        is_up: AtomicBool::new(true),
        is_throttled: AtomicBool::new(false),
        is_stable,
        last_expiry: AtomicI64::new(0),
    });
    let source = Credentials::provided(Simulated(world.clone()));
    let mut failed = Vec::new();
    for now in (0..48 * HOUR).step_by(10) {
        world.now.store(now, SeqCst);
        world.is_up.store(!is_down(now), SeqCst);
        world.is_throttled.store(is_throttled(now), SeqCst);
        match source.get(&|| now, 0, &Patient) {
            Ok(value) => assert!(value.stale || value.expires_at > now, "expired at {now}"),
            Err(_) => failed.push(now),
        }
    }
    (failed, world.calls.load(SeqCst))
}

#[test]
fn a_day_in_the_life() {
    let never = |_: i64| false;
    let gone = |now: i64| (20 * HOUR..22 * HOUR).contains(&now);
    let (failed, calls) = two_days(false, never, never);
    assert!(failed.is_empty(), "failed at {failed:?}");
    assert!((48..=53).contains(&calls), "{calls} calls");

    // Refused every other time, all day: the values that are held bridge it.
    let (failed, calls) = two_days(false, never, |now| now > 0);
    assert!(failed.is_empty(), "failed at {failed:?}");
    assert!(calls <= 110, "{calls} calls");

    // Nobody there for two hours. IMDS: no request fails, and it is left alone in between.
    let (failed, calls) = two_days(true, gone, |now| now > 0);
    assert!(failed.is_empty(), "failed at {failed:?}");
    assert!(calls <= 130, "{calls} calls");

    // A role: what is held is used to its end; only what nothing could have served fails, and not a request longer.
    let (failed, _) = two_days(false, gone, never);
    let (first, last) = (*failed.first().unwrap(), *failed.last().unwrap());
    assert_eq!(last, 22 * HOUR - 10);
    assert_eq!(failed.len() as i64, (last - first) / 10 + 1);
    // Values of 55 minutes' use; the last before the end were got less than that before it.
    assert!(first >= 20 * HOUR + 300, "at {first}");
}
