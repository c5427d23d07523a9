//! Requests to model providers and their answers, as they pass by on the wire.

use quipu_http::wire::{Endpoint, Reader, Request, Sse};

use crate::choice;

/// Hosts and paths, one for each shape of API.
const PLACES: [(&str, &str); 7] = [
    ("api.openai.com", "/v1/chat/completions"),
    ("api.openai.com", "/v1/responses"),
    ("api.openai.com", "/v1/embeddings"),
    ("api.anthropic.com", "/v1/messages"),
    ("generativelanguage.googleapis.com", "/v1beta/models/gemini-2.5-flash:generateContent"),
    ("generativelanguage.googleapis.com", "/v1beta/models/gemini-2.5-flash:streamGenerateContent"),
    ("generativelanguage.googleapis.com", "/v1beta/models/text-embedding-004:embedContent"),
];

/// The first byte names the API, the second how the answer is cut into chunks.
pub fn feed(bytes: &[u8]) {
    let Some((first, rest)) = choice(bytes) else { return };
    let Some((cut, body)) = choice(rest) else { return };
    let (host, path) = PLACES[first % PLACES.len()];
    let endpoint = Endpoint::find(host, path).expect("a known API");
    if let Some(request) = Request::read(&endpoint, body, true) {
        assert!(request.temperature.is_none_or(f64::is_finite));
    }
    let whole = answer(&endpoint, body, body.len().max(1));
    let pieces = answer(&endpoint, body, cut + 1);
    assert_eq!(whole, pieces, "an answer depends on how it was cut");
    let mut events = Sse::new(1_024);
    body.chunks(cut + 1).for_each(|chunk| events.feed(chunk, &mut drop));
    events.finish(&mut drop);
}

fn answer(endpoint: &Endpoint, body: &[u8], cut: usize) -> String {
    let mut reader = Reader::new(endpoint.shape, true);
    body.chunks(cut).for_each(|chunk| reader.chunk(chunk));
    format!("{:?}", reader.finish())
}
