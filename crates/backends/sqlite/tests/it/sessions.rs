//! Tests of pages of sessions and of filtered traces, with several pages and overlapping days.

use quipu_backend_memory::Memory;
use quipu_conformance::sample::{Random, at, cost, draft, priced, trace_id};
use quipu_core::{
    Backend, Batch, Criterion, FacetField, SessionQuery, Sort, Span, Store, Term, Timestamp, TraceFilter,
    TraceQuery, TraceStatus, Wanted,
};

use crate::{open, sound, write};

/// All sessions, page by page.
async fn sessions(store: &dyn Store, filter: &TraceFilter, limit: usize) -> Vec<(String, i64, u64)> {
    let mut query = SessionQuery { filter: filter.clone(), limit, cursor: None };
    let mut all = Vec::new();
    loop {
        let page = store.sessions(&query).await.unwrap();
        assert!(page.rows.len() <= limit);
        all.extend(page.rows.iter().map(|row| (row.session.to_string(), row.last_at.nanos(), row.traces)));
        match page.next {
            Some(next) => query.cursor = Some(next),
            None => return all,
        }
    }
}

/// Traces of four days. Some start with a late span and get an earlier one later, so their days overlap.
fn overlapping(random: &mut Random) -> [Vec<Span>; 2] {
    let (mut first, mut then) = (Vec::new(), Vec::new());
    for trace in 1..=240_u64 {
        let time = at(0).plus(random.within(0, 4 * Timestamp::DAY));
        // Many at one time, so names decide the order.
        let time = if random.below(3) == 0 { time.floor(Timestamp::DAY) } else { time };
        let session = format!("session-{}", random.below(60));
        let span = |number: u64, start: Timestamp| {
            let draft = draft(trace, number).starts(start);
            let draft = if trace % 7 == 0 { draft } else { draft.session(&session) };
            draft.service(["shop", "bank"][usize::try_from(trace % 2).unwrap()]).span()
        };
        first.push(span(1, time));
        if random.below(4) == 0 {
            then.push(span(2, time.plus(-random.within(1, Timestamp::DAY))));
        }
    }
    [first, then]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pages_of_sessions_are_those_of_all_traces_also_where_days_overlap() {
    for seed in 1..=6 {
        let folder = tempfile::tempdir().unwrap();
        let (store, naive) = (open(folder.path()), Memory::new());
        let mut random = Random::new(seed);
        for spans in overlapping(&mut random) {
            naive.write(Batch { spans: spans.clone(), ..Batch::default() }.into()).await.unwrap();
            write(&store, spans, []).await;
        }
        let of_shop = TraceFilter { service: Some("shop".into()), ..TraceFilter::default() };
        let since = TraceFilter { since: Some(at(0).plus(Timestamp::DAY)), ..TraceFilter::default() };
        for filter in [TraceFilter::default(), of_shop, since] {
            let whole = sessions(&naive, &filter, 1_000).await;
            assert!(whole.len() > 20);
            for limit in [1, 2, 7, 25, 1_000] {
                assert_eq!(
                    sessions(&store, &filter, limit).await,
                    whole,
                    "seed {seed}, {limit} of {filter:?}"
                );
            }
        }
        sound(&store).await;
    }
}

/// Both stores give the same counts and orders. Asked twice, because the second answer may be cached.
async fn same(store: &dyn Store, naive: &dyn Store, when: &str) {
    let since = TraceFilter { since: Some(at(0).plus(3 * Timestamp::SECOND)), ..TraceFilter::default() };
    for filter in [TraceFilter::default(), since.clone(), TraceFilter::default(), since] {
        for field in [FacetField::Service, FacetField::Status, FacetField::Tag, FacetField::Session] {
            let counts = async |store: &dyn Store| store.facets(field, &filter, 10).await.unwrap();
            assert_eq!(counts(store).await, counts(naive).await, "{when}: {field:?} {filter:?}");
        }
        for (sort, limit) in
            [(Sort::Dearest, 2), (Sort::Shortest, 2), (Sort::Longest, 4), (Sort::MostTokens, 300)]
        {
            let mut query = TraceQuery { filter: filter.clone(), sort, limit, cursor: None };
            for _ in 0..2 {
                let (mine, theirs) =
                    (store.traces(&query).await.unwrap(), naive.traces(&query).await.unwrap());
                assert_eq!((&mine.rows, mine.next), (&theirs.rows, theirs.next), "{when}: {query:?}");
                query.cursor = mine.next;
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_kept_of_a_day_follows_what_comes_and_what_goes() {
    let folder = tempfile::tempdir().unwrap();
    let (store, naive) = (open(folder.path()), Memory::new());
    for trace in 1..=6_u64 {
        let service = ["shop", "bank"][usize::try_from(trace % 2).unwrap()];
        let start = at(0).plus(trace.cast_signed() * Timestamp::SECOND);
        let draft = draft(trace, 1).llm("openai/gpt-5", 10 * trace, 1).service(service).tag("a").session("s");
        let draft = draft.starts(start).lasts(1_000 * (7 - trace).cast_signed());
        let span = if trace == 4 { draft.failed("no").span() } else { draft.span() };
        let cost = priced(&span, &format!("0.{trace}"));
        let (spans, costs) = (vec![span], vec![cost]);
        naive
            .write(Batch { spans: spans.clone(), costs: costs.clone(), ..Batch::default() }.into())
            .await
            .unwrap();
        write(&store, spans, costs).await;
        same(&store, &naive, "written").await;
    }
    let dearer = |trace: u64| priced(&draft(trace, 1).llm("openai/gpt-5", 10 * trace, 1).span(), "0.9");
    naive.write(Batch { costs: vec![dearer(2)], ..Batch::default() }.into()).await.unwrap();
    write(&store, [], [dearer(2)]).await;
    same(&store, &naive, "priced anew").await;
    for store in [&store as &dyn Store, &naive] {
        store.need_forgetting().unwrap().forget(&[trace_id(4)]).await.unwrap();
    }
    same(&store, &naive, "forgotten").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_session_is_skipped_because_others_of_its_day_were_active_later_in_another() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let midnight = at(0).floor(Timestamp::DAY).plus(Timestamp::DAY);
    let minute = |minute: i64| midnight.plus(minute * 60 * Timestamp::SECOND);
    let span = |trace: u64, number: u64, at: i64, session: &str| {
        draft(trace, number).starts(minute(at)).session(session).span()
    };
    // The later day: two of its own, and four traces whose earlier spans are of the day before.
    let begun = [(3, "s1", -60), (4, "s2", -61), (5, "u", -70), (6, "t", -80)];
    let mut late = vec![span(1, 1, 40, "z"), span(2, 1, 30, "y")];
    late.extend(begun.map(|(trace, session, _)| span(trace, 1, 45, session)));
    write(&store, late, []).await;
    write(&store, begun.map(|(trace, session, at)| span(trace, 2, at, session)), []).await;
    // The day before: two of them, and later ones.
    let before = [(7, "s1", -10), (8, "s2", -11), (9, "v", -100), (10, "w", -110)];
    write(&store, before.map(|(trace, session, at)| span(trace, 1, at, session)), []).await;
    assert_eq!(store.info().await.unwrap().days, 2);
    for limit in 1..=9 {
        let all = sessions(&store, &TraceFilter::default(), limit).await;
        let names: Vec<&str> = all.iter().map(|(session, ..)| session.as_str()).collect();
        assert_eq!(names, ["z", "y", "s1", "s2", "u", "t", "v", "w"], "in pages of {limit}");
    }
}

/// So many that some names are no longer useful to find their traces, and others still are.
const TRACES: u64 = 2_600;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn frequent_and_rare_names_find_the_same_traces() {
    let folder = tempfile::tempdir().unwrap();
    let (store, naive) = (open(folder.path()), Memory::new());
    let mut spans = Vec::new();
    for trace in 1..=TRACES {
        let rare = trace % 100 == 0;
        let draft = draft(trace, 1).service(if rare { "rare" } else { "common" });
        let draft = draft.project(if rare { "one" } else { "other" });
        let draft = draft.code(&format!("c{}", trace % 900), if trace % 3 == 0 { "main" } else { "next" });
        spans.push(if trace % 50 == 0 { draft.failed("no").span() } else { draft.span() });
    }
    let costs: Vec<_> = spans.iter().map(cost).collect();
    naive
        .write(Batch { spans: spans.clone(), costs: costs.clone(), ..Batch::default() }.into())
        .await
        .unwrap();
    write(&store, spans, costs).await;
    let named = |field: FacetField, text: &str| Term {
        not: false,
        criterion: Criterion::Named(field, vec![Wanted::Exactly(text.into())]),
    };
    let text = |text: &str| Some(text.to_owned());
    let failed = Some(TraceStatus::Error);
    let filters = [
        TraceFilter::default(),
        TraceFilter { service: text("rare"), ..TraceFilter::default() },
        TraceFilter { service: text("common"), ..TraceFilter::default() },
        TraceFilter { service: text("common"), status: failed, ..TraceFilter::default() },
        TraceFilter { service: text("rare"), status: failed, ..TraceFilter::default() },
        TraceFilter { project: text("one"), ..TraceFilter::default() },
        TraceFilter { project: text("other"), branch: text("main"), ..TraceFilter::default() },
        TraceFilter { commit: text("c7"), ..TraceFilter::default() },
        TraceFilter { terms: vec![named(FacetField::Service, "rare")], ..TraceFilter::default() },
        TraceFilter { terms: vec![named(FacetField::Service, "common")], ..TraceFilter::default() },
        TraceFilter { terms: vec![named(FacetField::Project, "one")], ..TraceFilter::default() },
        TraceFilter {
            terms: vec![Term { not: true, ..named(FacetField::Commit, "c7") }],
            ..TraceFilter::default()
        },
    ];
    for filter in filters {
        for sort in [Sort::Newest, Sort::Oldest, Sort::Shortest, Sort::Dearest] {
            let mut query = TraceQuery { filter: filter.clone(), sort, limit: 40, cursor: None };
            for _ in 0..4 {
                let (mine, theirs) =
                    (store.traces(&query).await.unwrap(), naive.traces(&query).await.unwrap());
                assert!(!theirs.rows.is_empty(), "{filter:?}");
                assert_eq!((&mine.rows, mine.next), (&theirs.rows, theirs.next), "{query:?}");
                match mine.next {
                    Some(next) => query.cursor = Some(next),
                    None => break,
                }
            }
        }
        let facets = async |store: &dyn Store| store.facets(FacetField::Branch, &filter, 10).await.unwrap();
        assert_eq!(facets(&store).await, facets(&naive).await, "{filter:?}");
    }
}
