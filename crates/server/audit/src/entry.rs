//! An audit entry: actor, action, object and outcome.

use std::fmt;
use std::net::IpAddr;

use serde::{Deserialize, Serialize};

/// An act or an attempt.
///
/// An entry must not hold a secret or a prompt: only ids, names, counts and reasons. Texts are cut at
/// [`crate::limits`], so a caller need not measure untrusted input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The actor.
    pub actor: Actor,
    /// The action as `thing.verb`: `trace.read`, `key.add`, `login`.
    pub action: &'static str,
    /// The id or name of the object.
    pub object: Option<String>,
    /// The project; `None` if the act concerns all projects.
    pub project: Option<String>,
    /// The outcome.
    pub outcome: Outcome,
    /// The address of the client.
    pub from: Option<IpAddr>,
    /// Further details by name.
    pub detail: Vec<(&'static str, String)>,
}

impl Entry {
    /// An entry of a completed act, without further fields.
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

    /// Sets the object.
    #[must_use]
    pub fn on(mut self, object: impl Into<String>) -> Self {
        self.object = Some(object.into());
        self
    }

    /// Sets the project.
    #[must_use]
    pub fn within(mut self, project: impl Into<String>) -> Self {
        self.project = Some(project.into());
        self
    }

    /// Sets the outcome.
    #[must_use]
    pub const fn ended(mut self, outcome: Outcome) -> Self {
        self.outcome = outcome;
        self
    }

    /// Sets the client's address.
    #[must_use]
    pub const fn from(mut self, address: Option<IpAddr>) -> Self {
        self.from = address;
        self
    }

    /// Adds a detail.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.detail.push((name, value.into()));
        self
    }
}

/// The actor of an act.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Actor {
    /// The kind of actor.
    pub kind: ActorKind,
    /// The name or public id within that kind; never a secret.
    pub id: String,
}

impl Actor {
    /// An actor of a kind.
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

/// The kinds of actors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ActorKind {
    /// A user who logged in.
    User,
    /// A program with a key.
    Key,
    /// Any client of a server without access control.
    Local,
    /// A user of the command line with access to the data folder.
    Cli,
    /// Quipu itself.
    System,
    /// An unidentified client: a wrong key or a wrong password.
    Unknown,
}

impl ActorKind {
    /// The name of the kind.
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

/// The outcome of an act.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The act was done.
    Done,
    /// The act was not allowed.
    Denied,
    /// The act was allowed and failed.
    Failed,
}

impl Outcome {
    /// All outcomes.
    pub const ALL: [Self; 3] = [Self::Done, Self::Denied, Self::Failed];

    /// The name of the outcome.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Denied => "denied",
            Self::Failed => "failed",
        }
    }

    /// The outcome of a name.
    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|outcome| outcome.as_str() == word)
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
