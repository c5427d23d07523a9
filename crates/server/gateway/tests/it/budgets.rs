//! Tests that budgets are checked before a call and updated after it.

use std::collections::BTreeMap;
use std::time::Duration;

use quipu_budget::{Amount, Budget, LoopConfig, Period, Scope};
use quipu_core::Usd;
use serde_json::{Value, json};

use crate::house::{CHAT, CHAT_ANSWER, GEMINI, House, MESSAGES};
use crate::provider::Reply;

async fn house(budget: Budget) -> House {
    let house = House::with(|_| (), BTreeMap::from([("daily".to_owned(), budget)])).await;
    house.provider.will(Reply::json(CHAT_ANSWER));
    house
}

fn usd(text: &str) -> Usd {
    text.parse().unwrap()
}

struct Said {
    status: u16,
    retry_after: Option<u64>,
    body: Value,
}

async fn say(house: &House, path: &str, body: &'static str) -> Said {
    let response = house.post(path, body).send().await.unwrap();
    let status = response.status().as_u16();
    let header = |name: &str| response.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
    let retry_after = header("retry-after").map(|text| text.parse().unwrap());
    if status == 402 || status == 429 {
        assert_eq!(header("x-should-retry").as_deref(), Some("false"));
    }
    let body = serde_json::from_slice(&response.bytes().await.unwrap()).unwrap();
    Said { status, retry_after, body }
}

#[tokio::test]
async fn a_full_budget_refuses_in_each_providers_shape_before_anything_is_sent() {
    let house = house(Budget::usd(usd("0.000001"))).await;
    let openai = say(&house, "/openai/v1/chat/completions", CHAT).await;
    assert_eq!(openai.status, 429);
    assert!(openai.retry_after.is_some_and(|seconds| (1..=86_400).contains(&seconds)));
    let error = &openai.body["error"];
    assert_eq!((&error["type"], &error["code"]), (&json!("insufficient_quota"), &json!("budget_exceeded")));
    assert_eq!(error["budget"]["name"], "daily");
    assert!(error["budget"]["resets_at"].is_string());
    let anthropic = say(&house, "/anthropic/v1/messages", MESSAGES).await;
    assert_eq!((anthropic.status, &anthropic.body["type"]), (429, &json!("error")));
    assert_eq!(anthropic.body["error"]["type"], "rate_limit_error");
    let gemini = say(&house, "/gemini/v1beta/models/gemini-2.5-pro:generateContent", GEMINI).await;
    let error = &gemini.body["error"];
    assert_eq!(
        (gemini.status, &error["code"], &error["status"]),
        (429, &json!(429), &json!("RESOURCE_EXHAUSTED"))
    );
    assert!(house.provider.came().is_empty(), "nothing was sent");
    house.close().await;
    assert!(house.costs(0).await.is_empty(), "a call that was not made is no call");
    let refused = "quipu_gateway_refusals_total{reason=\"budget_exceeded\",upstream=\"openai\"} 1";
    assert!(house.metrics.text().contains(refused), "{}", house.metrics.text());
}

#[tokio::test]
async fn a_budget_that_never_resets_is_402() {
    let house = house(Budget::calls(1).per(Period::Total)).await;
    assert_eq!(say(&house, "/openai/v1/chat/completions", CHAT).await.status, 200);
    house.costs(1).await;
    let openai = say(&house, "/openai/v1/chat/completions", CHAT).await;
    assert_eq!((openai.status, openai.retry_after), (402, None));
    assert_eq!(openai.body["error"]["code"], "budget_exceeded");
    let anthropic = say(&house, "/anthropic/v1/messages", MESSAGES).await;
    assert_eq!((anthropic.status, &anthropic.body["error"]["type"]), (402, &json!("billing_error")));
}

#[tokio::test]
async fn all_answers_that_are_asked_for_are_reserved() {
    let house = house(Budget::tokens(5_000)).await;
    let one = r#"{"model":"gpt-4o","max_tokens":1000,"messages":[]}"#;
    assert_eq!(say(&house, "/openai/v1/chat/completions", one).await.status, 200);
    for ten in [
        r#"{"model":"gpt-4o","n":10,"max_tokens":1000,"messages":[]}"#,
        r#"{"model":"gpt-4o","n":10,"messages":[]}"#,
    ] {
        assert_eq!(say(&house, "/openai/v1/chat/completions", ten).await.status, 429, "{ten}");
    }
}

#[tokio::test]
async fn what_was_spent_is_what_was_counted() {
    let house = house(Budget::usd(usd("1")).and(Amount::Calls(3))).await;
    for count in 1..=3 {
        assert_eq!(say(&house, "/openai/v1/chat/completions", CHAT).await.status, 200);
        house.costs(count).await;
    }
    assert_eq!(say(&house, "/openai/v1/chat/completions", CHAT).await.status, 429);
    let spent =
        |house: &House| house.budgets.status().into_iter().map(|status| status.spent).collect::<Vec<_>>();
    house.wait(|| (spent(&house) == [Amount::Usd(usd("0.00825")), Amount::Calls(3)]).then_some(())).await;
    let reserved: Vec<_> = house.budgets.status().into_iter().map(|status| status.reserved).collect();
    assert_eq!(reserved, [Amount::Usd(Usd::ZERO), Amount::Calls(0)]);
}

#[tokio::test]
async fn a_call_that_failed_gives_back_what_was_reserved() {
    let house = House::with(|_| (), BTreeMap::from([("b".to_owned(), Budget::usd(usd("1")))])).await;
    house.provider.will(Reply::of(500, "application/json", vec![(0, "{}".into())]));
    assert_eq!(say(&house, "/openai/v1/chat/completions", CHAT).await.status, 500);
    let free =
        |house: &House| house.budgets.status().iter().all(|status| status.reserved == Amount::Usd(Usd::ZERO));
    house.wait(|| free(&house).then_some(())).await;
}

#[tokio::test]
async fn many_at_once_do_not_overshoot_together() {
    let house = std::sync::Arc::new(house(Budget::calls(5)).await);
    let calls: Vec<_> = (0..40)
        .map(|_| {
            let house = std::sync::Arc::clone(&house);
            tokio::spawn(async move { say(&house, "/openai/v1/chat/completions", CHAT).await.status })
        })
        .collect();
    let mut made = 0;
    for call in calls {
        made += usize::from(call.await.unwrap() == 200);
    }
    assert_eq!(made, 5);
    assert_eq!(house.provider.came().len(), 5);
}

#[tokio::test]
async fn degrading_changes_the_model_and_says_so() {
    let house = house(Budget::calls(1).degrade_to("gpt-4o-mini")).await;
    say(&house, "/openai/v1/chat/completions", CHAT).await;
    house.costs(1).await;
    assert_eq!(house.provider.last().body, CHAT);
    let response = house.post("/openai/v1/chat/completions", CHAT).send().await.unwrap();
    assert_eq!(response.headers()["x-quipu-degraded-from"], "gpt-4o");
    response.bytes().await.unwrap();
    assert_eq!(house.provider.last().body, CHAT.replace("gpt-4o", "gpt-4o-mini"));
    let span = house.spans(2).await.pop().unwrap();
    assert_eq!(span.canonical.request_model.as_deref(), Some("gpt-4o-mini"));
    assert_eq!(span.attributes.text("quipu.degraded_from"), Some("gpt-4o"));
}

#[tokio::test]
async fn throttling_waits() {
    let house = house(Budget::calls(1).throttle(Duration::from_millis(300))).await;
    say(&house, "/openai/v1/chat/completions", CHAT).await;
    house.costs(1).await;
    let begin = std::time::Instant::now();
    assert_eq!(say(&house, "/openai/v1/chat/completions", CHAT).await.status, 200);
    assert!(begin.elapsed() >= Duration::from_millis(300));
}

#[tokio::test]
async fn scopes_go_by_what_headers_say() {
    let scope = Scope { user: Some("*".into()), ..Scope::default() };
    let house = house(Budget::calls(1).scope(scope)).await;
    for (count, (user, status)) in [("a", 200), ("b", 200), ("a", 429), ("b", 429)].into_iter().enumerate() {
        let request = house.post("/openai/v1/chat/completions", CHAT).header("x-quipu-user", user);
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), status, "{user}");
        response.bytes().await.unwrap();
        house.costs((count + 1).min(2)).await;
    }
}

#[tokio::test]
async fn a_conversation_that_goes_in_circles_is_stopped() {
    let house = house(Budget::loops(LoopConfig { turns: Some(3), ..LoopConfig::default() })).await;
    for count in 1..=3 {
        assert_eq!(say(&house, "/openai/v1/chat/completions", CHAT).await.status, 200);
        house.costs(count).await;
    }
    let stopped = say(&house, "/openai/v1/chat/completions", CHAT).await;
    assert_eq!((stopped.status, &stopped.body["error"]["code"]), (429, &json!("loop_detected")));
    let other = r#"{"model":"gpt-4o","messages":[{"role":"user","content":"something else"}]}"#;
    assert_eq!(say(&house, "/openai/v1/chat/completions", other).await.status, 200);
}

#[tokio::test]
async fn the_dearest_reading_of_a_request_is_reserved() {
    let house = house(Budget::usd(usd("0.015"))).await;
    for (path, body) in [
        // Azure calls the model in the path.
        (
            "/openai/openai/deployments/gpt-5-pro/chat/completions",
            r#"{"model":"gpt-5-nano","max_tokens":1000,"messages":[{"role":"user","content":"hi"}]}"#,
        ),
        // A tier that costs twice as much.
        (
            "/openai/v1/chat/completions",
            r#"{"model":"gpt-5","service_tier":"priority","max_tokens":1000,"messages":[{"role":"user","content":"hi"}]}"#,
        ),
        // OpenAI's servers ignore or reject such a member.
        (
            "/openai/v1/chat/completions",
            r#"{"model":"gpt-5","request":{"max_tokens":1},"max_tokens":2000,"messages":[{"role":"user","content":"hi"}]}"#,
        ),
    ] {
        assert_eq!(say(&house, path, body).await.status, 429, "{path} {body}");
    }
    assert!(house.provider.came().is_empty(), "nothing was sent");
    let cheaper = [
        r#"{"model":"gpt-5","max_tokens":1000,"messages":[{"role":"user","content":"hi"}]}"#,
        r#"{"model":"gpt-5","service_tier":"flex","max_tokens":1000,"messages":[{"role":"user","content":"hi"}]}"#,
    ];
    for (body, count) in cheaper.into_iter().zip(1..) {
        assert_eq!(say(&house, "/openai/v1/chat/completions", body).await.status, 200, "{body}");
        // Its reservation is held until the call is counted.
        house.costs(count).await;
    }
}

#[tokio::test]
async fn figures_of_a_provider_that_cannot_be_right_do_not_make_a_call_free() {
    let words = "word ".repeat(300);
    for told in [
        r#"{"prompt_tokens":18446744073709551615,"completion_tokens":18446744073709551615}"#,
        r#"{"prompt_tokens":10}"#,
        r#"{"prompt_tokens":10,"completion_tokens":-9}"#,
        r#"{"prompt_tokens":10,"completion_tokens":"999"}"#,
        r#"{"prompt_tokens":0,"completion_tokens":0}"#,
    ] {
        let house = house(Budget::tokens(1_000_000)).await;
        let answer = format!(
            r#"{{"id":"c","model":"gpt-4o","choices":[{{"index":0,"message":{{"content":"{words}"}}}}],"usage":{told}}}"#
        );
        house.provider.always(Reply::json(answer));
        assert_eq!(say(&house, "/openai/v1/chat/completions", CHAT).await.status, 200);
        let usage = house.spans(1).await[0].canonical.usage.clone().unwrap();
        assert!(usage.estimated && usage.output > Some(250) && usage.input > Some(0), "{told}: {usage:?}");
    }
}

#[tokio::test]
async fn an_answer_in_a_form_that_is_not_read_counts_with_the_most_of_its_call() {
    for answer in ["\u{0}\u{1}binary", "<html>", "answer({})", "{}", "[1]"] {
        let house = house(Budget::tokens(1_000_000)).await;
        house.provider.always(Reply::json(answer));
        let response = house.post("/openai/v1/chat/completions", CHAT).send().await.unwrap();
        assert_eq!(response.bytes().await.unwrap(), answer);
        let usage = house.spans(1).await[0].canonical.usage.clone().unwrap();
        assert!(usage.estimated && usage.output >= Some(4_000), "{answer}: {usage:?}");
    }
}
