//! One value for many readers, who write nothing that another thread reads.
//!
//! A reader needs a count on what it reads, and a count that all threads share costs more than anything else in a get.
//! So there are stripes, each on a cache line of its own with an object of its own, and a thread keeps to its stripe.
//!
//! A stripe is one word: the address of the object, and how many references were taken through the word. To take one is
//! to add one to the word, which gives the address and the reference in the same step, with no moment at which the
//! object could go away in between. Whoever empties the stripe moves the number into the object, where references are
//! given back. There is no lock: a reader never waits, also not in a child of fork() for a thread that it does not have.
#![allow(
    unsafe_code,
    reason = "an address with a count beside it is no reference that the language knows; a lock, which is, costs twice the time"
)]

use super::sync::{AtomicU64, Ordering};
use std::ops::Deref;
use std::ptr::NonNull;

/// How many references can be taken through a word before they must be moved into the object.
const COUNT_BITS: u32 = 14;
const COUNT_MASK: u64 = (1 << COUNT_BITS) - 1;
/// Moved from here on. Each thread that has seen the number moves it, so that the rest is room for this many threads
/// that were stopped between the two steps.
const FULL: u64 = 1 << (COUNT_BITS - 1);
/// Objects stand at multiples of this; what is left of a 57-bit address fits beside the count.
const ALIGN_BITS: u32 = 7;
/// What the stripe's own hold weighs in an object's count: more than can be given back while the stripe holds it.
const HELD: u64 = 1 << 40;

/// An object and the references to it. Alone on its cache lines.
#[repr(align(128))]
pub(crate) struct Node<T> {
    count: AtomicU64,
    value: T,
}

/// A counted reference.
pub(crate) struct Counted<T>(NonNull<Node<T>>);

// SAFETY: as of `Arc`: the value is shared between threads, and dropped on any of them.
unsafe impl<T: Send + Sync> Send for Counted<T> {}
// SAFETY: as above.
unsafe impl<T: Send + Sync> Sync for Counted<T> {}

impl<T> Counted<T> {
    /// A value with one reference.
    pub(crate) fn new(value: T) -> Counted<T> {
        Counted::with_count(value, 1)
    }

    fn with_count(value: T, count: u64) -> Counted<T> {
        let node = Node {
            count: AtomicU64::new(count),
            value,
        };
        Counted(NonNull::from(Box::leak(Box::new(node))))
    }

    fn node(&self) -> &Node<T> {
        // SAFETY: the node lives while there is a reference.
        unsafe { self.0.as_ref() }
    }

    /// Gives the reference away as a pointer; [`from_raw`](Counted::from_raw) takes it back.
    pub(crate) fn into_raw(self) -> *const Node<T> {
        let pointer = self.0;
        std::mem::forget(self);
        pointer.as_ptr()
    }

    /// Takes back what [`into_raw`](Counted::into_raw) gave away.
    ///
    /// # Safety
    /// The pointer is from there, and stands for a reference that nobody else takes back.
    pub(crate) unsafe fn from_raw(pointer: *const Node<T>) -> Option<Counted<T>> {
        NonNull::new(pointer.cast_mut()).map(Counted)
    }
}

impl<T> Clone for Counted<T> {
    fn clone(&self) -> Counted<T> {
        self.node().count.fetch_add(1, Ordering::Relaxed);
        Counted(self.0)
    }
}

impl<T> Drop for Counted<T> {
    fn drop(&mut self) {
        if self.node().count.fetch_sub(1, Ordering::AcqRel) == 1 {
            // SAFETY: that was the last reference, and no stripe holds the node.
            drop(unsafe { Box::from_raw(self.0.as_ptr()) });
        }
    }
}

impl<T> Deref for Counted<T> {
    type Target = T;
    fn deref(&self) -> &T {
        self.node()
    }
}

impl<T> Deref for Node<T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.value
    }
}

/// One word.
pub(super) struct Stripe<T> {
    word: AtomicU64,
    of: std::marker::PhantomData<Counted<T>>,
}

fn word_of<T>(node: NonNull<Node<T>>) -> u64 {
    let address = node.as_ptr().expose_provenance() as u64;
    (address >> ALIGN_BITS) << COUNT_BITS
}

fn node_of<T>(word: u64) -> Option<NonNull<Node<T>>> {
    let address = (word >> COUNT_BITS) << ALIGN_BITS;
    NonNull::new(std::ptr::with_exposed_provenance_mut(address as usize))
}

impl<T> Stripe<T> {
    pub(super) fn new() -> Stripe<T> {
        Stripe {
            word: AtomicU64::new(0),
            of: std::marker::PhantomData,
        }
    }

    /// A reference to what the stripe has.
    #[inline]
    pub(super) fn take(&self) -> Option<Counted<T>> {
        // An empty stripe is only looked at: what is added to its word is lost.
        node_of::<T>(self.word.load(Ordering::Relaxed))?;
        let before = self.word.fetch_add(1, Ordering::Acquire);
        let reference = Counted(node_of(before)?);
        if (before & COUNT_MASK) + 1 >= FULL {
            self.move_count(&reference);
        }
        Some(reference)
    }

    /// Moves what was taken through the word into the object, unless somebody else has.
    #[cold]
    fn move_count(&self, reference: &Counted<T>) {
        let count = &reference.node().count;
        count.fetch_add(FULL, Ordering::Relaxed);
        let moved = self
            .word
            .fetch_update(Ordering::AcqRel, Ordering::Relaxed, |word| {
                let same = node_of::<T>(word) == Some(reference.0);
                (same && word & COUNT_MASK >= FULL).then(|| word - FULL)
            });
        if moved.is_err() {
            // Not the last: the caller has one.
            count.fetch_sub(FULL, Ordering::AcqRel);
        }
    }

    /// Puts a value in, and gives a reference to it. One caller at a time.
    pub(super) fn put(&self, value: T) -> Counted<T> {
        let reference = Counted::with_count(value, HELD + 1);
        let before = self.word.swap(word_of(reference.0), Ordering::AcqRel);
        drop(let_go::<T>(before));
        reference
    }

    /// Takes away what it has.
    pub(super) fn clear(&self) {
        drop(let_go::<T>(self.word.swap(0, Ordering::AcqRel)));
    }
}

/// Ends the hold of a stripe that had this word, for one reference in its place.
fn let_go<T>(word: u64) -> Option<Counted<T>> {
    let node = node_of::<T>(word)?;
    let reference = Counted(node);
    let taken = word & COUNT_MASK;
    reference
        .node()
        .count
        .fetch_sub(HELD - taken - 1, Ordering::AcqRel);
    Some(reference)
}

impl<T> Drop for Stripe<T> {
    fn drop(&mut self) {
        self.clear();
    }
}

#[cfg(not(session_loom))]
const STRIPES: usize = 32;
#[cfg(session_loom)]
const STRIPES: usize = 2;

/// A stripe that is alone on its cache lines; processors fetch them in pairs.
#[repr(align(128))]
struct Alone<T>(Stripe<T>);

/// A value, or none, in stripes.
pub(super) struct Striped<T> {
    stripes: [Alone<T>; STRIPES],
}

impl<T> Striped<T> {
    pub(super) fn new() -> Striped<T> {
        Striped {
            stripes: std::array::from_fn(|_| Alone(Stripe::new())),
        }
    }

    fn mine(&self, thread: u64) -> &Stripe<T> {
        // Always there: the remainder is less than the length.
        let [first, ..] = &self.stripes;
        let index = thread as usize % STRIPES;
        &self.stripes.get(index).unwrap_or(first).0
    }

    /// What the stripe of this thread has. Nothing does not mean that no stripe has any.
    #[inline]
    pub(super) fn take(&self, thread: u64) -> Option<Counted<T>> {
        self.mine(thread).take()
    }

    /// What any stripe has.
    pub(super) fn take_any(&self) -> Option<Counted<T>> {
        self.stripes.iter().find_map(|stripe| stripe.0.take())
    }

    /// Gives the stripe of this thread the value. Under the lock of whoever decides what the value is.
    pub(super) fn put(&self, thread: u64, value: T) -> Counted<T> {
        self.mine(thread).put(value)
    }

    /// Takes the value away from all stripes. Under the same lock.
    pub(super) fn clear(&self) {
        self.stripes.iter().for_each(|stripe| stripe.0.clear());
    }
}

#[cfg(test)]
#[cfg(not(session_loom))]
mod tests {
    use super::*;
    use std::sync::Arc;

    #[test]
    fn each_reference_is_counted_once() {
        let value = Arc::new(7);
        let striped = Striped::new();
        assert!(striped.take(1).is_none());
        drop(striped.put(1, value.clone()));
        assert!(striped.take(2).is_none());
        // Far more than a word can count.
        let taken: Vec<_> = (0..100_000).map(|_| striped.take(1).unwrap()).collect();
        assert_eq!(Arc::strong_count(&value), 2);
        let (some, rest) = taken.split_at(50_000);
        drop(some[0].clone());
        drop(striped.put(1, Arc::new(8)));
        assert_eq!(Arc::strong_count(&value), 2);
        assert_eq!((**rest[0], **striped.take_any().unwrap()), (7, 8));
        drop(taken);
        assert_eq!(Arc::strong_count(&value), 1);
        striped.clear();
        assert!(striped.take_any().is_none());
        let last = striped.put(3, value.clone());
        drop(striped);
        assert_eq!(Arc::strong_count(&value), 2);
        drop(last);
        assert_eq!(Arc::strong_count(&value), 1);
    }

    #[test]
    fn threads_take_while_another_puts() {
        let values: Vec<_> = (0..200).map(Arc::new).collect();
        let striped = Striped::<Arc<i32>>::new();
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    let mut last = 0;
                    while last < 199 {
                        // All on one stripe.
                        if let Some(value) = striped.take(0) {
                            assert!(**value >= last);
                            last = **value;
                        }
                        std::thread::yield_now();
                    }
                });
            }
            for value in &values {
                drop(striped.put(0, value.clone()));
                std::thread::yield_now();
            }
        });
        drop(striped);
        assert!(values.iter().all(|value| Arc::strong_count(value) == 1));
    }
}
