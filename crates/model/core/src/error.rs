//! The error type of the whole project. Backends classify errors; only the pipeline waits and retries.

use std::error::Error as StdError;
use std::fmt;
use std::time::Duration;

use crate::Batch;

/// The result of anything that can fail.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Coarse kind of an error, as a basis for a reaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// The input is wrong; a retry changes nothing.
    Invalid,
    /// The requested item does not exist.
    NotFound,
    /// A resource is used up: disk full, queue full, too many requests.
    Exhausted,
    /// Another process holds the resource.
    Locked,
    /// Stored data is damaged.
    Damaged,
    /// Written by a newer version, or not supported by this one.
    Unsupported,
    /// The server cannot be reached or does not answer in time.
    Unavailable,
    /// Not allowed.
    Denied,
    /// Reading or writing failed.
    Io,
    /// A bug in Quipu.
    Internal,
}

/// Whether a retry of the same operation can help.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Retry {
    /// It will fail again.
    No,
    /// It may work later.
    Yes,
    /// The allowed number of retries is used up.
    Exhausted,
}

/// The rest of a batch that a backend accepted in part. All other records of the batch were accepted.
#[derive(Clone, Default, PartialEq)]
pub struct Leftover {
    /// Records worth a retry.
    pub again: Batch,
    /// Records that were refused permanently.
    pub refused: Batch,
    /// Number of further permanently refused records that the server did not identify.
    pub unnamed: u64,
}

/// Prints counts only, because errors are logged and must not contain prompts.
impl fmt::Debug for Leftover {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Leftover")
            .field("again", &self.again.len())
            .field("refused", &self.refused.len())
            .field("unnamed", &self.unnamed)
            .finish()
    }
}

/// The error type: operation, context, kind and retryability. Its text never contains prompts, message
/// contents or secrets.
///
/// ```
/// use quipu_core::{Error, ErrorKind};
///
/// let error = Error::new(ErrorKind::Invalid, "read config", "`period` is unknown").of_backend("sqlite");
/// assert_eq!(error.kind(), ErrorKind::Invalid);
/// ```
#[derive(Debug)]
pub struct Error {
    kind: ErrorKind,
    retry: Retry,
    backend: Option<String>,
    operation: &'static str,
    context: String,
    source: Option<Box<dyn StdError + Send + Sync>>,
    retry_after: Option<Duration>,
    leftover: Option<Box<Leftover>>,
}

impl Error {
    /// Creates an error of `operation` (a verb, such as `open store`), with a context that names the item and
    /// its location.
    pub fn new(kind: ErrorKind, operation: &'static str, context: impl Into<String>) -> Self {
        let retry = match kind {
            ErrorKind::Exhausted | ErrorKind::Unavailable | ErrorKind::Locked | ErrorKind::Io => Retry::Yes,
            _ => Retry::No,
        };
        Self {
            kind,
            retry,
            backend: None,
            operation,
            context: context.into(),
            source: None,
            retry_after: None,
            leftover: None,
        }
    }

    /// Sets the backend that failed.
    #[must_use]
    pub fn of_backend(mut self, name: impl Into<String>) -> Self {
        self.backend = Some(name.into());
        self
    }

    /// Overrides whether a retry can help.
    #[must_use]
    pub const fn with_retry(mut self, retry: Retry) -> Self {
        self.retry = retry;
        self
    }

    /// Sets the delay that the server asked for, such as by `Retry-After`.
    #[must_use]
    pub const fn with_retry_after(mut self, wait: Duration) -> Self {
        self.retry_after = Some(wait);
        self
    }

    /// Marks that only part of the batch failed. A retry can help if `leftover` has records to send again.
    #[must_use]
    pub fn leaving(mut self, leftover: Leftover) -> Self {
        self.retry = if leftover.again.is_empty() { Retry::No } else { Retry::Yes };
        self.leftover = Some(Box::new(leftover));
        self
    }

    /// Adds the underlying cause.
    #[must_use]
    pub fn caused_by(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// The kind of the error.
    pub const fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// Whether a retry can help.
    pub const fn retry(&self) -> Retry {
        self.retry
    }

    /// The delay that the server asked for.
    pub const fn retry_after(&self) -> Option<Duration> {
        self.retry_after
    }

    /// The rest of a batch that was accepted in part; `None` if nothing was accepted.
    pub fn take_leftover(&mut self) -> Option<Leftover> {
        self.leftover.take().map(|leftover| *leftover)
    }

    /// The backend that failed, if any.
    pub fn backend(&self) -> Option<&str> {
        self.backend.as_deref()
    }

    /// The operation that failed.
    pub const fn operation(&self) -> &'static str {
        self.operation
    }

    /// The item and its location, in words.
    pub fn context(&self) -> &str {
        &self.context
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(backend) = &self.backend {
            write!(f, "{backend}: ")?;
        }
        write!(f, "{}: {}", self.operation, self.context)?;
        match &self.source {
            Some(source) => write!(f, ": {source}"),
            None => Ok(()),
        }
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.source.as_ref().map(|source| {
            let source: &(dyn StdError + 'static) = source.as_ref();
            source
        })
    }
}
