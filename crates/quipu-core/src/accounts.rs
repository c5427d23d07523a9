//! Where spending and reservations of budgets are written down: by one process in its memory, or by several in one file.

use compact_str::CompactString;
use serde::{Deserialize, Serialize};

use crate::{Erasure, Provider, Result, SpanId, Timestamp, TraceId, Usd};

/// What an account is kept in. The order of the variants is part of the stored format: append only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AccountUnit {
    /// Units of 1e-24 US dollars.
    Usd,
    /// Tokens, input and output together.
    Tokens,
    /// Requests to models.
    Calls,
}

impl AccountUnit {
    /// Every unit, in the order of their numbers.
    pub const ALL: [Self; 3] = [Self::Usd, Self::Tokens, Self::Calls];

    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Usd => "usd",
            Self::Tokens => "tokens",
            Self::Calls => "calls",
        }
    }
}

/// One account: a budget has one for each of its limits and each value that its scope tells apart.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct AccountId {
    /// Name of the budget.
    pub budget: CompactString,
    /// Whose account it is, as the budget's owner writes it; empty for everybody's.
    pub scope: CompactString,
    /// Unit of every figure in it.
    pub unit: AccountUnit,
}

/// A figure in an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Posting {
    /// The account.
    pub account: AccountId,
    /// Start of the time that it is put under.
    pub bucket: Timestamp,
    /// How much, in the account's unit.
    pub figure: i128,
}

/// What is set aside in the accounts of one budget for a call that is about to be made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held {
    /// Id of the reservation; it is one for every budget that a call was let through by.
    pub id: u64,
    /// Name of the budget.
    pub budget: CompactString,
    /// The accounts and how much is set aside in each.
    pub figures: Vec<(AccountId, i128)>,
    /// It is let go then.
    pub expires: Timestamp,
    /// The trace that the call is expected in.
    pub trace_id: Option<TraceId>,
    /// The very span that the call is.
    pub span_id: Option<SpanId>,
}

/// What a trace says of all its calls. Facts come in any order and are only added to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TraceFacts {
    /// Project.
    pub project: Option<CompactString>,
    /// User.
    pub user: Option<CompactString>,
    /// Session.
    pub session: Option<CompactString>,
    /// Tags, sorted.
    pub tags: Vec<CompactString>,
}

/// A counted call: its figures, and where they were posted. Identity is `(trace_id, span_id)`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counted {
    /// The trace.
    pub trace_id: TraceId,
    /// The span.
    pub span_id: SpanId,
    /// Start of the call.
    pub time: Timestamp,
    /// Model provider.
    pub provider: Option<Provider>,
    /// Model asked for.
    pub request_model: Option<CompactString>,
    /// Model that answered.
    pub response_model: Option<CompactString>,
    /// Agent.
    pub agent: Option<CompactString>,
    /// Framework.
    pub framework: Option<CompactString>,
    /// Service.
    pub service: Option<CompactString>,
    /// Money spent.
    pub usd: Usd,
    /// Tokens, input and output together.
    pub tokens: u64,
    /// Requests.
    pub calls: u64,
    /// Where the figures stand.
    pub postings: Vec<Posting>,
}

/// A threshold that was passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fired {
    /// Which one, in millionths of the limit.
    pub millionths: u64,
    /// The limit that it was a part of.
    pub limit: i128,
    /// Start of the period that it was passed in; of a rolling one, when it was passed.
    pub period: Timestamp,
}

/// Books of accounts. They know nothing of limits: whoever writes in them reads first, within the same [`Accounts::transact`].
pub trait Accounts: Send + Sync {
    /// Runs `work` alone: nobody of this process or another reads or writes meanwhile. What it wrote is kept if it gives `Ok`; a
    /// book that several processes share forgets all of it otherwise, so `work` reads all that it needs before it writes.
    ///
    /// # Errors
    /// That of `work`, or the books cannot be written.
    fn transact(&self, work: &mut dyn FnMut(&mut dyn Sheet) -> Result<()>) -> Result<()>;

    /// Takes a user, a session or traces out of the books and their files; gives how many rows named them. What was spent stays: the
    /// figures of accounts that get the same name are added up. With `dry_run` nothing changes.
    ///
    /// # Errors
    /// The books cannot be read or written; repeating it is safe.
    fn erase(&self, whose: &Erasure<'_>, dry_run: bool) -> Result<u64>;
}

/// The books while they are open for one piece of work.
///
/// # Errors
/// Of every method: the books cannot be read or written.
#[allow(clippy::missing_errors_doc, reason = "said once, above")]
pub trait Sheet {
    /// Grows with every [`Self::define`], whoever called it.
    fn version(&mut self) -> Result<u64>;

    /// Definitions of budgets that were stored: name and text, by name.
    fn definitions(&mut self) -> Result<Vec<(String, String)>>;

    /// Stores a definition, or removes it.
    fn define(&mut self, name: &str, text: Option<&str>) -> Result<()>;

    /// Sum of the buckets that begin at or after `since`.
    fn spent(&mut self, account: &AccountId, since: Timestamp) -> Result<i128>;

    /// Adds to a bucket; negative figures take away.
    fn post(&mut self, posting: &Posting) -> Result<()>;

    /// Accounts of a budget with a bucket at or after `since`, or with something set aside; in order.
    fn accounts(&mut self, budget: &str, since: Timestamp) -> Result<Vec<AccountId>>;

    /// Lets go of every reservation whose time is over.
    fn expire(&mut self, now: Timestamp) -> Result<()>;

    /// Sum of what is set aside.
    fn reserved(&mut self, account: &AccountId) -> Result<i128>;

    /// An id that no reservation ever had.
    fn next(&mut self) -> Result<u64>;

    /// Sets aside. What was set aside by the same id and budget is replaced.
    fn hold(&mut self, held: Held) -> Result<()>;

    /// The parts of a reservation that still stand.
    fn held(&mut self, id: u64) -> Result<Vec<Held>>;

    /// Reservations for calls of a trace.
    fn held_in(&mut self, trace_id: TraceId) -> Result<Vec<Held>>;

    /// Lets go of a reservation in one budget.
    fn release(&mut self, id: u64, budget: &str) -> Result<()>;

    /// A call as it was counted last.
    fn call(&mut self, trace_id: TraceId, span_id: SpanId) -> Result<Option<Counted>>;

    /// Calls of a trace.
    fn calls(&mut self, trace_id: TraceId) -> Result<Vec<Counted>>;

    /// Remembers a call at least until `keep` (books in memory: as long as there is room), in place of what was known of it. The
    /// postings are not made by this.
    fn count(&mut self, call: Counted, keep: Timestamp) -> Result<()>;

    /// What is known of a trace.
    fn facts(&mut self, trace_id: TraceId) -> Result<TraceFacts>;

    /// Remembers what is known of a trace, as [`Self::count`] does.
    fn learn(&mut self, trace_id: TraceId, facts: TraceFacts, keep: Timestamp) -> Result<()>;

    /// Thresholds of an account that were passed.
    fn fired(&mut self, account: &AccountId) -> Result<Vec<Fired>>;

    /// Remembers that a threshold was passed, in place of what was known of the same one.
    fn fire(&mut self, account: &AccountId, fired: Fired) -> Result<()>;

    /// A word that was left under a name.
    fn mark(&mut self, name: &str) -> Result<Option<String>>;

    /// Leaves a word under a name.
    fn set_mark(&mut self, name: &str, word: &str) -> Result<()>;

    /// Forgets every account and reservation of a budget.
    fn forget(&mut self, budget: &str) -> Result<()>;

    /// Forgets what need not be kept any more: calls and traces by their time, buckets that begin before `buckets`.
    fn prune(&mut self, now: Timestamp, buckets: &dyn Fn(&str) -> Timestamp) -> Result<()>;
}
