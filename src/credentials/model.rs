//! The cache under a model checker, which tries each order in which threads may run. See scripts/model_check.sh.

use super::striped::{Counted, Stripe};
use super::*;
use loom::sync::Arc as Tracked;
use loom::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use loom::thread;

/// Goes through all orders with at most this many forced switches.
fn check(switches: usize, model: impl Fn() + Send + Sync + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(switches);
    builder.check(model);
}

/// What a stripe holds: loom tells if it is read after it was dropped, and if it is never dropped.
struct Tracer(Tracked<()>, loom::cell::UnsafeCell<u32>);

#[allow(unsafe_code, reason = "the cell is loom's, which checks each access")]
impl Tracer {
    fn new(number: u32) -> Tracer {
        Tracer(Tracked::new(()), loom::cell::UnsafeCell::new(number))
    }

    fn number(&self) -> u32 {
        // SAFETY: only read, but for the drop, which loom checks this against.
        self.1.with(|number| unsafe { *number })
    }
}

#[allow(unsafe_code, reason = "as above")]
impl Drop for Tracer {
    fn drop(&mut self) {
        assert_eq!(Tracked::strong_count(&self.0), 1);
        // SAFETY: a write, so that loom sees a reader that is not done.
        self.1.with_mut(|number| unsafe { *number = 0 });
    }
}

// SAFETY: loom checks that it is not shared wrongly.
#[allow(unsafe_code, reason = "as above")]
unsafe impl Sync for Tracer {}

#[test]
fn references_are_good_while_a_stripe_changes() {
    check(3, || {
        let stripe = Tracked::new(Stripe::new());
        drop(stripe.put(Tracer::new(1)));
        let readers: Vec<_> = (0..2)
            .map(|_| {
                let stripe = stripe.clone();
                thread::spawn(move || {
                    let taken: Option<Counted<Tracer>> = stripe.take();
                    if let Some(taken) = taken {
                        assert!(matches!(taken.clone().number(), 1 | 2));
                        drop(taken);
                    }
                })
            })
            .collect();
        let put = stripe.put(Tracer::new(2));
        stripe.clear();
        assert_eq!(put.number(), 2);
        drop(put);
        readers
            .into_iter()
            .for_each(|reader| reader.join().unwrap());
    });
}

fn source(calls: Tracked<AtomicUsize>, lifetime: i64, fails: bool) -> Arc<Credentials> {
    let counter = calls.clone();
    let source = Arc::new(Credentials::provided(move || {
        let call = calls.fetch_add(1, SeqCst) + 1;
        thread::yield_now();
        if fails {
            return Err(Error::new(Status::Credentials, "Down", "no"));
        }
        Ok(Value {
            expires_at: lifetime * call as i64,
            ..Value::of_keys(&format!("AK{call}"), &format!("SK{call}"), "", "Model")?
        })
    }));
    // What is made at first use is made now: the checker does not see the order that once_cell keeps.
    drop(source.get(&|| 0, 0, &Patient));
    source.expire();
    counter.store(0, SeqCst);
    source
}

/// The number of the call, of values that must not be mixed.
fn number(value: &Value) -> usize {
    let id = value.access_key_id.strip_prefix("AK").unwrap();
    assert_eq!(
        value.secret_access_key.as_str().strip_prefix("SK"),
        Some(id)
    );
    id.parse().unwrap()
}

#[test]
fn all_who_wait_share_one_retrieval() {
    check(2, || {
        let calls = Tracked::new(AtomicUsize::new(0));
        let source = source(calls.clone(), 1000, false);
        let other = source.clone();
        let thread = thread::spawn(move || number(&other.get(&|| 0, 0, &Patient).unwrap()));
        assert_eq!(number(&source.get(&|| 0, 0, &Patient).unwrap()), 1);
        assert_eq!(thread.join().unwrap(), 1);
        assert_eq!(calls.load(SeqCst), 1);
    });
}

#[test]
fn a_failure_ends_the_waiting_too() {
    check(2, || {
        let calls = Tracked::new(AtomicUsize::new(0));
        let source = source(calls.clone(), 1000, true);
        let other = source.clone();
        let thread = thread::spawn(move || other.get(&|| 0, 0, &Patient).is_err());
        assert!(source.get(&|| 0, 0, &Patient).is_err());
        assert!(thread.join().unwrap());
        assert!(matches!(calls.load(SeqCst), 1 | 2));
    });
}

#[test]
fn an_early_refresh_is_one_and_hides_nothing_valid() {
    check(2, || {
        let calls = Tracked::new(AtomicUsize::new(0));
        let source = source(calls.clone(), 1000, false);
        source.get(&|| 0, 0, &Patient).unwrap();
        let other = source.clone();
        // In the last quarter of the first values.
        let thread = thread::spawn(move || number(&other.get(&|| 800, 0, &Patient).unwrap()));
        let first = number(&source.get(&|| 800, 0, &Patient).unwrap());
        let second = thread.join().unwrap();
        assert!(matches!((first, second), (1, 2) | (2, 1) | (2, 2)));
        assert_eq!(calls.load(SeqCst), 2);
        assert_eq!(number(&source.try_get(&|| 800).unwrap()), 2);
    });
}

#[test]
fn what_is_forgotten_does_not_come_back() {
    check(2, || {
        let calls = Tracked::new(AtomicUsize::new(0));
        let source = source(calls.clone(), 1000, false);
        let first = source.get(&|| 0, 0, &Patient).unwrap();
        let other = source.clone();
        let thread = thread::spawn(move || {
            other.expire_used(&first);
            drop(first);
            number(&other.get(&|| 0, 0, &Patient).unwrap())
        });
        let mine = number(&source.get(&|| 0, 0, &Patient).unwrap());
        assert!(matches!(mine, 1 | 2));
        assert_eq!(thread.join().unwrap(), 2);
        assert_eq!(number(&source.get(&|| 0, 0, &Patient).unwrap()), 2);
    });
}
