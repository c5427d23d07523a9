//! Tests that compressed bodies pass unchanged and are read.

use std::io::Write;

use bytes::Bytes;
use flate2::Compression;
use flate2::write::{GzEncoder, ZlibEncoder};

use crate::house::{CHAT, CHAT_ANSWER, House};
use crate::provider::Reply;

fn gzip(text: &str) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

fn deflate(text: &str) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

#[tokio::test]
async fn answers_of_every_readable_coding_are_read_from_a_copy() {
    let house = House::open().await;
    let zstd = zstd::encode_all(CHAT_ANSWER.as_bytes(), 3).unwrap();
    for (count, (coding, body)) in
        [("gzip", gzip(CHAT_ANSWER)), ("deflate", deflate(CHAT_ANSWER)), ("zstd", zstd)]
            .into_iter()
            .enumerate()
    {
        // Small chunks make the decoder continue where it stopped.
        let pieces = body.chunks(37).map(|piece| (0, Bytes::copy_from_slice(piece))).collect();
        let reply = Reply::of(200, "application/json", pieces).header("content-encoding", coding);
        house.provider.always(reply);
        let request = house
            .post("/openai/v1/chat/completions", CHAT)
            .header("accept-encoding", "gzip, deflate, br, zstd");
        let response = request.send().await.unwrap();
        assert_eq!(response.headers()["content-encoding"], coding);
        assert_eq!(response.bytes().await.unwrap(), body, "{coding}");
        assert_eq!(house.provider.last().headers["accept-encoding"], "gzip, deflate, zstd");
        let cost = house.costs(count + 1).await.pop().unwrap();
        assert_eq!(cost.usage.unwrap().input, Some(1000), "{coding}");
    }
}

#[tokio::test]
async fn requests_may_be_compressed() {
    let house = House::open().await;
    house.provider.will(Reply::json(CHAT_ANSWER));
    let url = format!("{}/openai/v1/chat/completions", house.url);
    let request = house.client.post(url).header("content-encoding", "gzip").body(gzip(CHAT));
    request.send().await.unwrap().bytes().await.unwrap();
    let came = house.provider.last();
    assert_eq!(
        (came.body, &came.headers["content-encoding"]),
        (Bytes::from(gzip(CHAT)), &"gzip".parse().unwrap())
    );
    let span = house.spans(1).await.remove(0);
    assert_eq!(span.canonical.request_model.as_deref(), Some("gpt-4o"));
}

#[tokio::test]
async fn what_cannot_be_decoded_passes_and_counts_as_a_call() {
    let house = House::open().await;
    house.provider.will(Reply::json("no gzip at all").header("content-encoding", "gzip"));
    let response = house.post("/openai/v1/chat/completions", CHAT).send().await.unwrap();
    assert_eq!(response.bytes().await.unwrap(), "no gzip at all");
    assert_eq!(house.spans(1).await.len(), 1);
}
