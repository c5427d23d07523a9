//! Usage under subscriptions, in the windows of their limits.
//!
//! A provider counts the limits of a plan in windows that begin with use: "a session starts with your first
//! message and lasts for 5 hours" (Anthropic,
//! <https://support.anthropic.com/en/articles/11014257-about-claude-s-max-plan-usage>). A week runs seven
//! days from its first use (the same help centre). Codex names a primary window of 300 and a secondary one of
//! 10,080 minutes in its `rate_limits`. As in `ccusage blocks`, a window begins at the full hour, UTC, of its
//! first call (<https://github.com/ryoppippi/ccusage>, `session-blocks`). The provider's own window began
//! earlier if the account was first used on another machine, or in a chat that was not recorded.

use compact_str::CompactString;
use quipu_core::{
    AnswerMemory, Billing, GroupBy, Result, Store, Timestamp, TraceFilter, UsageGroup, UsageKey, UsageQuery,
    UsageTotals, Usd,
};

/// Parameters of the query: which usage.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Ask {
    /// Which calls. Windows that end at or before `since` are left out; where a window begins is found from
    /// all use before it.
    pub filter: TraceFilter,
}

/// How long a window lasts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum WindowKind {
    /// Five hours.
    FiveHours,
    /// Seven days.
    Week,
}

impl WindowKind {
    /// Both.
    pub const ALL: [Self; 2] = [Self::FiveHours, Self::Week];

    /// The word for it: `5h` or `week`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::FiveHours => "5h",
            Self::Week => "week",
        }
    }

    /// Nanoseconds from start to end.
    pub const fn length(self) -> i64 {
        match self {
            Self::FiveHours => 5 * Timestamp::HOUR,
            Self::Week => 7 * Timestamp::DAY,
        }
    }
}

/// Use within one window.
#[derive(Debug, Clone, PartialEq)]
pub struct PlanWindow {
    /// Kind of the limit.
    pub kind: WindowKind,
    /// The full hour, UTC, of its first call.
    pub started_at: Timestamp,
    /// When it ends: `started_at` and the length of its kind.
    pub ends_at: Timestamp,
    /// Whether the window is current.
    pub current: bool,
    /// LLM calls.
    pub llm_calls: u64,
    /// Input and output tokens together, cached ones included.
    pub tokens: u64,
    /// List price of its usage: an amount that is not billed. `None` when nothing is priced.
    pub list_price: Option<Usd>,
    /// Calls without a price; not part of `list_price`.
    pub unpriced_calls: u64,
}

/// One plan, as far as records tell: plans have no name in them.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// Provider.
    pub provider: Option<CompactString>,
    /// The tool that uses it.
    pub framework: Option<CompactString>,
    /// User of the traces.
    pub user: Option<CompactString>,
    /// Windows with use, latest first; those of five hours before weeks.
    pub windows: Vec<PlanWindow>,
}

/// Billing, provider, framework, user.
type Whose<'a> =
    (&'a CompactString, Option<&'a CompactString>, Option<&'a CompactString>, Option<&'a CompactString>);

/// Whether a call is billed by a subscription.
async fn has_plans(store: &dyn Store, filter: &TraceFilter) -> Result<bool> {
    let query = UsageQuery { filter: filter.clone(), group_by: vec![GroupBy::Billing] };
    let plan = UsageKey::Name(Some(Billing::Subscription.as_str().into()));
    Ok(store.usage(&query).await?.iter().any(|group| group.key.contains(&plan) || group.is_rest()))
}

/// The use of every plan in its windows, by provider, tool and user.
///
/// # Errors
/// The store cannot be read.
pub async fn windows(store: &dyn Store, ask: &Ask, now: Timestamp) -> Result<Vec<Plan>> {
    let filter = TraceFilter { since: None, ..ask.filter.clone() };
    // The sums of every user by the hour are large, and most stores have no plan.
    if !has_plans(store, &filter).await? {
        return Ok(Vec::new());
    }
    let query = UsageQuery {
        filter,
        group_by: vec![GroupBy::Billing, GroupBy::Provider, GroupBy::Framework, GroupBy::User, GroupBy::Hour],
    };
    let groups = store.usage(&query).await?;
    let memory = AnswerMemory::current();
    let mut hold = memory.hold(groups.iter().map(UsageGroup::bytes).sum())?;
    let mut plans = Vec::new();
    // Groups are in the order of their keys. Their last part is the hour.
    for hours in groups.chunk_by(|one, other| whose(one) == whose(other)) {
        let Some(((billing, provider, framework, user), _)) = hours.first().and_then(parts) else { continue };
        if billing != Billing::Subscription.as_str() {
            continue;
        }
        let hours: Vec<_> = hours.iter().filter_map(|group| Some((parts(group)?.1, &group.totals))).collect();
        let mut windows: Vec<PlanWindow> =
            WindowKind::ALL.into_iter().flat_map(|kind| in_windows(kind, &hours, now)).collect();
        windows.retain(|window| ask.filter.since.is_none_or(|since| window.ends_at > since));
        if windows.is_empty() {
            continue;
        }
        let (provider, framework, user) = (provider.cloned(), framework.cloned(), user.cloned());
        let names = [&provider, &framework, &user].into_iter().flatten().map(|name| name.len());
        let bytes = size_of::<Plan>() + windows.capacity() * size_of::<PlanWindow>() + names.sum::<usize>();
        hold.grow(bytes)?;
        plans.push(Plan { provider, framework, user, windows });
    }
    Ok(plans)
}

/// The key of a group without its hour.
fn whose(group: &UsageGroup) -> Option<&[UsageKey]> {
    group.key.split_last().map(|(_, whose)| whose)
}

/// Billing, provider, framework and user of a group, and its hour; `None` for groups that were left out.
fn parts(group: &UsageGroup) -> Option<(Whose<'_>, Timestamp)> {
    match group.key.as_slice() {
        [
            UsageKey::Name(Some(billing)),
            UsageKey::Name(provider),
            UsageKey::Name(framework),
            UsageKey::Name(user),
            UsageKey::Time(hour),
        ] => Some(((billing, provider.as_ref(), framework.as_ref(), user.as_ref()), *hour)),
        _ => None,
    }
}

/// Windows begin and end on full hours, so that sums of hours are enough to fill them exactly.
fn in_windows(kind: WindowKind, hours: &[(Timestamp, &UsageTotals)], now: Timestamp) -> Vec<PlanWindow> {
    let mut windows: Vec<PlanWindow> = Vec::new();
    for (hour, totals) in hours {
        if windows.last().is_none_or(|window| *hour >= window.ends_at) {
            windows.push(empty(kind, *hour, now));
        }
        if let Some(window) = windows.last_mut() {
            window.llm_calls += totals.llm_calls;
            window.tokens = window.tokens.saturating_add(totals.tokens.total());
            window.list_price = Usd::sum_known(window.list_price, totals.subscription);
            window.unpriced_calls += totals.unpriced.values().sum::<u64>();
        }
    }
    windows.reverse();
    windows
}

fn empty(kind: WindowKind, started_at: Timestamp, now: Timestamp) -> PlanWindow {
    let ends_at = started_at.plus(kind.length());
    PlanWindow {
        kind,
        started_at,
        ends_at,
        current: started_at <= now && now < ends_at,
        llm_calls: 0,
        tokens: 0,
        list_price: None,
        unpriced_calls: 0,
    }
}
