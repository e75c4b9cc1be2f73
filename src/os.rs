//! The system calls that the standard library does not have. The only unsafe code outside the C interface.
#![allow(unsafe_code, reason = "each block is one libc call with its reason")]

use std::ffi::CStr;
use std::io;
use std::net::{SocketAddr, TcpStream};
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;
use std::time::Duration;

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

/// Connects to an address, waiting as long at a time as `wait` says, until it says nothing.
///
/// The standard library's connect can't be ended by another thread.
#[cfg(feature = "http")]
pub(crate) fn connect(
    address: &SocketAddr,
    mut wait: impl FnMut() -> Option<Duration>,
) -> io::Result<Option<TcpStream>> {
    let (storage, length) = raw_address(address);
    let family = libc::c_int::from(storage.ss_family);
    let kind = libc::SOCK_STREAM | libc::SOCK_CLOEXEC | libc::SOCK_NONBLOCK;
    // SAFETY: no pointers.
    let descriptor = checked(unsafe { libc::socket(family, kind, 0) })?;
    // SAFETY: a descriptor that was just opened and that nobody else owns.
    let socket = unsafe { OwnedFd::from_raw_fd(descriptor) };
    // SAFETY: the storage is live, and the length is that of the address in it.
    let begun = unsafe { libc::connect(descriptor, (&raw const storage).cast(), length) };
    if begun != 0 {
        let error = io::Error::last_os_error();
        if !matches!(error.raw_os_error(), Some(libc::EINPROGRESS | libc::EINTR)) {
            return Err(error);
        }
        loop {
            let Some(time) = wait() else { return Ok(None) };
            let milliseconds =
                libc::c_int::try_from(time.as_millis().max(1)).unwrap_or(libc::c_int::MAX);
            let mut poll = libc::pollfd {
                fd: socket.as_raw_fd(),
                events: libc::POLLOUT,
                revents: 0,
            };
            // SAFETY: one live entry.
            match unsafe { libc::poll(&raw mut poll, 1, milliseconds) } {
                0 => {}
                1.. => break,
                _ => {
                    let error = io::Error::last_os_error();
                    if error.kind() != io::ErrorKind::Interrupted {
                        return Err(error);
                    }
                }
            }
        }
    }
    let stream = TcpStream::from(socket);
    if let Some(error) = stream.take_error()? {
        return Err(error);
    }
    stream.set_nonblocking(false)?;
    Ok(Some(stream))
}

#[cfg(feature = "http")]
fn checked(result: libc::c_int) -> io::Result<libc::c_int> {
    if result < 0 {
        Err(io::Error::last_os_error())
    } else {
        Ok(result)
    }
}

/// An address as the system has it.
#[cfg(feature = "http")]
fn raw_address(address: &SocketAddr) -> (libc::sockaddr_storage, libc::socklen_t) {
    // SAFETY: all zero is valid for an address of any family.
    let mut storage: libc::sockaddr_storage = unsafe { std::mem::zeroed() };
    let length = match address {
        SocketAddr::V4(v4) => {
            let raw = libc::sockaddr_in {
                sin_family: libc::AF_INET as libc::sa_family_t,
                sin_port: v4.port().to_be(),
                sin_addr: libc::in_addr {
                    s_addr: u32::from_ne_bytes(v4.ip().octets()),
                },
                sin_zero: [0; 8],
            };
            // SAFETY: the storage is large enough for an address of any family, and aligned for it.
            unsafe { (&raw mut storage).cast::<libc::sockaddr_in>().write(raw) };
            size_of::<libc::sockaddr_in>()
        }
        SocketAddr::V6(v6) => {
            let raw = libc::sockaddr_in6 {
                sin6_family: libc::AF_INET6 as libc::sa_family_t,
                sin6_port: v6.port().to_be(),
                sin6_flowinfo: v6.flowinfo(),
                sin6_addr: libc::in6_addr {
                    s6_addr: v6.ip().octets(),
                },
                sin6_scope_id: v6.scope_id(),
            };
            // SAFETY: as above.
            unsafe { (&raw mut storage).cast::<libc::sockaddr_in6>().write(raw) };
            size_of::<libc::sockaddr_in6>()
        }
    };
    (storage, libc::socklen_t::try_from(length).unwrap_or(0))
}
