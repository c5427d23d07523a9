//! The batch classifier: sorts the day's tickets at night, with cached prompts since a change.

use quipu::core::{Batch, Timestamp};

use super::super::dice::Dice;
use super::run::{Call, Origin, Run, said};
use super::sheet::Facts;

/// Texts of tickets and their classes.
const TICKETS: [(&str, &str); 6] = [
    ("Parcel arrived open, one glove is missing", "damaged_delivery"),
    ("How do I delete my account?", "privacy_request"),
    ("Great service, thank you!", "praise"),
    ("App closes when I open the camera", "bug_report"),
    ("Please send me a corrected invoice for March", "billing"),
    ("The size chart for boots is wrong", "catalogue_error"),
];
const LIMIT: &str =
    "429 Rate limit reached for gpt-4o-mini: limit 200000 tokens per minute, try again in 2 s";

/// One chunk of tickets.
pub(super) fn classify(
    facts: &Facts,
    at: Timestamp,
    dice: Dice,
    about: Vec<(&'static str, String)>,
) -> Batch {
    let mut dice = dice;
    let origin = Origin {
        service: "ticket-classifier",
        environment: "production",
        version: "5.1.0",
        scope: "opentelemetry.util.genai.handler",
    };
    let tickets = dice.between(3, 6);
    let is_limited = dice.chance(18);
    let cached = facts.cached_percent(at);
    let mut run = Run::new(&origin, dice, about);
    run.workflow("classify-tickets", |run| {
        for number in 0..tickets {
            let call = ticket(run, cached);
            if is_limited && number == 1 {
                run.rejected(&Call { ms: 90, ..call.clone() }, "429", LIMIT);
                run.wait(2_000);
            }
            run.call(&call);
        }
    });
    run.finish(at)
}

fn ticket(run: &mut Run, cached: i64) -> Call {
    let (text, class) = *run.dice.of(&TICKETS);
    // The own model has no price in any list.
    let is_own = run.dice.chance(15);
    let (provider, model) =
        if is_own { ("northwind", "northwind-classifier-7b") } else { ("openai", "gpt-4o-mini") };
    let input = run.dice.between(2_150, 2_300);
    Call {
        provider,
        model,
        input,
        cached: if is_own { 0 } else { input * cached / 100 },
        output: run.dice.between(3, 6),
        ms: run.dice.between(180, 420),
        first_ms: None,
        asked: vec![said("system", "Name the class of this ticket."), said("user", text)],
        answer: said("assistant", class),
        finish: "stop",
    }
}
