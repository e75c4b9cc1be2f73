//! What the credentials are synchronised by.
//!
//! The standard library's locks keep nothing outside themselves, so that a child of fork() can leave those of its parent
//! behind. Under the model checker and ThreadSanitizer they are replaced by ones that these can see into.

#[cfg(not(session_loom))]
pub(super) use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

#[cfg(session_loom)]
pub(super) use loom::sync::atomic::{AtomicI64, AtomicU64, Ordering};

#[cfg(session_loom)]
use loom::sync as of;
#[cfg(not(any(session_loom, session_tsan)))]
use std::sync as of;

use std::time::Instant;

#[cfg(not(session_tsan))]
mod locks {
    use super::{Instant, of};
    use std::sync::PoisonError;

    pub(in crate::credentials) type Guard<'a, T> = of::MutexGuard<'a, T>;

    /// A lock that a panic does not poison: what it guards is changed in steps that cannot panic.
    pub(in crate::credentials) struct Mutex<T>(of::Mutex<T>);

    impl<T> Mutex<T> {
        pub(in crate::credentials) fn new(value: T) -> Mutex<T> {
            Mutex(of::Mutex::new(value))
        }

        pub(in crate::credentials) fn lock(&self) -> Guard<'_, T> {
            self.0.lock().unwrap_or_else(PoisonError::into_inner)
        }

        pub(in crate::credentials) fn try_lock(&self) -> Option<Guard<'_, T>> {
            self.0.try_lock().ok()
        }
    }

    /// Where threads wait for a change of what a lock guards.
    pub(in crate::credentials) struct Condvar(of::Condvar);

    impl Condvar {
        pub(in crate::credentials) fn new() -> Condvar {
            Condvar(of::Condvar::new())
        }

        pub(in crate::credentials) fn notify_all(&self) {
            self.0.notify_all();
        }

        /// Waits until a notification or the moment, or for no reason.
        pub(in crate::credentials) fn wait_until<'a, T>(
            &self,
            guard: Guard<'a, T>,
            at: Instant,
        ) -> Guard<'a, T> {
            let left = at.saturating_duration_since(Instant::now());
            let waited = self.0.wait_timeout(guard, left);
            waited.unwrap_or_else(PoisonError::into_inner).0
        }
    }
}

#[cfg(session_tsan)]
mod locks {
    use super::Instant;

    pub(in crate::credentials) type Guard<'a, T> = parking_lot::MutexGuard<'a, T>;

    pub(in crate::credentials) struct Mutex<T>(parking_lot::Mutex<T>);

    impl<T> Mutex<T> {
        pub(in crate::credentials) fn new(value: T) -> Mutex<T> {
            Mutex(parking_lot::Mutex::new(value))
        }

        pub(in crate::credentials) fn lock(&self) -> Guard<'_, T> {
            self.0.lock()
        }

        pub(in crate::credentials) fn try_lock(&self) -> Option<Guard<'_, T>> {
            self.0.try_lock()
        }
    }

    pub(in crate::credentials) struct Condvar(parking_lot::Condvar);

    impl Condvar {
        pub(in crate::credentials) fn new() -> Condvar {
            Condvar(parking_lot::Condvar::new())
        }

        pub(in crate::credentials) fn notify_all(&self) {
            self.0.notify_all();
        }

        pub(in crate::credentials) fn wait_until<'a, T>(
            &self,
            mut guard: Guard<'a, T>,
            at: Instant,
        ) -> Guard<'a, T> {
            self.0.wait_until(&mut guard, at);
            guard
        }
    }
}

pub(super) use locks::{Condvar, Guard, Mutex};

/// A number for the calling thread, which no other thread of the process has; from 1.
#[cfg(not(session_loom))]
pub(super) fn thread_number() -> u64 {
    use std::cell::Cell;
    static LAST: AtomicU64 = AtomicU64::new(0);
    // Without a destructor: nothing of ours is to run when a thread of the host ends.
    thread_local!(static MINE: Cell<u64> = const { Cell::new(0) });
    MINE.with(|mine| {
        if mine.get() == 0 {
            mine.set(LAST.fetch_add(1, Ordering::Relaxed) + 1);
        }
        mine.get()
    })
}

#[cfg(session_loom)]
pub(super) fn thread_number() -> u64 {
    use std::hash::{DefaultHasher, Hash, Hasher};
    let mut hasher = DefaultHasher::new();
    loom::thread::current().id().hash(&mut hasher);
    hasher.finish() | 1
}
