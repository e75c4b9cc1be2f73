//! Handlers: fourteen lists of functions that a request runs through, inherited from session to client to request.
//!
//! Lists are immutable and shared; a change makes a new list. So a copy costs a reference count, a run sees the list as
//! it was when the run began, and a handler may do anything, also to the list it stands in. No lock is held while a
//! handler, or the destructor of its data, runs.

use crate::error::Error;
use crate::request::Request;
use crate::text::Text;
use parking_lot::Mutex;
use std::sync::Arc;

/// A list of handlers, named after the moment in the life of a request at which it runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(usize)]
pub enum Stage {
    /// Checks a request before anything is built. Once; the first error ends it.
    Validate,
    /// Fills in path, headers and body. Once; the first error ends it.
    Build,
    /// Builds the body of event streams. Not run: no operation has any yet.
    BuildStream,
    /// Signs. Every attempt; the first error ends it.
    Sign,
    /// Sends. Every attempt; the first error ends it.
    Send,
    /// Decides whether a reply is an error.
    ValidateResponse,
    /// Reads a good reply.
    Unmarshal,
    /// Reads event streams. Not run, like `BuildStream`.
    UnmarshalStream,
    /// Reads what any reply has: the request id.
    UnmarshalMeta,
    /// Reads an error reply.
    UnmarshalError,
    /// Decides whether a failed attempt is worth another.
    Retry,
    /// Waits before the next attempt.
    AfterRetry,
    /// Ends an attempt, good or bad.
    CompleteAttempt,
    /// Ends a request, good or bad. Once.
    Complete,
}

impl Stage {
    /// All stages, in Go's order of declaration.
    pub const ALL: [Stage; 14] = [
        Stage::Validate,
        Stage::Build,
        Stage::BuildStream,
        Stage::Sign,
        Stage::Send,
        Stage::ValidateResponse,
        Stage::Unmarshal,
        Stage::UnmarshalStream,
        Stage::UnmarshalMeta,
        Stage::UnmarshalError,
        Stage::Retry,
        Stage::AfterRetry,
        Stage::CompleteAttempt,
        Stage::Complete,
    ];
}

/// The name of all handlers that were given none.
pub const ANONYMOUS: &str = "__anonymous";

/// A function that a request runs through.
pub struct Handler {
    name: Text,
    action: Action,
}

enum Action {
    Builtin(fn(&mut Request)),
    Callback(Box<dyn Fn(&mut Request) + Send + Sync>),
}

impl Handler {
    /// A handler of this library.
    pub fn builtin(name: Text, action: fn(&mut Request)) -> Arc<Handler> {
        Arc::new(Handler {
            name,
            action: Action::Builtin(action),
        })
    }

    /// A handler of the host's.
    pub fn new(
        name: Option<Text>,
        action: impl Fn(&mut Request) + Send + Sync + 'static,
    ) -> Arc<Handler> {
        let name = name.unwrap_or(crate::text!("__anonymous"));
        Arc::new(Handler {
            name,
            action: Action::Callback(Box::new(action)),
        })
    }

    /// Its name; many may have the same.
    pub fn name(&self) -> &Text {
        &self.name
    }

    fn run(&self, request: &mut Request) {
        match &self.action {
            Action::Builtin(action) => action(request),
            Action::Callback(action) => action(request),
        }
    }
}

/// Asked after each handler of a list: index, name, request. False ends the run.
pub type AfterEach = dyn Fn(usize, &Text, &mut Request) -> bool + Send + Sync;

/// One list.
#[derive(Clone, Default)]
pub struct HandlerList {
    handlers: Option<Arc<Vec<Arc<Handler>>>>,
    after_each: Option<Arc<AfterEach>>,
}

impl HandlerList {
    fn as_slice(&self) -> &[Arc<Handler>] {
        self.handlers
            .as_ref()
            .map_or(&[], |handlers| handlers.as_slice())
    }

    fn change(&mut self) -> &mut Vec<Arc<Handler>> {
        Arc::make_mut(self.handlers.get_or_insert_with(Arc::default))
    }

    /// Adds a handler before all others.
    pub fn push_front(&mut self, handler: Arc<Handler>) {
        self.change().insert(0, handler);
    }

    /// Adds a handler after all others.
    pub fn push_back(&mut self, handler: Arc<Handler>) {
        self.change().push(handler);
    }

    /// Replaces every handler of that name, and says whether there was one.
    pub fn swap(&mut self, handler: &Arc<Handler>) -> bool {
        if !self.as_slice().iter().any(|mine| mine.name == handler.name) {
            return false;
        }
        for mine in self
            .change()
            .iter_mut()
            .filter(|mine| mine.name == handler.name)
        {
            *mine = handler.clone();
        }
        true
    }

    /// Replaces every handler of that name, or adds this one before all others.
    pub fn set_front(&mut self, handler: Arc<Handler>) {
        if !self.swap(&handler) {
            self.push_front(handler);
        }
    }

    /// Replaces every handler of that name, or adds this one after all others.
    pub fn set_back(&mut self, handler: Arc<Handler>) {
        if !self.swap(&handler) {
            self.push_back(handler);
        }
    }

    /// Removes every handler of that name, and says how many there were.
    pub fn remove(&mut self, name: &str) -> usize {
        let count = self
            .as_slice()
            .iter()
            .filter(|mine| mine.name == *name)
            .count();
        if count > 0 {
            self.change().retain(|mine| mine.name != *name);
        }
        count
    }

    /// Removes all handlers; what is asked after each stays.
    pub fn clear(&mut self) {
        self.handlers = None;
    }

    /// How many handlers there are.
    pub fn len(&self) -> usize {
        self.as_slice().len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.as_slice().is_empty()
    }

    /// Sets what is asked after each handler.
    pub fn set_after_each(&mut self, after_each: Option<Arc<AfterEach>>) {
        self.after_each = after_each;
    }

    /// Runs the handlers in order, as they are now.
    fn run(&self, request: &mut Request) {
        self.run_while(request, |_| true);
    }

    /// Runs the handlers in order until one leaves an error.
    fn run_until_error(&self, request: &mut Request) {
        self.run_while(request, |request| request.error().is_none());
    }

    fn run_while(&self, request: &mut Request, go_on: impl Fn(&Request) -> bool) {
        let after_each = self.after_each.as_deref();
        for (index, handler) in self.as_slice().iter().enumerate() {
            handler.run(request);
            let wanted =
                after_each.is_none_or(|after_each| after_each(index, &handler.name, request));
            if !wanted || !go_on(request) {
                return;
            }
        }
    }
}

/// The after-each function of Validate and Build: the first error ends the list.
pub fn stop_on_error(_index: usize, _name: &Text, request: &mut Request) -> bool {
    request.error().is_none()
}

/// The fourteen lists.
#[derive(Clone, Default)]
pub struct Handlers {
    lists: [HandlerList; 14],
}

impl Handlers {
    /// The list of a stage.
    #[allow(clippy::indexing_slicing, reason = "there are as many lists as stages")]
    pub fn list(&self, stage: Stage) -> &HandlerList {
        &self.lists[stage as usize]
    }

    /// The list of a stage, to be changed.
    #[allow(clippy::indexing_slicing, reason = "there are as many lists as stages")]
    pub fn list_mut(&mut self, stage: Stage) -> &mut HandlerList {
        &mut self.lists[stage as usize]
    }

    /// Runs the list of a stage on a request. The first error ends those after which nothing may be sent.
    pub fn run(&self, stage: Stage, request: &mut Request) {
        let list = self.list(stage);
        match stage {
            Stage::Validate | Stage::Build | Stage::Sign | Stage::Send => {
                list.run_until_error(request)
            }
            _ => list.run(request),
        }
    }

    /// Whether all lists are empty.
    pub fn is_empty(&self) -> bool {
        self.lists.iter().all(HandlerList::is_empty)
    }
}

/// Lists that many hold and anyone may change at any time.
#[derive(Default)]
pub struct LiveHandlers(Mutex<Arc<Handlers>>);

impl LiveHandlers {
    /// Starts with these lists.
    pub fn new(handlers: Arc<Handlers>) -> LiveHandlers {
        LiveHandlers(Mutex::new(handlers))
    }

    /// The lists as they are now.
    pub fn now(&self) -> Arc<Handlers> {
        self.0.lock().clone()
    }

    /// Changes the lists. `change` must not run code of the host.
    pub fn change<R>(&self, change: impl FnOnce(&mut Handlers) -> R) -> R {
        let mut current = self.0.lock();
        // Held until the lock is given back: the last holder of a handler runs the host's destructor.
        let _before = current.clone();
        let result = change(Arc::make_mut(&mut current));
        drop(current);
        result
    }
}

/// Anything that has live lists: a session, a client, a request, or lists of their own.
pub trait HasHandlers: Send + Sync {
    /// The lists.
    fn live_handlers(&self) -> &LiveHandlers;
}

impl HasHandlers for LiveHandlers {
    fn live_handlers(&self) -> &LiveHandlers {
        self
    }
}

/// The lists of a session that never came to be: each request fails with the error of the load.
pub fn failing(error: Error) -> Handlers {
    let mut handlers = Handlers::default();
    handlers
        .list_mut(Stage::Validate)
        .push_back(Handler::new(None, move |request| {
            request.set_error(error.clone())
        }));
    handlers
}
