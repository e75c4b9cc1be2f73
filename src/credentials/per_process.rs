//! What a child of fork() must not share with its parent.
//!
//! A lock that another thread held when the process forked stays locked in the child for ever, and work that was under
//! way there never ends. So each process has its own, made when it first asks; its parent's is left as it is.

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
