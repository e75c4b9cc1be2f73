//! A TCP connection whose every wait has an end.

use super::fault::{Fault, Kind};
use crate::transport::Timeouts;
use std::io::{self, ErrorKind, IoSlice, Read, Write};
use std::net::{SocketAddr, TcpStream, ToSocketAddrs};
use std::time::{Duration, Instant};

/// Until when reads and writes may wait.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// Each single wait.
    pub(super) idle: Duration,
    /// All of them; `None`: no end.
    pub(super) deadline: Option<Instant>,
}

impl Limits {
    /// The limits of a request that starts now.
    pub(super) fn of(timeouts: &Timeouts) -> Limits {
        Limits {
            idle: timeouts.idle,
            deadline: Instant::now().checked_add(timeouts.total),
        }
    }

    /// These limits for a step that must be done within `duration`.
    pub(super) fn within(self, duration: Duration) -> Limits {
        let step = Instant::now().checked_add(duration);
        let deadline = match (self.deadline, step) {
            (Some(deadline), Some(step)) => Some(deadline.min(step)),
            (deadline, step) => deadline.or(step),
        };
        Limits { deadline, ..self }
    }

    /// How long a wait that started at `started` may still take; `None`: it is over.
    fn left(&self, started: Instant) -> Option<Duration> {
        let idle = self.idle.checked_sub(started.elapsed())?;
        let left = match self.deadline {
            Some(deadline) => idle.min(deadline.checked_duration_since(Instant::now())?),
            None => idle,
        };
        (!left.is_zero()).then_some(left)
    }
}

/// A TCP connection.
#[derive(Debug)]
pub(super) struct Socket {
    stream: TcpStream,
    /// The other side, for messages.
    peer: String,
    pub(super) limits: Limits,
    /// What the kernel was told, to tell it only what changes.
    read_timeout: Option<Duration>,
    write_timeout: Option<Duration>,
    /// In a probe nothing waits.
    probing: bool,
}

impl Socket {
    /// Connects to the first address of the host that answers.
    pub(super) fn connect(
        host: &str,
        port: u16,
        limits: Limits,
        within: Duration,
    ) -> Result<Socket, Fault> {
        let peer = format!("{host}:{port}");
        // A literal IPv6 address stands in brackets, which the resolver does not know.
        let name = host
            .strip_prefix('[')
            .and_then(|host| host.strip_suffix(']'))
            .unwrap_or(host);
        let addresses: Vec<SocketAddr> = (name, port)
            .to_socket_addrs()
            .map_err(|error| {
                Fault::other(format!("the name `{host}` could not be looked up: {error}"))
            })?
            .collect();
        let limits_of_connect = limits.within(within);
        let mut fault = Fault::other(format!("the name `{host}` has no address"));
        for (tried, address) in addresses.iter().enumerate() {
            let Some(left) = limits_of_connect.left(Instant::now()) else {
                return Err(Fault::new(
                    Kind::Timeout,
                    format!("connecting to `{peer}` took too long"),
                ));
            };
            // An address that does not answer must leave time for the others.
            let others = tried + 1 < addresses.len();
            let left = if others { left / 2 } else { left };
            match TcpStream::connect_timeout(address, left.max(Duration::from_millis(1))) {
                Ok(stream) => {
                    // Costs latency if it fails, nothing else.
                    let _ = stream.set_nodelay(true);
                    let (read_timeout, write_timeout) = (None, None);
                    return Ok(Socket {
                        stream,
                        peer,
                        limits,
                        read_timeout,
                        write_timeout,
                        probing: false,
                    });
                }
                Err(error) if error.kind() == ErrorKind::TimedOut => {
                    fault = Fault::new(
                        Kind::Timeout,
                        format!("connecting to `{peer}` ({address}) took too long"),
                    );
                }
                Err(error) => {
                    fault = Fault::other(format!("connecting to `{peer}` ({address}): {error}"))
                }
            }
        }
        Err(fault)
    }

    /// The other side, for messages.
    pub(super) fn peer(&self) -> &str {
        &self.peer
    }

    /// Runs `probe` with reads that never wait, and says whether it could.
    pub(super) fn set_probing(&mut self, probing: bool) -> io::Result<()> {
        self.probing = probing;
        self.stream.set_nonblocking(probing)
    }

    fn timeout(&self, doing: &str) -> io::Error {
        Fault::new(
            Kind::Timeout,
            format!("{doing} `{}` took too long", self.peer),
        )
        .into()
    }
}

/// Whether the kernel's limit is near enough to spare a system call.
fn near(set: Option<Duration>, wanted: Duration) -> bool {
    set.is_some_and(|set| set >= wanted && set - wanted <= wanted / 16)
}

impl Read for Socket {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let started = Instant::now();
        loop {
            if !self.probing {
                let left = self
                    .limits
                    .left(started)
                    .ok_or_else(|| self.timeout("waiting for"))?;
                if !near(self.read_timeout, left) {
                    self.stream.set_read_timeout(Some(left))?;
                    self.read_timeout = Some(left);
                }
            }
            match self.stream.read(buffer) {
                // A signal of the host program's, whose handler has run.
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock && !self.probing => {
                    return Err(self.timeout("waiting for"));
                }
                result => return result,
            }
        }
    }
}

impl Write for Socket {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.write_vectored(&[IoSlice::new(bytes)])
    }

    fn write_vectored(&mut self, parts: &[IoSlice<'_>]) -> io::Result<usize> {
        let started = Instant::now();
        loop {
            if !self.probing {
                let left = self
                    .limits
                    .left(started)
                    .ok_or_else(|| self.timeout("sending to"))?;
                if !near(self.write_timeout, left) {
                    self.stream.set_write_timeout(Some(left))?;
                    self.write_timeout = Some(left);
                }
            }
            match crate::os::send(&self.stream, parts) {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock && !self.probing => {
                    return Err(self.timeout("sending to"));
                }
                result => return result,
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
