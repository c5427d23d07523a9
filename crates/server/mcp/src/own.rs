//! Knowledge of the calling agent about itself.

/// Facts about the calling agent that its process knows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SelfKnowledge {
    /// Session of the agent.
    pub session: Option<String>,
    /// Project in which it works.
    pub project: Option<String>,
    /// Branch on which it works.
    pub branch: Option<String>,
    /// Start of the current local day as an RFC 3339 time; 24 hours ago without it.
    pub today: Option<String>,
}
