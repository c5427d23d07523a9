//! Parameters: values of `?`, the ends of a time range, and statements that are only checked.

use quipu_core::Timestamp;
use quipu_sql::{SqlErrorKind, SqlQuestion};
use serde_json::json;

use crate::world::{NOW, World, ask, one};

#[test]
fn since_and_until_are_the_ends_of_the_range_and_have_defaults() {
    let world = World::new(3, 10);
    let session = world.session();
    let count = "SELECT count(*) FROM traces WHERE started_at >= :since AND started_at < :until";
    let within = |since: Option<i64>, until: Option<i64>| {
        let question = SqlQuestion { query: count.to_owned(), since, until, ..SqlQuestion::default() };
        session.ask(&question).unwrap().rows[0][0].as_u64().unwrap()
    };
    let day = NOW.plus(-Timestamp::DAY).plus(1);
    let (all, first) = (within(None, None), within(Some(day.nanos()), None));
    let before_now = format!("SELECT count(*) FROM traces WHERE started_at < '{NOW}'");
    assert_eq!(json!(all), one(&session, &before_now));
    assert!(first > 0 && first < all, "{first} {all}");
    assert_eq!(within(None, Some(day.nanos())), all - first, "the end is not in the range");
    let both = "SELECT :since, ?, :until, ?";
    let question = SqlQuestion {
        query: both.to_owned(),
        params: vec![json!(1), json!("x")],
        since: Some(0),
        ..SqlQuestion::default()
    };
    let row = session.ask(&question).unwrap().rows.remove(0);
    assert_eq!(row, [json!("1970-01-01T00:00:00.000000000Z"), json!(1), json!(NOW.to_string()), json!("x")]);
}

#[test]
fn an_unknown_parameter_is_named_with_its_position() {
    let world = World::new(1, 2);
    let session = world.session();
    for (query, position) in [("SELECT :other", Some(7)), ("SELECT 1, @me", Some(10)), ("SELECT $x", Some(7))]
    {
        let error = ask(&session, query).unwrap_err();
        assert_eq!((error.kind, error.position), (SqlErrorKind::Statement, position), "{error}");
        assert!(error.text.contains("expected ?, :since or :until"), "{error}");
    }
    assert!(ask(&session, "SELECT ?").unwrap_err().text.contains("1 parameters, and params has 0"));
}

#[test]
fn a_checked_statement_has_columns_and_is_not_run() {
    let world = World::new(1, 2);
    let session = world.session();
    let check = |query: &str| {
        session.ask(&SqlQuestion { query: query.to_owned(), check: true, ..SqlQuestion::default() })
    };
    let endless =
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) AS top, 2 FROM n";
    let answer = check(endless).unwrap();
    let names: Vec<&str> = answer.columns.iter().map(|column| column.name.as_str()).collect();
    assert_eq!((names, answer.rows.len()), (vec!["top", "2"], 0));
    assert_eq!(
        check("SELECT nme FROM traces").unwrap_err().placed("SELECT nme FROM traces"),
        "no such column: nme (line 1, column 8)"
    );
    assert!(check("DELETE FROM traces").is_err());
}
