//! Tests of full text against a scan of every span: frequent and rare words, combined, as prefixes, negated,
//! with filters.

use std::sync::Arc;

use proptest::prelude::*;
use quipu_backend_memory::Memory;
use quipu_backend_sqlite::Sqlite;
use quipu_conformance::sample::{Draft, Random, at, draft};
use quipu_core::{
    Backend, Batch, Criterion, FacetField, GroupBy, SessionQuery, Sort, Span, Store, Term, Timestamp,
    TraceFilter, TraceQuery, UsageQuery, WorkKey, WorkQuery, Worked,
};

use crate::{caught_up, open, sound};

/// Traces of each of two days, with two spans each. A frequent word then has more traces than a table gets by
/// default.
const TRACES: u64 = 2_400;
/// Searches, and the same without prefixes, which a scan does not support.
const SEARCHES: [(&str, &str); 15] = [
    ("all", "all"),
    ("half", "half"),
    ("early", "early"),
    ("late", "late"),
    ("rare", "rare"),
    ("none", "none"),
    ("all half", "all half"),
    ("early late", "early late"),
    ("half rare", "half rare"),
    ("few3 all", "few3 all"),
    ("few*", "all"),
    ("kind*", "all"),
    ("kind* early", "early"),
    ("kind1* half", "teen half"),
    ("no*", "none"),
];
const SORTS: [Sort; 4] = [Sort::Newest, Sort::Oldest, Sort::Longest, Sort::MostTokens];

/// A span's words, by its number in the day. Early spans of the day are not the first to arrive.
fn words(number: u64) -> String {
    let mut words = format!("all kind{} few{}", number % 60, number % 7);
    let mut say = |said: bool, word: &str| {
        if said {
            words.extend([" ", word])
        }
    };
    say(number.is_multiple_of(2), "half");
    say(number < TRACES, "early");
    say(number >= 2 * TRACES - 30, "late");
    say(number.is_multiple_of(997), "rare");
    say(number % 60 == 1 || (10..20).contains(&(number % 60)), "teen");
    words
}

fn span(day: u64, trace: u64, part: u64) -> Draft {
    let number = trace * 2 + part;
    let start = at(0).plus(day.cast_signed() * Timestamp::DAY + number.cast_signed() * 9 * Timestamp::SECOND);
    let span = draft(day * TRACES + trace + 1, part + 1)
        .starts(start)
        .lasts((number * 7_919 % 1_009).cast_signed() * 1_000_000)
        .with("gen_ai.input.messages", words(number).as_str())
        .service(["shop", "bank", "desk"][(trace % 3) as usize])
        .session(&format!("s-{}", trace % 40));
    if part == 1 { span.below(1).llm("gpt-5", trace % 17, 5) } else { span }
}

fn batches() -> Vec<Batch> {
    let mut random = Random::new(7);
    let all = (0..2).flat_map(|day| (0..TRACES).map(move |trace| (day, trace)));
    let mut spans: Vec<Span> =
        all.flat_map(|(day, trace)| [0, 1].map(|part| span(day, trace, part).span())).collect();
    random.shuffle(&mut spans);
    let mut batches: Vec<Batch> =
        spans.chunks(600).map(|spans| Batch { spans: spans.to_vec(), ..Batch::default() }).collect();
    // Some were sent before, with words that they no longer have.
    let before = |trace| span(0, trace, 1).with("gen_ai.input.messages", "rare none late").running().span();
    batches.insert(0, Batch { spans: (0..90).map(before).collect(), ..Batch::default() });
    for batch in &mut batches {
        batch.costs = batch
            .spans
            .iter()
            .filter(|span| span.canonical.kind.is_call())
            .map(quipu_conformance::sample::cost)
            .collect();
    }
    batches
}

/// A filter, and its equivalent without prefixes.
fn filters() -> impl Strategy<Value = (TraceFilter, TraceFilter)> {
    let search = || prop::sample::select(&SEARCHES[..]);
    let moment = || prop::option::weighted(0.3, (0..172_800_i64).prop_map(at));
    let service = prop::option::weighted(0.2, Just(String::from("bank")));
    let session = prop::option::weighted(0.2, Just(String::from("s-7")));
    let terms = prop::collection::vec((search(), any::<bool>()), 0..3);
    (prop::option::weighted(0.8, search()), terms, moment(), moment(), service, session).prop_map(
        |(q, terms, since, until, service, session)| {
            let rest = TraceFilter { since, until, service, session, ..TraceFilter::default() };
            let filter = |words: fn((&str, &str)) -> String| {
                let term = |(said, not)| Term { not, criterion: Criterion::Words(words(said)) };
                let terms = terms.iter().copied().map(term).collect();
                TraceFilter { q: q.map(words), terms, ..rest.clone() }
            };
            (filter(|(asked, _)| asked.into()), filter(|(_, plain)| plain.into()))
        },
    )
}

#[test]
fn words_find_what_a_look_at_every_span_finds() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let (store, naive) = (open(folder.path()), Memory::new());
    runtime.block_on(async {
        for batch in batches() {
            let batch = Arc::new(batch);
            store.write(Arc::clone(&batch)).await.unwrap();
            naive.write(batch).await.unwrap();
        }
        caught_up(&store).await;
    });
    let config = ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() };
    proptest!(config, |(filters in filters(), sort in prop::sample::select(&SORTS[..]), limit in 1_usize..120)| {
        runtime.block_on(async {
            pages(&store, &naive, &filters, sort, limit).await;
            sums(&store, &naive, filters).await;
        });
    });
    runtime.block_on(sound(&store));
}

async fn pages(
    store: &Sqlite,
    naive: &Memory,
    (asked, plain): &(TraceFilter, TraceFilter),
    sort: Sort,
    limit: usize,
) {
    let mut cursor = None;
    for _ in 0..3 {
        let query = |filter: &TraceFilter| TraceQuery { filter: filter.clone(), sort, limit, cursor };
        let page = naive.traces(&query(plain)).await.unwrap();
        assert_eq!(store.traces(&query(asked)).await.unwrap(), page, "{:?}", query(asked));
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    let query = |filter: &TraceFilter| SessionQuery { filter: filter.clone(), limit: 7, cursor: None };
    let page = naive.sessions(&query(plain)).await.unwrap();
    assert_eq!(store.sessions(&query(asked)).await.unwrap(), page, "{asked:?}");
}

async fn sums(store: &Sqlite, naive: &Memory, (asked, plain): (TraceFilter, TraceFilter)) {
    let values = naive.facets(FacetField::Service, &plain, 5).await.unwrap();
    assert_eq!(store.facets(FacetField::Service, &asked, 5).await.unwrap(), values, "{asked:?}");
    let usage =
        |filter: &TraceFilter| UsageQuery { filter: filter.clone(), group_by: vec![GroupBy::Service] };
    let groups = naive.usage(&usage(&plain)).await.unwrap();
    assert_eq!(store.usage(&usage(&asked)).await.unwrap(), groups, "{asked:?}");
    for of in [Worked::Traces, Worked::Spans(vec![])] {
        let work = |filter: &TraceFilter| {
            let (of, filter) = (of.clone(), filter.clone());
            WorkQuery { of, filter, failed: false, group_by: vec![WorkKey::Service] }
        };
        let groups = naive.work(&work(&plain)).await.unwrap();
        assert_eq!(store.work(&work(&asked)).await.unwrap(), groups, "{asked:?}");
    }
}
