//! One error for the whole project: backends classify, the pipeline alone waits and repeats.

use std::error::Error as StdError;
use std::fmt;
use std::time::Duration;

use crate::Batch;

/// The result of anything that can fail.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What went wrong, coarse enough to act on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// The input is wrong; repeating it changes nothing.
    Invalid,
    /// The thing asked for is not there.
    NotFound,
    /// No room now: disk full, queue full, too many requests.
    Exhausted,
    /// Someone else holds it.
    Locked,
    /// What is stored is damaged.
    Damaged,
    /// Written by a newer version, or not supported by this one.
    Unsupported,
    /// The other side cannot be reached or does not answer in time.
    Unavailable,
    /// Not allowed.
    Denied,
    /// Reading or writing failed.
    Io,
    /// A fault of ours.
    Internal,
}

/// Whether repeating the same operation can help.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Retry {
    /// It will fail again.
    No,
    /// It may work later.
    Yes,
    /// It was repeated as often as allowed.
    Exhausted,
}

/// What became of a batch that a backend took in part. What is in none of these was taken.
#[derive(Clone, Default, PartialEq)]
pub struct Leftover {
    /// What is worth another attempt.
    pub again: Batch,
    /// What was refused for good.
    pub refused: Batch,
    /// How many further records were refused for good that the other side did not name.
    pub unnamed: u64,
}

/// Counts alone: an error is printed where prompts must not be.
impl fmt::Debug for Leftover {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Leftover")
            .field("again", &self.again.len())
            .field("refused", &self.refused.len())
            .field("unnamed", &self.unnamed)
            .finish()
    }
}

/// What failed, where, and whether to try again. Its text never holds prompts, message contents or secrets.
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
    /// An error of `operation` (a verb, such as `open store`) with a context that names what and where.
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

    /// Names the backend that failed.
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

    /// Says how long the other side asked to be left alone, as by `Retry-After`.
    #[must_use]
    pub const fn with_retry_after(mut self, wait: Duration) -> Self {
        self.retry_after = Some(wait);
        self
    }

    /// Says that only part of the batch failed. With anything to try again, a retry can help.
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

    /// What went wrong.
    pub const fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// Whether repeating can help.
    pub const fn retry(&self) -> Retry {
        self.retry
    }

    /// How long the other side asked to be left alone.
    pub const fn retry_after(&self) -> Option<Duration> {
        self.retry_after
    }

    /// What the backend did not take, where it took the rest; `None`: it took nothing.
    pub fn take_leftover(&mut self) -> Option<Leftover> {
        self.leftover.take().map(|leftover| *leftover)
    }

    /// The backend that failed, if one did.
    pub fn backend(&self) -> Option<&str> {
        self.backend.as_deref()
    }

    /// The verb that failed.
    pub const fn operation(&self) -> &'static str {
        self.operation
    }

    /// What and where, in words.
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
