//! What a child of fork() must not share with its parent.
//!
//! A lock that another thread held when the process forked stays locked in the child for ever, and work that was under
//! way there never ends. So each process has its own, made when it first asks; its parent's is left as it is.

use super::sync::{Guard, Mutex};
use once_cell::race::OnceBox;

/// One value for each process that came to ask.
pub(super) struct PerProcess<T>(OnceBox<Link<T>>);

struct Link<T> {
    process: u32,
    value: T,
    /// Of the process that was forked from this one.
    child: PerProcess<T>,
}

impl<T> PerProcess<T> {
    pub(super) const fn new() -> PerProcess<T> {
        PerProcess(OnceBox::new())
    }

    /// The value of this process. `make` is given that of the parent; in a race what one thread made may be dropped.
    pub(super) fn get(&self, make: impl Fn(Option<&T>) -> T) -> &T {
        let process = std::process::id();
        let mut place = self;
        let mut parent = None;
        loop {
            let link = place.0.get_or_init(|| {
                Box::new(Link {
                    process,
                    value: make(parent),
                    child: PerProcess::new(),
                })
            });
            if link.process == process {
                return &link.value;
            }
            (place, parent) = (&link.child, Some(&link.value));
        }
    }
}

impl<T: Clone + Default> PerProcess<Mutex<T>> {
    /// Locks the value of this process. A child begins with what its parent had, unless a thread was just at it.
    pub(super) fn lock(&self) -> Guard<'_, T> {
        let mine = self.get(|parent| {
            let before = parent.and_then(Mutex::try_lock);
            Mutex::new(before.map_or_else(T::default, |before| before.clone()))
        });
        mine.lock()
    }
}

#[cfg(all(test, not(session_loom)))]
mod tests {
    use super::*;

    #[allow(unsafe_code, reason = "the standard library has no fork()")]
    fn holds_in_child(check: impl FnOnce() -> bool) -> bool {
        // SAFETY: the child does no more than the check before it ends.
        match unsafe { libc::fork() } {
            0 => {
                // SAFETY: what waits for ever is ended.
                unsafe { libc::alarm(10) };
                let code = i32::from(!check());
                // SAFETY: nothing of the test's runs in the child after this.
                unsafe { libc::_exit(code) }
            }
            child => {
                let mut status = -1;
                // SAFETY: the status has a place.
                unsafe { libc::waitpid(child, &raw mut status, 0) };
                status == 0
            }
        }
    }

    #[test]
    fn a_child_waits_for_no_lock_of_its_parent() {
        let shared = PerProcess::<Mutex<u32>>::new();
        *shared.lock() = 7;
        assert!(holds_in_child(|| *shared.lock() == 7));
        let held = shared.lock();
        // Who holds it in the parent is not there to give it back.
        assert!(holds_in_child(|| *shared.lock() == 0));
        assert!(*held == 7);
    }
}
