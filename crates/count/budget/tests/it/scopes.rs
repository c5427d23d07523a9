//! Tests of scopes.

use quipu_budget::{Scope, *};
use quipu_conformance::sample::{at, draft, priced, trace_id};
use quipu_core::*;

use super::{accounts, count, exceeded, house, one, row, usd};

fn scope(set: impl FnOnce(&mut Scope)) -> Scope {
    let mut scope = Scope::default();
    set(&mut scope);
    scope
}

fn learn(budgets: &Budgets, trace: u64, change: impl FnOnce(&mut Canonical)) {
    let span = draft(trace, 99).starts(at(0)).read(change).span();
    Stage::apply(budgets, &mut Batch { spans: vec![span], ..Batch::default() });
}

#[test]
fn each_user_has_an_account_and_a_prefix_has_one_together() {
    let each = Budget::usd(usd("1")).scope(scope(|scope| scope.user = Some("*".into())));
    let ours = Budget::usd(usd("5")).scope(scope(|scope| scope.model = Some("gpt-*".into())));
    let (budgets, _) = house([("each", each), ("models", ours)]);
    for (trace, user) in [(1, "ann"), (2, "bob")] {
        let subject = Subject::default().user(user).model("gpt-5").trace(trace_id(trace));
        budgets.admit(&subject, usd("0.6")).unwrap();
    }
    let ann = Subject::default().user("ann").model("claude-opus-4-5");
    let refused = exceeded(budgets.admit(&ann, usd("0.6")));
    assert_eq!((refused.name.as_str(), refused.scope["user"].as_str()), ("each", "ann"));
    assert_eq!(refused.reserved, Amount::Usd(usd("0.6")));
    assert!(refused.to_string().contains("budget each (user ann):"), "{refused}");
    // A subject without a user is in no user's account.
    budgets.admit(&Subject::default().model("gpt-5-mini"), usd("3")).unwrap();
    assert_eq!(accounts(&budgets, "each"), [one("ann", "0", "0.6"), one("bob", "0", "0.6")]);
    assert_eq!(accounts(&budgets, "models"), [one("gpt-*", "0", "4.2")]);
}

#[test]
fn all_budgets_reserve_or_none() {
    let narrow = Budget::usd(usd("1")).scope(scope(|scope| scope.agent = Some("planner".into())));
    let (budgets, _) = house([("all", Budget::usd(usd("10"))), ("planner", narrow)]);
    let planner = Subject::default().agent("planner");
    assert_eq!(exceeded(budgets.admit(&planner, usd("2"))).name, "planner");
    assert_eq!(accounts(&budgets, "all"), [one("", "0", "0")]);
    budgets.admit(&Subject::default().agent("writer"), usd("2")).unwrap();
    let kept = budgets.admit(&planner, usd("1")).unwrap();
    assert_eq!(accounts(&budgets, "all"), [one("", "0", "3")]);
    kept.release();
    assert_eq!(
        (accounts(&budgets, "all"), accounts(&budgets, "planner")),
        (vec![one("", "0", "2")], vec![one("planner", "0", "0")])
    );
}

#[test]
fn figures_move_when_facts_come_late() {
    let users = Budget::usd(usd("1")).scope(scope(|scope| scope.user = Some("*".into())));
    let tags = Budget::calls(9).scope(scope(|scope| scope.tag = Some("*".into())));
    let both = Budget::usd(usd("9")).scope(scope(|scope| {
        (scope.project, scope.session) = (Some("atlas".into()), Some("*".into()));
    }));
    let (budgets, _) = house([("users", users), ("tags", tags), ("both", both)]);
    count(&budgets, [row(1, 1, "0.25"), row(1, 2, "0.5"), row(2, 1, "0.125")]);
    assert!(accounts(&budgets, "users").is_empty() && accounts(&budgets, "tags").is_empty());
    learn(&budgets, 1, |read| (read.user, read.tags) = (Some("ann".into()), vec!["b".into(), "a".into()]));
    assert_eq!(accounts(&budgets, "users"), [one("ann", "0.75", "0")]);
    assert_eq!(accounts(&budgets, "tags"), [one("a", "2", "0"), one("b", "2", "0")]);
    learn(&budgets, 1, |read| read.user = Some("bob".into()));
    assert_eq!(accounts(&budgets, "users"), [one("ann", "0.75", "0")], "the first word holds");
    learn(&budgets, 2, |read| read.project = Some("atlas".into()));
    assert!(accounts(&budgets, "both").is_empty(), "no session yet");
    learn(&budgets, 2, |read| read.session = Some("s1".into()));
    assert_eq!(accounts(&budgets, "both"), [one("atlas s1", "0.125", "0")]);
    count(&budgets, [Cost { version: 2, ..row(1, 2, "0.75") }]);
    assert_eq!(
        accounts(&budgets, "users"),
        [one("ann", "1", "0")],
        "a correction goes where the call stands"
    );
}

#[test]
fn what_a_plan_pays_is_no_money() {
    let (budgets, _) =
        house([("all", Budget::usd(usd("1")).and(Amount::Tokens(1_000)).and(Amount::Calls(3)))]);
    count(&budgets, [Cost { billing: Billing::Subscription, ..row(1, 1, "0.9") }]);
    assert_eq!(accounts(&budgets, "all"), [one("", "0", "0"), one("", "110", "0"), one("", "1", "0")]);
    count(&budgets, [Cost { version: 2, ..row(1, 1, "0.9") }]);
    assert_eq!(accounts(&budgets, "all")[0], one("", "0.9", "0"), "it was metered after all");
}

#[test]
fn a_model_is_the_one_asked_for_or_the_one_that_answered() {
    let dated = Budget::calls(9).scope(scope(|scope| scope.model = Some("gpt-5-2025-08-07".into())));
    let each = Budget::calls(9).scope(scope(|scope| scope.model = Some("*".into())));
    let (budgets, _) = house([("dated", dated), ("each", each)]);
    budgets.admit(&Subject::default().model("gpt-5").trace(trace_id(1)), Estimate::call()).unwrap();
    let span = draft(1, 1).starts(at(0)).llm("openai/gpt-5", 1, 1).span();
    let mut cost = Cost { time: at(0), ..priced(&span, "0.1") };
    (cost.request_model, cost.response_model) = (Some("gpt-5".into()), Some("gpt-5-2025-08-07".into()));
    count(&budgets, [cost]);
    assert_eq!(accounts(&budgets, "dated"), [one("gpt-5-2025-08-07", "1", "0")]);
    assert_eq!(accounts(&budgets, "each"), [one("gpt-5", "1", "0")], "where the reservation was");
}

#[test]
fn a_budget_asked_by_its_name_takes_its_scope_for_granted() {
    let planner = Budget::calls(1).scope(scope(|scope| scope.agent = Some("planner".into())));
    let users = Budget::calls(1).scope(scope(|scope| scope.user = Some("*".into())));
    let (budgets, _) = house([("planner", planner), ("users", users)]);
    budgets.budget("planner").check(Estimate::call()).unwrap();
    assert!(budgets.budget("planner").check(Estimate::call()).is_err());
    let refused = budgets.budget("users").check(Estimate::call()).unwrap_err();
    assert!(matches!(&refused, BudgetError::Invalid { why, .. } if why.contains("user *")), "{refused}");
    let ann = Subject::default().user("ann");
    budgets.budget("users").check_for(&ann, Estimate::call()).unwrap();
    assert!(budgets.budget("users").check_for(&ann, Estimate::call()).is_err());
    quipu_sdk::bind()
        .user("bob")
        .context()
        .scope(|| budgets.budget("users").check(Estimate::call()).unwrap());
}

#[test]
fn a_call_settled_by_hand_and_counted_counts_once() {
    let (budgets, _) = house([("all", Budget::usd(usd("1")))]);
    let call = draft(1, 1).span();
    let admitted = budgets.admit(&Subject::default(), usd("0.5")).unwrap();
    admitted.for_span(call.trace_id, call.span_id).settle(usd("0.3"));
    assert_eq!(accounts(&budgets, "all"), [one("", "0.3", "0")]);
    count(&budgets, [row(1, 1, "0.25")]);
    assert_eq!(accounts(&budgets, "all"), [one("", "0.25", "0")], "the ledger knows better");
    let late = budgets.admit(&Subject::default(), usd("0.5")).unwrap().for_span(call.trace_id, call.span_id);
    late.settle(usd("0.5"));
    assert_eq!(accounts(&budgets, "all"), [one("", "0.25", "0")], "it was counted already");
}

#[test]
fn a_record_of_another_sender_takes_no_spending_out_of_a_scope() {
    let shop = Budget::usd(usd("1")).scope(scope(|scope| scope.service = Some("shop".into())));
    let users = Budget::usd(usd("1")).scope(scope(|scope| scope.user = Some("*".into())));
    let (budgets, _) = house([("shop", shop), ("users", users), ("all", Budget::usd(usd("1")))]);
    learn(&budgets, 1, |read| read.user = Some("ann".into()));
    let first = Cost { service: Some("shop".into()), ..row(1, 1, "0.5") };
    count(&budgets, [first.clone()]);
    // The record of a second sender counts instead, in another trace of another user.
    learn(&budgets, 2, |read| read.user = Some("eve".into()));
    let none = Cost { version: 2, rule: Rule::Duplicate, amount: None, usage: None, ..first.clone() };
    let joined =
        Cost { service: Some("eve".into()), scopes: vec![RecordScope::of(&first)], ..row(2, 1, "0.5") };
    count(&budgets, [none, joined.clone()]);
    let stands = |budgets: &Budgets| {
        assert_eq!(accounts(budgets, "shop"), [one("shop", "0.5", "0")]);
        assert_eq!(accounts(budgets, "users"), [one("ann", "0.5", "0"), one("eve", "0.5", "0")]);
        assert_eq!(accounts(budgets, "all"), [one("", "0.5", "0")], "the total counts once");
    };
    stands(&budgets);
    learn(&budgets, 2, |read| read.tags = vec!["late".into()]);
    stands(&budgets);
    let corrected = Cost { version: 3, amount: Some(usd("0.75")), ..joined };
    count(&budgets, [corrected]);
    assert_eq!(accounts(&budgets, "shop"), [one("shop", "0.75", "0")], "a correction by its sender");
    assert_eq!(accounts(&budgets, "all"), [one("", "0.75", "0")]);
}
