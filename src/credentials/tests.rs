//! The refreshing cache, with the time given by the tests.

use super::*;
use crate::error::Status;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicUsize, Ordering::SeqCst};
use std::sync::mpsc::{Receiver, Sender, channel};

/// A provider that does what it is told, and its source.
struct Fake {
    calls: AtomicUsize,
    now: AtomicI64,
    /// Of the next values, in seconds.
    lifetime: AtomicI64,
    fails: AtomicBool,
    is_stale: AtomicBool,
    expired: AtomicUsize,
}

struct Asked(Arc<Fake>);

impl Provider for Asked {
    fn retrieve(&self, _: &dyn Wait) -> Result<Value> {
        let call = self.0.calls.fetch_add(1, SeqCst) + 1;
        if self.0.fails.load(SeqCst) {
            return Err(Error::new(
                Status::Credentials,
                "Down",
                format!("call {call}"),
            ));
        }
        let lifetime = self.0.lifetime.load(SeqCst);
        let expires_at = if lifetime == NEVER {
            NEVER
        } else {
            self.0.now() + lifetime
        };
        Ok(Value {
            expires_at,
            stale: self.0.is_stale.load(SeqCst),
            ..Value::of_keys(&format!("AK{call}"), &format!("SK{call}"), "", "Test")?
        })
    }

    fn expire(&self) {
        self.0.expired.fetch_add(1, SeqCst);
    }
}

impl Fake {
    fn new(lifetime: i64) -> (Arc<Fake>, Credentials) {
        let fake = Arc::new(Fake {
            calls: AtomicUsize::new(0),
            now: AtomicI64::new(0),
            lifetime: AtomicI64::new(lifetime),
            fails: AtomicBool::new(false),
            is_stale: AtomicBool::new(false),
            expired: AtomicUsize::new(0),
        });
        let source = Credentials::provided(Asked(fake.clone()));
        (fake, source)
    }

    fn now(&self) -> i64 {
        self.now.load(SeqCst)
    }

    fn calls(&self) -> usize {
        self.calls.load(SeqCst)
    }

    /// The number of the call that gave what a caller gets at a time.
    fn get(&self, source: &Credentials, at: i64, min_remaining: u32) -> Result<String> {
        self.now.store(at, SeqCst);
        let value = source.get(&|| self.now(), min_remaining, &Patient)?;
        assert_eq!(
            value.access_key_id.replace("AK", "SK"),
            value.secret_access_key.as_str()
        );
        Ok(value.access_key_id.as_str().to_owned())
    }

    fn try_get(&self, source: &Credentials, at: i64) -> Result<String> {
        self.now.store(at, SeqCst);
        source
            .try_get(&|| self.now())
            .map(|value| value.access_key_id.as_str().to_owned())
    }
}

#[test]
fn values_are_kept_until_it_is_time() {
    let (fake, source) = Fake::new(3600);
    for at in [0, 1, 3299] {
        assert_eq!(fake.get(&source, at, 0).unwrap(), "AK1");
    }
    assert_eq!(fake.get(&source, 3300, 0).unwrap(), "AK2");
    assert_eq!(fake.get(&source, 3300 + 3299, 0).unwrap(), "AK2");
    assert_eq!(fake.calls(), 2);
}

#[test]
fn what_was_asked_for_is_capped_at_the_lifetime() {
    let (fake, source) = Fake::new(900);
    assert_eq!(fake.get(&source, 0, 3600).unwrap(), "AK1");
    assert_eq!(fake.get(&source, 0, 3600).unwrap(), "AK1");
    assert_eq!(fake.get(&source, 300, 600).unwrap(), "AK1");
    assert_eq!(fake.get(&source, 301, 600).unwrap(), "AK2");
}

#[test]
fn what_never_expires_reads_no_clock() {
    let (fake, source) = Fake::new(NEVER);
    fake.get(&source, 0, 0).unwrap();
    source
        .get(&|| panic!("the clock was read"), 3600, &Patient)
        .unwrap();
    source.try_get(&|| panic!("the clock was read")).unwrap();
    assert_eq!(fake.calls(), 1);
}

#[test]
fn an_early_refresh_that_fails_keeps_what_is_valid_and_backs_off() {
    let (fake, source) = Fake::new(3600);
    fake.get(&source, 0, 0).unwrap();
    fake.fails.store(true, SeqCst);
    // Tries after 0, 1, 3, 7, 15, 31, 63, 123 and 183 seconds, and then in the last minute, where all would wait.
    let mut tries = Vec::new();
    for at in 3300..3600 {
        let before = fake.calls();
        assert_eq!(fake.get(&source, at, 0).unwrap(), "AK1");
        if fake.calls() > before {
            tries.push(at - 3300);
        }
    }
    assert_eq!(tries, [0, 1, 3, 7, 15, 31, 63, 123, 183, 243]);
    // A caller that wants more than there is hears of the failure; so does everybody once nothing is valid.
    assert_eq!(
        fake.get(&source, 3590, 600).unwrap_err().code().as_str(),
        "Down"
    );
    for at in [3600, 3600, 3601] {
        let before = fake.calls();
        assert_eq!(
            fake.get(&source, at, 0).unwrap_err().code().as_str(),
            "Down"
        );
        assert_eq!(fake.calls(), before + 1);
    }
    fake.fails.store(false, SeqCst);
    assert_eq!(
        fake.get(&source, 3601, 0).unwrap(),
        format!("AK{}", fake.calls())
    );
}

#[test]
fn the_caller_of_refresh_hears_of_a_failure() {
    let (fake, source) = Fake::new(3600);
    fake.get(&source, 0, 0).unwrap();
    fake.fails.store(true, SeqCst);
    assert!(source.refresh(&|| 0, &Patient).is_err());
    assert_eq!(fake.get(&source, 10, 0).unwrap(), "AK1");
    fake.fails.store(false, SeqCst);
    source.refresh(&|| 10, &Patient).unwrap();
    assert_eq!(fake.get(&source, 10, 0).unwrap(), "AK3");
}

#[test]
fn values_that_arrive_expired_are_given_once() {
    let (fake, source) = Fake::new(-1);
    assert_eq!(fake.get(&source, 100, 0).unwrap(), "AK1");
    assert_eq!(
        fake.try_get(&source, 100).unwrap_err().code().as_str(),
        "CredentialsNotReady"
    );
    assert_eq!(fake.get(&source, 100, 0).unwrap(), "AK2");
    // They are no better than what is valid.
    fake.lifetime.store(3600, SeqCst);
    assert_eq!(fake.get(&source, 100, 0).unwrap(), "AK3");
    fake.lifetime.store(-1, SeqCst);
    assert_eq!(fake.get(&source, 3500, 0).unwrap(), "AK3");
    assert_eq!(fake.calls(), 4);
}

#[test]
fn stale_values_are_used_until_there_are_others() {
    let (fake, source) = Fake::new(-1);
    fake.is_stale.store(true, SeqCst);
    assert_eq!(fake.get(&source, 0, 0).unwrap(), "AK1");
    assert_eq!(fake.get(&source, 599, 3600).unwrap(), "AK1");
    assert_eq!(fake.try_get(&source, 599).unwrap(), "AK1");
    assert_eq!(fake.get(&source, 600, 0).unwrap(), "AK2");
    fake.fails.store(true, SeqCst);
    assert_eq!(fake.get(&source, 7200, 0).unwrap(), "AK2");
    fake.fails.store(false, SeqCst);
    fake.is_stale.store(false, SeqCst);
    fake.lifetime.store(3600, SeqCst);
    assert_eq!(fake.get(&source, 7201, 0).unwrap(), "AK4");
}

#[test]
fn try_get_gives_what_is_valid_on_any_thread_and_asks_nobody() {
    let (fake, source) = Fake::new(3600);
    assert!(fake.try_get(&source, 0).is_err());
    fake.get(&source, 0, 0).unwrap();
    std::thread::scope(|scope| {
        for _ in 0..40 {
            scope.spawn(|| assert_eq!(fake.try_get(&source, 3599).unwrap(), "AK1"));
        }
    });
    assert!(fake.try_get(&source, 3600).is_err());
    assert_eq!(fake.calls(), 1);
}

#[test]
fn expire_forgets_and_tells_the_provider() {
    let (fake, source) = Fake::new(3600);
    let used = source.get(&|| 0, 0, &Patient).unwrap();
    // Of many requests that were refused, the first does it.
    for _ in 0..3 {
        source.expire_used(&used);
        assert_eq!(fake.get(&source, 1, 0).unwrap(), "AK2");
    }
    assert_eq!((fake.calls(), fake.expired.load(SeqCst)), (2, 1));
    source.expire();
    assert!(fake.try_get(&source, 1).is_err());
    assert_eq!(fake.expired.load(SeqCst), 2);
    assert_eq!(used.secret_access_key.as_str(), "SK1");
}

#[test]
fn keys_that_change_are_told_of() {
    let (fake, source) = Fake::new(3600);
    let told = Arc::new(Mutex::new(Vec::new()));
    for _ in 0..2 {
        let told = told.clone();
        source.on_change(Arc::new(move |value: &Snapshot| {
            told.lock().unwrap().push(value.access_key_id.to_string());
        }));
    }
    fake.get(&source, 0, 0).unwrap();
    assert!(told.lock().unwrap().is_empty());
    source.expire();
    fake.get(&source, 1, 0).unwrap();
    assert_eq!(*told.lock().unwrap(), ["AK2", "AK2"]);
    fake.fails.store(true, SeqCst);
    assert!(source.refresh(&|| 1, &Patient).is_err());
    assert_eq!(told.lock().unwrap().len(), 2);
    // The same keys with a later end are no change.
    let same = Credentials::provided(|| Value::of_keys("AK", "SK", "", "Test"));
    same.on_change(Arc::new(|_: &Snapshot| panic!("no change")));
    same.refresh(&|| 0, &Patient).unwrap();
    same.refresh(&|| 0, &Patient).unwrap();
}

/// A source whose provider answers when it is told, and says when it was asked.
fn held_up() -> (Arc<Credentials>, Receiver<()>, Sender<Result<Value>>) {
    let (asked, has_asked) = channel();
    let (answer, may_answer) = channel();
    let may_answer = Mutex::new(may_answer);
    let source = Credentials::provided(move || {
        asked.send(()).unwrap();
        may_answer.lock().unwrap().recv().unwrap()
    });
    (Arc::new(source), has_asked, answer)
}

fn keys(id: &str, expires_at: i64) -> Result<Value> {
    Ok(Value {
        expires_at,
        ..Value::of_keys(id, "SK", "", "Test")?
    })
}

#[test]
fn one_caller_refreshes_while_the_others_go_on() {
    let (source, asked, answer) = held_up();
    answer.send(keys("AK1", 3600)).unwrap();
    source.get(&|| 0, 0, &Patient).unwrap();
    asked.recv().unwrap();
    std::thread::scope(|scope| {
        let early = scope.spawn(|| source.get(&|| 3400, 0, &Patient));
        asked.recv().unwrap();
        for _ in 0..4 {
            // Would hang if they waited: there is no answer yet.
            scope
                .spawn(|| source.get(&|| 3400, 0, &Patient).unwrap())
                .join()
                .unwrap();
        }
        assert!(source.try_get(&|| 3400).is_ok());
        let last_minute = scope.spawn(|| source.get(&|| 3550, 0, &Patient));
        answer.send(keys("AK2", 7200)).unwrap();
        for waiting in [early, last_minute] {
            assert_eq!(
                waiting.join().unwrap().unwrap().access_key_id.as_str(),
                "AK2"
            );
        }
    });
    assert!(asked.try_recv().is_err());
}

#[test]
fn many_callers_share_one_retrieval_and_its_failure() {
    let (source, asked, answer) = held_up();
    std::thread::scope(|scope| {
        let callers: Vec<_> = (0..16)
            .map(|_| scope.spawn(|| source.get(&|| 0, 0, &Patient)))
            .collect();
        asked.recv().unwrap();
        // Callers that come after the answer ask again: it is not kept.
        answer
            .send(Err(Error::new(Status::Credentials, "Down", "no")))
            .unwrap();
        for _ in 0..16 {
            drop(answer.send(Err(Error::new(Status::Credentials, "Down", "no"))));
        }
        for caller in callers {
            assert_eq!(
                caller.join().unwrap().err().unwrap().code().as_str(),
                "Down"
            );
        }
    });
    let (source, asked, answer) = held_up();
    std::thread::scope(|scope| {
        let callers: Vec<_> = (0..16)
            .map(|_| scope.spawn(|| source.get(&|| 0, 0, &Patient)))
            .collect();
        answer.send(keys("AK1", NEVER)).unwrap();
        for caller in callers {
            assert_eq!(
                caller.join().unwrap().unwrap().access_key_id.as_str(),
                "AK1"
            );
        }
    });
    assert_eq!(asked.iter().take(1).count(), 1);
    assert!(asked.try_recv().is_err());
}

#[test]
fn a_provider_that_panics_frees_the_waiters() {
    let (asked, has_asked) = channel();
    let (go, may_go) = channel::<()>();
    let may_go = Mutex::new(may_go);
    let source = Credentials::provided(move || -> Result<Value> {
        asked.send(()).unwrap();
        may_go
            .lock()
            .unwrap_or_else(|poison| poison.into_inner())
            .recv()
            .unwrap();
        panic!("planted")
    });
    std::thread::scope(|scope| {
        let asking =
            scope.spawn(|| catch_unwind(AssertUnwindSafe(|| source.get(&|| 0, 0, &Patient))));
        has_asked.recv().unwrap();
        // Waits, or comes late and asks itself; in both cases it ends.
        let waiting =
            scope.spawn(|| catch_unwind(AssertUnwindSafe(|| source.get(&|| 0, 0, &Patient))));
        go.send(()).unwrap();
        go.send(()).unwrap();
        assert!(asking.join().unwrap().is_err());
        if let Ok(result) = waiting.join().unwrap() {
            assert_eq!(result.err().unwrap().status(), Status::Internal);
        }
    });
}

#[test]
fn a_provider_that_asks_for_its_own_credentials_is_told() {
    static SOURCE: std::sync::OnceLock<Credentials> = std::sync::OnceLock::new();
    static CALLS: AtomicUsize = AtomicUsize::new(0);
    let source = SOURCE.get_or_init(|| {
        Credentials::provided(|| {
            let source = SOURCE.get().unwrap();
            let now = || 0;
            if CALLS.fetch_add(1, SeqCst) == 0 {
                let error = source.get(&now, 0, &Patient).err().unwrap();
                assert_eq!(error.status(), Status::InvalidState);
                assert_eq!(
                    source.refresh(&now, &Patient).err().unwrap().status(),
                    Status::InvalidState
                );
            } else {
                // What is held will do.
                assert_eq!(
                    source
                        .get(&|| 3400, 0, &Patient)
                        .unwrap()
                        .access_key_id
                        .as_str(),
                    "AK1"
                );
            }
            source.expire_used(&Value::of_keys("other", "SK", "", "Test")?);
            keys("AK1", 3600)
        })
    });
    source.get(&|| 0, 0, &Patient).unwrap();
    source.get(&|| 3400, 0, &Patient).unwrap();
    assert_eq!(CALLS.load(SeqCst), 2);
}

/// Waits until the caller gives up, once; has an answer for the next, as soon as the first is gone.
struct Interruptible(std::sync::mpsc::Sender<()>, AtomicUsize, Arc<AtomicBool>);

impl Provider for Interruptible {
    fn retrieve(&self, wait: &dyn Wait) -> Result<Value> {
        self.0.send(()).unwrap();
        if self.1.fetch_add(1, SeqCst) > 0 {
            while !self.2.load(SeqCst) {
                std::thread::yield_now();
            }
            return keys("AK2", NEVER);
        }
        while wait.given_up().is_none() {
            std::thread::yield_now();
        }
        Err(Error::new(Status::Credentials, "Wrapped", "interrupted"))
    }
}

#[test]
fn who_asks_and_gives_up_leaves_it_to_those_who_wait() {
    let (asks, asked) = channel();
    let gone = Arc::new(AtomicBool::new(false));
    let source = Credentials::provided(Interruptible(asks, AtomicUsize::new(0), gone.clone()));
    let cancel = Arc::new(crate::cancel::Cancel::default());
    std::thread::scope(|scope| {
        let hasty = scope.spawn(|| source.get(&|| 0, 0, &Some(cancel.clone())));
        asked.recv().unwrap();
        let waiting: Vec<_> = (0..4)
            .map(|_| scope.spawn(|| source.get(&|| 0, 0, &Patient)))
            .collect();
        std::thread::sleep(Duration::from_millis(30));
        cancel.now();
        let error = hasty.join().unwrap().err().unwrap();
        assert_eq!(error.status(), Status::Canceled);
        assert_eq!(error.code(), "RequestCanceled");
        gone.store(true, SeqCst);
        for caller in waiting {
            let value = caller.join().unwrap().unwrap();
            assert_eq!(value.access_key_id.as_str(), "AK2");
        }
    });
    // One of those who waited, for all of them.
    assert_eq!(asked.try_iter().count(), 1);
}

/// A caller that gives up at once.
struct Hasty;

impl Wait for Hasty {
    fn given_up(&self) -> Option<Error> {
        Some(Error::new(Status::Timeout, "RequestCanceled", "hasty"))
    }
    fn ask_again_at(&self) -> Instant {
        Instant::now()
    }
}

#[test]
fn who_gives_up_frees_only_itself() {
    let (source, asked, answer) = held_up();
    assert_eq!(
        source.get(&|| 0, 0, &Hasty).err().unwrap().status(),
        Status::Timeout
    );
    std::thread::scope(|scope| {
        let patient = scope.spawn(|| source.get(&|| 0, 0, &Patient));
        asked.recv().unwrap();
        assert_eq!(
            source.get(&|| 0, 0, &Hasty).err().unwrap().status(),
            Status::Timeout
        );
        answer.send(keys("AK1", NEVER)).unwrap();
        assert!(patient.join().unwrap().is_ok());
    });
    assert!(asked.try_recv().is_err());
}
