//! Comparison of two stores by all of their answers.

use std::fmt::Debug;
use std::time::Duration;

use compact_str::CompactString;
use quipu_core::{
    Detail, EventQuery, FacetField, GroupBy, Kind, Level, Meeting, MetricAggregate, MetricQuery,
    SessionQuery, Sort, Store, Timestamp, TraceFilter, TraceId, TraceRow, UsageQuery, WorkKey, WorkQuery,
    WorkRow, WorkRowQuery, WorkRowSort, WorkRowState, Worked,
};
use tokio::time::{Instant, sleep};

use crate::outcome::compare;
use crate::questions::{FIELDS, KEYS, SORTS, filters, terms};
use crate::{Failure, Outcome, ask};

/// Maximum lag of an index.
const LAG: Duration = Duration::from_secs(20);
/// Maximum number of rows of unpaged answers.
const MANY: usize = 100_000;

const WORK_KEYS: [WorkKey; 12] = [
    WorkKey::Step(90 * 60 * Timestamp::SECOND),
    WorkKey::Service,
    WorkKey::Framework,
    WorkKey::Agent,
    WorkKey::Model,
    WorkKey::Tool,
    WorkKey::Name,
    WorkKey::Kind,
    WorkKey::Status,
    WorkKey::Error,
    WorkKey::Session,
    WorkKey::User,
];

/// Both stores, for the same queries.
struct Pair<'a>(&'a dyn Store, &'a dyn Store);

/// Queries both stores for all of their data, in many ways, and returns the first difference. The text has
/// the query and the answer of the left store next to the expected one of the right store. Orders that the
/// contract leaves open are not compared. A failed query is a difference too.
pub async fn difference(left: &dyn Store, right: &dyn Store) -> Option<String> {
    Pair(left, right).compare_all().await.err().map(|failure| failure.to_string())
}

/// Queries both stores for these traces, even if no list has them, and for the traces of these meetings.
pub(crate) async fn compare_known(
    left: &dyn Store,
    right: &dyn Store,
    traces: &[TraceId],
    meetings: &[(Meeting, Timestamp)],
) -> Outcome {
    let pair = Pair(left, right);
    for trace in traces {
        pair.compare_trace(*trace).await?;
    }
    for meeting in meetings {
        pair.compare_meeting(*meeting).await?;
    }
    Ok(())
}

/// Asserts that there is no [`difference`].
///
/// # Panics
/// There is a difference, or a query failed.
pub async fn assert_equal_answers(left: &dyn Store, right: &dyn Store) {
    let found = difference(left, right).await;
    assert!(found.is_none(), "{} and {} differ: {}", left.name(), right.name(), found.unwrap_or_default());
}

/// Evaluates the same expression on both stores and compares the results.
macro_rules! equal {
    ($pair:expr, $what:expr, |$store:ident| $ask:expr) => {{
        let left = {
            let $store = $pair.0;
            $ask
        };
        let right = {
            let $store = $pair.1;
            $ask
        };
        compare(&left, &right, || $what)?;
        right
    }};
}

fn sorted<T: Debug>(mut rows: Vec<T>) -> Vec<T> {
    rows.sort_by_cached_key(|row| format!("{row:?}"));
    rows
}

impl Pair<'_> {
    async fn compare_all(&self) -> Outcome {
        let every = TraceFilter::default();
        let rows = equal!(self, "all traces".to_owned(), |store| {
            ask::all_traces(store, &every, Sort::Newest, 1_000).await?
        });
        for sort in SORTS {
            equal!(self, format!("traces by {sort:?} in pages of 5"), |store| {
                ask::all_traces(store, &every, sort, 5).await?
            });
        }
        equal!(self, "spans stored".to_owned(), |store| store.info().await?.spans);
        for row in &rows {
            self.compare_trace(row.trace_id).await?;
        }
        let names = self.names().await?;
        for filter in filters(&rows, &names) {
            self.compare_filter(&filter).await?;
            self.compare_work(&filter, &[], false).await?;
            self.compare_work_rows(&filter, false).await?;
        }
        for terms in terms(&rows, &names) {
            self.compare_terms(&TraceFilter { terms, ..TraceFilter::default() }).await?;
        }
        self.compare_work_rows(&every, true).await?;
        for key in WORK_KEYS {
            self.compare_work(&every, &[key, WorkKey::Name], false).await?;
            self.compare_work(&every, &[key], true).await?;
        }
        self.compare_events().await?;
        self.compare_metrics().await?;
        self.compare_search(&rows).await
    }

    async fn compare_trace(&self, id: TraceId) -> Outcome {
        let row = equal!(self, format!("trace {id}"), |store| store.trace(id).await?);
        for detail in [Detail::Summary, Detail::Full] {
            let spans = equal!(self, format!("spans of {id}, {detail:?}"), |store| {
                ask::all_spans(store, id, detail, 4).await?
            });
            if let Some(last) = spans.last() {
                equal!(self, format!("span {}", last.span_id), |store| store.span(id, last.span_id).await?);
            }
        }
        let asked = Vec::from_iter(row.map(|row| (id, row.started_at)));
        equal!(self, format!("nodes of {id}"), |store| {
            store.nodes(&asked).await?.into_iter().map(sorted).collect::<Vec<_>>()
        });
        Ok(())
    }

    async fn compare_meeting(&self, asked: (Meeting, Timestamp)) -> Outcome {
        equal!(self, format!("traces of {asked:?}"), |store| {
            let lists = store.meeting_traces(&[asked]).await?;
            sorted(lists.concat().into_iter().map(|(id, _)| id).collect())
        });
        Ok(())
    }

    /// The values of every field.
    async fn names(&self) -> Outcome<Vec<(FacetField, CompactString)>> {
        let mut names = Vec::new();
        for field in FIELDS {
            let facets = self.1.facets(field, &TraceFilter::default(), MANY).await?;
            names.extend(facets.into_iter().map(|facet| (field, facet.value)));
        }
        Ok(names)
    }

    async fn compare_filter(&self, filter: &TraceFilter) -> Outcome {
        equal!(self, format!("traces of {filter:?}"), |store| {
            ask::all_traces(store, filter, Sort::Newest, 4).await?
        });
        for field in FIELDS {
            equal!(self, format!("{field:?} facets of {filter:?}"), |store| {
                sorted(store.facets(field, filter, MANY).await?)
            });
        }
        let sessions = SessionQuery { filter: filter.clone(), limit: MANY, cursor: None };
        equal!(self, format!("sessions of {filter:?}"), |store| sorted(
            store.sessions(&sessions).await?.rows
        ));
        equal!(self, format!("tools of {filter:?}"), |store| sorted(store.tools(filter).await?));
        let mut keys: Vec<Vec<GroupBy>> = KEYS.iter().map(|key| vec![*key]).collect();
        keys.extend([
            vec![],
            vec![GroupBy::Day, GroupBy::Model],
            vec![GroupBy::Session, GroupBy::Agent],
            vec![GroupBy::Tag, GroupBy::Tool],
            vec![GroupBy::Step(11 * Timestamp::SECOND), GroupBy::Billing],
        ]);
        for group_by in keys {
            let query = UsageQuery { filter: filter.clone(), group_by };
            equal!(self, format!("usage of {query:?}"), |store| ask::groups(store, &query).await?);
        }
        for limit in [7, MANY] {
            equal!(self, format!("ledger rows of {filter:?} in pages of {limit}"), |store| {
                ask::all_costs(store, filter, limit).await?
            });
        }
        Ok(())
    }

    /// Compares one query of each kind.
    async fn compare_terms(&self, filter: &TraceFilter) -> Outcome {
        equal!(self, format!("traces of {filter:?}"), |store| {
            ask::all_traces(store, filter, Sort::Newest, 4).await?
        });
        equal!(self, format!("facets of {filter:?}"), |store| {
            sorted(store.facets(FacetField::Model, filter, MANY).await?)
        });
        let sessions = SessionQuery { filter: filter.clone(), limit: MANY, cursor: None };
        equal!(self, format!("sessions of {filter:?}"), |store| sorted(
            store.sessions(&sessions).await?.rows
        ));
        equal!(self, format!("tools of {filter:?}"), |store| sorted(store.tools(filter).await?));
        for group_by in [vec![], vec![GroupBy::Hour, GroupBy::Model]] {
            let query = UsageQuery { filter: filter.clone(), group_by };
            equal!(self, format!("usage of {query:?}"), |store| ask::groups(store, &query).await?);
        }
        equal!(self, format!("ledger rows of {filter:?}"), |store| {
            ask::all_costs(store, filter, MANY).await?
        });
        self.compare_work(filter, &[WorkKey::Step(Timestamp::HOUR), WorkKey::Status], false).await
    }

    async fn compare_work(&self, filter: &TraceFilter, keys: &[WorkKey], failed: bool) -> Outcome {
        let kinds = vec![Kind::Llm, Kind::Agent, Kind::Other];
        for of in [Worked::Traces, Worked::Spans(Vec::new()), Worked::Spans(kinds), Worked::Events] {
            let mut query = WorkQuery { of, filter: filter.clone(), failed, group_by: keys.to_vec() };
            query.group_by.dedup();
            equal!(self, format!("work of {query:?}"), |store| store.work(&query).await?);
        }
        Ok(())
    }

    async fn compare_work_rows(&self, filter: &TraceFilter, failed: bool) -> Outcome {
        let calls = Kind::ALL.into_iter().filter(|kind| kind.is_call()).collect();
        for (kinds, of_trace, sort) in [
            (Vec::new(), Vec::new(), WorkRowSort::Newest),
            (calls, vec![FacetField::Tool], WorkRowSort::Dearest),
            (vec![Kind::Tool], vec![FacetField::Model], WorkRowSort::Longest),
        ] {
            let state = failed.then_some(WorkRowState::Failed);
            let filter = filter.clone();
            let query =
                WorkRowQuery { kinds, filter, of_trace, state, sort, limit: 20, ..WorkRowQuery::default() };
            equal!(self, format!("rows of {query:?}"), |store| {
                let page = store.work_rows(&query).await?;
                let row = |row: &WorkRow| (row.place(sort), row.error.clone(), row.session.clone());
                (page.rows.iter().map(row).collect::<Vec<_>>(), page.total, page.next)
            });
        }
        Ok(())
    }

    async fn compare_events(&self) -> Outcome {
        let every = EventQuery { limit: MANY, ..EventQuery::default() };
        let rows = equal!(self, "all events".to_owned(), |store| sorted(store.events(&every).await?.rows));
        let mut questions: Vec<_> =
            Level::ALL.map(|level| EventQuery { level: Some(level), ..every.clone() }).into();
        for event in rows.iter().take(8) {
            questions.push(EventQuery { name: Some(event.name.to_string()), ..every.clone() });
            questions.push(EventQuery { since: Some(event.time), ..every.clone() });
            questions.push(EventQuery { until: Some(event.time), ..every.clone() });
            questions
                .push(EventQuery { agent: event.agent.as_ref().map(ToString::to_string), ..every.clone() });
            questions.push(EventQuery {
                session: event.session.as_ref().map(ToString::to_string),
                ..every.clone()
            });
        }
        for question in questions {
            equal!(self, format!("events of {question:?}"), |store| sorted(
                store.events(&question).await?.rows
            ));
        }
        Ok(())
    }

    async fn compare_metrics(&self) -> Outcome {
        let names = equal!(self, "metrics".to_owned(), |store| sorted(store.metrics().await?));
        for name in names {
            for (aggregate, minutes) in [
                (MetricAggregate::Average, 5),
                (MetricAggregate::Sum, 5),
                (MetricAggregate::Sum, 60),
                (MetricAggregate::Min, 5),
                (MetricAggregate::Max, 5),
                (MetricAggregate::Count, 5),
                (MetricAggregate::Last, 5),
            ] {
                let query = MetricQuery {
                    step: minutes * 60 * Timestamp::SECOND,
                    ..MetricQuery::of(name.name.as_str(), aggregate)
                };
                let middle = Some(name.last_at.plus(-600 * Timestamp::SECOND));
                let later = MetricQuery { since: middle, ..query.clone() };
                for query in [later, query] {
                    equal!(self, format!("series of {query:?}"), |store| rounded(store, &query).await?);
                }
            }
        }
        Ok(())
    }

    /// Full text search may lag, so this waits for equal answers.
    async fn compare_search(&self, rows: &[TraceRow]) -> Outcome {
        let words: std::collections::BTreeSet<_> =
            rows.iter().filter_map(|row| row.name.split(' ').next()).take(6).collect();
        for word in words {
            let filter = TraceFilter { q: Some(word.to_owned()), ..TraceFilter::default() };
            let deadline = Instant::now() + LAG;
            loop {
                let right = ask::picked(self.1, filter.clone()).await?;
                let left = ask::picked(self.0, filter.clone()).await?;
                if left == right {
                    break;
                }
                if Instant::now() >= deadline {
                    let what = format!("traces with {word:?}: have {left:?}, want {right:?}");
                    return Err(Failure::new(what));
                }
                sleep(Duration::from_millis(5)).await;
            }
        }
        Ok(())
    }
}

/// Series by label, with figures rounded to nine digits, because the order of additions is open.
async fn rounded(store: &dyn Store, query: &MetricQuery) -> Outcome<Vec<String>> {
    let text = |(at, figure): &(Timestamp, f64)| format!("{} {figure:.9e}", at.nanos());
    let series = store.metric(query).await?;
    let lines = series.iter().map(|series| {
        let points: Vec<_> = series.points.iter().map(text).collect();
        format!("{:?} {:?} {points:?}", series.labels, series.temporality)
    });
    Ok(sorted(lines.collect()))
}
