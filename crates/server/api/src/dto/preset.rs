//! Rules that ship with Quipu.

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use utoipa::ToSchema;

/// A rule that ships with Quipu.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct AlertPreset {
    /// Name.
    pub name: String,
    /// Text for people.
    pub summary: String,
    /// Its keys.
    #[schema(value_type = Object)]
    pub config: Json,
}

impl From<&quipu_alert::Preset> for AlertPreset {
    fn from(preset: &quipu_alert::Preset) -> Self {
        Self {
            name: preset.name.to_owned(),
            summary: preset.summary.to_owned(),
            config: serde_json::to_value(preset.config()).unwrap_or_default(),
        }
    }
}
