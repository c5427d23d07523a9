//! Parameters of exports of records.

use serde::{Deserialize, Serialize};
use utoipa::IntoParams;

/// Format of an export.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub struct ExportParams {
    /// `csv` (default), `jsonl` (also `ndjson`) or `otlp-json`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub format: Option<String>,
}
