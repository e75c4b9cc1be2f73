//! Any sequence of calls of the C functions.
#![no_main]

use libfuzzer_sys::fuzz_target;
// Its functions are called from C alone.
use session as _;

#[link(name = "c_calls_steps", kind = "static")]
unsafe extern "C" {
    fn c_calls(data: *const u8, size: usize);
}

fuzz_target!(|data: &[u8]| {
    // SAFETY: the bytes are there as long as the call takes.
    unsafe { c_calls(data.as_ptr(), data.len()) }
});
