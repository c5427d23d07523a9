//! Notices of budgets.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use compact_str::CompactString;
use quipu_core::{Attributes, Event, Level, Resource, Scope as Instrumentation, Timestamp, TraceId};

use crate::{Amount, BudgetError};

/// Type of a notice.
///
/// ```
/// assert_eq!(quipu_budget::What::Threshold(0.8).event(), "budget.threshold");
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum What {
    /// A threshold was passed, in parts of the limit.
    Threshold(f64),
    /// A call was rejected, or did not fit and passed because of the action.
    Refused,
    /// Work goes in circles.
    Loop,
    /// A budget could not be checked or fed.
    Unchecked,
}

impl What {
    /// Type of its event.
    pub const fn event(&self) -> &'static str {
        match self {
            Self::Threshold(_) => "budget.threshold",
            Self::Refused => "budget.refused",
            Self::Loop => "budget.loop",
            Self::Unchecked => "budget.unchecked",
        }
    }
}

/// A notice for the owners of a budget.
///
/// ```
/// fn heard(notice: &quipu_budget::Notice) {
///     println!("{}: {}", notice.budget, notice.message);
/// }
/// # let _ = heard;
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Notice {
    /// Type of the notice.
    pub what: What,
    /// When.
    pub at: Timestamp,
    /// Name of the budget; `*` where it is about all of them.
    pub budget: String,
    /// Scope of the account.
    pub scope: BTreeMap<String, String>,
    /// Action taken: `notify`, `throttle`, `degrade`, `block`.
    pub action: &'static str,
    /// The limit, if there is one.
    pub limit: Option<Amount>,
    /// Spent amount.
    pub spent: Option<Amount>,
    /// Reserved amount.
    pub reserved: Option<Amount>,
    /// When it starts anew.
    pub resets_at: Option<Timestamp>,
    /// The rejection, or the one that a blocking budget would have given.
    pub error: Option<BudgetError>,
    /// All of it in words.
    pub message: String,
    /// Trace of the call.
    pub trace_id: Option<TraceId>,
    /// Session of the call.
    pub session: Option<CompactString>,
    /// Agent of the call.
    pub agent: Option<CompactString>,
}

impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl Notice {
    /// As an event for the pipeline.
    pub(crate) fn event(&self, resource: &Arc<Resource>, scope: &Arc<Instrumentation>) -> Event {
        let mut attributes = Attributes::new();
        attributes.push("budget.name", self.budget.as_str());
        attributes.push("budget.action", self.action);
        for (name, value) in &self.scope {
            attributes.push(format!("budget.scope.{name}"), value.as_str());
        }
        if let What::Threshold(part) = self.what {
            attributes.push("budget.threshold", part);
        }
        for (name, figure) in
            [("budget.limit", self.limit), ("budget.spent", self.spent), ("budget.reserved", self.reserved)]
        {
            if let Some(figure) = figure {
                attributes.push(name, figure.plain());
            }
        }
        if let Some(limit) = self.limit {
            attributes.push("budget.unit", limit.unit().as_str());
        }
        if let Some(at) = self.resets_at {
            attributes.push("budget.resets_at", at.to_string());
        }
        Event {
            time: self.at,
            level: if matches!(self.what, What::Threshold(part) if part < 1.0) {
                Level::Info
            } else {
                Level::Warning
            },
            name: self.what.event().into(),
            trace_id: self.trace_id,
            span_id: None,
            session: self.session.clone(),
            agent: self.agent.clone(),
            framework: None,
            body: self.message.as_str().into(),
            attributes,
            resource: Arc::clone(resource),
            scope: Arc::clone(scope),
            wire: None,
        }
    }
}
