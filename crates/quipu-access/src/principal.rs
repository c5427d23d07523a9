//! Who asks, and in which project.

use std::sync::Arc;

use quipu_audit::{Actor, ActorKind};

use crate::grant::{Permission, Role, Roles, Scopes};
use crate::register::{Key, User};
use crate::secret::Hashed;

/// The project that is always there.
pub const DEFAULT_PROJECT: &str = "default";

/// The project of a request, in its extensions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Project(pub String);

/// What sort of principal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PrincipalKind {
    /// Whoever reaches a server that asks nobody who they are.
    Local,
    /// Somebody with a session.
    User,
    /// A program with a key.
    Key,
}

/// Who asks, in the extensions of the request.
#[derive(Debug, Clone)]
pub struct Principal {
    kind: PrincipalKind,
    id: String,
    name: String,
    grants: Grants,
    session: Option<Hashed>,
    /// Somebody else chose the password.
    must_change: bool,
}

#[derive(Debug, Clone)]
enum Grants {
    Everything,
    Roles(Roles),
    Scopes { scopes: Scopes, project: Option<String> },
}

impl Principal {
    /// Whoever reaches a server that asks nobody who they are.
    pub fn local() -> Self {
        Self::without_session(PrincipalKind::Local, "local", "local", Grants::Everything)
    }

    /// The holder of the key that the server was started with.
    pub(crate) fn bootstrap() -> Self {
        Self::without_session(PrincipalKind::Key, "bootstrap", "bootstrap", Grants::Everything)
    }

    pub(crate) fn of_key(key: &Key) -> Self {
        let grants = Grants::Scopes { scopes: key.scopes.clone(), project: key.project.clone() };
        Self::without_session(PrincipalKind::Key, &key.id, &key.name, grants)
    }

    fn without_session(kind: PrincipalKind, id: &str, name: &str, grants: Grants) -> Self {
        Self { kind, id: id.to_owned(), name: name.to_owned(), grants, session: None, must_change: false }
    }

    pub(crate) fn of_user(user: &Arc<User>, session: Hashed) -> Self {
        Self {
            kind: PrincipalKind::User,
            id: user.name.clone(),
            name: user.name.clone(),
            grants: Grants::Roles(user.roles.clone()),
            session: Some(session),
            must_change: user.initial.is_some(),
        }
    }

    /// What sort of principal.
    pub const fn kind(&self) -> PrincipalKind {
        self.kind
    }

    /// A key's public id, a user's name.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// What people call it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The session that it comes by.
    pub(crate) const fn session(&self) -> Option<&Hashed> {
        self.session.as_ref()
    }

    /// Whether somebody else chose its password, so that it may do nothing but choose another one.
    pub const fn must_change_password(&self) -> bool {
        self.must_change
    }

    /// Whether it may do that in a project.
    pub fn may(&self, wanted: Permission, project: &str) -> bool {
        if self.must_change {
            return false;
        }
        match &self.grants {
            Grants::Everything => true,
            Grants::Roles(roles) => roles.give(wanted, project),
            Grants::Scopes { scopes, project: own } => {
                own.as_deref().is_none_or(|own| own == project) && scopes.give(wanted)
            }
        }
    }

    /// Whether it may do that in every project, those included that do not exist yet.
    pub fn may_everywhere(&self, wanted: Permission) -> bool {
        if self.must_change {
            return false;
        }
        match &self.grants {
            Grants::Everything => true,
            Grants::Roles(roles) => roles.give_everywhere(wanted),
            Grants::Scopes { scopes, project } => project.is_none() && scopes.give(wanted),
        }
    }

    /// Whether it may do anything at all in a project.
    pub fn knows(&self, project: &str) -> bool {
        match &self.grants {
            Grants::Everything => true,
            Grants::Roles(roles) => roles.within(project).is_some(),
            Grants::Scopes { project: own, .. } => own.as_deref().is_none_or(|own| own == project),
        }
    }

    /// What it is called in a project: a role; for a key the nearest one.
    pub fn role(&self, project: &str) -> Option<Role> {
        match &self.grants {
            Grants::Roles(roles) => roles.within(project),
            Grants::Everything => Some(Role::Admin),
            Grants::Scopes { .. } if self.may(Permission::Admin, project) => Some(Role::Admin),
            Grants::Scopes { .. } => self.may(Permission::Read, project).then_some(Role::Viewer),
        }
    }

    /// The project that it means when it names none: its own, else the default one, else the first that it knows.
    pub(crate) fn usual_project<'a>(&'a self, all: &'a [String]) -> Option<&'a str> {
        if let Grants::Scopes { project: Some(own), .. } = &self.grants {
            return Some(own);
        }
        if self.knows(DEFAULT_PROJECT) {
            return Some(DEFAULT_PROJECT);
        }
        all.iter().map(String::as_str).find(|name| self.knows(name))
    }

    /// Whether it is bound to one project whatever it asks for.
    pub(crate) const fn is_bound(&self) -> bool {
        matches!(&self.grants, Grants::Scopes { project: Some(_), .. })
    }

    /// It as the audit names it.
    pub fn actor(&self) -> Actor {
        let kind = match self.kind {
            PrincipalKind::Local => ActorKind::Local,
            PrincipalKind::User => ActorKind::User,
            PrincipalKind::Key => ActorKind::Key,
        };
        Actor::new(kind, self.id.clone())
    }
}
