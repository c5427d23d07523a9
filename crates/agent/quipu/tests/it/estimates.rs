//! Test of estimates against the recorded token counts.
//!
//! The model server of these recordings invents its counts, which do not follow the text. So the table shows
//! little about accuracy; `crates/count/tokens/tests` compares estimates with the counts of real providers.

use quipu::core::{Span, Usage};
use quipu::tokens::{Input, input, used};
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

/// Whether the estimated intervals of a call with messages and usage contain its input and its output.
fn judge(span: &Span, adapters: &quipu::core::Adapters) -> Option<(bool, bool)> {
    let read = &span.canonical;
    let usage =
        read.usage.as_ref().filter(|usage| usage.is_known() && !read.never_count && read.kind.is_call())?;
    let estimate = used(&adapters.messages(span), read.model()?)?;
    let tokens = usage.tokens();
    let input = (estimate.input.low..=estimate.input.high).contains(&tokens.input);
    let output = (estimate.output.low..=estimate.output.high).contains(&tokens.output);
    Some((input, output))
}

/// Recordings at even positions set the bounds of `used`; those at odd positions test them.
#[test]
fn estimated_usage_holds_what_was_used() {
    let adapters = quipu::adapters();
    let mut sums = [(0_u32, 0_u32); 2];
    for (place, name) in names().into_iter().enumerate() {
        for span in read(&adapters, &name) {
            let Some((input, output)) = judge(&span, &adapters) else { continue };
            let (calls, within) = &mut sums[place % 2];
            *calls += 1;
            *within += u32::from(input && output);
            if !(input && output) {
                let usage = span.canonical.usage.as_ref().map(Usage::tokens).unwrap_or_default();
                let estimate = used(&adapters.messages(&span), span.canonical.model().unwrap());
                println!("{name}: {} of {}, {estimate:?}", usage.input, usage.output);
            }
        }
    }
    for ((calls, within), set) in sums.into_iter().zip(["set by", "held out"]) {
        println!("{set}: {within} of {calls} calls lie within their estimate");
        assert!(calls > 50 && within * 10 >= calls * 9, "{set}: only {within} of {calls}");
    }
}
