//! Credentials: the values, what gives them, and the source that shares them between sessions, clients and threads.

pub mod assume_role;
pub mod bearer;
mod cli_cache;
pub mod container;
pub(crate) mod disk;
mod dpop;
pub mod imds;
mod keys;
mod local;
mod login;
mod members;
pub mod process;
pub mod profile;
pub mod remote;
mod reply;
mod run;
mod sso;
pub(crate) mod sso_token;
mod sts;
mod web_identity;
mod words;

use crate::error::{Error, Result, Status};
use crate::text::Text;
use parking_lot::{Condvar, Mutex};
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};
use zeroize::Zeroize;

/// A text that is overwritten when it is dropped, and never shown.
#[derive(Clone)]
pub struct Secret(String);

impl Secret {
    /// Takes a copy. A NUL inside is refused, as C would see the text cut short.
    pub fn new(text: &str) -> Result<Secret, crate::text::InnerNul> {
        if let Some(at) = text.bytes().position(|byte| byte == 0) {
            return Err(crate::text::InnerNul(at));
        }
        // In full at once: growing would leave a copy behind.
        let mut with_nul = String::with_capacity(text.len() + 1);
        with_nul.push_str(text);
        with_nul.push('\0');
        Ok(Secret(with_nul))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        self.0.strip_suffix('\0').unwrap_or(&self.0)
    }

    /// The text with a NUL after it, for C.
    pub fn as_str_with_nul(&self) -> &str {
        &self.0
    }
}

impl Drop for Secret {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<secret>")
    }
}

/// The expiry of values that never expire.
pub const NEVER: i64 = i64::MAX;

/// One set of credentials, immutable: key, secret, token and expiry belong together.
#[derive(Clone, Debug)]
pub struct Value {
    /// The access key id. Not secret: it is part of every signature.
    pub access_key_id: Text,
    /// The secret access key.
    pub secret_access_key: Secret,
    /// The session token; empty if there is none.
    pub session_token: Secret,
    /// Who gave them, by Go's name: `EnvConfigCredentials`.
    pub provider: Text,
    /// The account they belong to; empty if not known.
    pub account_id: Text,
    /// When they expire: Unix seconds, or [`NEVER`].
    pub expires_at: i64,
}

impl Value {
    /// Keys that never expire. Empty keys are refused with Go's `EmptyStaticCreds`.
    pub fn of_keys(
        access_key_id: &str,
        secret_access_key: &str,
        session_token: &str,
        provider: &str,
    ) -> Result<Value> {
        if access_key_id.is_empty() || secret_access_key.is_empty() {
            return Err(Error::new(
                Status::Credentials,
                "EmptyStaticCreds",
                "static credentials are empty",
            ));
        }
        let refused = |name| move |nul| Error::argument(name, nul);
        Ok(Value {
            access_key_id: Text::new(access_key_id).map_err(refused("access_key_id"))?,
            secret_access_key: Secret::new(secret_access_key)
                .map_err(refused("secret_access_key"))?,
            session_token: Secret::new(session_token).map_err(refused("session_token"))?,
            provider: Text::lossy(provider),
            account_id: Text::EMPTY,
            expires_at: NEVER,
        })
    }

    /// Whether more than `seconds` are left at `now` (Unix seconds).
    pub fn lasts(&self, now: i64, seconds: i64) -> bool {
        self.expires_at == NEVER || self.expires_at.saturating_sub(now) > seconds
    }
}

/// Gives credentials. Called once per refresh, never under a lock, on the thread of a caller that waits for it.
pub trait Provider: Send + Sync {
    /// Gets them, from wherever they are.
    fn retrieve(&self) -> Result<Value>;
}

impl<F: Fn() -> Result<Value> + Send + Sync> Provider for F {
    fn retrieve(&self) -> Result<Value> {
        self()
    }
}

/// A source of credentials, shared by everything that was made from the same session.
pub enum Credentials {
    /// No credentials: requests go out unsigned.
    Anonymous,
    /// Values that a provider gives and that are kept while they are valid.
    Provided(Provided),
}

impl Credentials {
    /// A source of one fixed value, or of the error that there is none.
    pub fn fixed(value: Result<Value>) -> Credentials {
        Credentials::provided(move || value.clone())
    }

    /// A source that asks a provider.
    pub fn provided(provider: impl Provider + 'static) -> Credentials {
        Credentials::Provided(Provided {
            provider: Box::new(provider),
            state: Mutex::new(State {
                value: None,
                retrieving: false,
                round: 0,
                failure: None,
            }),
            changed: Condvar::new(),
        })
    }

    /// Whether requests go out unsigned.
    pub fn is_anonymous(&self) -> bool {
        matches!(self, Credentials::Anonymous)
    }

    /// The values, with more than `min_remaining` seconds left where their lifetime allows it. Waits for the provider
    /// if need be, until `deadline`; `canceled` is asked now and then.
    pub fn get(&self, now: i64, min_remaining: u32, wait: &dyn Wait) -> Result<Arc<Value>> {
        match self {
            Credentials::Anonymous => Err(anonymous()),
            Credentials::Provided(provided) => provided.get(now, i64::from(min_remaining), wait),
        }
    }

    /// The values that are held and valid, if there are any; never waits and asks nobody.
    pub fn try_get(&self, now: i64) -> Result<Arc<Value>> {
        match self {
            Credentials::Anonymous => Err(anonymous()),
            Credentials::Provided(provided) => {
                let held = provided.state.lock().value.clone();
                held.filter(|value| value.lasts(now, 0)).ok_or_else(|| {
                    Error::new(
                        Status::Credentials,
                        "CredentialsNotReady",
                        "no valid credentials are held now",
                    )
                })
            }
        }
    }

    /// Asks the provider anew, whatever is held.
    pub fn refresh(&self, wait: &dyn Wait) -> Result<()> {
        match self {
            Credentials::Anonymous => Err(anonymous()),
            Credentials::Provided(provided) => provided.retrieve(wait).map(drop),
        }
    }

    /// Forgets what is held.
    pub fn expire(&self) {
        if let Credentials::Provided(provided) = self {
            // Dropped after the lock is given back: the last holder overwrites the secret.
            let _forgotten = provided.state.lock().value.take();
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

/// A provider and the values it gave last.
pub struct Provided {
    provider: Box<dyn Provider>,
    state: Mutex<State>,
    changed: Condvar,
}

struct State {
    value: Option<Arc<Value>>,
    retrieving: bool,
    /// Counts the retrievals that have ended, so that a waiter knows its own from the next.
    round: u64,
    /// What the last retrieval failed with, for those that waited for it; not kept for anybody else.
    failure: Option<Error>,
}

impl Provided {
    fn get(&self, now: i64, min_remaining: i64, wait: &dyn Wait) -> Result<Arc<Value>> {
        if let Some(value) = self
            .state
            .lock()
            .value
            .as_ref()
            .filter(|value| value.lasts(now, min_remaining))
        {
            return Ok(value.clone());
        }
        self.retrieve(wait)
    }

    /// Asks the provider, or waits for the thread that is asking it.
    fn retrieve(&self, wait: &dyn Wait) -> Result<Arc<Value>> {
        let mut state = self.state.lock();
        if state.retrieving {
            let round = state.round;
            while state.round == round {
                if let Some(error) = wait.given_up() {
                    return Err(error);
                }
                self.changed.wait_until(&mut state, wait.ask_again_at());
            }
            return match (&state.value, &state.failure) {
                (_, Some(error)) => Err(error.clone()),
                (Some(value), None) => Ok(value.clone()),
                // Expired by somebody in between: ask.
                (None, None) => {
                    drop(state);
                    self.retrieve(wait)
                }
            };
        }
        if let Some(error) = wait.given_up() {
            return Err(error);
        }
        state.retrieving = true;
        drop(state);
        let mut turn = Turn {
            provided: self,
            result: None,
        };
        let result = self.provider.retrieve().map(Arc::new);
        turn.result = Some(result.clone());
        drop(turn);
        result
    }
}

/// The right to ask the provider. Given back in any case, also when a provider panics: waiters must not wait for ever.
struct Turn<'a> {
    provided: &'a Provided,
    result: Option<Result<Arc<Value>>>,
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let result = self.result.take().unwrap_or_else(|| {
            Err(Error::new(
                Status::Internal,
                "InternalError",
                "the credentials provider panicked",
            ))
        });
        let mut state = self.provided.state.lock();
        let old = match result {
            Ok(value) => {
                state.failure = None;
                state.value.replace(value)
            }
            Err(error) => {
                state.failure = Some(error);
                None
            }
        };
        state.retrieving = false;
        state.round += 1;
        drop(state);
        self.provided.changed.notify_all();
        drop(old);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    fn keys(expires_at: i64) -> Value {
        Value {
            expires_at,
            ..Value::of_keys("AK", "SK", "", "Test").unwrap()
        }
    }

    #[test]
    fn a_value_is_kept_while_it_lasts() {
        let calls = Arc::new(AtomicUsize::new(0));
        let counter = calls.clone();
        let source = Credentials::provided(move || {
            counter.fetch_add(1, Ordering::SeqCst);
            Ok(keys(1000))
        });
        source.get(0, 0, &Patient).unwrap();
        source.get(999, 0, &Patient).unwrap();
        assert_eq!(calls.load(Ordering::SeqCst), 1);
        source.get(1000, 0, &Patient).unwrap();
        assert_eq!(calls.load(Ordering::SeqCst), 2);
        source.expire();
        assert!(source.try_get(0).is_err());
    }

    #[test]
    fn many_callers_share_one_retrieval() {
        let calls = Arc::new(AtomicUsize::new(0));
        let counter = calls.clone();
        let source = Credentials::provided(move || {
            counter.fetch_add(1, Ordering::SeqCst);
            std::thread::sleep(Duration::from_millis(50));
            Ok(keys(NEVER))
        });
        std::thread::scope(|scope| {
            for _ in 0..16 {
                scope.spawn(|| source.get(0, 0, &Patient).unwrap());
            }
        });
        assert_eq!(calls.load(Ordering::SeqCst), 1);
    }

    #[test]
    fn a_provider_that_panics_frees_the_waiters() {
        let source = Credentials::provided(|| -> Result<Value> { panic!("planted") });
        let caught =
            std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| source.get(0, 0, &Patient)));
        assert!(caught.is_err());
        assert!(
            std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| source.get(0, 0, &Patient)))
                .is_err()
        );
    }

    #[test]
    fn secrets_are_not_shown() {
        assert!(
            !format!(
                "{:?}",
                Value::of_keys("AK", "hidden", "hidden", "p").unwrap()
            )
            .contains("hidden")
        );
    }
}
