//! Budgets: their configuration, and the state of each account.

use std::collections::BTreeMap;

use quipu_core::Usd;
use quipu_insight::{AccountStatus, Amount, BudgetError, BudgetView, Exceeded, Looped, Notice, Source};
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
    /// `file` when the configuration has it, `stored` when it was set here or by `quipu budget set`.
    pub source: String,
    /// Its accounts: one, or one for each value of a scope of `*` that was seen, and for each limit.
    pub accounts: Vec<BudgetAccount>,
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
    /// Spent amount as a share of the limit; above 1 when over it, null when the limit is zero.
    pub share: Option<f64>,
    /// Start of the period; null for a budget without one.
    pub period_start: Option<String>,
    /// When it starts anew; null when it never does, or rolls.
    pub resets_at: Option<String>,
    /// Thresholds that fired in this period.
    pub fired: Vec<f64>,
}

/// A budget as it is set. At least one limit is given; where several are, all of them hold.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct BudgetSettings {
    /// US dollars in a period, decimal text.
    #[schema(value_type = Option<String>)]
    pub limit_usd: Option<Usd>,
    /// Tokens in a period, input and output together.
    pub limit_tokens: Option<u64>,
    /// Requests to models in a period.
    pub limit_calls: Option<u64>,
    /// `hour`, `day` (when left out), `week`, `month` or `total`.
    pub period: Option<String>,
    /// The time up to now instead of a period of the calendar: 60 minutes, 24 hours, 7 or 30 days.
    pub rolling: Option<bool>,
    /// IANA name of the calendar's time zone, such as `Europe/Zurich`; UTC when omitted.
    pub time_zone: Option<String>,
    /// Spending that counts; all of it when omitted.
    pub scope: Option<BudgetScope>,
    /// Shares of the limit that send a notice once a period, above 0, at most 10. Default: 0.8, 0.9 and 1.0.
    pub thresholds: Option<Vec<f64>>,
    /// Action at the limit: `notify`, `throttle`, `degrade` or `block` (default).
    pub action: Option<String>,
    /// The cheaper model that `degrade` suggests.
    pub degrade_to: Option<String>,
    /// Milliseconds that `throttle` makes a call wait.
    pub throttle_ms: Option<u64>,
    /// Milliseconds that a reservation holds when nothing is heard of its call.
    pub hold_ms: Option<u64>,
    /// When work goes in circles; judged for each session on its own, and for each trace where no session is
    /// known.
    pub r#loop: Option<LoopSettings>,
    /// Whether calls without usage count with their estimated cost and tokens; default false.
    pub count_estimated: Option<bool>,
}

/// Spending that counts; all given fields must match. `*` keeps a separate account for each value. A trailing
/// `*` matches every value with that prefix.
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

/// Bounds that trip the guard when an agent runs in circles.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct LoopSettings {
    /// So many runs of one tool with the same arguments one after another; at least 2.
    pub repeats: Option<u64>,
    /// More US dollars than this within 60 seconds, decimal text.
    #[schema(value_type = Option<String>)]
    pub usd_per_minute: Option<Usd>,
    /// Limit of requests to language models.
    pub turns: Option<u64>,
    /// Milliseconds after which a loop is forgotten, and everything is counted anew.
    pub reset_ms: Option<u64>,
}

/// A call to ask a budget about.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct BudgetAsk {
    /// US dollars that the call may cost, decimal text.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub usd: Option<Usd>,
    /// Tokens that it may take, input and output together.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tokens: Option<u64>,
    /// Subject of the call: values, not patterns.
    pub subject: BudgetScope,
}

/// Whether a budget would let a call through. Nothing stays reserved.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct BudgetVerdict {
    /// Whether the call would pass.
    pub allowed: bool,
    /// Why not; null when it would.
    pub refusal: Option<BudgetRefusal>,
    /// Milliseconds that the call should wait; null when it need not.
    pub delay_ms: Option<f64>,
    /// The model that should be used instead; null when it need not.
    pub degrade_to: Option<String>,
    /// Notices of budgets that do not block.
    pub notices: Vec<String>,
}

/// A rejection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct BudgetRefusal {
    /// `exceeded`, or `loop` when work goes in circles.
    pub kind: String,
    /// The budget.
    pub name: String,
    /// Scope of the account.
    pub scope: BTreeMap<String, String>,
    /// Limited unit: `usd`, `tokens` or `calls`.
    pub unit: String,
    /// The limit, or the bound that work in circles passed.
    pub limit: String,
    /// Counted amount.
    pub spent: String,
    /// Amount reserved for running calls; null for a loop notice.
    pub reserved: Option<String>,
    /// Requested amount; null for a loop notice.
    pub estimate: Option<String>,
    /// When it starts anew; null when it never does.
    pub resets_at: Option<String>,
    /// All of it in words.
    pub message: String,
}

/// Something that a budget has to say.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct BudgetNotice {
    /// `budget.threshold`, `budget.refused`, `budget.loop` or `budget.unchecked`, as its event is named.
    pub event: String,
    /// When.
    pub at: String,
    /// The budget; `*` where it is about all of them.
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
    /// When it starts anew.
    pub resets_at: Option<String>,
    /// All of it in words.
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
