//! A connection as ureq uses it, and how it comes to be.

use super::fault::{Fault, Kind};
use super::interim::Begin;
use super::proxy::Proxy;
use super::socket::{Limits, Socket};
use super::tls::{Client, Stream};
use crate::transport::Timeouts;
use parking_lot::Mutex;
use std::fmt;
use std::io::{self, IoSlice, Read, Write};
use std::sync::Arc;
use ureq::config::Config;
use ureq::http::Uri;
use ureq::unversioned::resolver::{ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{
    Buffers, ConnectionDetails, Connector, LazyBuffers, NextTimeout, Transport,
};

/// The longest head of a reply.
pub(super) const LONGEST_HEAD: usize = 64 * 1024;
/// What may come before a head is complete, interim replies with it, or between two pieces of a body.
const ALLOWANCE: u64 = 512 * 1024;
/// A head must fit, and two parts of a large body pass through per system call.
const BUFFER: usize = 128 * 1024;
/// What ureq waits for before it sends a body that is asked about.
const GO_ON: &[u8] = b"HTTP/1.1 100 Continue\r\n\r\n";

/// What the sender of a request and the connection know of one another. ureq stands between them.
pub(super) struct Exchange {
    /// The head to send in the place of ureq's.
    head: Option<Vec<u8>>,
    /// The body comes at once, so that both can go in one packet.
    body_follows: bool,
    timeouts: Timeouts,
    limits: Limits,
    /// The connection waits inside ureq for a request.
    idle: bool,
    /// The connection has served a request before.
    reused: bool,
    sent: u64,
    received: u64,
    allowance: u64,
    /// The server stopped listening before all was sent. Its reply may say why.
    deaf: Option<Fault>,
}

impl Exchange {
    pub(super) fn new() -> Exchange {
        let timeouts = Timeouts::default();
        Exchange {
            head: None,
            body_follows: false,
            limits: Limits::of(&timeouts, None),
            timeouts,
            idle: false,
            reused: false,
            sent: 0,
            received: 0,
            allowance: ALLOWANCE,
            deaf: None,
        }
    }

    /// Prepares for a request, whose limits may run already.
    pub(super) fn begin(
        &mut self,
        head: Vec<u8>,
        body_follows: bool,
        timeouts: &Timeouts,
        limits: Limits,
    ) {
        let (idle, timeouts) = (self.idle, *timeouts);
        let head = Some(head);
        *self = Exchange {
            head,
            body_follows,
            timeouts,
            limits,
            idle,
            reused: idle,
            ..Exchange::new()
        };
    }

    /// Whether a connection waits for the next request.
    pub(super) fn is_idle(&self) -> bool {
        self.idle
    }

    pub(super) fn is_deaf(&self) -> bool {
        self.deaf.is_some()
    }

    /// Starts to count anew what comes without being asked for.
    pub(super) fn allow(&mut self) {
        self.allowance = ALLOWANCE;
    }

    /// Whether the request failed because the server had closed a connection that lay idle, and may be sent again: not
    /// a byte of it went out, or nothing came back and doing it twice is doing it once.
    pub(super) fn was_stale(&self, fault: &Fault, method: &str) -> bool {
        let idempotent = matches!(
            method,
            "GET" | "HEAD" | "PUT" | "DELETE" | "OPTIONS" | "TRACE"
        );
        fault.kind == Kind::Cut
            && self.reused
            && self.received == 0
            && (self.sent == 0 || idempotent)
    }
}

/// Opens the connections of a lane.
pub(super) struct Dialer {
    pub(super) exchange: Arc<Mutex<Exchange>>,
    pub(super) tls: Arc<Client>,
    pub(super) proxy: Option<Arc<Proxy>>,
}

impl Dialer {
    fn open(&self, details: &ConnectionDetails<'_>) -> Result<Stream, Fault> {
        let Some(host) = details.uri.host() else {
            return Err(Fault::other("the request has no host"));
        };
        let secure = details.needs_tls();
        let port = details
            .uri
            .port_u16()
            .unwrap_or(if secure { 443 } else { 80 });
        let (timeouts, limits) = {
            let mut exchange = self.exchange.lock();
            (exchange.reused, exchange.idle) = (false, false);
            (exchange.timeouts, exchange.limits.clone())
        };
        let (to_host, to_port) = self
            .proxy
            .as_ref()
            .map_or((host, port), |proxy| (proxy.host.as_str(), proxy.port));
        let socket = Socket::connect(to_host, to_port, limits.clone(), timeouts.connect).map_err(
            |mut fault| {
                if self.proxy.is_some() {
                    fault.text.insert_str(0, "the proxy could not be reached: ");
                }
                fault
            },
        )?;
        let mut stream = Stream::Plain(socket);
        stream.socket().limits = limits.within(timeouts.handshake);
        if let Some(proxy) = &self.proxy {
            if proxy.tls {
                stream = self.tls.connect(&proxy.host, stream)?;
            }
            if secure {
                proxy.tunnel(&mut stream, host, port)?;
            }
        }
        if secure {
            stream = self.tls.connect(host, stream)?;
        }
        stream.socket().limits = limits;
        Ok(stream)
    }
}

impl Connector for Dialer {
    type Out = Connection;

    fn connect(
        &self,
        details: &ConnectionDetails<'_>,
        _: Option<()>,
    ) -> Result<Option<Connection>, ureq::Error> {
        let stream = self.open(details)?;
        let tls = details.needs_tls();
        let exchange = Arc::clone(&self.exchange);
        let buffers = LazyBuffers::new(BUFFER, BUFFER);
        Ok(Some(Connection {
            stream,
            tls,
            buffers,
            exchange,
            unsent: Vec::new(),
            held: Vec::new(),
            begun: false,
            asked: false,
        }))
    }
}

impl fmt::Debug for Dialer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Dialer")
            .field("proxy", &self.proxy)
            .finish_non_exhaustive()
    }
}

/// Looks nothing up: ureq asks before each request, also where a connection waits. [`Dialer`] looks up when it dials.
#[derive(Debug)]
pub(super) struct NoResolver;

impl Resolver for NoResolver {
    fn resolve(
        &self,
        _: &Uri,
        _: &Config,
        _: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, ureq::Error> {
        Ok(self.empty())
    }
}

/// A connection to a server, or through a proxy to it.
pub(super) struct Connection {
    stream: Stream,
    /// To the server; a proxy may be reached by TLS all the same.
    tls: bool,
    buffers: LazyBuffers,
    exchange: Arc<Mutex<Exchange>>,
    /// A head that waits for the first of the body.
    unsent: Vec<u8>,
    /// What has come and was not given to ureq yet.
    held: Vec<u8>,
    /// The reply itself has begun: no interim one comes any more.
    begun: bool,
    /// What was read last was read to see whether the body is wanted.
    asked: bool,
}

impl Connection {
    /// Sends what is unsent, then `amount` bytes of the output.
    fn send(&mut self, amount: usize) -> Result<(), Fault> {
        let limits = {
            let exchange = self.exchange.lock();
            if exchange.is_deaf() {
                return Ok(());
            }
            exchange.limits.clone()
        };
        self.stream.socket().limits = limits;
        let mut sent = 0;
        let result = self.write(amount, &mut sent);
        self.unsent.clear();
        let what = format!("sending to `{}`", self.stream.socket().peer());
        let mut exchange = self.exchange.lock();
        // What TLS has taken may have gone out, although it reports an error.
        let earlier = exchange.sent;
        exchange.sent += if self.tls { sent.max(1) } else { sent };
        match result.map_err(|error| Fault::of_io(error, &what)) {
            Err(fault) if fault.kind == Kind::Cut && earlier + sent > 0 => {
                exchange.deaf = Some(fault);
                Ok(())
            }
            result => result,
        }
    }

    /// Writes it all, unless the reply comes before the server has taken it.
    fn write(&mut self, amount: usize, sent: &mut u64) -> io::Result<()> {
        self.stream.socket().watching = true;
        let result = loop {
            if self.is_answered() {
                let peer = self.stream.socket().peer();
                let early = format!("`{peer}` replied before it had the whole request");
                break Err(Fault::new(Kind::Cut, early).into());
            }
            let output = match amount {
                0 => &[],
                _ => self.buffers.output().get(..amount).unwrap_or_default(),
            };
            match write_all(&mut self.stream, &self.unsent, output, sent) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => self.look(),
                result => break result,
            }
        };
        self.stream.socket().watching = false;
        result
    }

    fn is_answered(&mut self) -> bool {
        self.pass_over(false);
        self.begun
    }

    /// Takes in what has come while the request is sent.
    fn look(&mut self) {
        let buffer = self.buffers.input_append_buf();
        let read = match self.stream.read_only(buffer) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return,
            read => read.unwrap_or(0),
        };
        self.held
            .extend_from_slice(buffer.get(..read).unwrap_or_default());
        let mut exchange = self.exchange.lock();
        exchange.received += read as u64;
        exchange.allowance = exchange.allowance.saturating_sub(read as u64);
        // The end, or why there is no more, shows when the request is sent or the reply is read.
        self.stream.socket().watching = read > 0 && exchange.allowance > 0;
    }

    /// Waits until there is something for ureq; false at the end.
    fn receive(&mut self, timeout: NextTimeout) -> Result<bool, ureq::Error> {
        if !self.unsent.is_empty() {
            self.send(0)?;
        }
        loop {
            if self.let_through(self.asked) {
                return Ok(true);
            }
            let direct = self.begun;
            let more = self.read(timeout)?;
            if direct || !more {
                return Ok(more);
            }
        }
    }

    /// Passes over interim replies; stops at `100 Continue` where it is waited for.
    fn pass_over(&mut self, until_go_on: bool) -> bool {
        while !self.begun {
            match Begin::of(&self.held) {
                Begin::Interim { length, go_on } => {
                    self.held.drain(..length);
                    if go_on && until_go_on {
                        return true;
                    }
                }
                Begin::Part if self.held.len() <= LONGEST_HEAD => break,
                Begin::Part | Begin::Final => self.begun = true,
            }
        }
        false
    }

    /// Gives ureq what has come of the reply itself, or the `100 Continue` that it asks for.
    fn let_through(&mut self, asking: bool) -> bool {
        let go_on = self.pass_over(asking);
        let come = match (go_on, self.begun) {
            (true, _) => GO_ON,
            (false, true) => &self.held,
            (false, false) => return false,
        };
        if come.is_empty() {
            return false;
        }
        let buffer = self.buffers.input_append_buf();
        let given = come.len().min(buffer.len());
        for (to, from) in buffer.iter_mut().zip(come) {
            *to = *from;
        }
        self.buffers.input_appended(given);
        if !go_on {
            self.held.drain(..given);
        }
        given > 0
    }

    /// Reads more; false at the end.
    fn read(&mut self, timeout: NextTimeout) -> Result<bool, ureq::Error> {
        let host = self.stream.socket().peer().to_owned();
        let mut limits = {
            let exchange = self.exchange.lock();
            if exchange.allowance == 0 {
                return Err(Fault::other(format!(
                    "the reply of `{host}` has headers or trailers without end"
                ))
                .into());
            }
            exchange.limits.clone()
        };
        // ureq's own limit is that of waiting for `100 Continue`, after which the body is sent unasked.
        let ours = limits.deadline;
        if !timeout.after.is_not_happening() {
            limits = limits.within(*timeout.after);
        }
        let deadline = limits.deadline;
        self.stream.socket().limits = limits;
        let buffer = self.buffers.input_append_buf();
        if buffer.is_empty() {
            return Err(
                Fault::other(format!("the reply of `{host}` has a line that is too long")).into(),
            );
        }
        let deaf = self.exchange.lock().is_deaf();
        let read = match deaf {
            true => self.stream.read_only(buffer),
            false => self.stream.read(buffer),
        };
        let read = match read {
            Ok(read) => read,
            Err(error) => {
                let fault = Fault::of_io(error, &format!("reading from `{host}`"));
                if fault.kind == Kind::Timeout && deadline != ours {
                    return Err(ureq::Error::Timeout(timeout.reason));
                }
                return Err(self.exchange.lock().deaf.take().unwrap_or(fault).into());
            }
        };
        if self.begun {
            self.buffers.input_appended(read);
        } else {
            self.held
                .extend_from_slice(buffer.get(..read).unwrap_or_default());
        }
        let mut exchange = self.exchange.lock();
        exchange.received += read as u64;
        exchange.allowance = exchange.allowance.saturating_sub(read as u64);
        if read == 0 && exchange.received == 0 {
            let silent = || {
                Fault::new(
                    Kind::Cut,
                    format!("`{host}` closed the connection without a reply"),
                )
            };
            return Err(exchange.deaf.take().unwrap_or_else(silent).into());
        }
        Ok(read > 0)
    }
}

/// Writes both parts but for what was sent of them before, in one go where the system takes them; counts what it took.
fn write_all(stream: &mut Stream, first: &[u8], second: &[u8], sent: &mut u64) -> io::Result<()> {
    let mut parts = [IoSlice::new(first), IoSlice::new(second)];
    let mut parts = parts.as_mut_slice();
    IoSlice::advance_slices(&mut parts, usize::try_from(*sent).unwrap_or(usize::MAX));
    while !parts.is_empty() {
        match stream.write_vectored(parts)? {
            // TLS has no room until some of what it has is sent.
            0 => stream.flush()?,
            written => {
                *sent += written as u64;
                IoSlice::advance_slices(&mut parts, written);
            }
        }
    }
    stream.flush()
}

impl Transport for Connection {
    fn buffers(&mut self) -> &mut dyn Buffers {
        &mut self.buffers
    }

    fn transmit_output(&mut self, amount: usize, _: NextTimeout) -> Result<(), ureq::Error> {
        let head = {
            let mut exchange = self.exchange.lock();
            exchange.idle = false;
            exchange
                .head
                .take()
                .map(|head| (head, exchange.body_follows))
        };
        let Some((head, body_follows)) = head else {
            return Ok(self.send(amount)?);
        };
        // ureq's own head is small by construction and comes whole.
        if !self
            .buffers
            .output()
            .get(..amount)
            .unwrap_or_default()
            .ends_with(b"\r\n\r\n")
        {
            return Err(Fault::other("the request's head was written in parts").into());
        }
        self.unsent = head;
        self.begun = false;
        if !body_follows {
            self.send(0)?;
        }
        Ok(())
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, ureq::Error> {
        // A reply that came in the place of `100 Continue` is in the buffer already. ureq has not used any of it yet,
        // which to ureq means that more must come first.
        let asking = !timeout.after.is_not_happening();
        if std::mem::replace(&mut self.asked, asking) && !asking && !self.buffers.input().is_empty()
        {
            return Ok(true);
        }
        self.receive(timeout)
    }

    /// Asked when a connection is put by and when it is taken up again. The first time says what is known; the socket
    /// is looked at the second time, just before it is used.
    fn is_open(&mut self) -> bool {
        let (waited, deaf) = {
            let exchange = self.exchange.lock();
            (exchange.idle, exchange.is_deaf())
        };
        let open = !deaf && self.held.is_empty() && (!waited || self.stream.is_open());
        self.exchange.lock().idle = open;
        open
    }

    fn is_tls(&self) -> bool {
        self.tls
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.exchange.lock().idle = false;
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection")
            .field("stream", &self.stream)
            .finish_non_exhaustive()
    }
}
