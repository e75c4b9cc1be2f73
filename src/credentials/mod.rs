//! Credentials: the values, what gives them, and the source that shares them between sessions, clients and threads.

pub mod assume_role;
pub mod background;
pub mod bearer;
mod cache;
mod cli_cache;
pub mod container;
pub(crate) mod disk;
mod dpop;
pub mod imds;
mod keys;
mod local;
mod login;
mod members;
#[cfg(test)]
#[cfg(session_loom)]
mod model;
mod per_process;
pub mod process;
pub mod profile;
pub mod remote;
mod reply;
mod run;
mod sso;
pub(crate) mod sso_token;
mod striped;
mod sts;
mod sync;
mod term;
#[cfg(test)]
#[cfg(not(session_loom))]
mod tests;
mod value;
mod web_identity;
mod words;

pub use cache::{Cache, Held, OnChange, Snapshot};
pub(crate) use reply::check_tls_of;
pub(crate) use striped::{Counted, Node};
pub use value::{NEVER, Secret, Value};

use crate::cancel::Cancel;
use crate::config::Clock;
use crate::error::{Error, Result, Status};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Gives credentials. Called once per refresh, never under a lock, on the thread of a caller that waits for it.
pub trait Provider: Send + Sync {
    /// Gets them, from wherever they are. Ends early, with any error, if the caller gives up meanwhile.
    fn retrieve(&self, wait: &dyn Wait) -> Result<Value>;

    /// What it gave is no longer good: what a provider keeps itself, it is to get anew at the next retrieval.
    fn expire(&self) {}
}

impl<F: Fn() -> Result<Value> + Send + Sync> Provider for F {
    fn retrieve(&self, _: &dyn Wait) -> Result<Value> {
        self()
    }
}

/// A source of credentials, shared by everything that was made from the same session.
pub enum Credentials {
    /// No credentials: requests go out unsigned.
    Anonymous,
    /// Values that a provider gives and that are kept while they are valid.
    Provided(Arc<Cache>),
}

impl Credentials {
    /// A source of one fixed value, or of the error that there is none.
    pub fn fixed(value: Result<Value>) -> Credentials {
        Credentials::provided(move || value.clone())
    }

    /// A source that asks a provider.
    pub fn provided(provider: impl Provider + 'static) -> Credentials {
        Credentials::with_clock(provider, None)
    }

    /// A source that asks a provider, with the program's own clock where there is one.
    pub fn with_clock(provider: impl Provider + 'static, clock: Option<Arc<Clock>>) -> Credentials {
        Credentials::Provided(Arc::new(Cache::new(Box::new(provider), clock)))
    }

    /// Whether requests go out unsigned.
    pub fn is_anonymous(&self) -> bool {
        matches!(self, Credentials::Anonymous)
    }

    /// The time, in Unix seconds, by the clock that the source was given or else the system's.
    pub fn now(&self) -> i64 {
        match self {
            Credentials::Anonymous => crate::os::coarse_seconds(),
            Credentials::Provided(cache) => cache.now(),
        }
    }

    /// The values, with at least `min_remaining` seconds left where their lifetime allows it.
    ///
    /// `now` tells the time in Unix seconds; it is not asked for values that never expire. Before values expire one
    /// caller gets new ones while the others go on with what is held. Everybody waits, as `wait` allows, when nothing is
    /// held or what is held has less than a minute left, or less than was asked for.
    pub fn get(
        &self,
        now: &dyn Fn() -> i64,
        min_remaining: u32,
        wait: &dyn Wait,
    ) -> Result<Snapshot> {
        match self {
            Credentials::Anonymous => Err(anonymous()),
            Credentials::Provided(cache) => cache.get(now, i64::from(min_remaining), wait),
        }
    }

    /// The values that are held and valid, if there are any. Never waits and asks nobody, but may tell the background
    /// thread, if that runs, that it is time.
    pub fn try_get(&self, now: &dyn Fn() -> i64) -> Result<Snapshot> {
        match self {
            Credentials::Anonymous => Err(anonymous()),
            Credentials::Provided(cache) => cache.try_get(now),
        }
    }

    /// Asks the provider anew, whatever is held.
    pub fn refresh(&self, now: &dyn Fn() -> i64, wait: &dyn Wait) -> Result<()> {
        match self {
            Credentials::Anonymous => Err(anonymous()),
            Credentials::Provided(cache) => cache.refresh(now, wait),
        }
    }

    /// Forgets what is held, and has the provider forget what it keeps.
    pub fn expire(&self) {
        if let Credentials::Provided(cache) = self {
            cache.expire(None);
        }
    }

    /// The same, if `used` is what is held: for values that a service refused. When many requests are refused at once,
    /// the first has new values fetched, and the others must not throw these away.
    pub fn expire_used(&self, used: &Value) {
        if let Credentials::Provided(cache) = self {
            cache.expire(Some(used));
        }
    }

    /// Forgets values that never expire, here or in what these are from: the user may have replaced the keys of a file.
    /// For what is made of the values. Others stay until their end: to get new ones may take a question to the user.
    pub(crate) fn expire_lasting(&self) {
        if let Credentials::Provided(cache) = self {
            cache.expire_lasting();
        }
    }

    /// Has somebody told of new values whenever their keys differ from those before. Called on the thread that got them,
    /// under no lock, for as long as the source lives.
    pub fn on_change(&self, call: Arc<OnChange>) {
        if let Credentials::Provided(cache) = self {
            cache.on_change(call);
        }
    }
}

fn anonymous() -> Error {
    Error::new(
        Status::Credentials,
        "AnonymousCredentials",
        "anonymous credentials have no keys",
    )
}

/// How long a caller is ready to wait.
pub trait Wait {
    /// The error with which the caller gives up now, if it does.
    fn given_up(&self) -> Option<Error>;
    /// The moment at which to ask again, at the latest.
    fn ask_again_at(&self) -> Instant;
    /// What tells so to the requests that are made for the caller.
    fn cancel(&self) -> Option<Arc<Cancel>> {
        None
    }
}

/// A caller that waits as long as it takes.
pub struct Patient;

impl Wait for Patient {
    fn given_up(&self) -> Option<Error> {
        None
    }
    fn ask_again_at(&self) -> Instant {
        Instant::now() + Duration::from_secs(3600)
    }
}
