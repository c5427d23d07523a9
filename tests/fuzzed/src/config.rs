//! Configurations and price books of users.

use std::collections::BTreeMap;

use quipu_access::AccessConfig;
use quipu_budget::BudgetConfig;
use quipu_core::Limits;
use quipu_gateway::GatewayConfig;
use quipu_pipeline::{DeliveryConfig, ExporterRules, Redact, RedactConfig};
use quipu_prices::UserBook;
use quipu_runtime::parse_config;
use serde::Deserialize;
use toml::Spanned;

/// All tables of a server's configuration that have a type of their own.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Tables {
    access: AccessConfig,
    limits: Limits,
    delivery: DeliveryConfig,
    rules: ExporterRules,
    redact: RedactConfig,
    budgets: BTreeMap<String, BudgetConfig>,
    proxy: Option<GatewayConfig>,
    #[serde(rename = "backend")]
    _backend: BTreeMap<String, Spanned<toml::Table>>,
}

/// A configuration's text. An accepted configuration is also checked as at a server start.
pub fn feed(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let tables: Tables = match parse_config(text, "quipu.toml") {
        Ok(tables) => tables,
        Err(error) => {
            assert!(error.to_string().contains("quipu.toml"), "{error}");
            return;
        }
    };
    let _ = tables.access.check();
    let _ = Redact::new(&tables.redact, std::sync::Arc::new(quipu_core::NoMeter));
    let _ = quipu_budget::Budgets::builder().configs(&tables.budgets).map(|builder| builder.build());
    drop((tables.limits, tables.delivery, tables.rules, tables.proxy));
}

/// A user's price book.
pub fn prices(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    if let Err(errors) = UserBook::parse(text) {
        assert!(!errors.is_empty());
        errors.iter().for_each(|error| drop(error.to_string()));
    }
}
