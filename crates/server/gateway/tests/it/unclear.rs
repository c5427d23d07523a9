//! Tests that a request which could reach a model is judged and recorded, or rejected.

use std::collections::BTreeMap;
use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use quipu_budget::{Amount, Budget, Scope};
use quipu_gateway::{GatewayConfig, Unjudged};

use crate::house::{CHAT, CHAT_ANSWER, House};
use crate::provider::Reply;
use crate::raw::Raw;

const PATH: &str = "/openai/v1/chat/completions";

fn budgets(budget: Budget) -> BTreeMap<String, Budget> {
    BTreeMap::from([("daily".to_owned(), budget)])
}

async fn house(change: impl FnOnce(&mut GatewayConfig), budget: Option<Budget>) -> House {
    let house = House::with(change, budget.map(budgets).unwrap_or_default()).await;
    house.provider.always(Reply::json(CHAT_ANSWER));
    house
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// Chat requests in disguise, by name.
#[allow(clippy::too_many_lines, reason = "one list of requests, a line or two each")]
fn hidden() -> Vec<(&'static str, Raw)> {
    let plain = || Raw::post(PATH, CHAT);
    let to = |path: &str| Raw::post(path, CHAT);
    let body = |text: &str| Raw::post(PATH, text);
    let before: String = (0..1_025).map(|at| format!("\"x{at}\":0,")).collect();
    let utf16: Vec<u8> = CHAT.encode_utf16().flat_map(u16::to_le_bytes).collect();
    vec![
        ("escaped key", body(&CHAT.replace("messages", "mess\\u0061ges"))),
        ("1,025 members before it", body(&CHAT.replacen('{', &format!("{{{before}"), 1))),
        ("case", to("/openai/v1/Chat/COMPLETIONS")),
        ("encoded space", to("/openai/v1/chat/completions%20")),
        ("matrix parameter", to("/openai/v1/chat/completions;x")),
        ("two slashes", to("/openai//v1//chat//completions")),
        ("trailing slashes", to("/openai/v1/chat/completions//")),
        ("trailing dot", to("/openai/v1/chat/completions.")),
        ("dot segment", to("/openai/v1/./chat/completions")),
        ("way up", to("/openai/v1/x/../chat/completions")),
        ("encoded letter", to("/openai/v1/chat/%63ompletions")),
        ("encoded twice", to("/openai/v1/chat/%2563ompletions")),
        ("encoded slash", to("/openai/v1/chat%2fcompletions")),
        ("backslash", to("/openai/v1/chat\\completions")),
        ("encoded zero", to("/openai/v1/chat/completions%00")),
        ("absolute target", to("http://evil.example/openai/v1/chat/completions")),
        ("put", plain().method("PUT")),
        ("patch", plain().method("PATCH")),
        ("get with a body", plain().method("GET")),
        ("small letters of the method", plain().method("post")),
        ("method of one's own", plain().method("GENERATE")),
        ("method override", plain().method("GET").header("x-http-method-override", "POST")),
        ("path override", to("/openai/v1/files").header("x-original-url", "/v1/chat/completions")),
        ("override by query", to("/openai/v1/files?_method=POST")),
        ("model by query", to("/openai/v1/chat/completions?model=gpt-4o-mini")),
        ("repeated model", body(&CHAT.replacen('{', "{\"model\":\"gpt-4o-mini\",", 1))),
        ("repeated messages", body(&CHAT.replacen('{', "{\"messages\":[],", 1))),
        ("capital keys", body(&CHAT.replace("messages", "Messages").replace("model", "MODEL"))),
        ("letter that folds", body(&CHAT.replace("messages", "me\u{17f}\u{17f}ages"))),
        ("byte order mark", body(&format!("\u{feff}{CHAT}"))),
        ("UTF-16", Raw::post(PATH, utf16).header("content-type", "application/json; charset=utf-16")),
        ("two documents", body(&format!("{CHAT}{CHAT}"))),
        ("no JSON", body("{no json")),
        ("a list", body(&format!("[{CHAT}]"))),
        ("lines", body(&format!("{CHAT}\n{CHAT}\n")).header("content-type", "application/x-ndjson")),
        ("form", plain().header("content-type", "application/x-www-form-urlencoded")),
        ("no content type", Raw { headers: Vec::new(), ..plain() }),
        ("chunks and trailers", Raw { chunked: true, ..plain() }),
        ("gzip", Raw::post(PATH, gzip(CHAT.as_bytes())).header("content-encoding", "gzip")),
        (
            "two members of gzip",
            Raw::post(PATH, [gzip(CHAT.as_bytes()), gzip(b" ")].concat()).header("content-encoding", "gzip"),
        ),
        ("broken gzip", Raw::post(PATH, "no gzip").header("content-encoding", "gzip")),
        ("brotli", plain().header("content-encoding", "br")),
        ("two codings", Raw::post(PATH, gzip(CHAT.as_bytes())).header("content-encoding", "gzip, gzip")),
        (
            "a coding taken away",
            Raw::post(PATH, gzip(CHAT.as_bytes()))
                .header("content-encoding", "gzip")
                .header("connection", "close, Content-Encoding"),
        ),
        ("a content type taken away", plain().header("connection", "content-type")),
        ("spaces around the model", body(&CHAT.replace("gpt-4o", " gpt-4o"))),
        ("another case of the model", body(&CHAT.replace("gpt-4o", "GPT-4O"))),
        ("a model nobody knows", body(&CHAT.replace("gpt-4o", "llama-wool-1"))),
        ("no model", body(r#"{"messages":[{"role":"user","content":"hi"}]}"#)),
        ("repeated tier", body(&CHAT.replacen('{', r#"{"service_tier":"auto","service_tier":"flex","#, 1))),
        (
            "two spellings of the tier",
            body(&CHAT.replacen('{', r#"{"service_tier":"a","serviceTier":"b","#, 1)),
        ),
        ("further models", body(&CHAT.replacen('{', r#"{"models":["gpt-5-pro"],"#, 1))),
        ("UTF-7", plain().header("content-type", "application/json; charset = utf-7")),
        ("method override with underscores", plain().header("x_http_method_override", "PUT")),
        (
            "answer without usage",
            to("/gemini/v1beta/models/gemini-2.5-pro:generateContent?$fields=candidates"),
        ),
        ("answer in protobuf", to("/gemini/v1beta/models/gemini-2.5-pro:generateContent?%24alt=proto")),
        ("background", body(&CHAT.replacen('{', "{\"background\":true,", 1))),
        ("images", to("/openai/v1/images/generations")),
        ("speech", to("/openai/v1/audio/speech")),
        ("batch", to("/openai/v1/batches")),
        ("fine-tuning", to("/openai/v1/fine_tuning/jobs")),
        ("run", to("/openai/v1/threads/runs")),
        ("runs of a thread", to("/openai/v1/threads/t/runs")),
        ("compaction", to("/openai/v1/responses/compact")),
        ("an API of tomorrow", to("/openai/v9/think")),
        ("root of the upstream", to("/openai")),
        ("Gemini's batch", to("/gemini/v1beta/models/gemini-2.5-pro:batchGenerateContent")),
        ("Gemini's capital letters", to("/gemini/v1beta/models/gemini-2.5-pro:GenerateContent")),
        ("Anthropic's batch", to("/anthropic/v1/messages/batches")),
    ]
}

/// Limits that all of them fit within.
fn wide() -> Budget {
    Budget::usd("1000".parse().unwrap()).and(Amount::Tokens(1_000_000_000)).and(Amount::Calls(100_000))
}

#[tokio::test]
async fn what_reaches_a_provider_past_a_budget_was_judged_and_is_recorded() {
    let house = house(|_| (), Some(wide())).await;
    let mut passed = Vec::new();
    for (name, raw) in hidden() {
        let before = house.provider.came().len();
        let (status, text) = raw.send(&house.url).await;
        let came = house.provider.came().len() - before;
        assert!(came <= 1, "{name}");
        if came == 1 {
            passed.push(name);
        } else {
            assert!((400..500).contains(&status) || status == 501, "{name}: {text}");
        }
    }
    for name in [
        "escaped key",
        "1,025 members before it",
        "case",
        "two slashes",
        "encoded letter",
        "gzip",
        "byte order mark",
    ] {
        assert!(passed.contains(&name), "{name} is plain enough to be judged");
    }
    for name in [
        "put",
        "repeated model",
        "capital keys",
        "UTF-16",
        "batch",
        "a model nobody knows",
        "two members of gzip",
        "a coding taken away",
        "a content type taken away",
        "repeated tier",
        "two spellings of the tier",
        "further models",
        "UTF-7",
        "method override with underscores",
        "answer without usage",
        "answer in protobuf",
    ] {
        assert!(!passed.contains(&name), "{name} passes");
    }
    let spans = house.spans(passed.len()).await;
    house.close().await;
    assert_eq!(house.spans(0).await.len(), passed.len(), "{passed:?}");
    for span in spans {
        let usage = span.canonical.usage.clone().unwrap();
        assert!(usage.input.is_some_and(|tokens| tokens > 0), "{span:?}");
    }
    let spent: Vec<_> = house.budgets.status().into_iter().map(|status| status.spent).collect();
    assert!(spent.contains(&Amount::Calls(u64::try_from(passed.len()).unwrap())), "{spent:?} {passed:?}");
}

#[tokio::test]
async fn a_budget_that_is_used_up_lets_none_of_them_through() {
    let house = house(|_| (), Some(Budget::usd("0.000001".parse().unwrap()))).await;
    for (name, raw) in hidden() {
        let (status, text) = raw.send(&house.url).await;
        assert!((400..502).contains(&status), "{name}: {text}");
        assert!(house.provider.came().is_empty(), "{name} reached the provider");
    }
}

#[tokio::test]
async fn without_a_budget_all_that_passes_is_recorded() {
    let house = house(|_| (), None).await;
    for (name, raw) in hidden() {
        let before = house.provider.came().len();
        let (status, text) = raw.send(&house.url).await;
        let came = house.provider.came().len() - before;
        assert!(came == 1 && status == 200 || came == 0 && status >= 400, "{name}: {came} {text}");
    }
    let came = house.provider.came().len();
    assert!(came > 40, "{came}");
    house.spans(came).await;
    house.close().await;
    let spans = house.spans(0).await;
    assert_eq!(spans.len(), came);
    let marked = spans.iter().filter(|span| span.attributes.text("quipu.request.not_understood").is_some());
    assert!(marked.count() > 20);
}

#[tokio::test]
async fn what_cannot_be_judged_is_recorded_where_the_operator_says_so() {
    let record = |config: &mut GatewayConfig| {
        (config.unknown, config.unpriced) = (Some(Unjudged::Record), Some(Unjudged::Record));
    };
    let house = house(record, Some(Budget::calls(3))).await;
    for (status, raw) in [
        (200, Raw::post("/openai/v1/images/generations", CHAT)),
        (200, Raw::post(PATH, CHAT).method("PUT")),
        (200, Raw::post(PATH, "no gzip").header("content-encoding", "gzip")),
        (429, Raw::post("/openai/v1/images/generations", CHAT)),
    ] {
        let before = house.costs(0).await.len();
        assert_eq!(raw.send(&house.url).await.0, status, "{raw:?}");
        house.costs(before + usize::from(status == 200)).await;
    }
    assert_eq!(house.provider.came().len(), 3);
}

#[tokio::test]
async fn requests_are_refused_without_a_budget_where_the_operator_says_so() {
    let house = house(|config| config.unknown = Some(Unjudged::Refuse), None).await;
    let (status, text) = Raw::post("/openai/v1/images/generations", "{}").send(&house.url).await;
    assert!(status == 403 && text.contains("request_not_understood"), "{text}");
    let refused = "quipu_gateway_refusals_total{reason=\"request_not_understood\",upstream=\"openai\"} 1";
    assert!(house.metrics.text().contains(refused), "{}", house.metrics.text());
}

#[tokio::test]
async fn an_operator_names_further_requests_that_reach_no_model() {
    let pass = |config: &mut GatewayConfig| config.pass = vec!["POST /v1/moderations".parse().unwrap()];
    let house = house(pass, Some(Budget::calls(1))).await;
    for _ in 0..3 {
        assert_eq!(Raw::post("/openai/v1/moderations", "{}").send(&house.url).await.0, 200);
    }
    assert_eq!(Raw::post("/openai/v1/moderations", "{}").method("PUT").send(&house.url).await.0, 403);
    house.close().await;
    assert!(house.costs(0).await.is_empty());
}

#[tokio::test]
async fn a_budget_of_somebody_else_holds_nobody_up() {
    let scope = Scope { user: Some("broke".into()), ..Scope::default() };
    let house = house(|_| (), Some(Budget::calls(1).scope(scope))).await;
    let images = Raw::post("/openai/v1/images/generations", "{}");
    assert_eq!(images.clone().header("x-quipu-user", "rich").send(&house.url).await.0, 200);
    assert_eq!(images.clone().header("x-quipu-user", "broke").send(&house.url).await.0, 403);
    assert_eq!(images.send(&house.url).await.0, 403, "it could be anybody's");
}

#[tokio::test]
async fn a_model_has_one_account_in_all_its_spellings() {
    let scope = Scope { model: Some("*".into()), ..Scope::default() };
    let house = house(|_| (), Some(Budget::calls(1).scope(scope))).await;
    assert_eq!(Raw::post(PATH, CHAT).send(&house.url).await.0, 200);
    house.costs(1).await;
    let other = CHAT.replace("gpt-4o", "GPT-4o");
    assert_eq!(Raw::post(PATH, other).send(&house.url).await.0, 429);
}

#[tokio::test]
async fn limits_that_only_some_servers_read_are_reserved() {
    let house = house(|_| (), Some(Budget::tokens(60_000))).await;
    for limit in [
        r#""max_tokens":1,"max_completion_tokens":100000"#,
        r#""max_tokens":"100000""#,
        r#""max_tokens":1e5"#,
        r#""max_tokens":-1"#,
        r#""max_tokens":1,"n":100000"#,
        r#""max_tokens":1,"best_of":"100000""#,
    ] {
        let body = CHAT.replacen('{', &format!("{{{limit},"), 1);
        assert_eq!(Raw::post(PATH, body).send(&house.url).await.0, 429, "{limit}");
    }
    assert_eq!(Raw::post(PATH, CHAT).send(&house.url).await.0, 200);
}

/// One step of xorshift64, so every run has the same variants.
fn next(state: &mut u64) -> usize {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    usize::try_from(*state % 1_000_003).unwrap()
}

/// Respells a few letters of a text in ways that some server may undo.
fn respelt(text: &str, state: &mut u64, coded: fn(char) -> String) -> String {
    let at = next(state) % text.len();
    text.char_indices()
        .map(|(place, letter)| match (place == at, next(state) % 4) {
            (true, 0) => coded(letter),
            (true, 1) if letter.is_ascii_lowercase() => letter.to_ascii_uppercase().to_string(),
            (true, 2) if letter == '/' => "//".to_owned(),
            (true, 3) if letter == '/' => "/./".to_owned(),
            _ => letter.to_string(),
        })
        .collect()
}

fn variant(state: &mut u64) -> Raw {
    const ENDS: [&str; 12] =
        ["", "", "", "/", ";a=b", "%20", ".", "%2f", "?stream=true", "%252f", "/%2e", "?api-version=1"];
    const METHODS: [&str; 6] = ["POST", "POST", "POST", "PUT", "PATCH", "GET"];
    const KINDS: [&str; 4] =
        ["application/json", "application/json; charset=utf-8", "text/plain", "multipart/form-data"];
    let path = respelt(PATH, state, |letter| format!("%{:02x}", u32::from(letter)));
    let target = format!("{path}{}", ENDS[next(state) % ENDS.len()]);
    let escaped = |letter: char| format!("\\u{:04x}", u32::from(letter));
    let name = |name: &str, state: &mut u64| {
        if next(state).is_multiple_of(3) { respelt(name, state, escaped) } else { name.to_owned() }
    };
    let [model, messages] = ["model", "messages"].map(|one| name(one, state));
    let twice =
        if next(state).is_multiple_of(8) { format!(",\"{model}\":\"gpt-4o-mini\"") } else { String::new() };
    let padding = " ".repeat(next(state) % 3);
    let body = format!(
        "{padding}{{{padding}\"{model}\":\"gpt-4o\"{twice},\"{messages}\":{padding}[{{\"role\":\"user\",\"content\":\"hi\"}}]}}{padding}"
    );
    let raw = Raw::post(&target, body).method(METHODS[next(state) % METHODS.len()]);
    let raw = raw.header("content-type", KINDS[next(state) % KINDS.len()]);
    let packed = next(state).is_multiple_of(6);
    let raw =
        if packed { Raw { body: gzip(&raw.body), ..raw }.header("content-encoding", "gzip") } else { raw };
    Raw { chunked: next(state).is_multiple_of(4), ..raw }
}

#[tokio::test]
async fn every_spelling_of_a_chat_is_refused_or_recorded_with_the_tokens_that_the_provider_counts() {
    for budget in [Some(wide()), None] {
        let house = house(|_| (), budget).await;
        let mut state = 0x5eed_1234_abcd_0001;
        for _ in 0..250 {
            let raw = variant(&mut state);
            let before = house.provider.came().len();
            let (status, text) = raw.send(&house.url).await;
            let came = house.provider.came().len() - before;
            assert!(came == 1 && status == 200 || came == 0 && status >= 400, "{raw:?}: {came} {text}");
        }
        let came = house.provider.came().len();
        assert!(came > 20, "{came}");
        house.spans(came).await;
        house.close().await;
        let spans = house.spans(0).await;
        assert_eq!(spans.len(), came);
        for span in spans {
            let usage = span.canonical.usage.clone().unwrap();
            assert_eq!((usage.input, usage.output), (Some(1000), Some(100)), "{span:?}");
        }
    }
}
