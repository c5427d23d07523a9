//! Scope of a budget: the spending that it counts.

use serde::{Deserialize, Serialize};

/// Scope of a budget: all set fields must match. A value matches exactly. A value that ends in `*` matches by
/// its prefix. `*` alone matches every known value, and each has its own account. An empty scope is one
/// account for all spending.
///
/// ```
/// let scope: quipu_core::budget::Scope = serde_json::from_str(r#"{"user": "*"}"#)?;
/// assert!(!scope.is_everybody());
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Scope {
    /// Project.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub project: Option<String>,
    /// Service.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service: Option<String>,
    /// Framework.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub framework: Option<String>,
    /// Agent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent: Option<String>,
    /// User.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// Session.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session: Option<String>,
    /// Model provider.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provider: Option<String>,
    /// Model: the one asked for or the one that answered, in any case of its letters. With `*` an account is
    /// that of the model asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// Tag: one of those that there are. With `*` a call is in the account of each of its tags.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tag: Option<String>,
}

impl Scope {
    /// The names and values of the fields that are set.
    pub fn fields(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let Self { project, service, framework, agent, user, session, provider, model, tag } = self;
        [
            ("project", project),
            ("service", service),
            ("framework", framework),
            ("agent", agent),
            ("user", user),
            ("session", session),
            ("provider", provider),
            ("model", model),
            ("tag", tag),
        ]
        .into_iter()
        .filter_map(|(name, pattern)| Some((name, pattern.as_deref()?)))
    }

    /// Whether the scope is empty: it matches every subject.
    pub fn is_everybody(&self) -> bool {
        self.fields().next().is_none()
    }
}
