//! The knowledge assistant: a data pipeline that embeds, retrieves, ranks and answers with sources.

use quipu::core::{Batch, Timestamp};
use serde_json::json;

use super::super::dice::Dice;
use super::run::{Call, Origin, Run, said};

/// A question of an employee, the answer, and the documents with the best first.
type Topic = (&'static str, &'static str, [(&'static str, f64, &'static str); 3]);

const TOPICS: [Topic; 5] = [
    (
        "How many days of parental leave do we give?",
        "Parents get 20 paid days in the first year, on top of what the law gives [hr/leave.md].",
        [
            ("hr/leave.md", 0.91, "Parents get 20 paid days in the first year, on top of statutory leave."),
            ("hr/benefits.md", 0.74, "Benefits: pension, parental leave, bicycle leasing, language courses."),
            ("hr/onboarding.md", 0.41, "In the first week you meet your mentor and the people team."),
        ],
    ),
    (
        "Which data may leave the EU region?",
        "Only aggregated figures may leave the EU region; personal data stays there [sec/data-classes.md].",
        [
            (
                "sec/data-classes.md",
                0.88,
                "Class C (personal) stays in the EU region. Aggregates (class A) may leave it.",
            ),
            ("sec/vendors.md", 0.69, "Vendors outside the EU need a transfer assessment."),
            ("ops/regions.md", 0.52, "Regions: eu-central-1 (primary), eu-west-1 (standby)."),
        ],
    ),
    (
        "How do I roll back a release of the shop?",
        "Run `shipit rollback shop`; it puts back the previous image within two minutes [ops/rollback.md].",
        [
            (
                "ops/rollback.md",
                0.93,
                "`shipit rollback shop` puts back the previous image. It takes two minutes.",
            ),
            (
                "ops/deploy.md",
                0.77,
                "Deployments go through shipit, with a canary of 5 percent for ten minutes.",
            ),
            ("ops/oncall.md", 0.44, "The person on call acknowledges within five minutes."),
        ],
    ),
    (
        "What does the travel policy say about trains?",
        "Trains up to six hours are preferred to flights, in first class if booked early [fin/travel.md].",
        [
            (
                "fin/travel.md",
                0.9,
                "Trains up to six hours are preferred. First class is allowed if booked 14 days ahead.",
            ),
            ("fin/expenses.md", 0.66, "Receipts are due within 30 days."),
            ("hr/remote.md", 0.38, "Remote work from abroad needs approval."),
        ],
    ),
    (
        "Who approves purchases above 5,000 EUR?",
        "The head of the department and finance both approve purchases above 5,000 EUR [fin/purchasing.md].",
        [
            (
                "fin/purchasing.md",
                0.87,
                "Above 5,000 EUR: head of department and finance. Above 50,000 EUR: the board.",
            ),
            ("fin/budget.md", 0.63, "Departments plan their budgets in October."),
            ("legal/contracts.md", 0.49, "Legal reviews contracts longer than 12 months."),
        ],
    ),
];

/// One question.
pub(super) fn answer(at: Timestamp, dice: Dice, about: Vec<(&'static str, String)>) -> Batch {
    let mut dice = dice;
    let environment = if dice.chance(12) { "staging" } else { "production" };
    let origin = Origin { service: "knowledge-base", environment, version: "0.14.0", scope: "haystack" };
    let (question, text, documents) = dice.of(&TOPICS);
    let mut run = Run::new(&origin, dice, about);
    run.workflow("answer-with-sources", |run| {
        let ms = run.dice.between(40, 90);
        run.embed("text-embedding-3-small", run_tokens(question), ms);
        let ms = run.dice.between(25, 80);
        run.retrieve("handbook", question, documents, ms);
        let ms = run.dice.between(90, 180);
        run.tool(
            "rank_documents",
            &json!({"keep": 2}),
            &json!([documents[0].0, documents[1].0]).to_string(),
            ms,
        );
        let context: Vec<&str> = documents.iter().map(|(_, _, text)| *text).collect();
        let system = format!("Answer from these documents and name the source.\n{}", context.join("\n"));
        let call = Call {
            provider: "anthropic",
            model: "claude-haiku-4-5",
            input: run.dice.between(1_900, 2_600),
            cached: 1_024,
            output: run.dice.between(60, 140),
            ms: run.dice.between(900, 1_900),
            first_ms: Some(run.dice.between(280, 520)),
            asked: vec![said("system", &system), said("user", question)],
            answer: said("assistant", text),
            finish: "stop",
        };
        run.call(&call);
        run.guard("source_is_named", false);
    });
    run.finish(at)
}

/// About four letters a token.
fn run_tokens(text: &str) -> i64 {
    i64::try_from(text.len() / 4).unwrap_or_default().max(1)
}
