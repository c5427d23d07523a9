//! Test of estimates against the recorded token counts.
//!
//! The model server of these recordings invents its counts, which do not follow the text. So the table shows
//! little about accuracy; `crates/quipu-tokens/tests` compares estimates with the counts of real providers.

use quipu::tokens::{Input, input};
use quipu_recordings::{names, read};

#[test]
fn the_error_table_of_the_recordings() {
    let adapters = quipu::adapters();
    let (mut calls, mut within) = (0, 0);
    println!(
        "| recording | calls with messages and usage | estimated input | recorded input |\n|---|---:|---:|---:|"
    );
    for name in names() {
        let (mut count, mut estimated, mut recorded) = (0_u64, 0_u64, 0_u64);
        for span in read(&adapters, &name) {
            let usage = span.canonical.usage.as_ref().and_then(|usage| usage.input);
            let messages = adapters.messages(&span).input;
            let (Some(used), Some(model)) = (usage, span.canonical.request_model.as_deref()) else {
                continue;
            };
            if messages.is_empty() || !span.canonical.kind.is_call() {
                continue;
            }
            let estimate = input(Input::Messages(&messages), model);
            assert!(
                estimate.low <= estimate.expected
                    && estimate.expected <= estimate.high
                    && estimate.expected > 0
            );
            (count, estimated, recorded) = (count + 1, estimated + estimate.expected, recorded + used);
            within += u64::from(estimate.low <= used && used <= estimate.high);
        }
        calls += count;
        if count > 0 {
            println!("| {name} | {count} | {estimated} | {recorded} |");
        }
    }
    println!("{within} of {calls} recorded figures lie within the estimate: they are made up");
    assert!(calls > 100, "only {calls} calls had messages and usage");
}
