//! The wire JSON of access. Times are RFC 3339 in UTC.

use std::collections::BTreeMap;

use quipu_audit::{AuditPage, Noted, Verdict};
use quipu_core::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::grant::{Role, Roles, Scope};
use crate::register::{Key, User};

fn time(time: Option<Timestamp>) -> Option<String> {
    time.map(|time| time.to_string())
}

/// Name and password of a login.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LoginBody {
    /// The user's name.
    pub name: String,
    /// The password.
    pub password: String,
}

/// A new password.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PasswordBody {
    /// The current password.
    pub old: String,
    /// The new password: 12 to 128 characters, different from the current one.
    pub new: String,
}

/// The principal of the request.
#[derive(Serialize, ToSchema)]
pub struct Who {
    /// `user`, `key` or `local`.
    pub kind: &'static str,
    /// A key's public id, or a user's name.
    pub id: String,
    /// The display name.
    pub name: String,
}

/// The principal of the request, and its rights.
#[derive(Serialize, ToSchema)]
pub struct Me {
    /// Whether requests need credentials.
    pub access: bool,
    /// The principal; null if the request has no valid credentials.
    pub principal: Option<Who>,
    /// Whether the current password is an initial one. Only `POST /api/v1/me/password` and logout are allowed
    /// then.
    pub password_change_required: bool,
    /// The role in each project: `viewer`, `editor` or `admin`; null for a key with only the scope `ingest`.
    #[schema(value_type = BTreeMap<String, Option<String>>)]
    pub roles: BTreeMap<String, Option<Role>>,
    /// Whether the principal may administer the whole server: users, keys of every project, the audit log.
    pub everywhere: bool,
    /// The principal's permissions in `project`: `ingest`, `read`, `write` and `admin`.
    #[schema(value_type = Vec<String>)]
    pub permissions: Vec<&'static str>,
    /// The projects of the principal.
    pub projects: Vec<String>,
    /// The project of this request.
    pub project: Option<String>,
    /// Whether `GET /api/v1/login/oidc` starts a login.
    pub oidc: bool,
}

/// A key to create.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct KeyBody {
    /// The name: 1 to 80 characters.
    pub name: String,
    /// A list of `ingest`, `read` and `admin`.
    #[schema(value_type = Vec<String>)]
    pub scopes: Vec<Scope>,
    /// Its project; default: the project of the request.
    pub project: Option<String>,
    /// Whether the key applies to every project.
    #[serde(default)]
    pub all_projects: bool,
    /// Expiry time; default: never.
    pub expires_at: Option<String>,
}

/// A key, without its secret.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AccessKey)]
pub struct KeyAnswer {
    /// The public id in the key.
    pub id: String,
    /// The name.
    pub name: String,
    /// Its project; null for every project.
    pub project: Option<String>,
    /// Its scopes.
    #[schema(value_type = Vec<String>)]
    pub scopes: Vec<Scope>,
    /// Time of its creation.
    pub created_at: String,
    /// The creator, as `kind:name`.
    pub created_by: String,
    /// Expiry time.
    pub expires_at: Option<String>,
    /// Time of its revocation.
    pub revoked_at: Option<String>,
    /// Last use, rounded to the hour.
    pub used_at: Option<String>,
    /// `active`, `expired` or `revoked`.
    pub state: &'static str,
}

impl KeyAnswer {
    /// Converts a key with its current state.
    pub fn of(key: Key, now: Timestamp) -> Self {
        Self {
            state: key.ended(now).unwrap_or("active"),
            id: key.id,
            name: key.name,
            project: key.project,
            scopes: key.scopes.into(),
            created_at: key.created.to_string(),
            created_by: key.created_by,
            expires_at: time(key.expires),
            revoked_at: time(key.revoked),
            used_at: time(key.used),
        }
    }
}

/// A new key. Only this answer contains the key itself.
#[derive(Serialize, ToSchema)]
pub struct NewKeyAnswer {
    /// The key.
    pub key: KeyAnswer,
    /// The key itself. The server does not store it.
    pub secret: String,
}

/// Keys, newest first.
#[derive(Serialize, ToSchema)]
pub struct KeysAnswer {
    /// The keys that the principal may manage.
    pub keys: Vec<KeyAnswer>,
}

/// A user to create.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UserBody {
    /// 1 to 64 characters of letters, digits and `._@+-`.
    pub name: String,
    /// 12 to 128 characters. It is an initial password: valid for seven days, and only for choosing another
    /// one.
    pub password: String,
    /// A role for each project, `*` for every project.
    #[schema(value_type = BTreeMap<String, String>)]
    pub roles: Roles,
}

/// A change of a user.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UserChangeBody {
    /// A role for each project, `*` for every project.
    #[schema(value_type = Option<BTreeMap<String, String>>)]
    pub roles: Option<Roles>,
    /// A new password. It is an initial password, unless users change their own.
    pub password: Option<String>,
    /// Whether the user is disabled.
    pub disabled: Option<bool>,
}

/// A user.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AccessUser)]
pub struct UserAnswer {
    /// The name.
    pub name: String,
    /// A role for each project, `*` for every project.
    #[schema(value_type = BTreeMap<String, String>)]
    pub roles: Roles,
    /// Whether the user logs in by OpenID Connect and has no password.
    pub oidc: bool,
    /// Whether the user is disabled.
    pub disabled: bool,
    /// Time of the user's creation.
    pub created_at: String,
    /// Time of the last login.
    pub seen_at: Option<String>,
    /// Whether the password is an initial one that the user has to change first.
    pub password_change_required: bool,
    /// Expiry time of an initial password.
    pub initial_password_ends_at: Option<String>,
}

impl From<User> for UserAnswer {
    fn from(user: User) -> Self {
        Self {
            password_change_required: user.initial.is_some(),
            initial_password_ends_at: time(user.initial_until()),
            name: user.name,
            roles: user.roles,
            oidc: user.oidc,
            disabled: user.disabled,
            created_at: user.created.to_string(),
            seen_at: time(user.seen),
        }
    }
}

/// Users by name.
#[derive(Serialize, ToSchema)]
pub struct UsersAnswer {
    /// All users.
    pub users: Vec<UserAnswer>,
}

/// An entry of the audit log.
#[derive(Serialize, ToSchema)]
pub struct AuditEntry {
    /// The number of the entry, from 1 without gaps.
    pub seq: u64,
    /// Time of the entry.
    pub time: String,
    /// The actor, as `kind:id`.
    pub actor: String,
    /// The action, such as `trace.read`.
    pub action: String,
    /// The object of the action.
    pub object: Option<String>,
    /// The project of the action.
    pub project: Option<String>,
    /// `done`, `denied` or `failed`.
    #[schema(value_type = String)]
    pub outcome: quipu_audit::Outcome,
    /// The client's address.
    #[schema(value_type = Option<String>)]
    pub from: Option<std::net::IpAddr>,
    /// Further details by name.
    pub detail: BTreeMap<String, String>,
    /// The SHA-256 of the entry, which covers the hash of the entry before it.
    pub hash: String,
}

impl From<Noted> for AuditEntry {
    fn from(noted: Noted) -> Self {
        Self {
            seq: noted.seq,
            time: noted.time.to_string(),
            actor: noted.actor.to_string(),
            action: noted.action,
            object: noted.object,
            project: noted.project,
            outcome: noted.outcome,
            from: noted.from,
            detail: noted.detail,
            hash: noted.hash.to_string(),
        }
    }
}

/// Entries, newest first.
#[derive(Serialize, ToSchema)]
pub struct AuditAnswer {
    /// The entries. The list may be empty although `next` is set.
    pub entries: Vec<AuditEntry>,
    /// The `before` of the next page; null at the start of the audit log.
    pub next: Option<u64>,
}

impl From<AuditPage> for AuditAnswer {
    fn from(page: AuditPage) -> Self {
        Self { entries: page.entries.into_iter().map(AuditEntry::from).collect(), next: page.next }
    }
}

/// The result of a verification of the audit log.
#[derive(Serialize, ToSchema)]
pub struct VerdictAnswer {
    /// Whether the audit log is intact.
    pub holds: bool,
    /// Number of entries read.
    pub entries: u64,
    /// The last entry as `SEQ:HASH`, for storage elsewhere.
    pub head: String,
    /// The first errors.
    pub faults: Vec<String>,
    /// The number of further errors.
    pub more: u64,
}

impl From<Verdict> for VerdictAnswer {
    fn from(verdict: Verdict) -> Self {
        let place = |fault: quipu_audit::ChainError| match (fault.file, fault.line) {
            (Some(file), Some(line)) => format!("{file}:{line}: {}", fault.what),
            (Some(file), None) => format!("{file}: {}", fault.what),
            (None, _) => fault.what,
        };
        Self {
            holds: verdict.holds,
            entries: verdict.entries,
            head: verdict.head.to_string(),
            faults: verdict.faults.into_iter().map(place).collect(),
            more: verdict.more,
        }
    }
}
