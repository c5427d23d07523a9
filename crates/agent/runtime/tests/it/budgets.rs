//! Tests of budgets in a running library.

use std::sync::Arc;

use quipu_backend_memory::Memory;
use quipu_core::*;
use quipu_runtime::{Action, Amount, Budget, BudgetError, Subject, What};

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
        // 2 000 input tokens at $1.25 and 750 output tokens at $10 per million: exactly one cent.
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

#[tokio::test]
async fn what_budgets_say_is_recorded() {
    let store = Arc::new(Memory::new());
    let heard = Arc::new(std::sync::Mutex::new(Vec::new()));
    let ear = Arc::clone(&heard);
    let quipu = library()
        .store(Arc::clone(&store) as _)
        .budget("cent", Budget::usd("0.01".parse().unwrap()))
        .on_budget_notice(move |notice| ear.lock().unwrap().push(notice.what.clone()))
        .init()
        .unwrap();
    let agent = quipu.context().agent("planner");
    agent.llm("openai", "gpt-5").usage((2_000, 750)).end();
    agent.end();
    quipu.flush_async(SOON).await.unwrap();
    let subject = Subject::default().session("s1");
    assert!(quipu.budgets().admit(&subject, "0.01".parse::<Usd>().unwrap()).is_err());
    quipu.flush_async(SOON).await.unwrap();
    let heard = heard.lock().unwrap().clone();
    assert_eq!(heard, [What::Threshold(0.8), What::Threshold(0.9), What::Threshold(1.0), What::Refused]);
    let page = store.events(&EventQuery::default()).await.unwrap();
    let names: Vec<&str> = page.rows.iter().map(|event| event.name.as_str()).collect();
    assert_eq!(names.iter().filter(|name| **name == "budget.threshold").count(), 3, "{names:?}");
    let refused = page.rows.iter().find(|event| event.name == "budget.refused").unwrap();
    assert_eq!(refused.session.as_deref(), Some("s1"));
    assert_eq!(refused.resource.service(), Some("shop"));
}

#[tokio::test]
async fn libraries_share_a_budget_through_a_file() {
    let folder = tempfile::TempDir::new().unwrap();
    let file = folder.path().join("quipu.toml");
    let books = folder.path().join("shared/budgets.db");
    let text = format!(
        "budgets_path = {:?}\n[budgets.week]\nlimit_usd = \"0.05\"\nperiod = \"week\"\ntime_zone = \"Europe/Vienna\"\n\
         thresholds = [0.5]\naction = \"block\"\nscope = {{ service = \"shop\" }}\nloop = {{ turns = 100 }}\n",
        books.display().to_string()
    );
    std::fs::write(&file, text).unwrap();
    let make = || {
        let builder = quipu_runtime::Quipu::<crate::house::House>::builder().detached().without_env();
        builder.without_backends().service("shop").config_file(&file).init().unwrap()
    };
    let (first, second) = (make(), make());
    let call = first.context().llm("openai", "gpt-5");
    call.usage((2_000, 750)).end();
    first.flush_async(SOON).await.unwrap();
    let shop = Subject::default();
    let ask = |cost: &str| second.budgets().admit(&shop, cost.parse::<Usd>().unwrap());
    assert!(
        matches!(ask("0.045"), Err(BudgetError::Exceeded(full)) if full.spent == Amount::Usd("0.01".parse().unwrap()))
    );
    ask("0.04").unwrap();
    assert!(books.is_file());
    let view = first.budgets().list().unwrap().remove(0);
    assert_eq!((view.config.action, view.accounts[0].share), (Action::Block, 0.2));
}

#[test]
fn a_file_that_cannot_be_opened_closes_what_blocks() {
    let folder = tempfile::TempDir::new().unwrap();
    let path = folder.path().join("no.db");
    std::fs::write(&path, "this is no database, and nobody can make one of it, however long it is").unwrap();
    let make = |action| {
        let budget = Budget::usd("1".parse().unwrap()).action(action);
        library().budgets_path(&path).budget("b", budget).init().unwrap()
    };
    let refused = make(Action::Block).budget("b").check(Usd::ZERO).unwrap_err();
    assert!(matches!(refused, BudgetError::Store { .. }), "{refused}");
    let passed = make(Action::Notify).budget("b").check(Usd::ZERO).unwrap();
    assert!(passed.notices()[0].contains("cannot be checked"), "{:?}", passed.notices());
}
