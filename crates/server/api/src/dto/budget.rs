//! Budgets: their configuration, and the state of each account.

use std::collections::BTreeMap;

use quipu_budget::{AccountStatus, Amount, BudgetError, BudgetView, Exceeded, Looped, Notice, Source};
use quipu_core::Usd;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use utoipa::ToSchema;

/// All budgets.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct BudgetsAnswer {
    /// By name.
    pub budgets: Vec<Budget>,
}

/// One budget.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Budget {
    /// Name.
    pub name: String,
    /// Configuration.
    #[schema(value_type = BudgetSettings)]
    pub config: Json,
    /// `file` if the config file defines it; `stored` if this interface or `quipu budget set` did.
    pub source: String,
    /// Accounts of the budget: one for each limit, and for each observed value of a `*` in its scope.
    pub accounts: Vec<BudgetAccount>,
    /// Whether accounts were left out: a budget lists its first 1,000 by scope.
    pub truncated: bool,
}

/// One account of a budget.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct BudgetAccount {
    /// Scope values of the account, such as `{"user": "ada"}`; empty for a budget with one account.
    pub scope: BTreeMap<String, String>,
    /// Limited unit: `usd`, `tokens` or `calls`.
    pub unit: String,
    /// The limit: decimal text in US dollars, or a number as text.
    pub limit: String,
    /// Amount counted in this period.
    pub spent: String,
    /// Amount reserved for running calls.
    pub reserved: String,
    /// Spent amount as a fraction of the limit. Above 1 if it exceeds the limit; null if the limit is zero.
    pub share: Option<f64>,
    /// Start of the period; null without a period.
    pub period_start: Option<String>,
    /// Start of the next period; null for a rolling period or none.
    pub resets_at: Option<String>,
    /// Thresholds reached in this period.
    pub fired: Vec<f64>,
}

/// Definition of a budget. It has at least one limit; each given limit applies.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct BudgetSettings {
    /// Limit in US dollars per period, decimal text.
    #[schema(value_type = Option<String>)]
    pub limit_usd: Option<Usd>,
    /// Limit of tokens per period, input and output together.
    pub limit_tokens: Option<u64>,
    /// Limit of model requests per period.
    pub limit_calls: Option<u64>,
    /// `hour`, `day` (default), `week`, `month` or `total`.
    pub period: Option<String>,
    /// Whether the period is a rolling window instead of a calendar period: 60 minutes, 24 hours, 7 or 30
    /// days.
    pub rolling: Option<bool>,
    /// IANA name of the calendar's time zone, such as `Europe/Zurich`; UTC when omitted.
    pub time_zone: Option<String>,
    /// Scope of the counted spending; default: all spending.
    pub scope: Option<BudgetScope>,
    /// Fractions of the limit that send a notice once per period, above 0, at most 10. Default: 0.8, 0.9 and
    /// 1.0.
    pub thresholds: Option<Vec<f64>>,
    /// Action at the limit: `notify`, `throttle`, `degrade` or `block` (default).
    pub action: Option<String>,
    /// Cheaper model that `degrade` suggests.
    pub degrade_to: Option<String>,
    /// Delay of a call under `throttle`, in milliseconds.
    pub throttle_ms: Option<u64>,
    /// Lifetime of a reservation without a result of its call, in milliseconds.
    pub hold_ms: Option<u64>,
    /// Loop guard. It judges each session separately, or each trace if the session is unknown.
    pub r#loop: Option<LoopSettings>,
    /// Whether calls without usage count with their estimated cost and tokens; default false.
    pub count_estimated: Option<bool>,
}

/// Scope of a budget; all given fields must match. `*` has a separate account for each value. A trailing `*`
/// matches every value with that prefix.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct BudgetScope {
    /// Project.
    pub project: Option<String>,
    /// Service.
    pub service: Option<String>,
    /// Framework.
    pub framework: Option<String>,
    /// Agent.
    pub agent: Option<String>,
    /// User.
    pub user: Option<String>,
    /// Session.
    pub session: Option<String>,
    /// Provider.
    pub provider: Option<String>,
    /// Model.
    pub model: Option<String>,
    /// Tag.
    pub tag: Option<String>,
}

/// Limits of the loop guard.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct LoopSettings {
    /// Maximum number of consecutive runs of one tool with the same arguments; at least 2.
    pub repeats: Option<u64>,
    /// Maximum spending within 60 seconds, in US dollars, decimal text.
    #[schema(value_type = Option<String>)]
    pub usd_per_minute: Option<Usd>,
    /// Limit of requests to language models.
    pub turns: Option<u64>,
    /// Time in milliseconds after which a loop is forgotten and counts start again.
    pub reset_ms: Option<u64>,
}

/// A planned call to check against a budget.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct BudgetAsk {
    /// Expected cost of the call in US dollars, decimal text.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub usd: Option<Usd>,
    /// Expected tokens of the call, input and output together.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tokens: Option<u64>,
    /// Scope values of the call; no patterns.
    pub subject: BudgetScope,
}

/// Result of a budget check. Nothing is reserved.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct BudgetVerdict {
    /// Whether the budget admits the call.
    pub allowed: bool,
    /// The rejection; null if the call is admitted.
    pub refusal: Option<BudgetRefusal>,
    /// Suggested delay of the call in milliseconds; null without one.
    pub delay_ms: Option<f64>,
    /// Suggested cheaper model; null without one.
    pub degrade_to: Option<String>,
    /// Notices of budgets that do not block.
    pub notices: Vec<String>,
}

/// Rejection of a call by a budget.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct BudgetRefusal {
    /// `exceeded`, or `loop` for a loop.
    pub kind: String,
    /// The budget.
    pub name: String,
    /// Scope of the account.
    pub scope: BTreeMap<String, String>,
    /// Limited unit: `usd`, `tokens` or `calls`.
    pub unit: String,
    /// The limit, or the loop guard's limit.
    pub limit: String,
    /// Counted amount.
    pub spent: String,
    /// Amount reserved for running calls; null for a loop.
    pub reserved: Option<String>,
    /// Requested amount; null for a loop.
    pub estimate: Option<String>,
    /// Start of the next period; null without one.
    pub resets_at: Option<String>,
    /// Description of the rejection.
    pub message: String,
}

/// A notice of a budget.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct BudgetNotice {
    /// Name of its event: `budget.threshold`, `budget.refused`, `budget.loop` or `budget.unchecked`.
    pub event: String,
    /// Time of the notice.
    pub at: String,
    /// The budget; `*` for all budgets.
    pub name: String,
    /// Scope of the account.
    pub scope: BTreeMap<String, String>,
    /// Action taken: `notify`, `throttle`, `degrade` or `block`.
    pub action: String,
    /// Limited unit: `usd`, `tokens` or `calls`; null if no limit is concerned.
    pub unit: Option<String>,
    /// The limit.
    pub limit: Option<String>,
    /// Counted amount.
    pub spent: Option<String>,
    /// Reserved amount.
    pub reserved: Option<String>,
    /// Start of the next period.
    pub resets_at: Option<String>,
    /// Description of the notice.
    pub message: String,
}

impl From<&Notice> for BudgetNotice {
    fn from(from: &Notice) -> Self {
        Self {
            event: from.what.event().to_owned(),
            at: from.at.to_string(),
            name: from.budget.clone(),
            scope: from.scope.clone(),
            action: from.action.to_owned(),
            unit: from.limit.map(|limit| limit.unit().as_str().to_owned()),
            limit: from.limit.map(plain),
            spent: from.spent.map(plain),
            reserved: from.reserved.map(plain),
            resets_at: from.resets_at.map(|time| time.to_string()),
            message: from.message.clone(),
        }
    }
}

fn plain(amount: Amount) -> String {
    amount.plain()
}

impl From<&BudgetView> for Budget {
    fn from(from: &BudgetView) -> Self {
        let source = match from.source {
            Source::File => "file",
            Source::Stored => "stored",
        };
        Self {
            name: from.name.clone(),
            config: serde_json::to_value(&from.config).unwrap_or_default(),
            source: source.to_owned(),
            accounts: from.accounts.iter().map(BudgetAccount::from).collect(),
            truncated: from.truncated,
        }
    }
}

impl From<&AccountStatus> for BudgetAccount {
    fn from(from: &AccountStatus) -> Self {
        Self {
            scope: from.scope.clone(),
            unit: from.unit.as_str().to_owned(),
            limit: plain(from.limit),
            spent: plain(from.spent),
            reserved: plain(from.reserved),
            share: from.share.is_finite().then_some(from.share),
            period_start: from.period_start.map(|time| time.to_string()),
            resets_at: from.resets_at.map(|time| time.to_string()),
            fired: from.fired.clone(),
        }
    }
}

impl BudgetRefusal {
    /// The rejection; `None` for any other error.
    pub(crate) fn of(error: &BudgetError) -> Option<Self> {
        let refusal = match error {
            BudgetError::Exceeded(exceeded) => Self::exceeded(exceeded),
            BudgetError::Loop(looped) => Self::looped(looped),
            _ => return None,
        };
        Some(Self { message: error.to_string(), ..refusal })
    }

    fn exceeded(from: &Exceeded) -> Self {
        Self {
            kind: "exceeded".to_owned(),
            name: from.name.clone(),
            scope: from.scope.clone(),
            unit: from.limit.unit().as_str().to_owned(),
            limit: plain(from.limit),
            spent: plain(from.spent),
            reserved: Some(plain(from.reserved)),
            estimate: Some(plain(from.estimate)),
            resets_at: from.resets_at.map(|time| time.to_string()),
            message: String::new(),
        }
    }

    fn looped(from: &Looped) -> Self {
        Self {
            kind: "loop".to_owned(),
            name: from.name.clone(),
            scope: from.scope.clone(),
            unit: from.bound.unit().as_str().to_owned(),
            limit: plain(from.bound),
            spent: plain(from.count),
            reserved: None,
            estimate: None,
            resets_at: Some(from.until.to_string()),
            message: String::new(),
        }
    }
}
