//! Sends the spans of OTLP request files to a Jaeger: `send ENDPOINT FILE…`. The endpoint `-` means that of
//! the environment variables. The suite `jaeger` uses it with programs of other projects. By hand it tests
//! whether an old agent or collector accepts spans. Prints the numbers of sent, cut and rejected spans.
//!
//! Variables are those of the guide, such as `OTEL_EXPORTER_JAEGER_USER`; `MAX_PACKET_BYTES` is for networks
//! with smaller packets.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "it exists to print")]

use std::error::Error;
use std::sync::Arc;

use quipu_backend_jaeger::{Config, Jaeger};
use quipu_core::{Backend as _, Clock as _, Limits, SystemClock};
use quipu_otlp::outgoing::Mapping;
use quipu_otlp::{Encoding, decode_traces};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let variable = |name: &str| std::env::var(name).ok();
    let mut words = std::env::args().skip(1);
    let endpoint = words.next().filter(|word| !word.is_empty()).ok_or("send ENDPOINT FILE…")?;
    let endpoint = if endpoint == "-" { String::new() } else { endpoint };
    let mut config = Config { endpoint, mapping: Mapping::Passthrough, ..Config::default() };
    if let Some(most) = variable("MAX_PACKET_BYTES") {
        config.max_packet_bytes = most.parse()?;
    }
    let jaeger = Jaeger::open(config.or_variables(variable)?)?;
    let (mut sent, mut refused) = (0, 0);
    for file in words {
        let body = std::fs::read(file)?;
        let batch = decode_traces(&body, Encoding::Protobuf, &Limits::default(), SystemClock.now())?.batch;
        sent += batch.spans.len();
        if let Err(mut error) = jaeger.write(Arc::new(batch)).await {
            eprintln!("{error}");
            match error.take_leftover().filter(|left| left.again.is_empty()) {
                Some(left) => refused += left.refused.spans.len(),
                None => return Err(error.into()),
            }
        }
    }
    println!(r#"{{"sent": {}, "cut": {}, "refused": {refused}}}"#, sent - refused, jaeger.cut_spans());
    Ok(())
}
