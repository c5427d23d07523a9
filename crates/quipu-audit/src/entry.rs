//! What is noted: who did what to which thing, and how it ended.

use std::fmt;
use std::net::IpAddr;

use serde::{Deserialize, Serialize};

/// One thing that somebody did or tried.
///
/// Nothing in it may be a secret or a prompt: ids, names, counts and reasons only. Texts are cut at the bounds of
/// [`crate::limits`], so a caller need not measure what a stranger sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Who did it.
    pub actor: Actor,
    /// What was done, as `thing.verb`: `trace.read`, `key.add`, `login`.
    pub action: &'static str,
    /// The id or name of what it was done to.
    pub object: Option<String>,
    /// The project that it was done in; none where it is about all of them.
    pub project: Option<String>,
    /// How it ended.
    pub outcome: Outcome,
    /// The address that it came from.
    pub from: Option<IpAddr>,
    /// What else is worth knowing, by name.
    pub detail: Vec<(&'static str, String)>,
}

impl Entry {
    /// An entry of something that was done, with nothing else said.
    pub const fn new(actor: Actor, action: &'static str) -> Self {
        Self {
            actor,
            action,
            object: None,
            project: None,
            outcome: Outcome::Done,
            from: None,
            detail: Vec::new(),
        }
    }

    /// Says what it was done to.
    #[must_use]
    pub fn on(mut self, object: impl Into<String>) -> Self {
        self.object = Some(object.into());
        self
    }

    /// Says in which project.
    #[must_use]
    pub fn within(mut self, project: impl Into<String>) -> Self {
        self.project = Some(project.into());
        self
    }

    /// Says how it ended.
    #[must_use]
    pub const fn ended(mut self, outcome: Outcome) -> Self {
        self.outcome = outcome;
        self
    }

    /// Says where it came from.
    #[must_use]
    pub const fn from(mut self, address: Option<IpAddr>) -> Self {
        self.from = address;
        self
    }

    /// Adds something worth knowing.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.detail.push((name, value.into()));
        self
    }
}

/// Who did something.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Actor {
    /// What sort of actor.
    pub kind: ActorKind,
    /// Its name or public id within that sort; never a secret.
    pub id: String,
}

impl Actor {
    /// An actor of a sort.
    pub fn new(kind: ActorKind, id: impl Into<String>) -> Self {
        Self { kind, id: id.into() }
    }

    /// Quipu itself.
    pub fn system() -> Self {
        Self::new(ActorKind::System, "quipu")
    }
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.kind, self.id)
    }
}

/// The sorts of actors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ActorKind {
    /// Somebody who logged in.
    User,
    /// A program with a key.
    Key,
    /// Whoever reached a server that asks nobody who they are.
    Local,
    /// Somebody at the command line, with the data folder in reach.
    Cli,
    /// Quipu itself.
    System,
    /// Nobody who could be told apart: a wrong key, a wrong password.
    Unknown,
}

impl ActorKind {
    /// Its word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Key => "key",
            Self::Local => "local",
            Self::Cli => "cli",
            Self::System => "system",
            Self::Unknown => "unknown",
        }
    }
}

impl fmt::Display for ActorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// How something ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It was done.
    Done,
    /// It was not allowed.
    Denied,
    /// It was allowed, and did not work.
    Failed,
}

impl Outcome {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Done, Self::Denied, Self::Failed];

    /// Its word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Denied => "denied",
            Self::Failed => "failed",
        }
    }

    /// The outcome of a word.
    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|outcome| outcome.as_str() == word)
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
