//! The caller of a request.

/// The kind of a principal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PrincipalKind {
    /// Any client of a server without access control.
    Local,
    /// A user with a session.
    User,
    /// A program with a key.
    Key,
}

impl PrincipalKind {
    /// The kind's name: `local`, `user` or `key`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Local => "local",
            Self::User => "user",
            Self::Key => "key",
        }
    }
}

/// The caller of a request and the project of the request. The code that checks credentials adds it to the
/// request's extensions. Fair shares, the audit log and the author of a change are derived from it. A request
/// without one has no known caller.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Principal {
    kind: PrincipalKind,
    id: String,
    project: Option<String>,
}

impl Principal {
    /// A principal: the public id of a key, or the name of a user.
    pub fn new(kind: PrincipalKind, id: impl Into<String>) -> Self {
        Self { kind, id: id.into(), project: None }
    }

    /// The same principal in a request to a project.
    #[must_use]
    pub fn within(self, project: Option<String>) -> Self {
        Self { project, ..self }
    }

    /// The kind of the principal.
    pub const fn kind(&self) -> PrincipalKind {
        self.kind
    }

    /// The public id of a key, or the name of a user.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The public id of the key; `None` for a user and for a local client.
    pub fn key_id(&self) -> Option<&str> {
        (self.kind == PrincipalKind::Key).then_some(self.id.as_str())
    }

    /// The project of the request; `None` for a route that needs none.
    pub fn project(&self) -> Option<&str> {
        self.project.as_deref()
    }

    /// `user:NAME` or `key:ID`; `None` for a local client, which has no name.
    pub fn label(&self) -> Option<String> {
        (self.kind != PrincipalKind::Local).then(|| format!("{}:{}", self.kind.as_str(), self.id))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_authenticated_principals_have_a_label_and_only_keys_a_key_id() {
        let of = |kind| Principal::new(kind, "a").within(Some("shop".to_owned()));
        let [local, user, key] = [PrincipalKind::Local, PrincipalKind::User, PrincipalKind::Key].map(of);
        assert_eq!((local.label(), local.key_id()), (None, None));
        assert_eq!((user.label().as_deref(), user.key_id()), (Some("user:a"), None));
        assert_eq!((key.label().as_deref(), key.key_id()), (Some("key:a"), Some("a")));
        assert_eq!((key.id(), key.project()), ("a", Some("shop")));
    }
}
