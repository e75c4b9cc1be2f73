//! A TCP connection whose every wait has an end.

use super::fault::{Fault, Kind};
use crate::cancel::Cancel;
use crate::os;
use crate::transport::Timeouts;
use std::io::{self, ErrorKind, IoSlice, Read, Write};
use std::net::{SocketAddr, TcpStream, ToSocketAddrs};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Until when reads and writes may wait.
#[derive(Clone, Debug)]
pub(super) struct Limits {
    /// Each single wait.
    pub(super) idle: Duration,
    /// All of them; `None`: no end.
    pub(super) deadline: Option<Instant>,
    /// Who may end them before.
    pub(super) cancel: Option<Arc<Cancel>>,
}

/// How long a wait can take to see that it was cancelled.
const SLICE: Duration = Duration::from_millis(20);

impl Limits {
    /// The limits of a request that starts now.
    pub(super) fn of(timeouts: &Timeouts, cancel: Option<&Arc<Cancel>>) -> Limits {
        Limits {
            idle: timeouts.idle,
            deadline: Instant::now().checked_add(timeouts.total),
            cancel: cancel.cloned(),
        }
    }

    /// These limits for a step that must be done within `duration`.
    pub(super) fn within(&self, duration: Duration) -> Limits {
        let step = Instant::now().checked_add(duration);
        let deadline = match (self.deadline, step) {
            (Some(deadline), Some(step)) => Some(deadline.min(step)),
            (deadline, step) => deadline.or(step),
        };
        Limits {
            deadline,
            ..self.clone()
        }
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

    /// The next wait of one that started at `started` and is for `doing`, or why there is none.
    fn wait(&self, started: Instant, doing: &str) -> Result<Duration, Fault> {
        if let Some(cancel) = &self.cancel {
            if cancel.check().is_err() {
                return Err(Fault::lasting(format!("{doing} was cancelled")));
            }
        }
        let too_long = || Fault::new(Kind::Timeout, format!("{doing} took too long"));
        let left = self.left(started).ok_or_else(too_long)?;
        Ok(if self.cancel.is_some() {
            left.min(SLICE)
        } else {
            left
        })
    }
}

/// A TCP connection.
#[derive(Debug)]
pub(super) struct Socket {
    stream: TcpStream,
    /// The other side, for messages.
    peer: String,
    pub(super) limits: Limits,
    /// While a request is sent: a write that would wait where there is something to read fails with `WouldBlock`, and
    /// no read waits.
    pub(super) watching: bool,
    /// What the kernel was told, to tell it only what changes.
    read_timeout: Option<Duration>,
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
        let all = limits.within(within);
        let mut fault = Fault::other(format!("the name `{host}` has no address"));
        for (tried, address) in addresses.iter().enumerate() {
            let doing = format!("connecting to `{peer}` ({address})");
            let started = Instant::now();
            // An address that does not answer must leave time for the others.
            let others = tried + 1 < addresses.len();
            let share = all
                .left(started)
                .map_or(Duration::ZERO, |left| if others { left / 2 } else { left });
            let step = all.within(share);
            let mut end = None;
            let connected = os::connect(address, || match step.wait(started, &doing) {
                Ok(wait) => Some(wait),
                Err(fault) => {
                    end = Some(fault);
                    None
                }
            });
            match connected {
                Ok(Some(stream)) => {
                    // Costs latency if it fails, nothing else.
                    let _ = stream.set_nodelay(true);
                    return Ok(Socket {
                        stream,
                        peer,
                        limits,
                        watching: false,
                        read_timeout: None,
                        probing: false,
                    });
                }
                Ok(None) => {
                    fault = end.unwrap_or_else(|| Fault::other(doing));
                    if fault.kind == Kind::Lasting {
                        return Err(fault);
                    }
                }
                Err(error) => fault = Fault::other(format!("{doing}: {error}")),
            }
        }
        Err(fault)
    }

    /// The other side, for messages.
    pub(super) fn peer(&self) -> &str {
        &self.peer
    }

    fn doing(&self, what: &str) -> String {
        format!("{what} `{}`", self.peer)
    }

    /// Runs `probe` with reads that never wait, and says whether it could.
    pub(super) fn set_probing(&mut self, probing: bool) -> io::Result<()> {
        self.probing = probing;
        self.stream.set_nonblocking(probing)
    }
}

/// Whether the kernel's limit is near enough to spare a system call.
fn near(set: Option<Duration>, wanted: Duration) -> bool {
    set.is_some_and(|set| set >= wanted && set - wanted <= wanted / 16)
}

impl Read for Socket {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.watching && !self.probing {
            self.set_probing(true)?;
            let result = self.read(buffer);
            self.set_probing(false)?;
            return result;
        }
        let started = Instant::now();
        loop {
            if !self.probing {
                let left = self.limits.wait(started, &self.doing("waiting for"))?;
                if !near(self.read_timeout, left) {
                    self.stream.set_read_timeout(Some(left))?;
                    self.read_timeout = Some(left);
                }
            }
            match self.stream.read(buffer) {
                // A signal of the host program's, whose handler has run.
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                // The wait is over; another tells whether all of it is.
                Err(error) if error.kind() == ErrorKind::WouldBlock && !self.probing => {}
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
            let left = self.limits.wait(started, &self.doing("sending to"))?;
            match os::send(&self.stream, parts) {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock && !self.probing => {
                    if os::wait_to_send(&self.stream, self.watching, left)? {
                        return Err(error);
                    }
                }
                result => return result,
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
