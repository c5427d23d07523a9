//! Property tests: the cluster accepts the document of any record, with all attributes.

use std::sync::Arc;

use proptest::prelude::*;
use quipu_conformance::sample::{batch, draft};
use quipu_core::{Backend, Value};
use serde_json::Value as Json;

use crate::cluster::Cluster;

fn values() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        any::<i64>().prop_map(Value::Int),
        any::<f64>().prop_map(Value::Double),
        ".{0,20}".prop_map(Value::String),
        (0_usize..40_000).prop_map(|length| Value::String("ü".repeat(length))),
        any::<Vec<u8>>().prop_map(Value::Bytes),
    ];
    leaf.prop_recursive(24, 48, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Value::Array),
            prop::collection::vec((keys(), inner), 0..3).prop_map(|pairs| Value::Map(
                pairs.into_iter().map(|(key, value)| (key.into(), value)).collect()
            )),
        ]
    })
}

fn keys() -> impl Strategy<Value = String> {
    prop_oneof!["[a-c.]{0,4}", ".{0,6}", Just("k".repeat(600)), Just("a\0b".to_owned())]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn any_attributes_are_taken(pairs in prop::collection::vec((keys(), values()), 0..8)) {
        let mut span = draft(1, 1).span();
        let keys: std::collections::BTreeSet<String> = pairs.iter().map(|(key, _)| key.clone()).collect();
        span.attributes = pairs.into_iter().collect();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let document = runtime.block_on(async {
            let cluster = Cluster::start().await;
            cluster.backend().write(Arc::new(batch([span], []))).await.unwrap();
            cluster.documents("traces-quipu-default").remove(0).1
        });
        let long: Json = document["attributes_long"].as_str().map_or(Json::Null, |text| serde_json::from_str(text).unwrap());
        let held = [&document["attributes"], &long];
        let found = held.into_iter().filter_map(Json::as_object).flat_map(|object| object.keys().cloned());
        prop_assert_eq!(found.collect::<std::collections::BTreeSet<_>>(), keys);
    }
}
