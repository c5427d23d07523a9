//! Contents of the tables, and their functions.

use quipu_sql::{SqlQuestion, schema};
use serde_json::json;

use crate::world::{NOW, World, ask, one, trace_id};

#[test]
fn tables_have_every_record() {
    let world = World::new(3, 20);
    let session = world.session();
    assert_eq!(one(&session, "SELECT count(*) FROM traces"), json!(world.traces));
    assert_eq!(one(&session, "SELECT count(*) FROM spans"), json!(world.spans));
    assert_eq!(one(&session, "SELECT sum(spans) FROM traces"), json!(world.spans));
    assert_eq!(one(&session, "SELECT count(*) FROM events"), json!(2 * world.traces));
    assert_eq!(one(&session, "SELECT count(*) FROM scores"), json!(20), "the latest version of each");
    let kinds = "SELECT (SELECT count(*) FROM spans WHERE kind = 'tool') = (SELECT count(*) FROM tools) AND \
        (SELECT count(*) FROM spans WHERE kind = 'llm') = (SELECT count(*) FROM calls)";
    assert_eq!(one(&session, kinds), json!(1));
    let sessions = "SELECT (SELECT count(DISTINCT session) FROM traces) = (SELECT count(*) FROM sessions)";
    assert_eq!(one(&session, sessions), json!(1));
    assert_eq!(one(&session, "SELECT count(*) FROM spans WHERE attributes->>'n' = 7"), json!(world.spans));
    assert_eq!(one(&session, "SELECT count(*) FROM metrics"), json!(0));
}

#[test]
fn every_column_of_the_schema_can_be_read() {
    let world = World::new(1, 3);
    let session = world.session();
    for table in schema().tables {
        for column in table.columns {
            let query = match (table.name.as_str(), column.name.as_str()) {
                ("usage", "started_at") => "SELECT calls FROM usage WHERE started_at > '2026'".to_owned(),
                (table, column) => format!("SELECT {table}.\"{column}\" FROM {table}"),
            };
            ask(&session, &query).unwrap_or_else(|error| panic!("{query}: {error}"));
            assert!(!column.about.is_empty());
        }
    }
}

#[test]
fn words_find_traces_and_events() {
    let world = World::new(2, 21);
    let session = world.session();
    assert_eq!(one(&session, "SELECT count(*) FROM traces WHERE traces MATCH 'word3'"), json!(6));
    let both = "SELECT count(*) FROM traces WHERE traces MATCH 'word3 more' AND project = 'atlas'";
    assert_eq!(one(&session, both), json!(3));
    assert_eq!(one(&session, "SELECT count(*) FROM events WHERE events MATCH 'body 7'"), json!(2));
    let error = ask(&session, "SELECT 1 FROM traces WHERE traces MATCH 7").unwrap_err();
    assert!(error.text.contains("MATCH expects one text"), "{error}");
    let error = ask(&session, "SELECT 1 FROM traces WHERE name MATCH 'x'").unwrap_err();
    assert!(!error.text.is_empty());
}

#[test]
fn parameters_and_functions_of_time_apply() {
    let world = World::new(3, 10);
    let session = world.session();
    let asked = |query: &str, params| {
        session.ask(&SqlQuestion { query: query.to_owned(), params, ..SqlQuestion::default() }).unwrap().rows
            [0][0]
            .clone()
    };
    let by_id = "SELECT count(*) FROM spans WHERE trace_id = ?";
    assert_ne!(asked(by_id, vec![json!(trace_id(5).to_string())]), json!(0));
    assert_eq!(asked("SELECT count(*) FROM traces WHERE started_at > ago('12h')", vec![]), json!(10));
    assert_eq!(asked("SELECT ago(?)", vec![json!("1h")]), json!("2026-11-24T11:00:00.000000000Z"));
    assert_eq!(
        asked("SELECT time_floor(?, '1d')", vec![json!(NOW.to_string())]),
        json!("2026-11-24T00:00:00.000000000Z")
    );
    let p95 = asked(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000) SELECT p95(i) FROM n",
        vec![],
    );
    assert!((p95.as_f64().unwrap() - 950.0).abs() < 10.0, "{p95}");
    let wrong = session.ask(&SqlQuestion { query: by_id.to_owned(), ..SqlQuestion::default() }).unwrap_err();
    assert!(wrong.text.contains("1 parameters"), "{wrong}");
}
