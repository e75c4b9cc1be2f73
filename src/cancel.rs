//! A switch by which one thread ends the waiting of others, and a deadline.

use crate::credentials::{Patient, Wait};
use crate::error::{Error, Result, Status};
use parking_lot::{Condvar, Mutex};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How long somebody who waits for something else can take to see that it was cancelled.
const SLICE: Duration = Duration::from_millis(10);

/// Cancels whatever waits with it, now or at a deadline. Shared between threads.
#[derive(Default)]
pub struct Cancel {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    canceled: bool,
    deadline: Option<Instant>,
}

impl State {
    fn given_up(&self, now: Instant) -> Option<Error> {
        if self.canceled {
            return Some(ended(Status::Canceled, "context canceled"));
        }
        let passed = self.deadline.is_some_and(|deadline| deadline <= now);
        passed.then(|| ended(Status::Timeout, "context deadline exceeded"))
    }
}

/// Go's error, whose cause tells the two ends apart.
fn ended(status: Status, why: &str) -> Error {
    Error::new(status, "RequestCanceled", "request context canceled")
        .with_cause(Error::new(status, "", why))
        .with_retryable(false)
}

impl Cancel {
    /// Cancels, for good.
    pub fn now(&self) {
        self.state.lock().canceled = true;
        self.changed.notify_all();
    }

    /// Sets the deadline, in place of any before it. One that is too far to be told is none.
    pub fn set_timeout(&self, timeout: Duration) {
        self.state.lock().deadline = Instant::now().checked_add(timeout);
        self.changed.notify_all();
    }

    /// The time until the deadline, where there is one.
    pub fn left(&self) -> Option<Duration> {
        let deadline = self.state.lock().deadline?;
        Some(deadline.saturating_duration_since(Instant::now()))
    }

    /// The error with which to stop, once it is cancelled or the deadline has passed.
    pub fn check(&self) -> Result<()> {
        self.state
            .lock()
            .given_up(Instant::now())
            .map_or(Ok(()), Err)
    }

    /// Sleeps. Ends at once, with the error of [`check`](Cancel::check), when it is cancelled or the deadline passes.
    pub fn sleep(&self, duration: Duration) -> Result<()> {
        let end = Instant::now().checked_add(duration);
        let mut state = self.state.lock();
        loop {
            let now = Instant::now();
            if let Some(error) = state.given_up(now) {
                return Err(error);
            }
            if end.is_some_and(|end| end <= now) {
                return Ok(());
            }
            match [end, state.deadline].into_iter().flatten().min() {
                Some(at) => drop(self.changed.wait_until(&mut state, at)),
                None => self.changed.wait(&mut state),
            }
        }
    }
}

impl std::fmt::Debug for Cancel {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "Cancel({})",
            if self.check().is_ok() {
                "not yet"
            } else {
                "now"
            }
        )
    }
}

/// Without one, a caller waits as long as it takes.
impl Wait for Option<Arc<Cancel>> {
    fn given_up(&self) -> Option<Error> {
        self.as_ref()?.check().err()
    }

    fn ask_again_at(&self) -> Instant {
        match self {
            Some(cancel) => Instant::now() + cancel.left().map_or(SLICE, |left| left.min(SLICE)),
            None => Patient.ask_again_at(),
        }
    }

    fn cancel(&self) -> Option<Arc<Cancel>> {
        self.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::credentials::{Credentials, NEVER, Value};
    use std::sync::mpsc::channel;

    fn status(result: Result<()>) -> Option<Status> {
        result.err().map(|error| error.status())
    }

    #[test]
    fn says_which_end_it_was() {
        let cancel = Cancel::default();
        assert_eq!(status(cancel.check()), None);
        cancel.set_timeout(Duration::ZERO);
        assert_eq!(status(cancel.check()), Some(Status::Timeout));
        cancel.set_timeout(Duration::from_secs(3600));
        assert_eq!(status(cancel.check()), None);
        cancel.set_timeout(Duration::MAX);
        assert_eq!(status(cancel.check()), None);
        cancel.now();
        assert_eq!(status(cancel.check()), Some(Status::Canceled));
        cancel.set_timeout(Duration::ZERO);
        assert_eq!(status(cancel.check()), Some(Status::Canceled));
    }

    #[test]
    fn a_sleep_ends_when_it_is_cancelled_and_not_before() {
        let cancel = Arc::new(Cancel::default());
        let begin = Instant::now();
        assert_eq!(status(cancel.sleep(Duration::from_millis(30))), None);
        assert!(begin.elapsed() >= Duration::from_millis(30));
        let sleeper = cancel.clone();
        let thread = std::thread::spawn(move || sleeper.sleep(Duration::MAX));
        std::thread::sleep(Duration::from_millis(20));
        cancel.now();
        assert_eq!(status(thread.join().unwrap()), Some(Status::Canceled));
    }

    #[test]
    fn a_sleep_ends_at_a_deadline_that_is_set_meanwhile() {
        let cancel = Arc::new(Cancel::default());
        let sleeper = cancel.clone();
        let thread = std::thread::spawn(move || sleeper.sleep(Duration::from_secs(3600)));
        std::thread::sleep(Duration::from_millis(20));
        cancel.set_timeout(Duration::from_millis(20));
        assert_eq!(status(thread.join().unwrap()), Some(Status::Timeout));
    }

    #[test]
    fn who_waits_for_the_thread_that_asks_is_freed_and_the_answer_is_kept() {
        let (asked, has_asked) = channel();
        let (answer, may_answer) = channel::<()>();
        let may_answer = Mutex::new(may_answer);
        let source = Arc::new(Credentials::provided(move || {
            asked.send(()).unwrap();
            may_answer.lock().recv().unwrap();
            Value::of_keys("AK", "SK", "", "Test")
        }));
        let first = source.clone();
        let asking = std::thread::spawn(move || first.get(&|| 0, 0, &Patient).map(drop));
        has_asked.recv().unwrap();
        let cancel = Arc::new(Cancel::default());
        let (second, switch) = (source.clone(), cancel.clone());
        let waiting = std::thread::spawn(move || second.get(&|| 0, 0, &Some(switch)).map(drop));
        std::thread::sleep(Duration::from_millis(30));
        let begin = Instant::now();
        cancel.now();
        assert_eq!(status(waiting.join().unwrap()), Some(Status::Canceled));
        assert!(begin.elapsed() < Duration::from_secs(2));
        answer.send(()).unwrap();
        assert_eq!(status(asking.join().unwrap()), None);
        assert_eq!(source.try_get(&|| 0).unwrap().expires_at, NEVER);
    }
}
