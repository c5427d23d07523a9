//! The built-in dashboards.

use crate::dto::DashboardSettings;

/// Each by its id.
const FILES: &[(&str, &str)] = &[
    ("agents-at-work", include_str!("agents-at-work.json")),
    ("cost", include_str!("cost.json")),
    ("goals", include_str!("goals.json")),
    ("guardrails", include_str!("guardrails.json")),
    ("models", include_str!("models.json")),
    ("test-generation", include_str!("test-generation.json")),
    ("tools", include_str!("tools.json")),
];

/// Whether a dashboard of this id comes with the program.
pub(crate) fn is_built_in(id: &str) -> bool {
    FILES.iter().any(|(known, _)| *known == id)
}

/// All of them with their ids, in order.
pub(crate) fn built_in() -> impl Iterator<Item = (&'static str, DashboardSettings)> {
    FILES.iter().filter_map(|(id, text)| Some((*id, serde_json::from_str(text).ok()?)))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_file_is_listed_and_can_be_shown() {
        let here = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/dashboards");
        let names =
            std::fs::read_dir(here).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let files: BTreeSet<String> =
            names.filter_map(|name| Some(name.strip_suffix(".json")?.to_owned())).collect();
        assert_eq!(files, FILES.iter().map(|(id, _)| (*id).to_owned()).collect());
        for (id, text) in FILES {
            let dashboard: DashboardSettings =
                serde_json::from_str(text).unwrap_or_else(|error| panic!("{id}: {error}"));
            dashboard.check().unwrap_or_else(|fault| panic!("{id}: {fault}"));
            assert!(quipu_insight::Documents::is_id(id) && !dashboard.panels.is_empty());
        }
    }
}
