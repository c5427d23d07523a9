//! Permissions, and the scopes and roles that grant them.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The maximum length of a project name, in characters.
const PROJECT_NAME: usize = 40;
/// The name that stands for every project in stored roles.
const EVERYWHERE: &str = "*";

/// The permission that a request needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Permission {
    /// Send telemetry.
    Ingest,
    /// Read stored data.
    Read,
    /// Change views, dashboards and holds.
    Write,
    /// Change everything else.
    Admin,
}

impl Permission {
    /// The name of the permission.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ingest => "ingest",
            Self::Read => "read",
            Self::Write => "write",
            Self::Admin => "admin",
        }
    }
}

/// An invalid scope, role or project name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GrantError {
    /// Unknown scope.
    #[error("{0:?} is not a scope; the scopes are ingest, read and admin")]
    Scope(String),
    /// Unknown role.
    #[error("{0:?} is not a role; the roles are viewer, editor and admin, or PROJECT:ROLE for one project")]
    Role(String),
    /// Invalid project name.
    #[error("{0:?} is not a project name: expected 1 to {PROJECT_NAME} characters of a-z, 0-9 and -")]
    Project(String),
    /// Two roles for the same project.
    #[error("two roles are given for {0}")]
    Twice(String),
}

/// Checks a project name.
///
/// # Errors
/// It is not 1 to 40 characters of `a-z`, `0-9` and `-`.
pub fn check_project(name: &str) -> Result<(), GrantError> {
    let known = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if (1..=PROJECT_NAME).contains(&name.len()) && name.bytes().all(known) {
        return Ok(());
    }
    Err(GrantError::Project(name.chars().take(2 * PROJECT_NAME).collect()))
}

/// A right of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// Send telemetry.
    Ingest,
    /// Read stored data.
    Read,
    /// Everything.
    Admin,
}

impl Scope {
    /// The name of the scope.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ingest => "ingest",
            Self::Read => "read",
            Self::Admin => "admin",
        }
    }

    const fn gives(self, wanted: Permission) -> bool {
        match self {
            Self::Ingest => matches!(wanted, Permission::Ingest),
            Self::Read => matches!(wanted, Permission::Read),
            Self::Admin => true,
        }
    }
}

impl FromStr for Scope {
    type Err = GrantError;

    fn from_str(text: &str) -> Result<Self, GrantError> {
        let all = [Self::Ingest, Self::Read, Self::Admin];
        all.into_iter()
            .find(|scope| scope.as_str() == text)
            .ok_or_else(|| GrantError::Scope(text.chars().take(40).collect()))
    }
}

/// The scopes of a key: sorted, without duplicates.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Vec<Scope>", into = "Vec<Scope>")]
pub struct Scopes(Vec<Scope>);

impl From<Vec<Scope>> for Scopes {
    fn from(mut scopes: Vec<Scope>) -> Self {
        scopes.sort_unstable();
        scopes.dedup();
        Self(scopes)
    }
}

impl From<Scopes> for Vec<Scope> {
    fn from(scopes: Scopes) -> Self {
        scopes.0
    }
}

impl Scopes {
    /// Returns whether one of the scopes grants a permission.
    pub fn give(&self, wanted: Permission) -> bool {
        self.0.iter().any(|scope| scope.gives(wanted))
    }

    /// Returns whether there is no scope.
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Display for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.iter().map(|scope| scope.as_str()).collect::<Vec<_>>().join(","))
    }
}

impl FromStr for Scopes {
    type Err = GrantError;

    fn from_str(text: &str) -> Result<Self, GrantError> {
        let words = text.split(',').map(str::trim).filter(|word| !word.is_empty());
        Ok(words.map(Scope::from_str).collect::<Result<Vec<_>, _>>()?.into())
    }
}

/// The rights of a user. Each role includes the rights of the roles before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Reads.
    Viewer,
    /// Changes views, dashboards and holds.
    Editor,
    /// Configures.
    Admin,
}

impl Role {
    /// The name of the role.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Editor => "editor",
            Self::Admin => "admin",
        }
    }

    const fn gives(self, wanted: Permission) -> bool {
        match self {
            Self::Viewer => matches!(wanted, Permission::Read),
            Self::Editor => matches!(wanted, Permission::Read | Permission::Write),
            Self::Admin => true,
        }
    }
}

impl FromStr for Role {
    type Err = GrantError;

    fn from_str(text: &str) -> Result<Self, GrantError> {
        let all = [Self::Viewer, Self::Editor, Self::Admin];
        all.into_iter()
            .find(|role| role.as_str() == text)
            .ok_or_else(|| GrantError::Role(text.chars().take(80).collect()))
    }
}

/// The roles of a user: one for every project (`*`) and others for single projects. The higher of the two
/// applies.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Roles(BTreeMap<String, Role>);

impl Roles {
    /// Returns the same role for every project.
    pub fn everywhere(role: Role) -> Self {
        Self(BTreeMap::from([(EVERYWHERE.to_owned(), role)]))
    }

    /// Returns roles by project; `*` stands for every project.
    ///
    /// # Errors
    /// A project name is not valid.
    pub fn new(roles: BTreeMap<String, Role>) -> Result<Self, GrantError> {
        roles.keys().filter(|name| *name != EVERYWHERE).try_for_each(|name| check_project(name))?;
        Ok(Self(roles))
    }

    /// Reads `ROLE` and `PROJECT:ROLE`.
    ///
    /// # Errors
    /// A word has neither form, or two words name the same project.
    pub fn parse<'a>(words: impl IntoIterator<Item = &'a str>) -> Result<Self, GrantError> {
        let mut roles = BTreeMap::new();
        for word in words {
            let (project, role) = word.rsplit_once(':').unwrap_or((EVERYWHERE, word));
            if roles.insert(project.to_owned(), role.parse()?).is_some() {
                return Err(GrantError::Twice(if project == EVERYWHERE {
                    "every project".into()
                } else {
                    format!("the project {project}")
                }));
            }
        }
        Self::new(roles)
    }

    /// Adds the roles of another; the higher role of each project applies.
    pub fn add(&mut self, other: Self) {
        for (project, role) in other.0 {
            let held = self.0.entry(project).or_insert(role);
            *held = (*held).max(role);
        }
    }

    /// Returns whether there is no role.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns the role in a project.
    pub fn within(&self, project: &str) -> Option<Role> {
        self.0.get(project).copied().max(self.in_all())
    }

    /// Returns the role in every project.
    pub fn in_all(&self) -> Option<Role> {
        self.0.get(EVERYWHERE).copied()
    }

    /// Returns whether the roles grant a permission in a project.
    pub fn give(&self, wanted: Permission, project: &str) -> bool {
        self.within(project).is_some_and(|role| role.gives(wanted))
    }

    /// Returns whether the roles grant a permission in every project.
    pub fn give_everywhere(&self, wanted: Permission) -> bool {
        self.in_all().is_some_and(|role| role.gives(wanted))
    }
}

impl<'de> Deserialize<'de> for Roles {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::new(BTreeMap::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

impl fmt::Display for Roles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = |(project, role): (&String, &Role)| match project.as_str() {
            EVERYWHERE => role.as_str().to_owned(),
            project => format!("{project}:{}", role.as_str()),
        };
        f.write_str(&self.0.iter().map(word).collect::<Vec<_>>().join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_for_all_projects_and_one_for_a_project_give_the_greater() {
        let roles = Roles::parse(["viewer", "shop:editor"]).unwrap();
        assert_eq!(roles.within("shop"), Some(Role::Editor));
        assert_eq!(roles.within("other"), Some(Role::Viewer));
        assert!(!roles.give_everywhere(Permission::Write) && roles.give(Permission::Write, "shop"));
        assert_eq!(roles.to_string(), "viewer, shop:editor");
    }

    #[test]
    fn what_is_no_role_is_refused_with_a_word() {
        for (words, said) in [
            (&["root"][..], "is not a role"),
            (&["Shop:admin"], "is not a project name"),
            (&["viewer", "admin"], "two roles"),
            (&["shop:"], "is not a role"),
        ] {
            let error = Roles::parse(words.iter().copied()).unwrap_err().to_string();
            assert!(error.contains(said), "{words:?}: {error}");
        }
        assert!(serde_json::from_str::<Roles>(r#"{"../x":"admin"}"#).is_err());
    }

    #[test]
    fn names_of_projects_can_name_folders() {
        for name in ["default", "a", "shop-2"] {
            check_project(name).unwrap();
        }
        for name in ["", "..", "a/b", "Shop", "a b", "ä", &"x".repeat(41)] {
            assert!(check_project(name).is_err(), "{name}");
        }
    }
}
