//! The thread that refreshes credentials so that nobody has to wait: one for the process, if the host wants it.

use super::cache::Cache;
use super::per_process::PerProcess;
use super::sync::{Condvar, Mutex, thread_number};
use crate::error::{Error, Result, Status};
use crate::os;
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Weak};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// Looked at this often at least: clocks jump, and machines sleep.
const LONGEST_PAUSE: i64 = 60;

/// Whether the host wants the thread. A child of fork() wants what its parent wanted, and starts one when it needs it.
static WANTED: AtomicBool = AtomicBool::new(false);
static WORK: PerProcess<Work> = PerProcess::new();

struct Work {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    worker: Option<Worker>,
    /// When to look at which source. By address, which is not used again while there is a weak reference.
    sources: BTreeMap<usize, (Weak<Cache>, Instant)>,
}

struct Worker {
    signs: Arc<Signs>,
    thread: JoinHandle<()>,
}

/// What the thread and the others tell each other.
#[derive(Default)]
struct Signs {
    stop: AtomicBool,
    /// The number of the thread.
    thread: AtomicU64,
}

impl Signs {
    fn stopped(&self) -> bool {
        self.stop.load(Ordering::Acquire)
    }
}

fn work() -> &'static Work {
    WORK.get(|_| Work {
        state: Mutex::new(State::default()),
        changed: Condvar::new(),
    })
}

/// Starts the thread, unless it runs.
pub fn start() -> Result<()> {
    WANTED.store(true, Ordering::Release);
    let run = work().state.lock().run();
    run.inspect_err(|_| WANTED.store(false, Ordering::Release))
}

/// Ends the thread, once it has come back from the provider that it is asking. Does not wait on that thread itself.
pub fn stop() {
    WANTED.store(false, Ordering::Release);
    let worker = work().state.lock().worker.take();
    let Some(worker) = worker else { return };
    worker.signs.stop.store(true, Ordering::Release);
    work().changed.notify_all();
    if worker.signs.thread.load(Ordering::Acquire) != thread_number() {
        // It ends in no other way than by returning: what panics on it is caught.
        drop(worker.thread.join());
    }
}

/// Has the thread look at a source. Whether there is a thread.
pub(super) fn takes(source: &Arc<Cache>) -> bool {
    if !WANTED.load(Ordering::Acquire) {
        return false;
    }
    let work = work();
    let mut state = work.state.lock();
    if state.run().is_err() {
        return false;
    }
    let key = Arc::as_ptr(source) as usize;
    let place = (Arc::downgrade(source), Instant::now());
    state.sources.insert(key, place);
    drop(state);
    work.changed.notify_all();
    true
}

impl State {
    fn run(&mut self) -> Result<()> {
        if self.worker.is_some() {
            return Ok(());
        }
        let signs = Arc::new(Signs::default());
        let told = signs.clone();
        let builder = thread::Builder::new().name("session-refresh".to_owned());
        // The host's signal handlers are not to run on a thread that it does not know.
        let started = os::without_signals(|| builder.spawn(move || work().until(&told)));
        let thread = started.map_err(|error| {
            let message = format!("the background thread could not be started: {error}");
            Error::new(Status::InvalidState, "ThreadError", message)
        })?;
        self.worker = Some(Worker { signs, thread });
        Ok(())
    }

    /// The sources whose time has come, and when that of the next is.
    fn due(&mut self, now: Instant) -> (Vec<Arc<Cache>>, Instant) {
        let later = now + Duration::from_secs(LONGEST_PAUSE.unsigned_abs());
        let (mut due, mut next) = (Vec::new(), later);
        self.sources.retain(|_, (source, at)| {
            if *at > now {
                next = next.min(*at);
                return source.strong_count() > 0;
            }
            due.extend(source.upgrade());
            false
        });
        (due, next)
    }
}

impl Work {
    fn until(&self, signs: &Signs) {
        signs.thread.store(thread_number(), Ordering::Release);
        let mut state = self.state.lock();
        while !signs.stopped() {
            let (due, next) = state.due(Instant::now());
            if due.is_empty() {
                state = self.changed.wait_until(state, next);
                continue;
            }
            drop(state);
            for source in due {
                self.look_at(&source, signs);
            }
            state = self.state.lock();
        }
    }

    fn look_at(&self, source: &Arc<Cache>, signs: &Signs) {
        if signs.stopped() {
            return;
        }
        // A provider that panics has told those who wait already.
        let next = catch_unwind(AssertUnwindSafe(|| source.refresh_if_due())).unwrap_or(None);
        let Some(seconds) = next else { return };
        let pause = Duration::from_secs(seconds.clamp(1, LONGEST_PAUSE).unsigned_abs());
        let place = (Arc::downgrade(source), Instant::now() + pause);
        let key = Arc::as_ptr(source) as usize;
        self.state.lock().sources.insert(key, place);
    }
}
