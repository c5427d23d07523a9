//! Cases on facets: the number of traces with each value of a field.

use quipu_core::{FacetField, TraceFilter};

use super::cases;
use crate::outcome::same;
use crate::sample::{batch, cost, draft};
use crate::{Outcome, Subject};

cases! { "facets":
    [Store, Spans, Costs] of_every_field,
    [Store, Spans] most_traces_first_and_no_more_than_asked,
    [Store, Spans, Costs] of_filtered_traces,
    [Store, Spans, Costs] a_trace_counts_once,
}

async fn facets(
    on: &Subject,
    field: FacetField,
    filter: &TraceFilter,
    limit: usize,
) -> Outcome<Vec<(String, u64)>> {
    let facets = on.store()?.facets(field, filter, limit).await?;
    Ok(facets.into_iter().map(|facet| (facet.value.to_string(), facet.traces)).collect())
}

async fn fill(on: &Subject) -> Outcome {
    let spans = [
        draft(1, 1).agent("amy").service("shop").framework("crewai").session("s1").user("u1").good().span(),
        draft(1, 2).below(1).llm("gpt-5", 1, 1).span(),
        draft(1, 3).below(1).tool("search").span(),
        draft(2, 1).agent("amy").service("shop").session("s1").failed("x").span(),
        draft(2, 2).below(1).llm("gpt-5", 1, 1).span(),
        draft(2, 3).below(1).llm("gpt-5", 1, 1).span(),
        draft(3, 1).running().span(),
    ];
    let costs = [cost(&spans[1]), cost(&spans[2]), cost(&spans[4]), cost(&spans[5])];
    on.write(batch(spans, costs)).await
}

async fn of_every_field(on: &Subject) -> Outcome {
    fill(on).await?;
    let cases: [(FacetField, &[(&str, u64)]); 9] = [
        (FacetField::Service, &[("shop", 2)]),
        (FacetField::Framework, &[("crewai", 1)]),
        (FacetField::Agent, &[("amy", 2)]),
        (FacetField::Model, &[("gpt-5", 2)]),
        (FacetField::Tool, &[("search", 1)]),
        (FacetField::Status, &[("error", 1), ("ok", 1), ("running", 1)]),
        (FacetField::Session, &[("s1", 2)]),
        (FacetField::User, &[("u1", 1)]),
        (FacetField::Convention, &[("genai", 2)]),
    ];
    for (field, want) in cases {
        let mut have = facets(on, field, &TraceFilter::default(), 10).await?;
        have.sort_unstable();
        same!(have, want, "values of {field:?}");
    }
    Ok(())
}

async fn most_traces_first_and_no_more_than_asked(on: &Subject) -> Outcome {
    let sessions = ["a", "b", "b", "c", "c", "c"];
    let spans: Vec<_> =
        (1..).zip(sessions).map(|(trace, session)| draft(trace, 1).session(session).span()).collect();
    on.write(batch(spans, [])).await?;
    let have = facets(on, FacetField::Session, &TraceFilter::default(), 2).await?;
    same!(have, [("c", 3), ("b", 2)], "sessions");
    Ok(())
}

async fn of_filtered_traces(on: &Subject) -> Outcome {
    fill(on).await?;
    let filter = TraceFilter { tool: Some("search".to_owned()), ..TraceFilter::default() };
    same!(facets(on, FacetField::Model, &filter, 10).await?, [("gpt-5", 1)], "models of traces with a tool");
    let filter = TraceFilter { service: Some("shop".to_owned()), ..TraceFilter::default() };
    same!(facets(on, FacetField::Session, &filter, 10).await?, [("s1", 2)], "sessions of a service");
    Ok(())
}

async fn a_trace_counts_once(on: &Subject) -> Outcome {
    let spans: Vec<_> = (1..=20).map(|number| draft(1, number).tool("search").span()).collect();
    let costs: Vec<_> = spans.iter().map(cost).collect();
    on.write(batch(spans, costs)).await?;
    same!(facets(on, FacetField::Tool, &TraceFilter::default(), 10).await?, [("search", 1)], "tools");
    Ok(())
}
