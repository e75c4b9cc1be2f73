//! The getters of headers, for all that has some.

use super::guard::guard_value;
use super::strings::text;
use crate::sign::Signed;
use crate::transport::Header;
use std::ffi::c_char;
use std::ptr::null;

/// Has headers, in an order.
pub(super) trait HasHeaders {
    /// How many.
    fn count(&self) -> usize;
    /// Name and value of one, each with a NUL behind it.
    fn at(&self, index: usize) -> Option<[&str; 2]>;
}

impl HasHeaders for [Header] {
    fn count(&self) -> usize {
        self.len()
    }
    fn at(&self, index: usize) -> Option<[&str; 2]> {
        let Header { name, value } = self.get(index)?;
        Some([name, value].map(|text| text.as_str_with_nul()))
    }
}

impl HasHeaders for Signed {
    fn count(&self) -> usize {
        self.header_count()
    }
    fn at(&self, index: usize) -> Option<[&str; 2]> {
        let (name, value) = self.header(index)?;
        Some([name, value].map(|text| text.as_str_with_nul()))
    }
}

/// How many there are; 0 for nothing.
pub(super) fn count<H: HasHeaders + ?Sized>(of: Option<&H>) -> usize {
    of.map_or(0, H::count)
}

/// The name of one; NULL where there is none.
pub(super) fn name<H: HasHeaders + ?Sized>(of: Option<&H>, index: usize) -> *const c_char {
    let header = of.and_then(|of| of.at(index));
    header.map_or(null(), |[name, _]| name.as_ptr().cast())
}

/// The value of one; NULL where there is none.
pub(super) fn value<H: HasHeaders + ?Sized>(of: Option<&H>, index: usize) -> *const c_char {
    let header = of.and_then(|of| of.at(index));
    header.map_or(null(), |[_, value]| value.as_ptr().cast())
}

/// The value of the first of a name, which may be NULL; NULL where there is none.
pub(super) unsafe fn named<H: HasHeaders + ?Sized>(
    of: Option<&H>,
    name: *const c_char,
) -> *const c_char {
    guard_value(null(), || {
        // SAFETY: NULL or a text.
        let (Some(of), Ok(wanted)) = (of, unsafe { text(name, "name") }) else {
            return null();
        };
        let is_wanted = |name: &str| {
            name.strip_suffix('\0')
                .is_some_and(|name| name.eq_ignore_ascii_case(wanted))
        };
        let mut headers = (0..of.count()).filter_map(|index| of.at(index));
        let found = headers.find(|[name, _]| is_wanted(name));
        found.map_or(null(), |[_, value]| value.as_ptr().cast())
    })
}
