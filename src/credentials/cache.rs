//! The cache that keeps what a provider gave, and sees that it is asked in time, once, for all.

use super::background;
use super::per_process::PerProcess;
use super::striped::{Counted, Stripe, Striped};
use super::sync::{AtomicI64, Condvar, Guard, Mutex, Ordering, thread_number};
use super::term::{Need, Term};
use super::value::{NEVER, Value};
use super::{Patient, Provider, Wait};
use crate::config::Clock;
use crate::error::{Error, Result, Status};
use crate::os;
use once_cell::race::OnceBox;
use std::fmt;
use std::ops::Deref;
use std::sync::{Arc, OnceLock};

/// No earlier try after a failure than this, in seconds; it doubles with each failure.
const FIRST_BACK_OFF: i64 = 1;
const LONGEST_BACK_OFF: i64 = 60;

/// A value and its times.
#[derive(Clone)]
pub struct Held {
    value: Arc<Value>,
    term: Term,
}

impl Deref for Held {
    type Target = Value;
    fn deref(&self) -> &Value {
        &self.value
    }
}

/// A value that a source gave. Its secrets are overwritten when the last holder lets go.
#[derive(Clone)]
pub struct Snapshot(pub(crate) Counted<Held>);

impl fmt::Debug for Snapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, f)
    }
}

impl Snapshot {
    fn of(held: Held) -> Snapshot {
        Snapshot(Counted::new(held))
    }
}

impl Deref for Snapshot {
    type Target = Value;
    fn deref(&self) -> &Value {
        &self.0
    }
}

/// Who is told when the keys change.
pub type OnChange = dyn Fn(&Snapshot) + Send + Sync;

/// A provider and the values it gave last.
pub struct Cache {
    provider: Box<dyn Provider>,
    clock: Option<Arc<Clock>>,
    /// Made when there is the first value to hold.
    stripes: OnceBox<Striped<Held>>,
    on_change: Stripe<Vec<Arc<OnChange>>>,
    process: PerProcess<Rounds>,
}

/// The state in one process.
struct Rounds {
    state: Mutex<State>,
    changed: Condvar,
    /// Nobody need ask before this time while what is held can be used: somebody is asking, or has failed just now.
    quiet_until: AtomicI64,
}

struct State {
    held: Option<Held>,
    round: Option<Arc<Round>>,
    /// Failures in a row.
    failures: u32,
    /// What was held last, to tell whether keys change.
    fingerprint: Option<u64>,
}

/// One retrieval. Its outcome goes with the last who waited for it.
struct Round {
    thread: u64,
    /// None inside: whoever asked has given up.
    outcome: OnceLock<Option<Result<Snapshot>>>,
}

impl Rounds {
    fn new(held: Option<Held>) -> Rounds {
        let fingerprint = held.as_ref().map(|held| held.value.fingerprint());
        Rounds {
            state: Mutex::new(State {
                held,
                round: None,
                failures: 0,
                fingerprint,
            }),
            changed: Condvar::new(),
            quiet_until: AtomicI64::new(i64::MIN),
        }
    }

    fn is_quiet(&self, now: i64) -> bool {
        let left = self.quiet_until.load(Ordering::Acquire).saturating_sub(now);
        // More is left only while somebody asks, or after the clock was set back.
        left > 0 && (left <= LONGEST_BACK_OFF || self.is_asking())
    }

    fn is_asking(&self) -> bool {
        self.quiet_until.load(Ordering::Acquire) == i64::MAX
    }
}

impl Cache {
    pub(super) fn new(provider: Box<dyn Provider>, clock: Option<Arc<Clock>>) -> Cache {
        Cache {
            provider,
            clock,
            stripes: OnceBox::new(),
            on_change: Stripe::new(),
            process: PerProcess::new(),
        }
    }

    /// The time of this source, in Unix seconds.
    pub(super) fn now(&self) -> i64 {
        match &self.clock {
            Some(clock) => clock().div_euclid(1_000_000_000),
            None => os::coarse_seconds(),
        }
    }

    fn stripes(&self) -> &Striped<Held> {
        self.stripes.get_or_init(|| Box::new(Striped::new()))
    }

    /// The state of this process. A child of fork() begins with what its parent held, and nothing under way.
    fn rounds(&self) -> &Rounds {
        self.process.get(|parent| {
            let any = parent.and_then(|_| self.stripes.get()?.take_any());
            Rounds::new(any.map(|held| Held::clone(&held)))
        })
    }

    /// The way of nearly every call: no lock, nothing allocated, nothing written that another thread reads.
    #[inline]
    pub(super) fn get(
        self: &Arc<Cache>,
        now: &dyn Fn() -> i64,
        asked: i64,
        wait: &dyn Wait,
    ) -> Result<Snapshot> {
        let thread = thread_number();
        if let Some(held) = self.stripes.get().and_then(|stripes| stripes.take(thread)) {
            if held.term.need(now, asked) == Need::Nothing {
                return Ok(Snapshot(held));
            }
            return self.get_anew(thread, now, asked, wait, Some(held));
        }
        self.get_anew(thread, now, asked, wait, None)
    }

    fn get_anew(
        self: &Arc<Cache>,
        thread: u64,
        clock: &dyn Fn() -> i64,
        asked: i64,
        wait: &dyn Wait,
        mine: Option<Counted<Held>>,
    ) -> Result<Snapshot> {
        let rounds = self.rounds();
        let mut now = clock();
        if let Some(held) = mine {
            if held.term.need(|| now, asked) == Need::Soon && rounds.is_quiet(now) {
                return Ok(Snapshot(held));
            }
        }
        loop {
            let state = rounds.state.lock();
            let need = need_of(state.held.as_ref(), now, asked);
            let will_do = match need {
                Need::Nothing => true,
                Need::Soon => {
                    state.round.is_some() || rounds.is_quiet(now) || background::takes(self)
                }
                // A failure of a moment ago need not be met again by everybody.
                Need::Now => state.round.is_none() && rounds.is_quiet(now),
                Need::Must => false,
            };
            if let (true, Some(held)) = (will_do, &state.held) {
                let held = held.clone();
                return Ok(Snapshot(self.stripes().put(thread, held)));
            }
            if let Some(outcome) = self.ask(rounds, state, thread, clock, wait) {
                return outcome.or_else(|error| {
                    // There was to be something better, but what is held will do.
                    let held = rounds.state.lock().held.clone();
                    let usable = held.filter(|held| held.term.need(clock, asked) != Need::Must);
                    usable.map(Snapshot::from).ok_or(error)
                });
            }
            now = clock();
        }
    }

    /// Asks the provider, or waits for the thread that is asking it; none if that one has given up.
    fn ask(
        self: &Arc<Cache>,
        rounds: &Rounds,
        mut state: Guard<'_, State>,
        thread: u64,
        clock: &dyn Fn() -> i64,
        wait: &dyn Wait,
    ) -> Option<Result<Snapshot>> {
        if let Some(round) = state.round.clone() {
            return self.join(rounds, state, &round, thread, wait);
        }
        if let Some(error) = wait.given_up() {
            return Some(Err(error));
        }
        let round = Arc::new(Round {
            thread,
            outcome: OnceLock::new(),
        });
        state.round = Some(round.clone());
        rounds.quiet_until.store(i64::MAX, Ordering::Release);
        drop(state);
        let turn = Turn {
            cache: self,
            round,
            clock,
        };
        let given = self.provider.retrieve(wait);
        // What the provider made of it does not matter, and says nothing of the provider.
        let given_up = given.as_ref().err().and_then(|_| wait.given_up());
        let outcome = turn.end(given, given_up.is_some());
        Some(given_up.map_or(outcome, Err))
    }

    fn join(
        &self,
        rounds: &Rounds,
        mut state: Guard<'_, State>,
        round: &Round,
        thread: u64,
        wait: &dyn Wait,
    ) -> Option<Result<Snapshot>> {
        if round.thread == thread {
            return Some(Err(asks_itself()));
        }
        loop {
            if let Some(outcome) = round.outcome.get() {
                return outcome.clone();
            }
            if let Some(error) = wait.given_up() {
                return Some(Err(error));
            }
            state = rounds.changed.wait_until(state, wait.ask_again_at());
        }
    }

    /// Keeps what the provider gave, if it is worth it. What everybody gets who waited, and whether keys changed.
    fn settle(
        &self,
        rounds: &Rounds,
        state: &mut State,
        thread: u64,
        now: i64,
        given: Result<Value>,
    ) -> (Result<Snapshot>, bool) {
        let held = given.map(|value| {
            let term = Term::of(&value, now);
            let value = Arc::new(value);
            Held { value, term }
        });
        match held {
            Ok(held) if !held.term.is_over(now) => {
                let fingerprint = held.value.fingerprint();
                let before = state.fingerprint.replace(fingerprint);
                state.failures = 0;
                rounds.quiet_until.store(i64::MIN, Ordering::Release);
                self.stripes().clear();
                let snapshot = Snapshot(self.stripes().put(thread, held.clone()));
                state.held = Some(held);
                (
                    Ok(snapshot),
                    before.is_some_and(|before| before != fingerprint),
                )
            }
            other => {
                let back_off = FIRST_BACK_OFF << state.failures.min(16);
                state.failures = state.failures.saturating_add(1);
                let retry_at = now.saturating_add(back_off.min(LONGEST_BACK_OFF));
                rounds.quiet_until.store(retry_at, Ordering::Release);
                let usable = state.held.as_ref().filter(|held| !held.term.is_over(now));
                // Values that came expired are for who waited, unless there are better ones.
                (
                    other.map(|expired| usable.cloned().unwrap_or(expired).into()),
                    false,
                )
            }
        }
    }

    /// What is held and can be used, by no lock but one that is free.
    pub(super) fn try_get(self: &Arc<Cache>, now: &dyn Fn() -> i64) -> Result<Snapshot> {
        let thread = thread_number();
        let stripes = self.stripes.get();
        let mine = stripes.and_then(|stripes| stripes.take(thread));
        let held = mine.or_else(|| self.take_other(thread));
        match held.as_ref().map(|held| held.term.need(now, 0)) {
            Some(Need::Nothing) => {}
            _ => _ = background::takes(self),
        }
        let usable = held.filter(|held| held.term.need(now, 0) != Need::Must);
        usable.map(Snapshot).ok_or_else(not_ready)
    }

    /// From the stripe of another thread, and into that of this one if that can be done at once.
    fn take_other(&self, thread: u64) -> Option<Counted<Held>> {
        let stripes = self.stripes.get()?;
        if let Some(state) = self.rounds().state.try_lock() {
            return state.held.clone().map(|held| stripes.put(thread, held));
        }
        stripes.take_any()
    }

    /// Asks the provider, whatever is held.
    pub(super) fn refresh(self: &Arc<Cache>, now: &dyn Fn() -> i64, wait: &dyn Wait) -> Result<()> {
        self.provider.expire();
        let rounds = self.rounds();
        loop {
            let state = rounds.state.lock();
            if let Some(outcome) = self.ask(rounds, state, thread_number(), now, wait) {
                return outcome.map(drop);
            }
        }
    }

    /// Asks the provider if it is time, on the background thread. In how many seconds to look again, if at all.
    pub(super) fn refresh_if_due(self: &Arc<Cache>) -> Option<i64> {
        let rounds = self.rounds();
        let clock = || self.now();
        // The program's clock is not called under a lock.
        let now = clock();
        let state = rounds.state.lock();
        let is_due = need_of(state.held.as_ref(), now, 0) != Need::Nothing;
        if is_due && state.round.is_none() && !rounds.is_quiet(now) {
            // A failure is told to whoever needs the values.
            drop(self.ask(rounds, state, thread_number(), &clock, &Patient));
        } else {
            drop(state);
        }
        let now = clock();
        let state = rounds.state.lock();
        if state.round.is_some() {
            return Some(1);
        }
        let refresh_at = state.held.as_ref()?.term.refresh_at();
        let next = refresh_at.max(rounds.quiet_until.load(Ordering::Acquire));
        (refresh_at != NEVER).then(|| next.saturating_sub(now))
    }

    /// Forgets what is held; with `used`, only if that is what is held.
    pub(super) fn expire(&self, used: Option<&Value>) {
        let rounds = self.rounds();
        let is_held = |state: &State| match (&state.held, used) {
            (Some(held), Some(used)) => held.value.has_keys_of(used),
            (None, Some(_)) => false,
            (_, None) => true,
        };
        if !is_held(&rounds.state.lock()) {
            return;
        }
        self.provider.expire();
        let mut state = rounds.state.lock();
        if !is_held(&state) {
            return;
        }
        // Dropped after the lock is given back: the last holder overwrites the secret.
        let _forgotten = state.held.take();
        state.failures = 0;
        if state.round.is_none() {
            rounds.quiet_until.store(i64::MIN, Ordering::Release);
        }
        if let Some(stripes) = self.stripes.get() {
            stripes.clear();
        }
        drop(state);
    }

    /// Forgets what is held if it never expires; else has the provider forget the like.
    pub(super) fn expire_lasting(&self) {
        let held = self.rounds().state.lock().held.clone();
        match held.filter(|held| held.expires_at == NEVER) {
            Some(held) => self.expire(Some(&held)),
            None => self.provider.expire(),
        }
    }

    /// Tells somebody whenever the keys have changed.
    pub(super) fn on_change(&self, call: Arc<OnChange>) {
        let rounds = self.rounds();
        let state = rounds.state.lock();
        let mut all = self
            .on_change
            .take()
            .map_or(Vec::new(), |all| Vec::clone(&all));
        all.push(call);
        drop(self.on_change.put(all));
        drop(state);
    }
}

impl From<Held> for Snapshot {
    fn from(held: Held) -> Snapshot {
        Snapshot::of(held)
    }
}

fn need_of(held: Option<&Held>, now: i64, asked: i64) -> Need {
    held.map_or(Need::Must, |held| held.term.need(|| now, asked))
}

fn asks_itself() -> Error {
    Error::new(
        Status::InvalidState,
        "InvalidState",
        "the credentials provider asked for the credentials that it is to give",
    )
}

fn not_ready() -> Error {
    Error::new(
        Status::Credentials,
        "CredentialsNotReady",
        "no valid credentials are held now",
    )
}

/// The right to ask the provider. Given back in any case, also when a provider panics: waiters must not wait for ever.
struct Turn<'a> {
    cache: &'a Arc<Cache>,
    round: Arc<Round>,
    clock: &'a dyn Fn() -> i64,
}

impl Turn<'_> {
    /// `given_up`: the caller alone has failed, and who waits for it asks in its place.
    fn end(&self, given: Result<Value>, given_up: bool) -> Result<Snapshot> {
        let cache = self.cache;
        // A provider that forked comes back in the child too, to a state of its own.
        let rounds = cache.rounds();
        let now = (self.clock)();
        let mut state = rounds.state.lock();
        let old = state.held.clone();
        let (outcome, changed) = cache.settle(rounds, &mut state, self.round.thread, now, given);
        // Set once: a turn ends once.
        let for_others = (!given_up).then(|| outcome.clone());
        drop(self.round.outcome.set(for_others));
        if state
            .round
            .as_ref()
            .is_some_and(|round| Arc::ptr_eq(round, &self.round))
        {
            state.round = None;
        }
        drop(state);
        rounds.changed.notify_all();
        drop(old);
        // Whether or not it takes them: they are refreshed in any case when somebody wants them.
        if outcome.is_ok() {
            background::takes(cache);
        }
        if let (true, Ok(snapshot), Some(all)) = (changed, &outcome, cache.on_change.take()) {
            all.iter().for_each(|call| call(snapshot));
        }
        outcome
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        if self.round.outcome.get().is_none() {
            let panicked = "the credentials provider panicked";
            let panicked = Error::new(Status::Internal, "InternalError", panicked);
            drop(self.end(Err(panicked), false));
        }
    }
}
