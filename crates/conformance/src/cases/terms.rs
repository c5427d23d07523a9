//! Cases on conditions beyond one value per field, and on their negation.

use quipu_core::{
    Criterion, FacetField, FigureRange, Pattern, Sort, Span, Store, Term, TraceFigure, TraceFilter, Usd,
    Wanted,
};

use super::cases;
use crate::ask;
use crate::outcome::same;
use crate::sample::{batch, cost, draft, priced};
use crate::{Outcome, Subject};

cases! { "terms":
    [Store, Spans, Costs] a_field_has_one_of_several_values,
    [Store, Spans, Costs] a_value_begins_so,
    [Store, Spans, Costs] a_field_has_a_value_at_all,
    [Store, Spans] the_name_of_the_trace,
    [Store, Spans] a_failed_span_has_the_error,
    [Store, Spans, Costs] figures_lie_in_a_range,
    [Store, Spans, Costs] a_trace_without_a_cost_fits_no_range,
    [Store, Spans] some_span_has_the_words,
    [Store, Spans] a_span_or_its_resource_has_the_attribute,
    [Store, Spans, Costs] one_of_several_terms_holds,
    [Store, Spans, Costs] all_terms_and_fields_must_hold,
}

/// A condition and its negation.
pub(super) fn both(criterion: Criterion) -> [TraceFilter; 2] {
    [false, true].map(|not| only(Term { not, criterion: criterion.clone() }))
}

pub(super) fn only(term: Term) -> TraceFilter {
    TraceFilter { terms: vec![term], ..TraceFilter::default() }
}

pub(super) fn that(criterion: Criterion) -> Term {
    Term { not: false, criterion }
}

pub(super) fn not(criterion: Criterion) -> Term {
    Term { not: true, criterion }
}

fn exactly(values: &[&str]) -> Vec<Wanted> {
    values.iter().map(|value| Wanted::Exactly((*value).to_owned())).collect()
}

pub(super) fn beginning(value: &str) -> Vec<Wanted> {
    vec![Wanted::Beginning(value.to_owned())]
}

/// A value in which the pattern is found.
fn matching(pattern: &str) -> Vec<Wanted> {
    Pattern::new(pattern).map(Wanted::Matching).into_iter().collect()
}

pub(super) fn named(field: FacetField, values: &[&str]) -> Criterion {
    Criterion::Named(field, exactly(values))
}

pub(super) fn usd(text: &str) -> Option<Usd> {
    text.parse().ok()
}

const MS: i64 = 1_000_000;

/// Five traces, each with a distinguishing value.
pub(super) async fn fill(on: &Subject) -> Outcome {
    let first: Vec<Span> = vec![
        draft(1, 1)
            .named("plan a trip")
            .agent("amy")
            .service("shop")
            .framework("crewai")
            .session("s1")
            .user("u1")
            .tag("nightly")
            .project("kite")
            .code("c1", "main")
            .with("customer.tier", "gold")
            .with("seats", 7)
            .good()
            .lasts(400 * MS)
            .span(),
        draft(1, 2).below(1).llm("openai/gpt-4o", 100, 10).service("shop").span(),
        draft(1, 3).below(1).tool("search").service("shop").span(),
    ];
    let second: Vec<Span> = vec![
        draft(2, 1)
            .named("plan a dinner")
            .agent("bob")
            .service("bank")
            .framework("langgraph")
            .session("s2")
            .user("u2")
            .tag("beta")
            .tag("nightly")
            .failed("no table")
            .lasts(2_000 * MS)
            .span(),
        draft(2, 2).below(1).llm("openai/gpt-4o-mini", 50, 5).service("bank").span(),
        draft(2, 3).below(1).llm("anthropic/claude", 500, 50).service("audit").span(),
        draft(2, 4).below(1).tool("read_file").service("bank").failed("gone").span(),
        draft(2, 5).below(1).tool("search").service("bank").with("customer.tier", "silver").span(),
    ];
    let third: Vec<Span> =
        vec![draft(3, 1).named("idle").running().convention("openllmetry").with("beta", true).span()];
    let fourth: Vec<Span> = vec![
        draft(4, 1).named("plan").service("shop").project("anvil").code("c2", "side").lasts(900 * MS).span(),
        draft(4, 2).below(1).llm("anthropic/claude", 7, 1).service("shop").span(),
    ];
    let fifth: Vec<Span> = vec![draft(5, 1).named("Plan B").good().lasts(100 * MS).span()];
    let costs = [
        priced(&first[1], "1"),
        cost(&first[2]),
        quipu_core::Cost { agent: Some("bob".into()), ..priced(&second[1], "2") },
        quipu_core::Cost { agent: Some("cat".into()), ..priced(&second[2], "4") },
        cost(&second[3]),
        cost(&second[4]),
        priced(&fourth[1], "8"),
    ];
    let spans = [first, second, third, fourth, fifth].concat();
    on.write(batch(spans, costs)).await
}

const ALL: [u64; 5] = [1, 2, 3, 4, 5];

/// Checks that the condition matches these traces, and its negation all others.
pub(super) async fn picks(store: &dyn Store, criterion: Criterion, want: &[u64]) -> Outcome {
    let others: Vec<u64> = ALL.into_iter().filter(|trace| !want.contains(trace)).collect();
    let [these, those] = both(criterion.clone());
    same!(ask::picked(store, these).await?, ask::ids(want), "traces with {criterion:?}");
    same!(ask::picked(store, those).await?, ask::ids(&others), "traces without {criterion:?}");
    Ok(())
}

async fn a_field_has_one_of_several_values(on: &Subject) -> Outcome {
    fill(on).await?;
    let cases: [(FacetField, &[&str], &[u64]); 22] = [
        (FacetField::Service, &["shop"], &[1, 4]),
        (FacetField::Service, &["bank", "shop"], &[1, 2, 4]),
        // Only a call has this value.
        (FacetField::Service, &["audit"], &[]),
        (FacetField::Framework, &["crewai", "none"], &[1]),
        (FacetField::Agent, &["amy"], &[1]),
        (FacetField::Agent, &["cat", "amy"], &[1, 2]),
        (FacetField::Model, &["claude"], &[2, 4]),
        (FacetField::Model, &["gpt-4o", "gpt-4o-mini"], &[1, 2]),
        (FacetField::Tool, &["search"], &[1, 2]),
        (FacetField::Tool, &["read_file", "write_file"], &[2]),
        (FacetField::Status, &["ok"], &[1, 5]),
        (FacetField::Status, &["error", "running"], &[2, 3]),
        (FacetField::Status, &["unset"], &[4]),
        (FacetField::Status, &["fine"], &[]),
        (FacetField::Session, &["s1", "s2", "s3"], &[1, 2]),
        (FacetField::User, &["u2"], &[2]),
        (FacetField::Convention, &["genai"], &[1, 2, 4]),
        (FacetField::Tag, &["nightly"], &[1, 2]),
        (FacetField::Tag, &["beta", "nightly"], &[1, 2]),
        (FacetField::Project, &["kite", "anvil"], &[1, 4]),
        (FacetField::Commit, &["c2"], &[4]),
        (FacetField::Branch, &["main"], &[1]),
    ];
    for (field, values, want) in cases {
        picks(on.store()?, named(field, values), want).await?;
    }
    Ok(())
}

async fn a_value_begins_so(on: &Subject) -> Outcome {
    fill(on).await?;
    let store = on.store()?;
    let begins = |field, value| Criterion::Named(field, beginning(value));
    picks(store, begins(FacetField::Model, "gpt-4o"), &[1, 2]).await?;
    picks(store, begins(FacetField::Model, "gpt-4o-"), &[2]).await?;
    picks(store, begins(FacetField::Model, "GPT"), &[]).await?;
    picks(store, begins(FacetField::Tool, "read_"), &[2]).await?;
    // Wildcards of other languages are plain characters.
    picks(store, begins(FacetField::Tool, "read%"), &[]).await?;
    picks(store, begins(FacetField::Tool, "re*"), &[]).await?;
    picks(store, begins(FacetField::Session, "s"), &[1, 2]).await?;
    picks(store, begins(FacetField::Status, "r"), &[3]).await?;
    picks(store, begins(FacetField::Convention, ""), &[1, 2, 3, 4]).await?;
    let found = |field, pattern| Criterion::Named(field, matching(pattern));
    picks(store, found(FacetField::Model, "^gpt-4o(-mini)?$"), &[1, 2]).await?;
    picks(store, found(FacetField::Model, "mini|claude"), &[2, 4]).await?;
    picks(store, found(FacetField::Session, "^S"), &[]).await?;
    picks(store, Criterion::Title(matching("(?i)^plan .$")), &[5]).await?;
    picks(store, attribute("customer.tier", Some(matching("^(gold|bronze)$"))), &[1]).await?;
    let mixed = [exactly(&["claude"]), beginning("gpt-4o-")].concat();
    picks(store, Criterion::Named(FacetField::Model, mixed), &[2, 4]).await
}

async fn a_field_has_a_value_at_all(on: &Subject) -> Outcome {
    fill(on).await?;
    let cases: [(FacetField, &[u64]); 13] = [
        (FacetField::Service, &[1, 2, 4]),
        (FacetField::Framework, &[1, 2]),
        (FacetField::Agent, &[1, 2]),
        (FacetField::Model, &[1, 2, 4]),
        (FacetField::Tool, &[1, 2]),
        (FacetField::Status, &ALL),
        (FacetField::Session, &[1, 2]),
        (FacetField::User, &[1, 2]),
        (FacetField::Convention, &[1, 2, 3, 4]),
        (FacetField::Tag, &[1, 2]),
        (FacetField::Project, &[1, 4]),
        (FacetField::Commit, &[1, 4]),
        (FacetField::Branch, &[1, 4]),
    ];
    for (field, want) in cases {
        picks(on.store()?, Criterion::Has(field), want).await?;
    }
    Ok(())
}

async fn the_name_of_the_trace(on: &Subject) -> Outcome {
    fill(on).await?;
    let store = on.store()?;
    picks(store, Criterion::Title(exactly(&["plan", "idle"])), &[3, 4]).await?;
    picks(store, Criterion::Title(beginning("plan")), &[1, 2, 4]).await?;
    picks(store, Criterion::Title(exactly(&["span 2"])), &[]).await
}

async fn a_failed_span_has_the_error(on: &Subject) -> Outcome {
    let long = format!("it's {}", "é".repeat(260));
    let strange = "quote \" and ' and % and \u{0} and \n line";
    let failed = |trace, error: &str| {
        [draft(trace, 1).named("root").span(), draft(trace, 2).below(1).failed(error).span()]
    };
    let spans = [
        failed(1, "backend down").to_vec(),
        failed(2, "backend down again").to_vec(),
        failed(3, strange).to_vec(),
        failed(4, &long).to_vec(),
        vec![draft(5, 1).named("backend down").good().span()],
    ];
    on.write(batch(spans.concat(), [])).await?;
    let store = on.store()?;
    let error = |values: &[&str]| Criterion::ErrorMessage(exactly(values));
    picks(store, error(&["backend down"]), &[1]).await?;
    picks(store, error(&["backend down", strange]), &[1, 3]).await?;
    picks(store, Criterion::ErrorMessage(beginning("backend down")), &[1, 2]).await?;
    picks(store, Criterion::ErrorMessage(beginning("backend_")), &[]).await?;
    picks(store, error(&["Backend down"]), &[]).await?;
    let cut: String = long.chars().take(152).collect();
    picks(store, Criterion::ErrorMessage(beginning(&cut)), &[4]).await
}

async fn figures_lie_in_a_range(on: &Subject) -> Outcome {
    fill(on).await?;
    let store = on.store()?;
    let within = |figure, least: i64, most: i64| {
        Criterion::Figure(figure, FigureRange { least: Some(least), most: Some(most) })
    };
    let least =
        |figure, least: i64| Criterion::Figure(figure, FigureRange { least: Some(least), most: None });
    let most = |figure, most: i64| Criterion::Figure(figure, FigureRange { least: None, most: Some(most) });
    // The calls begin within three seconds of the root, so traces with calls last longer than their roots.
    let long = ask::all_traces(store, &TraceFilter::default(), Sort::Longest, 10).await?;
    for row in &long {
        let fits = |bound: &dyn Fn(i64) -> bool| -> Vec<_> {
            let mut ids: Vec<_> =
                long.iter().filter(|row| bound(row.duration)).map(|row| row.trace_id).collect();
            ids.sort_unstable();
            ids
        };
        let [these, those] = both(least(TraceFigure::Duration, row.duration));
        let want = fits(&|duration| duration >= row.duration);
        same!(ask::picked(store, these).await?, want, "traces that last at least {}", row.duration);
        let want = fits(&|duration| duration < row.duration);
        same!(ask::picked(store, those).await?, want, "traces that last less than {}", row.duration);
    }
    picks(store, least(TraceFigure::Spans, 3), &[1, 2]).await?;
    picks(store, within(TraceFigure::Spans, 2, 3), &[1, 4]).await?;
    picks(store, within(TraceFigure::Tokens, 8, 110), &[1, 4]).await?;
    picks(store, most(TraceFigure::Tokens, 0), &[3, 5]).await?;
    picks(store, within(TraceFigure::LlmCalls, 1, 1), &[1, 4]).await?;
    picks(store, least(TraceFigure::ToolCalls, 2), &[2]).await?;
    picks(store, least(TraceFigure::Errors, 1), &[2]).await?;
    picks(store, most(TraceFigure::Errors, 0), &[1, 3, 4, 5]).await?;
    picks(store, Criterion::Figure(TraceFigure::Spans, FigureRange::default()), &ALL).await
}

async fn a_trace_without_a_cost_fits_no_range(on: &Subject) -> Outcome {
    fill(on).await?;
    let store = on.store()?;
    let billionths = |dollars: i64| Some(dollars * 1_000_000_000);
    let range = |least, most| Criterion::Figure(TraceFigure::Cost, FigureRange { least, most });
    picks(store, range(billionths(6), None), &[2, 4]).await?;
    picks(store, range(None, billionths(6)), &[1, 2]).await?;
    picks(store, range(None, billionths(6).map(|most| most - 1)), &[1]).await?;
    picks(store, range(None, None), &[1, 2, 4]).await?;
    picks(store, range(billionths(0), None), &[1, 2, 4]).await
}

async fn some_span_has_the_words(on: &Subject) -> Outcome {
    fill(on).await?;
    let store = on.store()?;
    for (words, want) in
        [("dinner plan", [2].as_slice()), ("Plan", &[1, 2, 4, 5]), ("gone", &[2]), ("plan gone", &[])]
    {
        let found = || async { Ok(picks(store, Criterion::Words(words.to_owned()), want).await.is_ok()) };
        ask::eventually(&format!("traces {want:?} by the words {words:?}"), found).await?;
    }
    let filter = TraceFilter {
        q: Some("plan".to_owned()),
        terms: vec![not(Criterion::Words("dinner".to_owned())), not(Criterion::Words("trip".to_owned()))],
        ..TraceFilter::default()
    };
    same!(ask::picked(store, filter).await?, ask::ids(&[4, 5]), "plans without dinner and trip");
    Ok(())
}

/// An attribute with these values, or with any.
pub(super) fn attribute(name: &str, wanted: Option<Vec<Wanted>>) -> Criterion {
    Criterion::Attribute(name.to_owned(), wanted)
}

async fn a_span_or_its_resource_has_the_attribute(on: &Subject) -> Outcome {
    fill(on).await?;
    let store = on.store()?;
    picks(store, attribute("customer.tier", Some(exactly(&["gold"]))), &[1]).await?;
    picks(store, attribute("customer.tier", Some(exactly(&["silver", "gold"]))), &[1, 2]).await?;
    picks(store, attribute("customer.tier", Some(beginning("sil"))), &[2]).await?;
    picks(store, attribute("customer.tier", Some(exactly(&["Gold"]))), &[]).await?;
    picks(store, attribute("customer.tier", None), &[1, 2]).await?;
    // Numbers and booleans are compared by their text.
    picks(store, attribute("seats", Some(exactly(&["7"]))), &[1]).await?;
    picks(store, attribute("beta", Some(exactly(&["true"]))), &[3]).await?;
    // An attribute of the resource.
    picks(store, attribute("service.name", Some(exactly(&["audit", "shop"]))), &[1, 2, 4]).await?;
    picks(store, attribute("customer", None), &[]).await?;
    picks(store, attribute("none", None), &[]).await
}

async fn one_of_several_terms_holds(on: &Subject) -> Outcome {
    fill(on).await?;
    let store = on.store()?;
    let session = || that(named(FacetField::Session, &["s1"]));
    let claude = || that(named(FacetField::Model, &["claude"]));
    let gold = || that(attribute("customer.tier", Some(exactly(&["gold"]))));
    picks(store, Criterion::Any(vec![session(), claude()]), &[1, 2, 4]).await?;
    picks(store, Criterion::Any(vec![gold(), claude()]), &[1, 2, 4]).await?;
    picks(store, Criterion::Any(vec![session(), not(named(FacetField::Model, &["claude"]))]), &[1, 3, 5])
        .await?;
    picks(store, Criterion::Any(vec![not(named(FacetField::Tag, &["none"])), session()]), &ALL).await?;
    picks(store, Criterion::Any(vec![that(named(FacetField::Tag, &["none"])), gold()]), &[1]).await?;
    picks(store, Criterion::Any(vec![that(Criterion::Title(beginning("Plan"))), session()]), &[1, 5]).await?;
    picks(store, Criterion::Any(vec![]), &[]).await?;
    let slow = FigureRange { least: Some(900 * MS), most: None };
    let slow = || that(Criterion::Figure(TraceFigure::Duration, slow));
    picks(store, Criterion::Any(vec![slow(), session()]), &[1, 2, 4]).await?;
    let two = TraceFilter {
        terms: vec![
            that(Criterion::Any(vec![slow(), session()])),
            that(Criterion::Any(vec![gold(), not(Criterion::Has(FacetField::Session))])),
        ],
        ..TraceFilter::default()
    };
    same!(ask::picked(store, two).await?, ask::ids(&[1, 4]), "traces with both of two alternatives");
    Ok(())
}

async fn all_terms_and_fields_must_hold(on: &Subject) -> Outcome {
    fill(on).await?;
    let store = on.store()?;
    let filter = TraceFilter {
        service: Some("shop".to_owned()),
        terms: vec![that(Criterion::Title(beginning("plan"))), not(Criterion::Has(FacetField::Session))],
        ..TraceFilter::default()
    };
    same!(ask::picked(store, filter.clone()).await?, ask::ids(&[4]), "plans of a shop without a session");
    let early = TraceFilter { until: Some(crate::sample::at(1)), ..filter };
    same!(ask::picked(store, early).await?, ask::ids(&[]), "of an earlier time");
    let never = TraceFilter {
        terms: vec![
            that(named(FacetField::Status, &["ok"])),
            not(named(FacetField::Status, &["ok", "error"])),
        ],
        ..TraceFilter::default()
    };
    same!(ask::picked(store, never).await?, ask::ids(&[]), "what is good and not good");
    Ok(())
}
