//! One shard: its name, and its store, which is opened again after it was away.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use quipu_core::locks::Mutex;
use quipu_core::{Error, ErrorKind, Result, Store};

/// Opens the store of a shard. Blocks.
pub type Open = Box<dyn Fn() -> Result<Arc<dyn Store>> + Send + Sync>;

/// Least time between two attempts to open a shard that is away.
const PAUSE: Duration = Duration::from_secs(2);

/// A shard by name.
pub struct Shard {
    name: String,
    open: Open,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    store: Option<Arc<dyn Store>>,
    /// Why the last request to the shard failed, until one succeeds.
    trouble: Option<String>,
    tried: Option<(Instant, Error)>,
}

impl fmt::Debug for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shard").field("name", &self.name).finish_non_exhaustive()
    }
}

impl Shard {
    /// A shard that is opened with `open`. The name has no secrets; answers and errors contain it.
    pub fn new(name: impl Into<String>, open: Open) -> Self {
        Self { name: name.into(), open, state: Mutex::default() }
    }

    /// A shard with an open store.
    pub fn of(name: impl Into<String>, store: Arc<dyn Store>) -> Self {
        let state = State { store: Some(Arc::clone(&store)), ..State::default() };
        Self { name: name.into(), open: Box::new(move || Ok(Arc::clone(&store))), state: Mutex::new(state) }
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its store, if it is open.
    pub(crate) fn opened(&self) -> Option<Arc<dyn Store>> {
        self.state.lock().store.clone()
    }

    /// Its store; opens it if necessary. Blocks.
    ///
    /// # Errors
    /// The store cannot be opened, or could not be opened a moment ago.
    pub(crate) fn open(&self) -> Result<Arc<dyn Store>> {
        {
            let state = self.state.lock();
            if let Some(store) = &state.store {
                return Ok(Arc::clone(store));
            }
            if let Some((at, error)) = &state.tried
                && at.elapsed() < PAUSE
            {
                return Err(again(error));
            }
        }
        let opened = (self.open)();
        let mut state = self.state.lock();
        match opened {
            Ok(store) => {
                (state.store, state.tried) = (Some(Arc::clone(&store)), None);
                Ok(store)
            }
            Err(error) => {
                state.tried = Some((Instant::now(), again(&error)));
                Err(error)
            }
        }
    }

    /// Notes the outcome of a request.
    pub(crate) fn note<T>(&self, outcome: &Result<T>) {
        let mut state = self.state.lock();
        match outcome {
            Err(error) if error.kind() == ErrorKind::Unavailable => {
                if state.trouble.is_none() {
                    tracing::warn!(shard = self.name, %error, "a shard is away");
                }
                state.trouble = Some(error.to_string());
            }
            _ => state.trouble = None,
        }
    }

    /// Why it is away; `None` while it answers.
    pub(crate) fn trouble(&self) -> Option<String> {
        self.state.lock().trouble.clone()
    }

    /// The error of this shard, with its name.
    pub(crate) fn told(&self, error: Error) -> Error {
        let text = format!("shard {}: {error}", self.name);
        Error::new(error.kind(), error.operation(), text).with_retry(error.retry()).of_backend(NAME)
    }
}

/// Name of the store in errors.
pub(crate) const NAME: &str = "shards";

/// The same error once more.
fn again(error: &Error) -> Error {
    let copy = Error::new(error.kind(), error.operation(), error.context()).with_retry(error.retry());
    match error.backend() {
        Some(backend) => copy.of_backend(backend),
        None => copy,
    }
}
