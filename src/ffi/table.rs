//! Tables of callbacks, which begin with their size so that they can grow.

use super::handle::null;
use crate::error::{Error, Result};
use std::mem::MaybeUninit;

/// A table of the interface.
///
/// # Safety
///
/// The type is `repr(C)`, begins with its size as `usize`, and all zero is a valid value of it.
pub(crate) unsafe trait Table {
    /// The size that it had when it was first published. Tables of programs are never smaller.
    const FIRST_SIZE: usize;
}

/// Copies what both sides know of a table; what only this side knows is zero.
///
/// A table that is too small is not looked into: what is in it stays the caller's.
pub(crate) unsafe fn read<T: Table>(table: *const T, argument: &str) -> Result<T> {
    if table.is_null() {
        return Err(null(argument));
    }
    // SAFETY: not NULL, and every table begins with its size.
    let size = unsafe { table.cast::<usize>().read() };
    if size < T::FIRST_SIZE {
        let why = format!(
            "has `size` {size}, less than any version of it had ({}): set it to the sizeof of its type",
            T::FIRST_SIZE
        );
        return Err(Error::argument(argument, why));
    }
    let mut known = MaybeUninit::<T>::zeroed();
    let length = size.min(size_of::<T>());
    // SAFETY: the caller promises `size` bytes, and `known` has room for its own.
    unsafe {
        table
            .cast::<u8>()
            .copy_to_nonoverlapping(known.as_mut_ptr().cast(), length)
    };
    // SAFETY: all zero is valid by the trait's promise; the rest comes from a value of the type.
    Ok(unsafe { known.assume_init() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[repr(C)]
    #[derive(Debug, PartialEq)]
    struct Grown {
        size: usize,
        first: usize,
        second: usize,
    }
    // SAFETY: numbers alone.
    unsafe impl Table for Grown {
        const FIRST_SIZE: usize = 2 * size_of::<usize>();
    }

    #[test]
    fn what_an_older_program_does_not_know_is_zero() {
        let table = Grown {
            size: Grown::FIRST_SIZE,
            first: 1,
            second: 2,
        };
        // SAFETY: a table.
        assert_eq!(unsafe { read(&table, "table") }.unwrap().second, 0);
    }

    #[test]
    fn what_a_newer_program_knows_more_is_passed_over() {
        let table = [
            Grown {
                size: size_of::<[Grown; 2]>(),
                first: 1,
                second: 2,
            },
            Grown {
                size: 3,
                first: 3,
                second: 3,
            },
        ];
        // SAFETY: a table.
        let read = unsafe { read(table.as_ptr(), "table") }.unwrap();
        assert_eq!(read, table[0]);
    }

    #[test]
    fn a_table_that_is_too_small_is_refused_by_name() {
        for size in [0, 1, Grown::FIRST_SIZE - 1] {
            let table = Grown {
                size,
                first: 1,
                second: 2,
            };
            // SAFETY: a table.
            let error = unsafe { read(&table, "grown") }.unwrap_err();
            assert!(error.message().starts_with("`grown` has `size` "));
        }
    }
}
