//! Grouping keys of ledger rows and rollups.

use quipu_core::{Billing, GroupBy, Timestamp};

/// Grouping keys of a row of a rollup or of the ledger; names by number, 0 for none.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Keys {
    pub(crate) time: i64,
    pub(crate) provider: i64,
    pub(crate) model: i64,
    pub(crate) agent: i64,
    pub(crate) service: i64,
    pub(crate) framework: i64,
    pub(crate) convention: i64,
    pub(crate) session: i64,
    pub(crate) user: i64,
    pub(crate) tool: i64,
    pub(crate) tag: i64,
    pub(crate) environment: i64,
    pub(crate) version: i64,
    /// Project, revision, branch.
    pub(crate) labels: [i64; 3],
    pub(crate) billing: Billing,
}

impl Keys {
    /// The number of one key; of a time, its rounded start.
    pub(crate) fn of(&self, by: GroupBy) -> i64 {
        let floor = |width| Timestamp::from_nanos(self.time).floor(width).nanos();
        match by {
            GroupBy::Model => self.model,
            GroupBy::Provider => self.provider,
            GroupBy::Agent => self.agent,
            GroupBy::Framework => self.framework,
            GroupBy::Service => self.service,
            GroupBy::Session => self.session,
            GroupBy::User => self.user,
            GroupBy::Convention => self.convention,
            GroupBy::Hour => floor(Timestamp::HOUR),
            GroupBy::Day => floor(Timestamp::DAY),
            GroupBy::Week | GroupBy::Month | GroupBy::Step(_) => {
                by.start(Timestamp::from_nanos(self.time)).map_or(0, Timestamp::nanos)
            }
            GroupBy::Tool => self.tool,
            GroupBy::Tag => self.tag,
            GroupBy::Environment => self.environment,
            GroupBy::Version => self.version,
            GroupBy::Project => self.labels[0],
            GroupBy::Commit => self.labels[1],
            GroupBy::Branch => self.labels[2],
            GroupBy::Billing => self.billing as i64,
        }
    }
}
