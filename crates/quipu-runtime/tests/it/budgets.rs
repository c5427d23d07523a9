//! Budgets within a running library.

use std::sync::Arc;

use quipu_backend_memory::Memory;
use quipu_core::*;
use quipu_runtime::{Amount, Budget, BudgetError};

use crate::house::{SOON, library};

#[tokio::test]
async fn spending_is_what_was_counted_and_outlives_the_process() {
    let store = Arc::new(Memory::new());
    let five_cents = || Budget::usd("0.05".parse().unwrap());
    let make = || library().store(Arc::clone(&store) as _).budget("daily", five_cents());
    let quipu = make().init().unwrap();
    let mut calls = 0;
    loop {
        let agent = quipu.context().agent("planner");
        let asked = agent.context().scope(|| quipu.budget("daily").check("0.01".parse::<Usd>().unwrap()));
        if asked.is_err() {
            break;
        }
        // 2 000 tokens in at $1.25 and 750 out at $10 a million: exactly one cent.
        agent.llm("openai", "gpt-5").usage((2_000, 750)).end();
        agent.end();
        calls += 1;
        quipu.flush_async(SOON).await.unwrap();
    }
    assert_eq!(calls, 5);
    let status = quipu.status().budgets.remove(0);
    assert_eq!(
        (status.spent, status.reserved),
        (Amount::Usd("0.05".parse().unwrap()), Amount::Usd(Usd::ZERO))
    );
    quipu.shutdown_async(SOON).await.unwrap();
    let again = make().init().unwrap();
    let refused = again.budget("daily").check("0.01".parse::<Usd>().unwrap()).err().unwrap();
    assert!(matches!(refused, BudgetError::Exceeded(_)), "{refused}");
}

#[test]
fn budgets_of_a_file_are_checked() {
    let folder = tempfile::TempDir::new().unwrap();
    let file = folder.path().join("quipu.toml");
    std::fs::write(&file, "[budgets.calls]\nlimit_calls = 1\nperiod = \"total\"\n").unwrap();
    let make =
        || quipu_runtime::Quipu::<crate::house::House>::builder().detached().without_env().without_backends();
    let quipu = make().config_file(&file).init().unwrap();
    quipu.budget("calls").check(Usd::ZERO).unwrap();
    assert!(quipu.budget("calls").check(Usd::ZERO).is_err());
    std::fs::write(&file, "[budgets.calls]\nperiod = \"total\"\n").unwrap();
    let wrong = make().config_file(&file).init().err().unwrap().to_string();
    assert!(wrong.contains("budgets.calls") && wrong.contains("limit_usd"), "{wrong}");
}
