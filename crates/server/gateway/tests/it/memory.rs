//! Tests that a body takes memory by its length, not by its number of values, and within the pool.

use std::collections::BTreeMap;
use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use quipu_admission::ShareKey;
use quipu_budget::{Amount, Budget};
use quipu_core::Usd;

use crate::house::{CHAT, CHAT_ANSWER, CHAT_STREAM, House, MEMORY};
use crate::provider::Reply;
use crate::raw::Raw;

const PATH: &str = "/openai/v1/chat/completions";

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// The peak memory of this process, in bytes.
fn peak() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.split_whitespace().next().unwrap().parse::<usize>().unwrap() << 10
}

async fn house() -> House {
    let budget = Budget::usd("1000".parse().unwrap());
    let house = House::with(|_| (), BTreeMap::from([("wide".to_owned(), budget)])).await;
    house.provider.always(Reply::json(CHAT_ANSWER));
    house
}

/// A chat with a further member of `objects` objects. Each has seven bytes, and about six hundred as a tree.
fn many(objects: usize) -> String {
    CHAT.replacen('{', &format!("{{\"x\":[{}0],", "{\"\":0},".repeat(objects)), 1)
}

#[tokio::test]
async fn many_small_values_take_no_more_than_their_text() {
    let house = house().await;
    house.post(PATH, CHAT).send().await.unwrap().bytes().await.unwrap();
    let (before, body) = (peak(), many(400_000));
    let packed = gzip(body.as_bytes());
    assert!(packed.len() < 59 << 10, "{}", packed.len());
    let bombs = [
        Raw::post(PATH, packed).header("content-encoding", "gzip"),
        Raw::post(PATH, gzip("[".repeat(2 << 20).as_bytes())).header("content-encoding", "gzip"),
        Raw::post(PATH, body),
    ];
    for (bomb, allowed) in bombs.iter().zip([[200, 503], [400, 503], [200, 503]]) {
        let (status, text) = bomb.send(&house.url).await;
        assert!(allowed.contains(&status), "{text}");
    }
    let grown = peak() - before;
    assert!(grown < 128 << 20, "{} MiB", grown >> 20);
}

#[tokio::test]
async fn a_body_that_finds_no_memory_is_told_to_come_back() {
    let house = house().await;
    let mut all = house.memory.permit(ShareKey::new(&"another", &0));
    all.try_grow_to(MEMORY).unwrap();
    let (status, text) = Raw::post(PATH, CHAT).send(&house.url).await;
    assert_eq!(status, 503, "{text}");
    assert!(text.contains("retry-after: 1") && text.contains("memory_in_use"), "{text}");
    assert!(house.metrics.text().contains("quipu_memory_refusals_total{} 1"), "{}", house.metrics.text());
    assert!(house.provider.came().is_empty());
    drop(all);
    assert_eq!(Raw::post(PATH, CHAT).send(&house.url).await.0, 200);
    house.costs(1).await;
    house.wait(|| (house.memory.held() == 0).then_some(())).await;
}

/// Callers whose shares leave less than 1 MiB to each.
const OTHERS: usize = 127;

fn usd(amount: Amount) -> Usd {
    match amount {
        Amount::Usd(usd) => usd,
        other => panic!("{other}"),
    }
}

#[tokio::test]
async fn an_answer_that_passes_unread_spends_what_was_reserved() {
    let house = house().await;
    let begun = r#"data: {"id":"c1","model":"gpt-4o","choices":[{"index":0,"delta":{"content":"Hello"}}]}"#;
    let long = format!(
        r#"data: {{"id":"c1","choices":[{{"index":0,"delta":{{"content":"{}"}}}}]}}"#,
        "x".repeat(1 << 20)
    );
    let told = r#"data: {"id":"c1","choices":[],"usage":{"prompt_tokens":9,"completion_tokens":1}}"#;
    house.provider.always(Reply::events(&[begun, &long, told, "data: [DONE]"], 100));
    let mut response = house.post(PATH, CHAT_STREAM).send().await.unwrap();
    assert_eq!(response.status(), 200);
    let reserved = house.budgets.list().unwrap()[0].accounts[0].reserved;
    // Other callers take their shares before the answer comes: the rest is too small for its long line.
    let mut others: Vec<_> =
        (0..OTHERS).map(|other| house.memory.permit(ShareKey::new(&other, &0))).collect();
    for other in &mut others {
        let mut share = MEMORY / OTHERS;
        while share > 0 && other.try_grow_to(share).is_err() {
            share = share.saturating_sub(4 << 10);
        }
    }
    while response.chunk().await.unwrap().is_some() {}
    let cost = house.costs(1).await.remove(0);
    let usage = cost.usage.clone().unwrap();
    assert!(usage.estimated, "{usage:?}");
    let spent = house
        .wait(|| {
            let account = house.budgets.list().unwrap().remove(0).accounts.remove(0);
            (usd(account.reserved) == Usd::ZERO).then_some(account.spent)
        })
        .await;
    assert!(usd(spent) >= usd(reserved) && usd(reserved) > Usd::ZERO, "{spent} of {reserved}");
}
