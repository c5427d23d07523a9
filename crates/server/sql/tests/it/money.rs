//! Money is exact.

use quipu_core::Usd;
use serde_json::json;

use crate::world::{World, ask, one};

#[test]
fn sums_of_money_are_exact_in_every_table() {
    let world = World::new(3, 20);
    let session = world.session();
    let want = json!(world.cost.to_string());
    assert!(world.cost.to_string().len() > 18, "a float would hold {}", world.cost);
    for table in ["calls", "traces", "spans"] {
        assert_eq!(one(&session, &format!("SELECT usd_sum(cost_usd) FROM {table}")), want, "{table}");
    }
    let parts = ask(&session, "SELECT model, usd_sum(cost_usd) FROM calls GROUP BY model").unwrap();
    let sum: Usd = parts.rows.iter().map(|row| row[1].as_str().unwrap().parse::<Usd>().unwrap()).sum();
    assert_eq!(json!(sum.to_string()), want);
    let running =
        "SELECT max(s) FROM (SELECT usd_sum(cost_usd) OVER (ORDER BY started_at, span_id) s FROM calls)";
    let last = "SELECT s FROM (SELECT usd_sum(cost_usd) OVER (ORDER BY started_at, span_id) s, row_number() OVER \
        (ORDER BY started_at, span_id) n FROM calls) ORDER BY n DESC LIMIT 1";
    assert!(one(&session, running).is_string());
    assert_eq!(one(&session, last), want);
}

#[test]
fn amounts_compare_as_numbers() {
    let world = World::new(1, 1);
    let session = world.session();
    for (query, want) in [
        ("SELECT '10' > '9' COLLATE usd", json!(1)),
        ("SELECT '0.10' = '0.1' COLLATE usd", json!(1)),
        ("SELECT usd_add('0.1', '0.2')", json!("0.3")),
        ("SELECT usd_sub('0.3', '0.1')", json!("0.2")),
        ("SELECT usd_mul('0.000000000000000000000001', 3)", json!("0.000000000000000000000003")),
        ("SELECT usd_mul('1.5', -2)", json!("-3")),
        ("SELECT usd_avg(column1) FROM (VALUES ('0.1'), ('0.2'))", json!("0.15")),
        ("SELECT usd_sum(column1) FROM (VALUES (NULL))", json!(null)),
        ("SELECT max(column1 COLLATE usd) FROM (VALUES ('9'), ('10'))", json!("10")),
        ("SELECT count(*) FROM calls WHERE cost_usd < 0", json!(0)),
        ("SELECT count(*) FROM budgets WHERE limit_amount > 9.5 AND spent < 1e-0", json!(1)),
    ] {
        assert_eq!(one(&session, query), want, "{query}");
    }
    let error = ask(&session, "SELECT usd_sum('ten')").unwrap_err();
    assert!(error.text.contains("expected an amount in US dollars"), "{error}");
}
