//! The research crew: a planner, a researcher and a writer, with a loop and an outlier.

use quipu::core::{Batch, Level, Timestamp};
use serde_json::json;

use super::super::dice::Dice;
use super::run::{Call, Origin, Run, gave, said, wants};

/// A task, its search, the result, and the report.
const TASKS: [(&str, &str, &str, &str); 5] = [
    (
        "Compare the freight prices of rail and road between Hamburg and Milan.",
        "freight price Hamburg Milan rail road 2026",
        "Rail: 0.061 EUR per tonne-kilometre. Road: 0.094 EUR per tonne-kilometre.",
        "Rail costs 35 % less than road on this route, and takes one day longer.",
    ),
    (
        "Which suppliers of merino wool have an RWS certificate?",
        "RWS certificate merino wool suppliers",
        "Certified: three farms in New Zealand, two in Argentina, one in South Africa.",
        "Six suppliers have a valid certificate; the three in New Zealand deliver monthly.",
    ),
    (
        "Summarise the new EU rules on battery passports.",
        "EU battery regulation passport 2027",
        "From February 2027 batteries above 2 kWh need a digital passport with a QR code.",
        "From February 2027 each battery above 2 kWh carries a passport; our e-bikes are below that limit.",
    ),
    (
        "What do customers praise about our competitor's tents?",
        "competitor tent reviews praise",
        "Reviews name the set-up time (41 %), the weight (28 %) and the repair kit (12 %).",
        "Customers praise a set-up time of four minutes. Ours takes nine.",
    ),
    (
        "Find dates of outdoor fairs in spring.",
        "outdoor trade fair spring dates",
        "Fairs: Friedrichshafen (March), Verona (April), Annecy (May).",
        "Three fairs fit: Friedrichshafen in March, Verona in April, Annecy in May.",
    ),
];
const RUNAWAY_SEARCHES: i64 = 60;

/// How a run goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Course {
    /// As planned.
    Usual,
    /// The researcher repeats one search.
    Looping,
    /// The writer reads all sources with the most expensive model.
    Expensive,
}

/// One task.
pub(super) fn research(
    course: Course,
    at: Timestamp,
    dice: Dice,
    about: Vec<(&'static str, String)>,
) -> Batch {
    let mut dice = dice;
    let environment = if course == Course::Usual && dice.chance(10) { "staging" } else { "production" };
    let origin = Origin { service: "research-crew", environment, version: "1.3.0", scope: "crewai" };
    let (task, search, result, report) = *dice.of(&TASKS);
    let mut run = Run::new(&origin, dice, about);
    run.workflow("market-research", |run| {
        run.agent("planner", |run| {
            run_call(run, "gpt-4o", (900, 120), task, "1. Search. 2. Read. 3. Write.")
        });
        run.agent("researcher", |run| investigate(run, course, search, result));
        run.agent("writer", |run| write(run, course, result, report));
    });
    run.finish(at)
}

fn investigate(run: &mut Run, course: Course, search: &str, result: &str) {
    let arguments = json!({"query": search});
    let searches = if course == Course::Looping { RUNAWAY_SEARCHES } else { run.dice.between(1, 3) };
    for number in 0..searches {
        let wish = wants("call_1", "search_web", &arguments);
        let input = 1_100 + number.min(20) * 140;
        let mut call = call("gpt-4o", (input, 28), run, &[said("user", search)]);
        (call.answer, call.finish) = (wish, "tool_calls");
        run.call(&call);
        let ms = run.dice.between(350, 900);
        let found = if course == Course::Looping { "no results, try again" } else { result };
        run.tool("search_web", &arguments, found, ms);
    }
    if course == Course::Looping {
        run.log(Level::Warning, "The researcher stopped after 60 searches: limit of iterations reached.");
        return;
    }
    let page = json!({"url": "https://example.com/report"});
    if run.dice.chance(9) {
        run.broken_tool("fetch_page", &page, ("Timeout", "fetch_page: no answer within 10 s"), 10_000);
    } else {
        let ms = run.dice.between(500, 1_600);
        run.tool("fetch_page", &page, result, ms);
    }
    let read = call("gpt-4o", (2_400, 180), run, &[said("user", search), gave("call_1", result)]);
    run.call(&Call { answer: said("assistant", result), ..read });
}

fn write(run: &mut Run, course: Course, result: &str, report: &str) {
    let (model, size) = match course {
        Course::Expensive => ("claude-opus-4-1", (43_800, 1_910)),
        _ => ("claude-sonnet-4-5", (run.dice.between(1_600, 2_600), run.dice.between(260, 520))),
    };
    run_call(run, model, size, result, report);
}

fn run_call(run: &mut Run, model: &'static str, size: (i64, i64), asked: &str, answer: &str) {
    let call = call(model, size, run, &[said("user", asked)]);
    run.call(&Call { answer: said("assistant", answer), ..call });
}

fn call(
    model: &'static str,
    (input, output): (i64, i64),
    run: &mut Run,
    asked: &[serde_json::Value],
) -> Call {
    let provider = if model.starts_with("claude") { "anthropic" } else { "openai" };
    Call {
        provider,
        model,
        input,
        cached: 0,
        output,
        // About 60 tokens a second.
        ms: 400 + output * 1_000 / 60 + run.dice.between(0, 300),
        first_ms: None,
        asked: asked.to_vec(),
        answer: said("assistant", ""),
        finish: "stop",
    }
}
