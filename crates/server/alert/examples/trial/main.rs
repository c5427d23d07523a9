//! Runs alert rules over a script under a manual clock. The suite `alerts` compares the output with the
//! messages of Alertmanager, the states of Prometheus and a reference of burn rates in Python.
//!
//! `trial scripts` and `trial objectives` read a JSON array on standard input and print one on standard
//! output.

mod hook;
mod objective;
mod script;

use std::io::{Read as _, Write as _};

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Outcome<()> {
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text)?;
    let answer = match std::env::args().nth(1).as_deref() {
        Some("scripts") => script::run_all(&text).await?,
        Some("objectives") => objective::judge_all(&text).await?,
        other => return Err(format!("expected scripts or objectives, got {other:?}").into()),
    };
    Ok(std::io::stdout().write_all(serde_json::to_string(&answer)?.as_bytes())?)
}
