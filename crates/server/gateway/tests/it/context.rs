//! Tests of a call's identity.

use crate::house::{CHAT, CHAT_ANSWER, House, MESSAGES_ANSWER};
use crate::provider::Reply;

#[tokio::test]
async fn headers_say_whose_a_call_is() {
    let house = House::open().await;
    house.provider.will(Reply::json(CHAT_ANSWER));
    let request = house
        .post("/openai/v1/chat/completions", CHAT)
        .header("x-quipu-session", "s-1")
        .header("x-quipu-user", "u-1")
        .header("x-quipu-agent", "planner")
        .header("x-quipu-project", "apollo")
        .header("x-quipu-tag", "night, batch")
        .header("x-quipu-tag", "night");
    request.send().await.unwrap().bytes().await.unwrap();
    let span = house.spans(1).await.remove(0);
    let read = &span.canonical;
    assert_eq!(
        (read.session.as_deref(), read.user.as_deref(), read.agent.as_deref()),
        (Some("s-1"), Some("u-1"), Some("planner"))
    );
    assert_eq!(read.tags, ["night", "batch"]);
    assert_eq!(read.project.as_deref(), Some("apollo"));
    assert!(house.provider.last().headers.keys().all(|name| !name.as_str().starts_with("x-quipu")));
}

#[tokio::test]
async fn turns_of_one_conversation_are_one_session() {
    let house = House::open().await;
    house.provider.will(Reply::json(CHAT_ANSWER));
    let first =
        r#"{"model":"gpt-4o","messages":[{"role":"system","content":"s"},{"role":"user","content":"a"}]}"#;
    let second = r#"{"model":"gpt-4o","messages":[{"role":"system","content":"s"},{"role":"user","content":"a"},{"role":"assistant","content":"b"},{"role":"user","content":"c"}]}"#;
    let other = r#"{"model":"gpt-4o","messages":[{"role":"system","content":"s"},{"role":"user","content":"other"}]}"#;
    let mut sessions = Vec::new();
    for (count, body) in [first, second, other].into_iter().enumerate() {
        house.post("/openai/v1/chat/completions", body).send().await.unwrap().bytes().await.unwrap();
        sessions.push(house.spans(count + 1).await.pop().unwrap().canonical.session.unwrap());
    }
    assert_eq!(sessions[0], sessions[1]);
    assert_ne!(sessions[0], sessions[2]);
}

#[tokio::test]
async fn a_response_that_continues_another_is_in_its_session() {
    let house = House::open().await;
    let answer = |id: &str| {
        format!(
            r#"{{"id":"{id}","object":"response","status":"completed","model":"gpt-5","output":[],"usage":{{"input_tokens":10,"output_tokens":2,"total_tokens":12}}}}"#
        )
    };
    house.provider.will(Reply::json(answer("resp_1")));
    house.provider.will(Reply::json(answer("resp_2")));
    house
        .post("/openai/v1/responses", r#"{"model":"gpt-5","input":"hello"}"#)
        .send()
        .await
        .unwrap()
        .bytes()
        .await
        .unwrap();
    house.spans(1).await;
    let next = r#"{"model":"gpt-5","input":"and then?","previous_response_id":"resp_1"}"#;
    house.post("/openai/v1/responses", next).send().await.unwrap().bytes().await.unwrap();
    let spans = house.spans(2).await;
    assert!(spans[0].canonical.session.is_some());
    assert_eq!(spans[0].canonical.session, spans[1].canonical.session);
}

#[tokio::test]
async fn bodies_say_whose_a_call_is() {
    let house = House::open().await;
    house.provider.will(Reply::json(MESSAGES_ANSWER));
    let body = r#"{"model":"claude-sonnet-4-5","max_tokens":9,"metadata":{"user_id":"user_7_account__session_8"},"messages":[{"role":"user","content":"x"}]}"#;
    house.post("/v1/messages", body).send().await.unwrap().bytes().await.unwrap();
    let span = house.spans(1).await.remove(0);
    assert_eq!(
        (span.canonical.user.as_deref(), span.canonical.session.as_deref()),
        (Some("user_7"), Some("8"))
    );
}
