//! The 64 threads of credentials_cache.rs, for ThreadSanitizer: without the test harness, in which it sees races that are
//! none. See scripts/tsan.sh. With `planted` as its argument it has a race that must be found.
#![allow(
    unsafe_code,
    dead_code,
    unused_imports,
    reason = "a race takes unsafe code, and of the tests one is wanted"
)]

#[path = "credentials_cache.rs"]
mod cache;

use std::cell::UnsafeCell;

#[derive(Default)]
struct Racy(UnsafeCell<u64>);

// SAFETY: none: that is what is to be found.
unsafe impl Sync for Racy {}

impl Racy {
    fn count(&self) {
        // SAFETY: none.
        unsafe { *self.0.get() += 1 };
    }
}

fn main() {
    let planted = std::env::args().any(|argument| argument == "planted");
    let racy = Racy::default();
    cache::sixty_four_threads(10_000, || {
        if planted {
            racy.count();
        }
    });
}
