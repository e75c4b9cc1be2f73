//! Connections that wait for the next request, and whose they are.

use super::connection::{Dialer, Exchange, LONGEST_HEAD, NoResolver};
use super::fault::Fault;
use super::proxy::Proxy;
use super::tls::{Client, Tls};
use once_cell::race::OnceBox;
use parking_lot::Mutex;
use std::sync::Arc;
use std::time::{Duration, Instant};
use ureq::config::{AutoHeaderValue, Config};
use ureq::http::Uri;

/// How long a connection may wait, and how many may: Go's numbers.
const LONGEST_WAIT: Duration = Duration::from_secs(90);
const MOST_WAITING: usize = 100;

/// Room for one connection: an agent of ureq's that holds no more than one, and what is shared with it.
///
/// With an agent for all connections nobody could tell which one a request went out on: whether it had been used
/// before, whether a byte came back, which head belongs on it.
pub(super) struct Lane {
    pub(super) agent: ureq::Agent,
    pub(super) exchange: Arc<Mutex<Exchange>>,
    pub(super) uri: Uri,
    pub(super) scheme: String,
    pub(super) authority: String,
    proxy: Option<Arc<Proxy>>,
    since: Instant,
}

/// The lanes of one process.
pub(super) struct Pool {
    waiting: Mutex<Vec<Lane>>,
    tls: Arc<Client>,
    config: Config,
    pid: u32,
}

impl Pool {
    fn new(tls: Tls, pid: u32) -> Pool {
        let config = Config::builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .proxy(None)
            .user_agent(AutoHeaderValue::None)
            .accept(AutoHeaderValue::None)
            .accept_encoding(AutoHeaderValue::None)
            .allow_non_standard_methods(true)
            .max_response_header_size(LONGEST_HEAD)
            .max_idle_connections(1)
            .max_idle_connections_per_host(1)
            .max_idle_age(LONGEST_WAIT)
            .timeout_await_100(Some(Duration::from_secs(1)))
            .build();
        Pool {
            waiting: Mutex::new(Vec::new()),
            tls: Arc::new(Client::new(tls)),
            config,
            pid,
        }
    }

    /// Refuses a process that was forked from the one whose connections these are: what one of them reads is missing
    /// at the other.
    pub(super) fn check_process(&self) -> Result<(), Fault> {
        match std::process::id() == self.pid {
            true => Ok(()),
            false => Err(Fault::lasting(
                "the connection belongs to the process that this one was forked from",
            )),
        }
    }

    /// The lane that was used last for this server by this way, or a new one; `fresh`: a new one at any rate.
    pub(super) fn get(
        &self,
        scheme: &str,
        authority: &str,
        proxy: Option<&Arc<Proxy>>,
        fresh: bool,
    ) -> Result<Lane, Fault> {
        if !fresh {
            let mut waiting = self.waiting.lock();
            let fits = |lane: &Lane| {
                let same_way = match (&lane.proxy, proxy) {
                    (Some(one), Some(other)) => Arc::ptr_eq(one, other),
                    (one, other) => one.is_none() && other.is_none(),
                };
                same_way && lane.authority == authority && lane.scheme == scheme
            };
            if let Some(at) = waiting.iter().rposition(fits) {
                return Ok(waiting.remove(at));
            }
        }
        let uri = Uri::builder()
            .scheme(scheme)
            .authority(authority)
            .path_and_query("/")
            .build();
        let uri = uri.map_err(|error| {
            Fault::lasting(format!("`{scheme}://{authority}` is no server: {error}"))
        })?;
        let exchange = Arc::new(Mutex::new(Exchange::new()));
        let dialer = Dialer {
            exchange: Arc::clone(&exchange),
            tls: Arc::clone(&self.tls),
            proxy: proxy.cloned(),
        };
        let agent = ureq::Agent::with_parts(self.config.clone(), dialer, NoResolver);
        let (scheme, authority) = (scheme.to_owned(), authority.to_owned());
        Ok(Lane {
            agent,
            exchange,
            uri,
            scheme,
            authority,
            proxy: proxy.cloned(),
            since: Instant::now(),
        })
    }

    /// Keeps a lane whose connection can take another request.
    pub(super) fn put(&self, mut lane: Lane) {
        if !lane.exchange.lock().is_idle() {
            return;
        }
        lane.since = Instant::now();
        let mut waiting = self.waiting.lock();
        waiting.push(lane);
        let old = waiting
            .iter()
            .take_while(|lane| lane.since.elapsed() > LONGEST_WAIT)
            .count();
        let surplus = waiting.len().saturating_sub(MOST_WAITING);
        let closed: Vec<Lane> = waiting.drain(..old.max(surplus)).collect();
        drop(waiting);
        // Sockets are closed after the lock is free.
        drop(closed);
    }
}

/// The pools of a transport: one for each process that used it, a child's behind its parent's.
///
/// After a fork, the memory of the parent's pool is the child's too, but its connections are the parent's, and a thread
/// that was not forked may hold its lock or have left it half changed. So the child takes no look at it, not even to
/// free it: it leaves it be, and starts its own. No lock is taken on the way to the right pool, for the same reason.
#[derive(Default)]
pub(super) struct Pools {
    first: OnceBox<Generation>,
}

struct Generation {
    pid: u32,
    pool: Option<Arc<Pool>>,
    child: OnceBox<Generation>,
}

impl Pools {
    /// The pool of this process.
    pub(super) fn current(&self, tls: &Tls) -> Arc<Pool> {
        let pid = std::process::id();
        let mut place = &self.first;
        loop {
            let generation = place.get_or_init(|| {
                let pool = Some(Arc::new(Pool::new(tls.clone(), pid)));
                Box::new(Generation {
                    pid,
                    pool,
                    child: OnceBox::new(),
                })
            });
            match &generation.pool {
                Some(pool) if generation.pid == pid => return Arc::clone(pool),
                _ => place = &generation.child,
            }
        }
    }
}

impl Drop for Generation {
    fn drop(&mut self) {
        if self.pid != std::process::id() {
            std::mem::forget(self.pool.take());
        }
    }
}
