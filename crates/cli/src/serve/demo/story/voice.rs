//! Voice triage: a streamed answer within a second decides who takes the call.

use quipu::core::{Batch, Timestamp};
use serde_json::json;

use super::super::dice::Dice;
use super::run::{Call, Origin, Run, gave, said, wants};

/// Words of a caller, the queue, and the spoken answer.
const CALLS: [(&str, &str, &str); 6] = [
    (
        "My heating has been out since this morning and we have a baby.",
        "emergency",
        "I put you through to the emergency service now. Please stay on the line.",
    ),
    (
        "I would like to move my appointment to next week.",
        "appointments",
        "I see free times on Tuesday and Thursday. Which one suits you?",
    ),
    (
        "The invoice says 240 euros but the technician said 180.",
        "billing",
        "I note both amounts and connect you with billing.",
    ),
    (
        "Do you also repair heat pumps?",
        "sales",
        "Yes, we repair heat pumps of all makes. I connect you with a colleague.",
    ),
    (
        "I smell gas in the kitchen.",
        "emergency",
        "Open the windows, do not switch anything on, and leave the house. Help is on its way.",
    ),
    (
        "When is the technician coming today?",
        "dispatch",
        "Your technician is two stops away and arrives at about half past three.",
    ),
];
const MODEL: &str = "gemini-2.5-flash";

/// One call.
pub(super) fn triage(at: Timestamp, dice: Dice, about: Vec<(&'static str, String)>) -> Batch {
    let mut dice = dice;
    let environment = if dice.chance(8) { "staging" } else { "production" };
    let origin = Origin { service: "voice-triage", environment, version: "1.8.2", scope: "gcp.vertex.agent" };
    let (heard, queue, answer) = *dice.of(&CALLS);
    let mut run = Run::new(&origin, dice, about);
    run.agent("triage-agent", |run| {
        let arguments = json!({"queue": queue});
        let asked = vec![said("system", "Route callers of a heating service."), said("user", heard)];
        let wish = wants("call_1", "route_call", &arguments);
        let mut call = Call {
            provider: "gcp.gemini",
            model: MODEL,
            input: run.dice.between(620, 760),
            cached: 512,
            output: run.dice.between(14, 22),
            ms: run.dice.between(310, 520),
            first_ms: Some(run.dice.between(120, 240)),
            asked: asked.clone(),
            answer: wish.clone(),
            finish: "stop",
        };
        run.call(&call);
        let ms = run.dice.between(20, 60);
        run.tool("route_call", &arguments, &json!({"queue": queue, "position": 1}).to_string(), ms);
        call.asked = asked.into_iter().chain([wish, gave("call_1", "position 1")]).collect();
        call.answer = said("assistant", answer);
        call.input += 48;
        call.output = run.dice.between(24, 46);
        call.ms = run.dice.between(480, 1_100);
        // One call in a hundred waits for a cold model.
        let slow = if run.dice.chance(1) { 2_900 } else { 0 };
        call.first_ms = Some(run.dice.between(160, 420) + slow);
        call.ms += slow;
        run.call(&call);
    });
    run.finish(at)
}
