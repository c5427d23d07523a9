//! Arguments of `quipu forget`.

use clap::Args as ClapArgs;

use super::Source;

/// The user or session to forget.
#[derive(Debug, ClapArgs)]
pub struct Forget {
    /// User id, as in the records
    #[arg(long, value_name = "ID", required_unless_present = "session", conflicts_with = "session")]
    pub user: Option<String>,
    /// Session id
    #[arg(long, value_name = "ID")]
    pub session: Option<String>,
    /// Dry run: only count the records
    #[arg(long)]
    pub dry_run: bool,
    #[command(flatten)]
    pub source: Source,
}
