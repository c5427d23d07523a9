//! Arguments of `quipu keys` and `quipu users`.

use std::path::PathBuf;

use clap::{ArgGroup, Args as ClapArgs, Subcommand};

/// Location of the access database.
#[derive(Debug, ClapArgs)]
pub struct AccessPlace {
    /// Folder for all data; a server may have it open, and knows at once [default: the platform's data
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
    /// Make a key; its text is shown once
    Add(KeysAdd),
    /// List keys, the newest first
    List {
        #[command(flatten)]
        at: AccessPlace,
    },
    /// End a key, now and for good
    Revoke {
        /// The public id: the eight characters after `qk_`
        id: String,
        #[command(flatten)]
        at: AccessPlace,
    },
}

/// A key to make.
#[derive(Debug, ClapArgs)]
pub struct KeysAdd {
    /// Name of the key, such as the program that gets it
    pub name: String,
    /// ingest, read or admin; several with commas
    #[arg(long, value_name = "SCOPES", required = true, value_delimiter = ',')]
    pub scope: Vec<String>,
    /// Its project [default: default]
    #[arg(long, value_name = "NAME")]
    pub project: Option<String>,
    /// For every project
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
    /// Make a user; the password is asked for, or read from standard input
    Add(UsersAdd),
    /// List users
    List {
        #[command(flatten)]
        at: AccessPlace,
    },
    /// Change a user
    Set(UsersSet),
    /// Remove a user with every session
    Remove {
        /// The user
        name: String,
        #[command(flatten)]
        at: AccessPlace,
    },
}

/// A user to make.
#[derive(Debug, ClapArgs)]
pub struct UsersAdd {
    /// Name to log in by
    pub name: String,
    /// viewer, editor or admin; for one project as PROJECT:ROLE; several with commas
    #[arg(long, value_name = "ROLES", required = true, value_delimiter = ',')]
    pub role: Vec<String>,
    /// The password is the user's own, typed by the user. Without this it is initial: valid for 7 days, until
    /// the user changes it at the first login
    #[arg(long)]
    pub own_password: bool,
    /// If access.db is damaged, move it aside as access.db.damaged-N and begin a new one; its users and keys
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
    /// The user
    pub name: String,
    /// The roles from now on, in place of all until now
    #[arg(long, value_name = "ROLES", value_delimiter = ',')]
    pub role: Vec<String>,
    /// Ask for a new password, or read it from standard input; every session ends
    #[arg(long)]
    pub password: bool,
    /// The new password is the user's own, typed by the user. Without this it is initial: valid for 7 days,
    /// until the user changes it at the next login
    #[arg(long, requires = "password")]
    pub own_password: bool,
    /// Keep the user out; every session ends
    #[arg(long)]
    pub disable: bool,
    /// Let the user in again
    #[arg(long, conflicts_with = "disable")]
    pub enable: bool,
    #[command(flatten)]
    pub at: AccessPlace,
}
