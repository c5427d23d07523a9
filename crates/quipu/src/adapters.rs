//! The table of adapters.

use std::sync::Arc;

use quipu_core::{Adapter, Adapters};

/// Every adapter that the features name, the most particular first.
pub fn adapters() -> Adapters {
    let table: Vec<Arc<dyn Adapter>> = vec![
        // adapters: one line each
        #[cfg(feature = "adapter-openinference")]
        Arc::new(quipu_adapter_openinference::OpenInference),
        #[cfg(feature = "adapter-openllmetry")]
        Arc::new(quipu_adapter_openllmetry::OpenLlmetry),
        #[cfg(feature = "adapter-genai")]
        Arc::new(quipu_adapter_genai::GenAi),
    ];
    Adapters::new(table)
}
