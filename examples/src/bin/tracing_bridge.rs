//! Tracing bridge: observes code that uses `tracing`, `log` and the fields of OpenTelemetry, and nothing of
//! Quipu.

use anyhow::Result;
use quipu::core::TraceId;
use quipu_examples::{data_dir, print_recorded};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// An agent as frameworks instrument theirs: spans with the fields of OpenTelemetry's GenAI conventions.
mod clerk {
    use tracing::field::Empty;
    use tracing::{info, info_span, instrument};

    #[instrument(fields(gen_ai.operation.name = "invoke_agent", gen_ai.agent.name = "clerk"))]
    pub fn run(order: u32) -> String {
        let state = super::look_up(order).unwrap_or_else(|error| error);
        let answer = chat(&state);
        info!(order, "the customer was answered");
        answer
    }

    fn chat(state: &str) -> String {
        let span = info_span!(
            "chat",
            gen_ai.operation.name = "chat",
            gen_ai.provider.name = "openai",
            gen_ai.request.model = "gpt-4o",
            gen_ai.usage.input_tokens = Empty,
            gen_ai.usage.output_tokens = Empty,
        );
        let _entered = span.enter();
        // A crate below that still uses `log`.
        log::warn!("the connection was slow");
        span.record("gen_ai.usage.input_tokens", 600).record("gen_ai.usage.output_tokens", 30);
        format!("Your order is {state}.")
    }
}

/// One attribute, and the function is a tool's span, counted and timed, with an event at its end. Arguments
/// are recorded where `fields` or `args` name them, for they may be secret.
#[quipu::observe(kind = "tool", name = "order_state", fields(order))]
fn look_up(order: u32) -> Result<String, String> {
    match order {
        1..=999 => Ok("on its way".to_owned()),
        _ => Err(format!("there is no order {order}")),
    }
}

#[tokio::main]
async fn main() -> Result<()> {
    let quipu = quipu::builder().service("tracing-bridge").data_dir(data_dir("tracing_bridge")).init()?;
    // One layer for `tracing`; `try_init` also receives records of `log`. Other layers keep working.
    let lines = tracing_subscriber::fmt::layer().without_time().with_ansi(false).with_target(false);
    tracing_subscriber::registry().with(quipu::tracing::layer()).with(lines).try_init()?;
    // And the other way round: subscribers such as those `lines` see Quipu's guards as spans.
    quipu::tracing::mirror()?;

    let (answer, trace_id) = serve(41);
    println!("{answer}");

    print_recorded(&quipu, trace_id).await
}

/// Spans of both worlds are each other's parents: within a span of `tracing`, the current context is that
/// span's.
fn serve(order: u32) -> (String, Option<TraceId>) {
    let request = tracing::info_span!("request", order).entered();
    let trace_id = quipu::Context::current().trace_id();
    let answer = clerk::run(order);
    drop(request);
    (answer, trace_id)
}
