//! Errors name their position.

use quipu_sql::{SqlErrorKind, SqlLimits};

use crate::world::{World, ask};

#[test]
fn errors_name_their_position() {
    let world = World::new(1, 2);
    let session = world.session();
    for (query, position, text) in [
        ("SELECT nme FROM traces", Some(7), "no such column: nme"),
        ("SELECT 'ä', nme FROM traces", Some(12), "no such column: nme"),
        ("SELECT * FORM traces", Some(9), "syntax error"),
        ("SELECT * FROM trces", Some(14), "no such table: trces"),
        ("SELECT 1; SELECT 2", Some(9), "one statement"),
        ("SELECT 1 +", Some(10), "incomplete input"),
        (
            "SELECT * FROM vault.traces",
            Some(14),
            "no such table: vault.traces; a statement reads the tables of",
        ),
        ("", Some(0), "expected one SELECT statement"),
        ("-- nothing", Some(0), "expected one SELECT statement"),
        ("DELETE FROM traces", None, "may not be modified"),
        ("SELECT zeroblob(9)", Some(7), "the function zeroblob is not available"),
        ("  ATTACH 'x' AS y", Some(2), "ATTACH is not allowed"),
    ] {
        let error = ask(&session, query).expect_err(query);
        assert_eq!(error.kind, SqlErrorKind::Statement, "{query}: {error}");
        assert!(error.text.contains(text), "{query}: {error}");
        if position.is_some() {
            assert_eq!(error.position, position, "{query}: {error}");
        }
    }
    let error = ask(&session, "SELECT 1,\n  nme FROM traces").unwrap_err();
    assert_eq!(error.line_and_column("SELECT 1,\n  nme FROM traces"), Some((2, 3)));
}

#[test]
fn rows_and_bytes_are_limited_and_the_answer_says_so() {
    let world = World::new(1, 20);
    let store = world.open();
    let few = world.session_over(&store, SqlLimits { rows: 7, ..SqlLimits::default() });
    let answer = ask(&few, "SELECT trace_id FROM traces").unwrap();
    assert_eq!((answer.rows.len(), answer.truncated), (7, true));
    assert!(!ask(&few, "SELECT trace_id FROM traces LIMIT 7").unwrap().truncated);
    let small = world.session_over(&store, SqlLimits { bytes: 300, ..SqlLimits::default() });
    let answer = ask(&small, "SELECT trace_id FROM traces").unwrap();
    assert!(answer.truncated && answer.rows.len() < 10, "{}", answer.rows.len());
    let short = world.session_over(&store, SqlLimits { time_ms: 200, ..SqlLimits::default() });
    let endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n";
    let begun = std::time::Instant::now();
    let error = ask(&short, endless).unwrap_err();
    assert_eq!(error.kind, SqlErrorKind::Limit, "{error}");
    assert!(begun.elapsed().as_millis() < 2_000);
}
