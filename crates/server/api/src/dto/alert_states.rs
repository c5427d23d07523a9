//! Current states of rules.

use quipu_alert::States;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::Alert;

/// Current states of rules.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct AlertsAnswer {
    /// Groups of rules; firing ones first.
    pub alerts: Vec<Alert>,
    /// Groups beyond the limit, which are not in the list.
    pub left_out: usize,
    /// Groups in each state, whether they are in the list or not.
    pub counts: AlertCounts,
}

/// Groups in each state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AlertCounts {
    /// The condition holds, and the alert is open.
    pub firing: usize,
    /// The latest evaluation failed.
    pub error: usize,
    /// The condition holds, but not long enough.
    pub pending: usize,
    /// There are no records.
    pub no_data: usize,
    /// The condition does not hold.
    pub ok: usize,
}

impl From<States> for AlertsAnswer {
    fn from(states: States) -> Self {
        let [firing, error, pending, no_data, ok] = states.counts;
        Self {
            alerts: states.rows.into_iter().map(Into::into).collect(),
            left_out: states.left_out,
            counts: AlertCounts { firing, error, pending, no_data, ok },
        }
    }
}

/// Parameters of current states.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code, reason = "describes the parameters of a route")]
pub struct AlertStatesParams {
    /// Rule; all if omitted.
    rule: Option<String>,
    /// `firing`, `error`, `pending`, `no_data` or `ok`; all if omitted.
    state: Option<String>,
    /// Most rows, 1 to 10,000; default 1,000.
    limit: Option<u64>,
}
