//! All answers of a store, for comparison with those of another time.

use std::fmt::Debug;

use quipu_core::{
    Detail, SessionQuery, Sort, Store, Timestamp, TraceFilter, UsageQuery, WorkKey, WorkQuery, Worked,
};

use crate::Outcome;
use crate::ask;
use crate::outcome::same;
use crate::questions::{FIELDS, KEYS, SORTS};

/// All answers of a store as text, except traces by id and full text search.
pub(super) async fn everything(store: &dyn Store) -> Outcome<Vec<String>> {
    let every = TraceFilter::default();
    let mut all = Vec::new();
    let mut note = |what: &str, answer: &dyn Debug| all.push(format!("{what}: {answer:?}"));
    for sort in SORTS {
        note("traces", &(sort, ask::all_traces(store, &every, sort, 7).await?));
    }
    for row in ask::all_traces(store, &every, Sort::Newest, 100).await? {
        note("spans", &ask::all_spans(store, row.trace_id, Detail::Full, 50).await?);
        note("trace", &store.trace(row.trace_id).await?);
    }
    for field in FIELDS {
        let mut facets = store.facets(field, &every, 1_000).await?;
        facets.sort_by(|a, b| a.value.cmp(&b.value));
        note("facets", &(field, facets));
    }
    let query = SessionQuery { limit: 1_000, ..SessionQuery::default() };
    note("sessions", &store.sessions(&query).await?);
    for by in KEYS {
        let query = UsageQuery { filter: every.clone(), group_by: vec![by] };
        note("usage", &(by, ask::groups(store, &query).await?));
    }
    note("usage", &ask::total(store, every.clone()).await?);
    note("ledger rows", &ask::all_costs(store, &every, 50).await?);
    note("tools", &store.tools(&every).await?);
    for of in [Worked::Traces, Worked::Spans(Vec::new()), Worked::Events] {
        let group_by = vec![WorkKey::Step(Timestamp::HOUR), WorkKey::Name, WorkKey::Status];
        let query = WorkQuery { of, group_by, ..WorkQuery::default() };
        note("work", &store.work(&query).await?);
    }
    note("events", &store.events(&ask::every_event()).await?.rows);
    note("metrics", &store.metrics().await?);
    let info = store.info().await?;
    note("info", &(info.spans, info.days));
    if let Some(integrity) = store.integrity() {
        note("findings", &integrity.check().await?);
    }
    Ok(all)
}

pub(super) async fn is_as(store: &dyn Store, want: &[String]) -> Outcome {
    for (have, want) in everything(store).await?.iter().zip(want) {
        same!(have, want, "an answer");
    }
    Ok(())
}
