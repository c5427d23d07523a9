//! Handlers of the routes, one function each.

mod agents;
mod alert_links;
mod alerts;
mod assets;
mod backends;
mod budgets;
mod calls;
mod costs;
mod documents;
mod estimate;
mod events;
mod excerpts;
mod exchanges;
mod export;
mod forget;
mod forget_elsewhere;
mod forget_owner;
mod graph;
mod incidents;
mod lens;
mod live;
mod metrics;
mod outline;
mod parity;
mod price;
mod prices;
mod query;
mod reprice;
mod retention;
mod scores;
mod search;
mod sessions;
mod slos;
mod sources;
mod sql;
mod status;
mod system;
mod trace_text;
mod traces;
mod usage;
mod work;
mod work_rows;

pub(crate) use agents::agents;
pub use alert_links::alert_link_routes;
pub(crate) use alerts::{
    acknowledge, add_silence, alert_history, alert_rule, alert_rules, alerts, backtest, end_silence, fire,
    health, put_alert_rule, remove_alert_rule, silences, slos,
};
pub(crate) use assets::{asset, wrong_method};
pub(crate) use backends::{backends, dead_letters, remove_dead_letters, replay_dead_letters};
pub(crate) use budgets::{budgets, check_budget, remove_budget, set_budget};
pub(crate) use calls::calls;
pub(crate) use costs::{analysis, cost_analysis, plans, span_cost, unpriced};
pub(crate) use documents::{
    dashboard, dashboards, put_dashboard, put_view, remove_dashboard, remove_view, view, views,
};
pub(crate) use estimate::estimate;
pub(crate) use events::events;
pub(crate) use excerpts::excerpts;
pub(crate) use exchanges::exchanges;
pub(crate) use export::{export_records, export_traces};
pub(crate) use forget::delete_traces;
pub(crate) use forget_owner::forget;
pub(crate) use graph::{graph, map};
pub(crate) use incidents::{change_incident, incident, incident_report, incidents, open_incident};
pub(crate) use lens::lens;
pub(crate) use live::live;
pub use metrics::OPEN_METRICS;
pub(crate) use metrics::{metrics, metrics_page, series};
pub(crate) use outline::outline;
pub(crate) use parity::parity_matrix;
pub(crate) use price::price;
pub(crate) use prices::{check_prices, price_models, prices, reload};
pub(crate) use query::query;
pub(crate) use reprice::{reprice, reprices, undo};
pub(crate) use retention::{hold, holds, preview_retention, release, retention, run_retention};
pub(crate) use scores::{post_scores, scores};
pub(crate) use search::search;
pub(crate) use sessions::{session, sessions};
pub(crate) use slos::{slo, slo_report};
pub(crate) use sources::{source_drift, unread_sources};
pub use sql::budget_rows;
pub(crate) use sql::{sql, sql_schema};
pub(crate) use status::{healthz, readyz, status};
pub(crate) use system::system;
pub(crate) use traces::{span, trace, traces};
pub(crate) use usage::{facets, tools, usage};
pub(crate) use work::{all_agents, guardrails, summary, tool_insights};
pub(crate) use work_rows::work_rows;

// The generated descriptions of the routes, which the OpenAPI document names.
pub(crate) use agents::__path_agents;
pub(crate) use alert_links::{__path_ack_by_link, __path_ack_page};
pub(crate) use alerts::{
    __path_acknowledge, __path_add_silence, __path_alert_history, __path_alert_rule, __path_alert_rules,
    __path_alerts, __path_backtest, __path_end_silence, __path_fire, __path_health, __path_put_alert_rule,
    __path_remove_alert_rule, __path_silences, __path_slos,
};
pub(crate) use backends::{
    __path_backends, __path_dead_letters, __path_remove_dead_letters, __path_replay_dead_letters,
};
pub(crate) use budgets::{__path_budgets, __path_check_budget, __path_remove_budget, __path_set_budget};
pub(crate) use calls::__path_calls;
pub(crate) use costs::{
    __path_analysis, __path_cost_analysis, __path_plans, __path_span_cost, __path_unpriced,
};
pub(crate) use documents::{
    __path_dashboard, __path_dashboards, __path_put_dashboard, __path_put_view, __path_remove_dashboard,
    __path_remove_view, __path_view, __path_views,
};
pub(crate) use estimate::__path_estimate;
pub(crate) use events::__path_events;
pub(crate) use excerpts::__path_excerpts;
pub(crate) use exchanges::__path_exchanges;
pub(crate) use export::{__path_export_records, __path_export_traces};
pub(crate) use forget::__path_delete_traces;
pub(crate) use forget_owner::__path_forget;
pub(crate) use graph::{__path_graph, __path_map};
pub(crate) use incidents::{
    __path_change_incident, __path_incident, __path_incident_report, __path_incidents, __path_open_incident,
};
pub(crate) use lens::__path_lens;
pub(crate) use live::__path_live;
pub(crate) use metrics::{__path_metrics, __path_metrics_page, __path_series};
pub(crate) use outline::__path_outline;
pub(crate) use parity::__path_parity_matrix;
pub(crate) use price::__path_price;
pub(crate) use prices::{__path_check_prices, __path_price_models, __path_prices, __path_reload};
pub(crate) use query::__path_query;
pub(crate) use reprice::{__path_reprice, __path_reprices, __path_undo};
pub(crate) use retention::{
    __path_hold, __path_holds, __path_preview_retention, __path_release, __path_retention,
    __path_run_retention,
};
pub(crate) use scores::{__path_post_scores, __path_scores};
pub(crate) use search::__path_search;
pub(crate) use sessions::{__path_session, __path_sessions};
pub(crate) use slos::{__path_slo, __path_slo_report};
pub(crate) use sources::{__path_source_drift, __path_unread_sources};
pub(crate) use sql::{__path_sql, __path_sql_schema};
pub(crate) use status::{__path_healthz, __path_readyz, __path_status};
pub(crate) use system::__path_system;
pub(crate) use traces::{__path_span, __path_trace, __path_traces};
pub(crate) use usage::{__path_facets, __path_tools, __path_usage};
pub(crate) use work::{__path_all_agents, __path_guardrails, __path_summary, __path_tool_insights};
pub(crate) use work_rows::__path_work_rows;

use crate::Problem;
use crate::json::Json;

/// Usual result of a handler.
pub(crate) type Answer<T> = Result<Json<T>, Problem>;
