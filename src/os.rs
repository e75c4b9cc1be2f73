//! The system calls that the standard library does not have. The only unsafe code outside the C interface but for
//! `credentials/striped.rs`.
#![allow(unsafe_code, reason = "each block is one libc call with its reason")]

mod process;
#[cfg(feature = "http")]
mod socket;

pub(crate) use process::{execute_detached, kill_group, process_end, readable};
#[cfg(feature = "http")]
pub(crate) use socket::{connect, send, wait_to_send};

use std::ffi::CStr;
use std::fs::File;
use std::hash::{BuildHasher, RandomState};
use std::mem::ManuallyDrop;
use std::os::fd::FromRawFd;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;
use std::time::Instant;

unsafe extern "C" {
    /// The environment of the process, a list that ends in NULL; POSIX declares it in no header.
    static environ: *const *const libc::c_char;
}

/// Calls `visit` with each `NAME=value` of the process's environment, in one pass.
///
/// Like getenv(), it must not run while another thread changes the environment; a host that does that gives its sessions
/// an environment of their own.
pub(crate) fn each_environment_entry(mut visit: impl FnMut(&[u8])) {
    // SAFETY: `environ` is set up before any code of ours runs; it may be NULL after clearenv().
    let mut entry = unsafe { environ };
    while !entry.is_null() {
        // SAFETY: the list is readable up to and including its NULL.
        let text = unsafe { *entry };
        if text.is_null() {
            return;
        }
        // SAFETY: each entry is a C string.
        visit(unsafe { CStr::from_ptr(text) }.to_bytes());
        // SAFETY: this entry was not the NULL, so there is a next one.
        entry = unsafe { entry.add(1) };
    }
}

/// Whether the kernel says that this program has more rights than its caller (setuid and the like).
pub(crate) fn is_privileged() -> bool {
    // SAFETY: getauxval() only reads what the kernel gave the process.
    unsafe { libc::getauxval(libc::AT_SECURE) != 0 }
}

/// The home folder of the user, by the user database.
pub(crate) fn home_of_user() -> Option<PathBuf> {
    let mut buffer = vec![0u8; 1024];
    loop {
        // SAFETY: an all-zero passwd is valid: numbers and NULL pointers.
        let mut entry: libc::passwd = unsafe { std::mem::zeroed() };
        let mut found: *mut libc::passwd = std::ptr::null_mut();
        // SAFETY: getuid() has no preconditions.
        let user = unsafe { libc::getuid() };
        // SAFETY: the pointers are to live locals, and the length is the buffer's.
        let result = unsafe {
            libc::getpwuid_r(
                user,
                &mut entry,
                buffer.as_mut_ptr().cast(),
                buffer.len(),
                &mut found,
            )
        };
        if result == libc::ERANGE && buffer.len() < 1 << 20 {
            buffer.resize(buffer.len() * 2, 0);
            continue;
        }
        if result != 0 || found.is_null() || entry.pw_dir.is_null() {
            return None;
        }
        // SAFETY: the call succeeded, so `pw_dir` is a C string inside the buffer.
        let home = unsafe { CStr::from_ptr(entry.pw_dir) }.to_bytes();
        return (!home.is_empty()).then(|| PathBuf::from(std::ffi::OsStr::from_bytes(home)));
    }
}

/// The time in Unix seconds, from the clock that is cheapest to read: some milliseconds late.
pub(crate) fn coarse_seconds() -> i64 {
    #[cfg(any(target_os = "linux", target_os = "android"))]
    const CLOCK: libc::clockid_t = libc::CLOCK_REALTIME_COARSE;
    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    const CLOCK: libc::clockid_t = libc::CLOCK_REALTIME;
    let mut time = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: the pointer is to a live local.
    unsafe { libc::clock_gettime(CLOCK, &mut time) };
    #[allow(clippy::unnecessary_cast, reason = "it is narrower on some systems")]
    let seconds = time.tv_sec as i64;
    seconds
}

/// Bits by chance, in a child of fork() others than in its parent and in its other children.
pub(crate) fn random() -> u128 {
    let mut bytes = [0; size_of::<u128>()];
    // SAFETY: the buffer has as many bytes as are said.
    match unsafe { libc::getentropy(bytes.as_mut_ptr().cast(), bytes.len()) } {
        0 => u128::from_ne_bytes(bytes),
        // A kernel that has no such call: what differs from process to process, and from time to time.
        _ => {
            let (state, now) = (RandomState::new(), Instant::now());
            let half = |half: u8| u128::from(state.hash_one((std::process::id(), now, half)));
            half(0) << 64 | half(1)
        }
    }
}

/// Standard input without a buffer: what is not read stays where it is, for the host.
pub(crate) fn stdin() -> ManuallyDrop<File> {
    // SAFETY: it is the process's, which this never closes.
    ManuallyDrop::new(unsafe { File::from_raw_fd(libc::STDIN_FILENO) })
}

/// Does something, such as starting a thread, while the calling thread takes no signals.
pub(crate) fn without_signals<T>(action: impl FnOnce() -> T) -> T {
    // SAFETY: an all-zero set is a valid place for one.
    let (mut all, mut before): (libc::sigset_t, libc::sigset_t) = unsafe { std::mem::zeroed() };
    // SAFETY: the pointer is to a live local.
    unsafe { libc::sigfillset(&mut all) };
    // SAFETY: the pointers are to live locals.
    let changed = unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, &all, &mut before) } == 0;
    let result = action();
    if changed {
        // SAFETY: the set is what the call above gave.
        unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, &before, std::ptr::null_mut()) };
    }
    result
}
