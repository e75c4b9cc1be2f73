//! Connecting and sending, in ways that the standard library does not have.
#![allow(unsafe_code, reason = "each block is one libc call with its reason")]

use std::io::{self, IoSlice};
use std::net::{SocketAddr, TcpStream};
use std::os::fd::{AsFd, AsRawFd, FromRawFd, OwnedFd};
use std::time::Duration;

/// Connects to an address, waiting as long at a time as `wait` says, until it says nothing.
///
/// The standard library's connect can't be ended by another thread.
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
            if poll(&socket, libc::POLLOUT, time)? != 0 {
                break;
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

/// Waits until the socket can be written, or read where `reading` asks for that too. Says whether it can be read but not
/// written.
pub(crate) fn wait_to_send(socket: impl AsFd, reading: bool, time: Duration) -> io::Result<bool> {
    let events = libc::POLLOUT | if reading { libc::POLLIN } else { 0 };
    Ok(poll(socket, events, time)? & events == libc::POLLIN)
}

/// What of the events, or of errors, there is; nothing at the end of the time or where a signal came.
fn poll(socket: impl AsFd, events: libc::c_short, time: Duration) -> io::Result<libc::c_short> {
    let milliseconds = libc::c_int::try_from(time.as_millis().max(1)).unwrap_or(libc::c_int::MAX);
    let mut entry = libc::pollfd {
        fd: socket.as_fd().as_raw_fd(),
        events,
        revents: 0,
    };
    // SAFETY: one live entry.
    match checked(unsafe { libc::poll(&raw mut entry, 1, milliseconds) }) {
        Err(error) if error.kind() != io::ErrorKind::Interrupted => Err(error),
        _ => Ok(entry.revents),
    }
}

fn checked(result: libc::c_int) -> io::Result<libc::c_int> {
    if result < 0 {
        Err(io::Error::last_os_error())
    } else {
        Ok(result)
    }
}

/// An address as the system has it.
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

/// Sends on a socket as `writev` does, but never waits, and without the SIGPIPE that ends a host program where the other
/// side has gone.
pub(crate) fn send(socket: impl AsFd, parts: &[IoSlice<'_>]) -> io::Result<usize> {
    const MOST_PARTS: usize = 16;
    let parts = parts.get(..MOST_PARTS).unwrap_or(parts);
    // SAFETY: an all-zero msghdr is valid: numbers and NULL pointers.
    let mut message: libc::msghdr = unsafe { std::mem::zeroed() };
    // IoSlice has the layout of iovec by its documentation. What is pointed to is only read.
    message.msg_iov = parts.as_ptr().cast_mut().cast();
    message.msg_iovlen = parts.len() as _;
    let socket = socket.as_fd().as_raw_fd();
    // SAFETY: the socket is open while it is borrowed, and the message points to live slices.
    let sent = unsafe { libc::sendmsg(socket, &message, libc::MSG_NOSIGNAL | libc::MSG_DONTWAIT) };
    usize::try_from(sent).map_err(|_| io::Error::last_os_error())
}
