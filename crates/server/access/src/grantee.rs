//! The rights of the principal that sends a request.

use std::sync::Arc;

use quipu_admission::{Principal, PrincipalKind};
use quipu_audit::{Actor, ActorKind};

use crate::grant::{Permission, Role, Roles, Scopes};
use crate::register::{Key, User};
use crate::secret::Hashed;

/// The project that always exists.
pub const DEFAULT_PROJECT: &str = "default";

/// A principal with its display name, its rights and its session, in the extensions of a request.
#[derive(Debug, Clone)]
pub struct Grantee {
    principal: Principal,
    name: String,
    grants: Grants,
    session: Option<Hashed>,
    /// Whether another person chose the password.
    must_change: bool,
}

#[derive(Debug, Clone)]
enum Grants {
    Everything,
    Roles(Roles),
    Scopes { scopes: Scopes, project: Option<String> },
}

impl Grantee {
    /// Returns the principal of every client while access is off.
    pub fn local() -> Self {
        Self::without_session(PrincipalKind::Local, "local", "local", Grants::Everything)
    }

    /// Returns the principal of the bootstrap key.
    pub(crate) fn bootstrap() -> Self {
        Self::without_session(PrincipalKind::Key, "bootstrap", "bootstrap", Grants::Everything)
    }

    pub(crate) fn of_key(key: &Key) -> Self {
        let grants = Grants::Scopes { scopes: key.scopes.clone(), project: key.project.clone() };
        Self::without_session(PrincipalKind::Key, &key.id, &key.name, grants)
    }

    fn without_session(kind: PrincipalKind, id: &str, name: &str, grants: Grants) -> Self {
        let principal = Principal::new(kind, id);
        Self { principal, name: name.to_owned(), grants, session: None, must_change: false }
    }

    pub(crate) fn of_user(user: &Arc<User>, session: Hashed) -> Self {
        Self {
            principal: Principal::new(PrincipalKind::User, &user.name),
            name: user.name.clone(),
            grants: Grants::Roles(user.roles.clone()),
            session: Some(session),
            must_change: user.initial.is_some(),
        }
    }

    /// The kind of the principal.
    pub const fn kind(&self) -> PrincipalKind {
        self.principal.kind()
    }

    /// The public id of a key, or the name of a user.
    pub fn id(&self) -> &str {
        self.principal.id()
    }

    /// The principal, in a request to a project.
    pub(crate) fn principal(&self, project: Option<String>) -> Principal {
        self.principal.clone().within(project)
    }

    /// The display name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The session of the request, for a user.
    pub(crate) const fn session(&self) -> Option<&Hashed> {
        self.session.as_ref()
    }

    /// Returns whether another person chose the password. The principal may then only change it.
    pub const fn must_change_password(&self) -> bool {
        self.must_change
    }

    /// Returns whether the principal has a permission in a project.
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

    /// Returns whether the principal has a permission in every project, future ones included.
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

    /// Returns whether the principal has any right in a project.
    pub fn knows(&self, project: &str) -> bool {
        match &self.grants {
            Grants::Everything => true,
            Grants::Roles(roles) => roles.within(project).is_some(),
            Grants::Scopes { project: own, .. } => own.as_deref().is_none_or(|own| own == project),
        }
    }

    /// Returns the role in a project; for a key, the closest role.
    pub fn role(&self, project: &str) -> Option<Role> {
        match &self.grants {
            Grants::Roles(roles) => roles.within(project),
            Grants::Everything => Some(Role::Admin),
            Grants::Scopes { .. } if self.may(Permission::Admin, project) => Some(Role::Admin),
            Grants::Scopes { .. } => self.may(Permission::Read, project).then_some(Role::Viewer),
        }
    }

    /// Returns the project of a request that names none: the principal's own, else the default one, else the
    /// first that it has a role in.
    pub(crate) fn usual_project<'a>(&'a self, all: &'a [String]) -> Option<&'a str> {
        if let Grants::Scopes { project: Some(own), .. } = &self.grants {
            return Some(own);
        }
        if self.knows(DEFAULT_PROJECT) {
            return Some(DEFAULT_PROJECT);
        }
        all.iter().map(String::as_str).find(|name| self.knows(name))
    }

    /// Returns whether the principal is a key of one project.
    pub(crate) const fn is_bound(&self) -> bool {
        matches!(&self.grants, Grants::Scopes { project: Some(_), .. })
    }

    /// Returns the actor for the audit log.
    pub fn actor(&self) -> Actor {
        let kind = match self.kind() {
            PrincipalKind::Local => ActorKind::Local,
            PrincipalKind::User => ActorKind::User,
            PrincipalKind::Key => ActorKind::Key,
        };
        Actor::new(kind, self.id())
    }
}
