//! Rules of the kind `sql`: groups and figures of their rows, and the check of a statement when it is stored.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use quipu_alert::{
    AlertRow, Alerts, BudgetShare, Measure, Measured, RuleConfig, StatementAsk, StatementRows,
};
use quipu_core::{Error, ErrorKind, Result, Timestamp, TraceFilter, TraceId};
use quipu_query::FigureAsk;
use serde_json::{Value, json};

use crate::world::{World, at, over, run_to};

/// A world whose statements have rows that a test sets.
#[derive(Default)]
struct Answering {
    world: Arc<World>,
    columns: Mutex<Vec<String>>,
    rows: Mutex<Vec<Vec<Value>>>,
    asked: Mutex<Vec<StatementAsk>>,
    /// Seconds that a statement takes.
    slow: Mutex<i64>,
    /// A table that another version does not have.
    gone: Mutex<Option<&'static str>>,
}

impl Answering {
    fn answer(&self, columns: &[&str], rows: Vec<Vec<Value>>) {
        *self.columns.lock().unwrap() = columns.iter().map(|name| (*name).to_owned()).collect();
        *self.rows.lock().unwrap() = rows;
    }
}

#[async_trait]
impl Measure for Answering {
    async fn figures(&self, ask: &FigureAsk, now: Timestamp) -> Result<Measured> {
        self.world.figures(ask, now).await
    }

    async fn budget(&self, name: &str) -> Result<Vec<BudgetShare>> {
        self.world.budget(name).await
    }

    async fn statement(&self, ask: &StatementAsk) -> Result<StatementRows> {
        *self.world.now.lock().unwrap() += *self.slow.lock().unwrap();
        self.asked.lock().unwrap().push(ask.clone());
        if ask.statement.contains("nme") {
            let text = "no such column: nme (line 1, column 8)";
            return Err(Error::new(ErrorKind::Invalid, "run the statement", text));
        }
        if self.gone.lock().unwrap().is_some_and(|table| ask.statement.contains(table)) {
            return Err(Error::new(ErrorKind::Invalid, "run the statement", "no such table"));
        }
        let mut rows = if ask.check { Vec::new() } else { self.rows.lock().unwrap().clone() };
        let truncated = rows.len() > ask.rows;
        rows.truncate(ask.rows);
        Ok(StatementRows { columns: self.columns.lock().unwrap().clone(), rows, truncated })
    }

    async fn heaviest(&self, filter: &TraceFilter, rank: &str) -> Result<Vec<TraceId>> {
        self.world.heaviest(filter, rank).await
    }
}

const RULES: &str = r#"
    [alert.spend]
    kind = "sql"
    sql = "SELECT user_id, usd_sum(cost_usd) FROM calls WHERE started_at >= :since GROUP BY user_id"
    window = "1h"
    above = 5.0
    groups = 3
"#;

fn row(alerts: &Alerts, user: &str) -> Option<AlertRow> {
    alerts.list().into_iter().find(|row| row.group.get("user_id").is_some_and(|one| one == user))
}

fn answering(text: &str) -> (Arc<Answering>, Alerts) {
    let answering = Arc::<Answering>::default();
    let alerts = over(&answering.world, Arc::clone(&answering) as _, None, text);
    (answering, alerts)
}

#[tokio::test]
async fn each_row_is_a_group_and_its_last_column_the_figure() {
    let (answering, alerts) = answering(RULES);
    let rows =
        vec![vec![json!("ada"), json!("7.25")], vec![json!("bob"), json!(1)], vec![Value::Null, json!(9)]];
    answering.answer(&["user_id", "cost"], rows);
    run_to(&answering.world, &alerts, 30).await;
    let ada = row(&alerts, "ada").unwrap();
    assert_eq!((ada.state.as_str(), ada.value, ada.threshold), ("firing", Some(7.25), 5.0));
    assert_eq!(row(&alerts, "bob").unwrap().state, "ok");
    assert_eq!(row(&alerts, "").unwrap().state, "firing", "a row without a user is a group too");
    let asked = answering.asked.lock().unwrap().last().unwrap().clone();
    assert_eq!((asked.since, asked.until, asked.rows), (at(30 - 3_600), at(30), 3));
    let count = answering.asked.lock().unwrap().len();
    run_to(&answering.world, &alerts, 50).await;
    assert_eq!(answering.asked.lock().unwrap().len(), count, "a statement runs each 30 seconds at most");
    answering.answer(&["user_id", "cost"], vec![vec![json!("bob"), json!(1)]]);
    run_to(&answering.world, &alerts, 90).await;
    assert!(row(&alerts, "ada").is_none_or(|row| row.state == "ok"), "a group that is gone is at rest");
}

#[tokio::test]
async fn rows_that_are_no_figures_are_errors_and_fire_nothing() {
    let (answering, alerts) = answering(RULES);
    for (columns, rows, text) in [
        (&["a", "b"][..], vec![vec![json!("x"), json!("secret prompt")]], "expected numbers in the column b"),
        (&["n"], vec![vec![json!(9)], vec![json!(8)]], "expected one row"),
        (&["a", "b"], vec![vec![json!("x"), json!(9)], vec![json!("x"), json!(9)]], "the same keys"),
        (&["a", "b", "c", "d"], vec![vec![json!(9); 4]], "expected 1 to 3 columns"),
    ] {
        answering.answer(columns, rows);
        let now = *answering.world.now.lock().unwrap();
        run_to(&answering.world, &alerts, now + 30).await;
        let listed = alerts.list();
        let error = listed[0].error.clone().unwrap_or_default();
        assert_eq!((listed.len(), listed[0].state.as_str()), (1, "error"), "{listed:?}");
        assert!(error.contains(text) && !error.contains("secret"), "{error}");
    }
    answering.answer(&["n"], vec![vec![Value::Null]]);
    let now = *answering.world.now.lock().unwrap();
    run_to(&answering.world, &alerts, now + 30).await;
    assert_eq!(alerts.list()[0].state, "no_data");
}

#[tokio::test]
async fn groups_beyond_the_limit_are_counted_as_left_out() {
    let (answering, alerts) = answering(RULES);
    let rows = (0..5).map(|user| vec![json!(format!("u{user}")), json!(9)]).collect();
    answering.answer(&["user_id", "cost"], rows);
    run_to(&answering.world, &alerts, 30).await;
    assert_eq!((alerts.list().len(), alerts.rules()[0].left_out), (3, 1));
}

#[tokio::test]
async fn a_statement_is_checked_when_its_rule_is_stored() {
    let (answering, alerts) = answering("");
    let rule = |sql: &str| RuleConfig {
        kind: Some("sql".to_owned()),
        sql: Some(sql.to_owned()),
        above: Some(1.0),
        ..RuleConfig::default()
    };
    let wrong = alerts.put_rule("mine", rule("SELECT nme"), "test").await.unwrap_err().to_string();
    assert_eq!(wrong, "[alert.mine] sql: no such column: nme (line 1, column 8)");
    answering.answer(&["a", "b", "c", "d"], Vec::new());
    let wide = alerts.put_rule("mine", rule("SELECT 1, 2, 3, 4"), "test").await.unwrap_err().to_string();
    assert!(wide.starts_with("[alert.mine] sql: expected 1 to 3 columns"), "{wide}");
    assert!(alerts.rules().is_empty());
    answering.answer(&["n"], Vec::new());
    alerts.put_rule("mine", rule("SELECT 1"), "test").await.unwrap();
    assert!(answering.asked.lock().unwrap().iter().all(|ask| ask.check), "a check runs nothing");
    let past = alerts.backtest("mine", rule("SELECT 1"), at(0), at(60)).await.unwrap_err().to_string();
    assert!(past.contains("no back-test"), "{past}");
}

#[tokio::test]
async fn a_wrong_statement_of_the_config_file_is_named_and_a_store_without_sql_says_so() {
    let (_, alerts) = answering("[alert.bad]\nkind = \"sql\"\nsql = \"SELECT nme\"\nabove = 1.0\n");
    let wrong = alerts.check_statements().await.unwrap_err().to_string();
    assert_eq!(wrong, "[alert.bad] sql: no such column: nme (line 1, column 8)");
    let world = Arc::<World>::default();
    let alerts = over(&world, Arc::clone(&world) as _, None, RULES);
    run_to(&world, &alerts, 30).await;
    assert!(alerts.list()[0].error.as_deref().unwrap().contains("cannot be read by SQL"));
}

/// Rules with different statements, and one of another kind.
fn many(rules: usize, more: &str) -> String {
    let rule = |at| format!("[alert.s{at}]\nkind = \"sql\"\nsql = \"SELECT {at}\"\nabove = 5.0\n{more}");
    (0..rules).map(rule).collect::<String>() + "[alert.calls]\nkind = \"calls\"\nbelow = 1.0\n"
}

#[tokio::test]
async fn slow_statements_delay_no_other_rule_of_their_round() {
    let (answering, alerts) = answering(&many(4, ""));
    answering.answer(&["n"], vec![vec![json!(9)]]);
    *answering.slow.lock().unwrap() = 3;
    alerts.evaluate(at(30)).await.unwrap();
    let ran = answering.asked.lock().unwrap().len();
    assert_eq!(ran, 2, "the others wait for the next round");
    assert!(alerts.list().iter().any(|row| row.rule == "calls"));
    *answering.slow.lock().unwrap() = 0;
    alerts.evaluate(at(40)).await.unwrap();
    assert_eq!(answering.asked.lock().unwrap().len(), 4);
}

#[tokio::test]
async fn each_slow_statement_has_its_turn_and_one_that_waits_too_long_is_an_alert() {
    let (answering, alerts) = answering(&many(6, "error_for = \"0s\"\n"));
    answering.answer(&["n"], vec![vec![json!(1)]]);
    *answering.slow.lock().unwrap() = 6;
    run_to(&answering.world, &alerts, 100).await;
    let late = |row: &&AlertRow| row.rule == "rule-failing";
    let errors: Vec<String> = alerts.list().iter().filter(late).filter_map(|row| row.error.clone()).collect();
    assert!(
        !errors.is_empty() && errors.iter().all(|error| error.contains("take all the time")),
        "{errors:?}"
    );
    let asked = answering.asked.lock().unwrap().clone();
    let times = |rule: usize| asked.iter().filter(|ask| ask.statement == format!("SELECT {rule}")).count();
    assert_eq!((0..6).map(times).collect::<Vec<_>>(), [2, 1, 1, 1, 1, 1], "one each round");
    *answering.slow.lock().unwrap() = 0;
    run_to(&answering.world, &alerts, 150).await;
    assert_eq!(alerts.list().iter().filter(late).count(), 0, "the turns came");
}

#[tokio::test]
async fn a_stored_rule_with_a_wrong_statement_is_in_error_and_does_not_stop_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let answering = Arc::<Answering>::default();
    let opened = || over(&answering.world, Arc::clone(&answering) as _, Some(folder.path()), "");
    answering.answer(&["n"], vec![vec![json!(9)]]);
    let sql = Some("SELECT count(*) FROM calls".to_owned());
    let rule = RuleConfig { kind: Some("sql".to_owned()), sql, above: Some(1.0), ..RuleConfig::default() };
    opened().put_rule("mine", rule, "test").await.unwrap();
    *answering.gone.lock().unwrap() = Some("calls");
    let alerts = opened();
    alerts.check_statements().await.unwrap();
    run_to(&answering.world, &alerts, 30).await;
    let row = alerts.list().remove(0);
    assert_eq!((row.rule.as_str(), row.state.as_str()), ("mine", "error"));
    assert!(row.error.unwrap().contains("no such table"));
}
