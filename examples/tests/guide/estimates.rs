//! Blocks of docs/guide/estimates.md and docs/guide/prices.md.

use std::sync::Arc;

#[test]
fn an_estimate_has_input_and_cost() -> Result<(), Box<dyn std::error::Error>> {
    // guide: docs/guide/estimates.md rust 1
    assert!(input.expected > 0 && cost.expected > quipu::Usd::ZERO);
    Ok(())
}

#[allow(dead_code, reason = "a process starts one library")]
fn custom_models(
    my_book: Arc<dyn quipu::core::PriceBook>,
    my_tokenizer: impl quipu::core::Tokenizer + 'static,
) -> Result<(), quipu::Error> {
    // guide: docs/guide/estimates.md rust 2
    quipu.shutdown(std::time::Duration::from_secs(1))
}

#[test]
fn a_price_in_code_is_valid() -> Result<(), Box<dyn std::error::Error>> {
    // guide: docs/guide/prices.md rust 1
    Ok(())
}
