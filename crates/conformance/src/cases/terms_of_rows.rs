//! Cases on conditions for calls and tool runs, and for sums over traces.

use quipu_core::{
    Criterion, FacetField, FigureRange, GroupBy, SessionQuery, Signal, Sort, Store, Term, Timestamp,
    TraceFigure, TraceFilter, UsageQuery, Usd,
};

use super::cases;
use super::terms::{attribute, beginning, both, fill, named, not, only, picks, that, usd};
use crate::ask;
use crate::outcome::same;
use crate::sample::{batch, draft};
use crate::{Outcome, Subject};

cases! { "terms":
    [Store, Spans, Costs] calls_are_picked_by_what_is_their_own,
    [Store, Spans, Costs] calls_are_picked_by_what_is_their_traces,
    [Store, Spans, Costs] tool_runs_are_picked_by_what_is_their_own,
    [Store, Spans, Costs] sessions_and_facets_are_of_the_traces_picked,
    [Store, Spans, Costs] pages_of_picked_traces,
    [Store, Spans, Costs] traces_without_spans_are_not_picked_by_what_they_lack,
    [Store, Spans, Costs] alternatives_are_of_the_record_or_of_its_trace,
}

/// Cost of the matching calls, by total usage, by grouped usage, and by the ledger's rows.
async fn cost_of(store: &dyn Store, filter: TraceFilter) -> Outcome<Option<Usd>> {
    let total = ask::total(store, filter.clone()).await?;
    let rows = ask::all_costs(store, &filter, 2).await?;
    let of_rows = rows.iter().filter_map(|row| row.cost.billed()).reduce(|sum, cost| sum + cost);
    same!(of_rows, total.cost, "cost of the rows of {filter:?}");
    let calls = rows.iter().filter(|row| row.cost.is_call()).count();
    same!(calls, total.llm_calls, "calls of the rows of {filter:?}");
    for group_by in
        [vec![GroupBy::Model], vec![GroupBy::Day], vec![GroupBy::User, GroupBy::Step(7 * Timestamp::SECOND)]]
    {
        let groups = ask::groups(store, &UsageQuery { filter: filter.clone(), group_by }).await?;
        let sum = groups.iter().filter_map(|(_, totals)| totals.cost).reduce(|sum, cost| sum + cost);
        same!(sum, total.cost, "cost of the groups of {filter:?}");
    }
    Ok(total.cost)
}

/// Checks the cost of the calls that match the condition, and that of its negation.
async fn costs(store: &dyn Store, criterion: Criterion, want: [Option<&str>; 2]) -> Outcome {
    for (filter, want) in both(criterion).into_iter().zip(want) {
        same!(cost_of(store, filter.clone()).await?, want.and_then(usd), "cost of {filter:?}");
    }
    Ok(())
}

async fn calls_are_picked_by_what_is_their_own(on: &Subject) -> Outcome {
    fill(on).await?;
    let store = on.store()?;
    costs(store, named(FacetField::Model, &["claude"]), [Some("12"), Some("3")]).await?;
    costs(store, named(FacetField::Model, &["gpt-4o", "claude"]), [Some("13"), Some("2")]).await?;
    costs(store, Criterion::Named(FacetField::Model, beginning("gpt-4o")), [Some("3"), Some("12")]).await?;
    costs(store, named(FacetField::Model, &["none"]), [None, Some("15")]).await?;
    costs(store, named(FacetField::Agent, &["bob"]), [Some("2"), Some("13")]).await?;
    costs(store, Criterion::Has(FacetField::Agent), [Some("6"), Some("9")]).await?;
    costs(store, named(FacetField::Service, &["audit", "shop"]), [Some("13"), Some("2")]).await?;
    costs(store, Criterion::Has(FacetField::Framework), [None, Some("15")]).await?;
    let two = TraceFilter {
        model: Some("claude".to_owned()),
        terms: vec![not(named(FacetField::Service, &["shop"]))],
        ..TraceFilter::default()
    };
    same!(cost_of(store, two).await?, usd("4"), "cost of a model's calls that are not of the shop");
    Ok(())
}

async fn calls_are_picked_by_what_is_their_traces(on: &Subject) -> Outcome {
    fill(on).await?;
    let store = on.store()?;
    let dear = FigureRange { least: Some(6_000_000_000), most: None };
    costs(store, named(FacetField::Tool, &["read_file"]), [Some("6"), Some("9")]).await?;
    costs(store, named(FacetField::Status, &["ok", "unset"]), [Some("9"), Some("6")]).await?;
    costs(store, Criterion::Has(FacetField::Session), [Some("7"), Some("8")]).await?;
    costs(store, named(FacetField::Tag, &["nightly"]), [Some("7"), Some("8")]).await?;
    costs(store, named(FacetField::Commit, &["c1"]), [Some("1"), Some("14")]).await?;
    costs(store, Criterion::Title(beginning("plan a")), [Some("7"), Some("8")]).await?;
    costs(store, attribute("customer.tier", Some(beginning("s"))), [Some("6"), Some("9")]).await?;
    costs(store, Criterion::Figure(TraceFigure::Cost, dear), [Some("14"), Some("1")]).await
}

async fn alternatives_are_of_the_record_or_of_its_trace(on: &Subject) -> Outcome {
    fill(on).await?;
    let store = on.store()?;
    let claude = || that(named(FacetField::Model, &["claude"]));
    let bob = || that(named(FacetField::Agent, &["bob"]));
    // All alternatives are the call's own: only those calls.
    costs(
        store,
        Criterion::Any(vec![bob(), that(named(FacetField::Model, &["gpt-4o"]))]),
        [Some("3"), Some("12")],
    )
    .await?;
    costs(
        store,
        Criterion::Any(vec![bob(), not(named(FacetField::Model, &["claude"]))]),
        [Some("3"), Some("12")],
    )
    .await?;
    costs(store, Criterion::Any(vec![that(Criterion::Has(FacetField::Agent))]), [Some("6"), Some("9")])
        .await?;
    // One is of the trace: all calls of those traces.
    let tool = that(named(FacetField::Tool, &["none"]));
    costs(store, Criterion::Any(vec![claude(), tool]), [Some("14"), Some("1")]).await?;
    let runs = async |any: Vec<Term>| {
        let groups = store.tools(&only(that(Criterion::Any(any)))).await?;
        Outcome::Ok(groups.iter().map(|group| (group.tool.to_string(), group.calls)).collect::<Vec<_>>())
    };
    let read = || that(named(FacetField::Tool, &["read_file"]));
    let of_shop = vec![read(), that(named(FacetField::Service, &["shop"]))];
    same!(runs(of_shop).await?, [("read_file".to_owned(), 1), ("search".to_owned(), 1)], "runs of either");
    let of_trace = vec![read(), that(named(FacetField::Session, &["none"]))];
    same!(
        runs(of_trace).await?,
        [("read_file".to_owned(), 1), ("search".to_owned(), 1)],
        "runs of the trace"
    );
    Ok(())
}

async fn tool_runs_are_picked_by_what_is_their_own(on: &Subject) -> Outcome {
    fill(on).await?;
    let store = on.store()?;
    let runs = async |term: Term| {
        let groups = store.tools(&only(term)).await?;
        Outcome::Ok(groups.into_iter().map(|group| (group.tool.to_string(), group.calls)).collect::<Vec<_>>())
    };
    let all = |pairs: &[(&str, u64)]| -> Vec<_> {
        pairs.iter().map(|(tool, calls)| ((*tool).to_owned(), *calls)).collect()
    };
    let search = named(FacetField::Tool, &["search"]);
    same!(runs(that(search.clone())).await?, all(&[("search", 2)]), "runs of a tool");
    same!(runs(not(search)).await?, all(&[("read_file", 1)]), "runs of other tools");
    let read = Criterion::Named(FacetField::Tool, beginning("read"));
    same!(runs(that(read)).await?, all(&[("read_file", 1)]), "runs of tools that begin so");
    let shop = named(FacetField::Service, &["shop"]);
    same!(runs(that(shop.clone())).await?, all(&[("search", 1)]), "runs of a service");
    same!(runs(not(shop)).await?, all(&[("read_file", 1), ("search", 1)]), "runs of other services");
    // A model condition matches the traces that called the model.
    let claude = named(FacetField::Model, &["claude"]);
    same!(runs(not(claude)).await?, all(&[("search", 1)]), "runs of traces without a model");
    let failed = named(FacetField::Status, &["error"]);
    same!(runs(that(failed)).await?, all(&[("read_file", 1), ("search", 1)]), "runs of failed traces");
    Ok(())
}

async fn sessions_and_facets_are_of_the_traces_picked(on: &Subject) -> Outcome {
    fill(on).await?;
    let store = on.store()?;
    let sessions = async |filter: TraceFilter| {
        let page = store.sessions(&SessionQuery { filter, ..SessionQuery::default() }).await?;
        Outcome::Ok(page.rows.into_iter().map(|row| row.session.to_string()).collect::<Vec<_>>())
    };
    let [these, those] = both(named(FacetField::Model, &["claude"]));
    same!(sessions(these.clone()).await?, ["s2"], "sessions with a model");
    same!(sessions(those.clone()).await?, ["s1"], "sessions without it");
    let values = async |filter: &TraceFilter| {
        let mut facets: Vec<_> = store
            .facets(FacetField::Service, filter, 10)
            .await?
            .into_iter()
            .map(|facet| (facet.value.to_string(), facet.traces))
            .collect();
        facets.sort_unstable();
        Outcome::Ok(facets)
    };
    same!(values(&these).await?, [("bank", 1), ("shop", 1)], "services of traces with a model");
    same!(values(&those).await?, [("shop", 1)], "services of traces without it");
    Ok(())
}

async fn pages_of_picked_traces(on: &Subject) -> Outcome {
    fill(on).await?;
    let store = on.store()?;
    let [filter, _] = both(Criterion::Title(beginning("plan")));
    for sort in [Sort::Newest, Sort::Cheapest, Sort::Longest, Sort::MostTokens] {
        let whole = ask::all_traces(store, &filter, sort, 10).await?;
        same!(whole.len(), 3, "traces by {sort:?}");
        same!(ask::all_traces(store, &filter, sort, 1).await?, whole, "pages of one by {sort:?}");
    }
    Ok(())
}

async fn traces_without_spans_are_not_picked_by_what_they_lack(on: &Subject) -> Outcome {
    fill(on).await?;
    // Made from a log record that does not count.
    on.write(batch([draft(6, 1).made_of(Signal::Log).span()], [])).await?;
    picks(on.store()?, Criterion::Has(FacetField::Session), &[1, 2]).await
}
