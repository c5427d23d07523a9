//! Accounts of budgets: what was spent and reserved, in one process's memory or in a file that several share.

use compact_str::CompactString;
use serde::{Deserialize, Serialize};

use crate::{Erasure, Provider, Result, SpanId, Timestamp, TraceId, Usd};

/// Unit of an account. The order of the variants is part of the stored format: append only.
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

    /// Stable word of the unit.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Usd => "usd",
            Self::Tokens => "tokens",
            Self::Calls => "calls",
        }
    }
}

/// Identifies one account. A budget has one account for each of its limits and each value of its scope.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct AccountId {
    /// Name of the budget.
    pub budget: CompactString,
    /// Scope value of the account, as the budget's owner writes it; empty for an account of all callers.
    pub scope: CompactString,
    /// Unit of every figure in the account.
    pub unit: AccountUnit,
}

/// A figure in an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Posting {
    /// The account.
    pub account: AccountId,
    /// Start of the time bucket of the figure.
    pub bucket: Timestamp,
    /// Amount in the account's unit.
    pub figure: i128,
}

/// A reservation in the accounts of one budget, for a call that is about to be made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeldReservation {
    /// Id of the reservation, the same in every budget that admitted the call.
    pub id: u64,
    /// Name of the budget.
    pub budget: CompactString,
    /// The accounts and the amount reserved in each.
    pub figures: Vec<(AccountId, i128)>,
    /// Expiry of the reservation.
    pub expires: Timestamp,
    /// Trace of the expected call.
    pub trace_id: Option<TraceId>,
    /// Span of the call itself.
    pub span_id: Option<SpanId>,
}

/// Facts of a trace that apply to all its calls. Facts arrive in any order and are only added.
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

/// A counted call with its figures and postings. Identity is `(trace_id, span_id)`.
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
    /// Expected money and tokens of a call without usage, for budgets that count estimates.
    #[serde(skip)]
    pub estimated: (Usd, u64),
    /// Accounts that the figures are posted to.
    pub postings: Vec<Posting>,
}

/// A budget threshold that was passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fired {
    /// The threshold, in millionths of the limit.
    pub millionths: u64,
    /// The limit that the threshold refers to.
    pub limit: i128,
    /// Start of the period in which it was passed; for a rolling period, the time at which it was passed.
    pub period: Timestamp,
}

/// Books of accounts. They do not know limits: a caller reads before it writes, within one
/// [`Accounts::transact`].
pub trait Accounts: Send + Sync {
    /// Runs `work` exclusively: no other thread or process reads or writes meanwhile. Its writes are kept if
    /// it returns `Ok`. Otherwise a book that several processes share discards them, so `work` must finish
    /// its reads before it writes.
    ///
    /// # Errors
    /// An error of `work`, or the books cannot be written.
    fn transact(&self, work: &mut dyn FnMut(&mut dyn Sheet) -> Result<()>) -> Result<()>;

    /// Removes a user, a session or traces from the books and their files. Returns the number of rows that
    /// named them. Spent amounts stay: accounts that get the same name are added up. With `dry_run` nothing
    /// changes.
    ///
    /// # Errors
    /// The books cannot be read or written; repeating it is safe.
    fn erase(&self, whose: &Erasure<'_>, dry_run: bool) -> Result<u64>;
}

/// The books, open for one piece of work.
///
/// # Errors
/// Every method fails if the books cannot be read or written.
#[allow(clippy::missing_errors_doc, reason = "the errors are documented once, above")]
pub trait Sheet {
    /// A number that grows with every [`Self::define`] of any process.
    fn version(&mut self) -> Result<u64>;

    /// Stored definitions of budgets: name and text, ordered by name.
    fn definitions(&mut self) -> Result<Vec<(String, String)>>;

    /// Stores a definition; `None` removes it.
    fn define(&mut self, name: &str, text: Option<&str>) -> Result<()>;

    /// Sum of the buckets that begin at or after `since`.
    fn spent(&mut self, account: &AccountId, since: Timestamp) -> Result<i128>;

    /// Adds to a bucket; negative figures subtract.
    fn post(&mut self, posting: &Posting) -> Result<()>;

    /// The first `most` accounts of a budget with a bucket at or after `since`, or with a reservation; in
    /// order.
    fn accounts(&mut self, budget: &str, since: Timestamp, most: usize) -> Result<Vec<AccountId>>;

    /// Raises each bucket of the budget `to` to the figure that `from` has there, and forgets `from`. An
    /// amount already counted in a bucket is part of that figure, so it is not added again.
    fn raise(&mut self, from: &str, to: &str) -> Result<()>;

    /// Releases every expired reservation.
    fn expire(&mut self, now: Timestamp) -> Result<()>;

    /// Sum of the reservations.
    fn reserved(&mut self, account: &AccountId) -> Result<i128>;

    /// A new reservation id; ids are never reused.
    fn next(&mut self) -> Result<u64>;

    /// Makes a reservation. It replaces an earlier one of the same id and budget.
    fn hold(&mut self, held: HeldReservation) -> Result<()>;

    /// The reservations of an id that are not released yet, one for each budget.
    fn held(&mut self, id: u64) -> Result<Vec<HeldReservation>>;

    /// Reservations for calls of a trace.
    fn held_in(&mut self, trace_id: TraceId) -> Result<Vec<HeldReservation>>;

    /// Releases a reservation in one budget.
    fn release(&mut self, id: u64, budget: &str) -> Result<()>;

    /// The last counted version of a call.
    fn call(&mut self, trace_id: TraceId, span_id: SpanId) -> Result<Option<Counted>>;

    /// Calls of a trace.
    fn calls(&mut self, trace_id: TraceId) -> Result<Vec<Counted>>;

    /// Stores a call at least until `keep`, in place of its earlier version. Books in memory keep it while
    /// they have space. This method does not make the postings.
    fn count(&mut self, call: Counted, keep: Timestamp) -> Result<()>;

    /// The known facts of a trace.
    fn facts(&mut self, trace_id: TraceId) -> Result<TraceFacts>;

    /// Stores the facts of a trace, for as long as [`Self::count`] stores a call.
    fn learn(&mut self, trace_id: TraceId, facts: TraceFacts, keep: Timestamp) -> Result<()>;

    /// Passed thresholds of an account.
    fn fired(&mut self, account: &AccountId) -> Result<Vec<Fired>>;

    /// Stores a passed threshold, in place of its earlier version.
    fn fire(&mut self, account: &AccountId, fired: Fired) -> Result<()>;

    /// The word stored under a name.
    fn mark(&mut self, name: &str) -> Result<Option<String>>;

    /// Stores a word under a name.
    fn set_mark(&mut self, name: &str, word: &str) -> Result<()>;

    /// Removes every account and reservation of a budget.
    fn forget(&mut self, budget: &str) -> Result<()>;

    /// Removes expired data: calls and traces by their time, and buckets that begin before `buckets`.
    fn prune(&mut self, now: Timestamp, buckets: &dyn Fn(&str) -> Timestamp) -> Result<()>;
}
