//! Tests of sums from rollups against sums from rows.

use std::sync::Arc;

use proptest::prelude::*;
use quipu_backend_memory::Memory;
use quipu_conformance::sample::{Random, at, draft, priced};
use quipu_core::{
    Backend, Batch, CostFacts, CostQuery, CostRow, CostScan, GroupBy, Store, Timestamp, TraceFilter,
    UsageQuery,
};

use crate::{open, sound};

const KEYS: [GroupBy; 11] = [
    GroupBy::Model,
    GroupBy::Provider,
    GroupBy::Agent,
    GroupBy::Framework,
    GroupBy::Service,
    GroupBy::Convention,
    GroupBy::Hour,
    GroupBy::Day,
    GroupBy::Week,
    GroupBy::Month,
    GroupBy::Billing,
];

/// Calls of three days with occasional corrections.
fn batches(seed: u64) -> Vec<Batch> {
    let mut random = Random::new(seed);
    let mut batches = Vec::new();
    for part in 0..6_u64 {
        let mut batch = Batch::default();
        for number in 1..=40 {
            let model = ["openai/gpt-5", "openai/gpt-5-mini", "anthropic/claude"][random.below(3) as usize];
            let start = at(0).plus(i64::try_from(random.below(3 * 86_400_000)).unwrap() * 1_000_001);
            let call = draft(1 + part * 40 + number % 13, part * 100 + number).starts(start).below(9_999);
            let call = call
                .llm(model, random.below(5_000), random.below(900))
                .service(["shop", "bank"][random.below(2) as usize]);
            let call = call.lasts(i64::try_from(1 + random.below(9_000_000)).unwrap());
            let call =
                if random.below(3) == 0 { call.read(|read| read.agent = Some("amy".into())) } else { call };
            let span = call.span();
            let mut cost =
                priced(&span, ["0.01", "0.000000000000000000000003", "2"][random.below(3) as usize]);
            if random.below(4) == 0 {
                batch.costs.push(cost.clone());
                cost.version += 1;
                cost.failed = true;
                cost.rule = if random.below(2) == 0 { quipu_core::Rule::Repeats } else { cost.rule };
                cost.response_model = Some("corrected".into());
            }
            batch.costs.push(cost);
            batch.spans.push(span);
        }
        batches.push(batch);
    }
    batches
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4, ..ProptestConfig::default() })]

    #[test]
    fn usage_is_the_same_from_rollups_and_rows(seed in 1_u64..1_000_000) {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        runtime.block_on(compare(seed));
    }
}

async fn compare(seed: u64) {
    let folder = tempfile::tempdir().unwrap();
    let (store, naive) = (open(folder.path()), Memory::new());
    for batch in batches(seed) {
        let batch = Arc::new(batch);
        store.write(Arc::clone(&batch)).await.unwrap();
        naive.write(batch).await.unwrap();
    }
    sound(&store).await;
    let mut random = Random::new(seed ^ 77);
    for _ in 0..60 {
        let moment = |random: &mut Random| {
            let time = at(0).plus(i64::try_from(random.below(3 * 86_400_000)).unwrap() * 1_000_001);
            match random.below(4) {
                0 => None,
                1 => Some(time.floor(Timestamp::HOUR)),
                _ => Some(time),
            }
        };
        let some = |random: &mut Random, text: &str| (random.below(4) == 0).then(|| text.to_owned());
        let filter = TraceFilter {
            since: moment(&mut random),
            until: moment(&mut random),
            model: some(&mut random, "gpt-5"),
            agent: some(&mut random, "amy"),
            service: some(&mut random, "bank"),
            ..TraceFilter::default()
        };
        let mut group_by: Vec<GroupBy> = KEYS.into_iter().filter(|_| random.below(5) == 0).collect();
        random.shuffle(&mut group_by);
        let query = UsageQuery { filter, group_by };
        assert_eq!(store.usage(&query).await.unwrap(), naive.usage(&query).await.unwrap(), "{query:?}");
    }
}

/// Every row of a scan, in pages of this many rows.
async fn scanned(store: &dyn Store, mut scan: CostScan, limit: usize) -> Vec<CostRow> {
    scan.limit = limit;
    let (mut rows, mut numbers) = (Vec::new(), std::collections::HashSet::new());
    loop {
        let page = store.scanning().unwrap().scan_costs(&scan).await.unwrap();
        assert!(page.rows.len() <= limit);
        for row in page.rows {
            assert!(numbers.insert(row.at), "a row comes twice: {row:?}");
            rows.push(row.row);
        }
        scan.cursor = page.next;
        if scan.cursor.is_none() {
            return rows;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_scan_of_ledger_rows_has_the_rows_of_the_list() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    for batch in batches(7) {
        store.write(batch.into()).await.unwrap();
    }
    let mut random = Random::new(11);
    let mut with_rows = 0;
    for round in 0..60_u64 {
        let edge = |random: &mut Random| {
            at(0).plus(i64::try_from(random.below(4 * 86_400)).unwrap() * Timestamp::SECOND)
        };
        let one_of = |random: &mut Random, text: &str| (random.below(4) == 0).then(|| text.to_owned());
        let filter = TraceFilter {
            since: (random.below(3) == 0).then(|| edge(&mut random)),
            until: (random.below(3) == 0).then(|| edge(&mut random)),
            model: one_of(&mut random, "corrected"),
            service: one_of(&mut random, "shop"),
            agent: one_of(&mut random, "amy"),
            ..TraceFilter::default()
        };
        let list = CostQuery { filter: filter.clone(), limit: 100_000, cursor: None };
        let want = store.costs(&list).await.unwrap().rows;
        with_rows += usize::from(want.len() > 20);
        let scan = CostScan { filter, ..CostScan::default() };
        let mut found = scanned(&store, scan.clone(), 1 + random.below(50) as usize).await;
        found.sort_by_key(|row| (row.cost.time, row.cost.trace_id, row.cost.span_id));
        assert_eq!(found, want, "{round}");
        let bare = CostScan { facts: CostFacts { span: false, owner: false }, ..scan.clone() };
        let mut sums = scanned(&store, bare, 40).await.iter().map(|row| row.cost.amount).collect::<Vec<_>>();
        sums.sort_unstable();
        let mut of_list: Vec<_> = want.iter().map(|row| row.cost.amount).collect();
        of_list.sort_unstable();
        assert_eq!(sums, of_list, "{round}");
        let Some(trace) = want.first().map(|row| row.cost.trace_id) else { continue };
        let of_trace = CostScan { trace_id: Some(trace), ..scan };
        let mut found = scanned(&store, of_trace, 5).await;
        found.sort_by_key(|row| (row.cost.time, row.cost.trace_id, row.cost.span_id));
        let want: Vec<_> = want.into_iter().filter(|row| row.cost.trace_id == trace).collect();
        assert_eq!(found, want, "{round}");
    }
    assert!(with_rows > 20, "{with_rows}");
}
