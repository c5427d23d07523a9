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

/// What to log in by.
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
    /// The password until now.
    pub old: String,
    /// The password from now on: 12 to 128 characters, and not the old one.
    pub new: String,
}

/// Who asks.
#[derive(Serialize, ToSchema)]
pub struct Who {
    /// `user`, `key` or `local`.
    pub kind: &'static str,
    /// A key's public id, a user's name.
    pub id: String,
    /// What people call it.
    pub name: String,
}

/// Who asks, and what they may do.
#[derive(Serialize, ToSchema)]
pub struct Me {
    /// Whether requests have to say who they are.
    pub access: bool,
    /// Who asks; null: nobody who is known.
    pub principal: Option<Who>,
    /// Whether somebody else chose the password, so that nothing is let through but `POST /api/v1/me/password` and logging out.
    pub password_change_required: bool,
    /// The role in each project: `viewer`, `editor` or `admin`; null for a key that may only send.
    #[schema(value_type = BTreeMap<String, Option<String>>)]
    pub roles: BTreeMap<String, Option<Role>>,
    /// Whether the principal may configure the whole server: users, keys of every project, the audit.
    pub everywhere: bool,
    /// What the principal may do in `project`: of `ingest`, `read`, `write` and `admin`.
    #[schema(value_type = Vec<String>)]
    pub permissions: Vec<&'static str>,
    /// The projects that the principal knows.
    pub projects: Vec<String>,
    /// The project that this request is about.
    pub project: Option<String>,
    /// Whether `GET /api/v1/login/oidc` begins a login.
    pub oidc: bool,
}

/// A key to make.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct KeyBody {
    /// What it is called: 1 to 80 characters.
    pub name: String,
    /// Of `ingest`, `read` and `admin`.
    #[schema(value_type = Vec<String>)]
    pub scopes: Vec<Scope>,
    /// Its project; when not said, the one that the request is about.
    pub project: Option<String>,
    /// For every project.
    #[serde(default)]
    pub all_projects: bool,
    /// When it ends; never when not said.
    pub expires_at: Option<String>,
}

/// A key, without its secret.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AccessKey)]
pub struct KeyAnswer {
    /// The public part of its text.
    pub id: String,
    /// What it is called.
    pub name: String,
    /// Its project; null: every project.
    pub project: Option<String>,
    /// What it may do.
    #[schema(value_type = Vec<String>)]
    pub scopes: Vec<Scope>,
    /// When it was made.
    pub created_at: String,
    /// Who made it.
    pub created_by: String,
    /// When it ends.
    pub expires_at: Option<String>,
    /// When it was revoked.
    pub revoked_at: Option<String>,
    /// When it was last used, to the hour.
    pub used_at: Option<String>,
    /// `active`, `expired` or `revoked`.
    pub state: &'static str,
}

impl KeyAnswer {
    /// As it stands now.
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

/// A key that was made: the only time that its text is told.
#[derive(Serialize, ToSchema)]
pub struct NewKeyAnswer {
    /// The key.
    pub key: KeyAnswer,
    /// Its text. It is stored nowhere.
    pub secret: String,
}

/// Keys, the newest first.
#[derive(Serialize, ToSchema)]
pub struct KeysAnswer {
    /// The keys that the principal may manage.
    pub keys: Vec<KeyAnswer>,
}

/// A user to make.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UserBody {
    /// 1 to 64 characters of letters, digits and `._@+-`.
    pub name: String,
    /// 12 to 128 characters. It is initial: it lets the user in for seven days, and to nothing but choosing another one.
    pub password: String,
    /// A role by project, `*` for every project.
    #[schema(value_type = BTreeMap<String, String>)]
    pub roles: Roles,
}

/// What to change of a user.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UserChangeBody {
    /// A role by project, `*` for every project.
    #[schema(value_type = Option<BTreeMap<String, String>>)]
    pub roles: Option<Roles>,
    /// A new password: initial, as in making a user, unless it is one's own.
    pub password: Option<String>,
    /// Whether the user is kept out.
    pub disabled: Option<bool>,
}

/// A user.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AccessUser)]
pub struct UserAnswer {
    /// The name.
    pub name: String,
    /// A role by project, `*` for every project.
    #[schema(value_type = BTreeMap<String, String>)]
    pub roles: Roles,
    /// Whether an issuer vouches for the user, so that there is no password.
    pub oidc: bool,
    /// Whether the user is kept out.
    pub disabled: bool,
    /// When the user was made.
    pub created_at: String,
    /// The last login.
    pub seen_at: Option<String>,
    /// Whether the password is one that somebody else chose, and the user has to change it before anything else.
    pub password_change_required: bool,
    /// Until when such a password lets the user in.
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

/// An entry of the audit.
#[derive(Serialize, ToSchema)]
pub struct AuditEntry {
    /// Its number, from 1, without a gap.
    pub seq: u64,
    /// When it was noted.
    pub time: String,
    /// Who: `kind:id`.
    pub actor: String,
    /// What was done, such as `trace.read`.
    pub action: String,
    /// To what.
    pub object: Option<String>,
    /// In which project.
    pub project: Option<String>,
    /// `done`, `denied` or `failed`.
    #[schema(value_type = String)]
    pub outcome: quipu_audit::Outcome,
    /// The address that it came from.
    #[schema(value_type = Option<String>)]
    pub from: Option<std::net::IpAddr>,
    /// What else is known.
    pub detail: BTreeMap<String, String>,
    /// Its SHA-256, which covers that of the entry before it.
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

/// Entries, the newest first.
#[derive(Serialize, ToSchema)]
pub struct AuditAnswer {
    /// The entries; there may be none although `next` says to go on.
    pub entries: Vec<AuditEntry>,
    /// The `before` of the next page; null at the beginning of the record.
    pub next: Option<u64>,
}

impl From<AuditPage> for AuditAnswer {
    fn from(page: AuditPage) -> Self {
        Self { entries: page.entries.into_iter().map(AuditEntry::from).collect(), next: page.next }
    }
}

/// Whether the audit is whole.
#[derive(Serialize, ToSchema)]
pub struct VerdictAnswer {
    /// Whether nothing is wrong with it.
    pub holds: bool,
    /// Entries that were read.
    pub entries: u64,
    /// The last entry as `SEQ:HASH`: what to keep elsewhere.
    pub head: String,
    /// What is wrong, the first of it.
    pub faults: Vec<String>,
    /// How many more things are wrong.
    pub more: u64,
}

impl From<Verdict> for VerdictAnswer {
    fn from(verdict: Verdict) -> Self {
        let place = |fault: quipu_audit::Fault| match (fault.file, fault.line) {
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
