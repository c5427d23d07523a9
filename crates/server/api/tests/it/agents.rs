//! Tests of `/api/v1/traces/{id}/agents`.

use serde_json::json;

use crate::fixture::{Fixture, WEATHER, trace_id};

#[tokio::test]
async fn a_traces_agents_have_sums_of_their_own_and_in_total() {
    let have = Fixture::new().await.get(&format!("/api/v1/traces/{}/agents", trace_id(WEATHER))).await;
    assert_eq!((&have["trace_id"], &have["complete"]), (&json!(trace_id(WEATHER).to_string()), &json!(true)));
    let agent = &have["agents"][0];
    assert_eq!(
        (&agent["name"], &agent["runs"], &agent["called_by"]),
        (&json!("planner"), &json!(1), &json!([]))
    );
    assert_eq!(agent["self"], agent["total"]);
    assert!(agent["total"]["llm_calls"].as_u64().unwrap() > 0, "{agent}");
}

#[tokio::test]
async fn unknown_traces_and_parameters_are_refused() {
    let fixture = Fixture::new().await;
    let path = |number: u8| format!("/api/v1/traces/{}/agents", trace_id(number));
    assert!(fixture.fails(&path(99), 404).await.contains("6363"));
    assert!(fixture.fails(&format!("{}?limit=1", path(WEATHER)), 400).await.contains("takes no parameters"));
    assert!(fixture.fails("/api/v1/traces/xyz/agents", 400).await.contains("trace id"));
}
