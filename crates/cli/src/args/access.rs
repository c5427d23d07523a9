//! Arguments of `quipu keys` and `quipu users`.

use std::path::PathBuf;

use clap::{ArgGroup, Args as ClapArgs, Subcommand};

/// Location of the access database.
#[derive(Debug, ClapArgs)]
pub struct AccessPlace {
    /// Folder for all data; a running server notices the changes at once [default: the platform's data
    /// folder]
    #[arg(long, value_name = "DIR", env = "QUIPU_DATA_DIR")]
    pub data_dir: Option<PathBuf>,
    /// Print the answer as JSON
    #[arg(long)]
    pub json: bool,
}

/// Commands for keys.
#[derive(Debug, ClapArgs)]
pub struct Keys {
    #[command(subcommand)]
    pub what: KeysWhat,
}

#[derive(Debug, Subcommand)]
pub enum KeysWhat {
    /// Create a key; it is shown only once
    Add(KeysAdd),
    /// List keys, newest first
    List {
        #[command(flatten)]
        at: AccessPlace,
    },
    /// Revoke a key at once and permanently
    Revoke {
        /// The public id: the eight characters after `qk_`
        id: String,
        #[command(flatten)]
        at: AccessPlace,
    },
}

/// A key to create.
#[derive(Debug, ClapArgs)]
pub struct KeysAdd {
    /// Name of the key, such as the program that uses it
    pub name: String,
    /// ingest, read or admin; several with commas
    #[arg(long, value_name = "SCOPES", required = true, value_delimiter = ',')]
    pub scope: Vec<String>,
    /// Its project [default: default]
    #[arg(long, value_name = "NAME")]
    pub project: Option<String>,
    /// The key applies to every project
    #[arg(long, conflicts_with = "project")]
    pub all_projects: bool,
    /// Expiry: a time from now in hours, days or weeks such as 90d, or a time such as 2027-01-01T00:00:00Z
    /// [default: never]
    #[arg(long, value_name = "WHEN")]
    pub expires: Option<String>,
    #[command(flatten)]
    pub at: AccessPlace,
}

/// Commands for users.
#[derive(Debug, ClapArgs)]
pub struct Users {
    #[command(subcommand)]
    pub what: UsersWhat,
}

#[derive(Debug, Subcommand)]
pub enum UsersWhat {
    /// Create a user; the command prompts for the password or reads it from standard input
    Add(UsersAdd),
    /// List users
    List {
        #[command(flatten)]
        at: AccessPlace,
    },
    /// Change a user
    Set(UsersSet),
    /// Remove a user and end all sessions of the user
    Remove {
        /// Name of the user
        name: String,
        #[command(flatten)]
        at: AccessPlace,
    },
}

/// A user to create.
#[derive(Debug, ClapArgs)]
pub struct UsersAdd {
    /// Login name
    pub name: String,
    /// viewer, editor or admin; for one project as PROJECT:ROLE; several with commas
    #[arg(long, value_name = "ROLES", required = true, value_delimiter = ',')]
    pub role: Vec<String>,
    /// The user typed the password. Without this flag, the password is initial: valid for 7 days, until the
    /// user changes it at the first login
    #[arg(long)]
    pub own_password: bool,
    /// If access.db is damaged, move it aside as access.db.damaged-N and create a new one; its users and keys
    /// are lost
    #[arg(long)]
    pub replace_damaged: bool,
    #[command(flatten)]
    pub at: AccessPlace,
}

/// Changes to a user.
#[derive(Debug, ClapArgs)]
#[command(group(ArgGroup::new("change").required(true).multiple(true).args(["role", "password", "disable", "enable"])))]
pub struct UsersSet {
    /// Name of the user
    pub name: String,
    /// New roles; they replace all present roles
    #[arg(long, value_name = "ROLES", value_delimiter = ',')]
    pub role: Vec<String>,
    /// Prompt for a new password, or read it from standard input; every session ends
    #[arg(long)]
    pub password: bool,
    /// The user typed the new password. Without this flag, the password is initial: valid for 7 days, until
    /// the user changes it at the next login
    #[arg(long, requires = "password")]
    pub own_password: bool,
    /// Disable the user; every session ends
    #[arg(long)]
    pub disable: bool,
    /// Enable the user again
    #[arg(long, conflicts_with = "disable")]
    pub enable: bool,
    #[command(flatten)]
    pub at: AccessPlace,
}
