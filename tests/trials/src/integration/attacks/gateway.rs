//! Attacks on the gateway: calls of models in disguise.

use std::time::Duration;

use anyhow::Result;

use super::scene::Scene;
use super::tried::Tried;
use super::wire::{Ask, upgrading};
use crate::integration::Bench;
use crate::integration::provider::{self, CHAT, PATH, Provider, TOKENS, gzip};
use crate::shell;

/// Calls that a small budget must end before.
const CALLS: usize = 40;
/// How long records may take until they are stored.
const ARRIVE: Duration = Duration::from_secs(30);

/// Limits that every one of them fits under, limits that none fits under, and none.
const BUDGETS: [(&str, &str); 3] = [
    ("a wide budget", "[budgets.wide]\nlimit_usd = \"1000\"\n"),
    ("a budget that is used up", "[budgets.full]\nlimit_usd = \"0.000001\"\n"),
    ("no budget", ""),
];

/// Nothing reaches a provider that is not recorded, and nothing at all where a budget is used up.
pub fn hidden(bench: &Bench) -> Result<Tried> {
    let mut tried =
        Tried::new("calls of models hidden from the gateway: paths, methods, JSON, codings, headers");
    let mut told = Vec::new();
    for (name, budget) in BUDGETS {
        let double = Provider::start()?;
        let config = format!(
            "{budget}[gateway]\nlisten = \"127.0.0.1:0\"\n[gateway.upstreams]\nopenai = \"{url}/v1\"\nanthropic = \"{url}\"\ngemini = \"{url}\"\nmistral = \"{url}/v1\"\nazure = \"{url}\"\n",
            url = double.url
        );
        let scene = Scene::open(bench, &config)?;
        for (what, ask) in asks() {
            let before = double.count();
            let reply = scene.gateway()?.ask(ask);
            let came = double.count() - before;
            let reply =
                tried.judge(&format!("{what}, {name}"), reply, &[0, 200, 400, 403, 404, 405, 415, 429, 501]);
            tried.hold(came <= 1, format!("{what}, {name}: the provider got {came} requests"));
            tried.hold(
                came == usize::from(reply.status == 200),
                format!("{what}, {name}: {} but {came}", reply.status),
            );
        }
        let calls = double.count();
        tried.hold(calls > 0 || name.ends_with("used up"), format!("{name}: nothing passed"));
        tried.hold(calls == 0 || !name.ends_with("used up"), format!("{name}: {calls} reached the provider"));
        recorded(&mut tried, &scene, name, u64::try_from(calls)?);
        told.push(format!("{name}: {calls} of {} passed", asks().len()));
    }
    Ok(tried.told(told.join("; ")))
}

/// Bodies that are small on the wire and large as a tree: memory must grow only with their text.
pub fn bombs(bench: &Bench) -> Result<Tried> {
    let mut tried = Tried::new("gateway bodies of 59 KiB with a million small values, compressed and nested");
    let double = Provider::start()?;
    let config = format!(
        "[budgets.wide]\nlimit_usd = \"1000\"\n[gateway]\nlisten = \"127.0.0.1:0\"\n[gateway.upstreams]\nopenai = \"{}/v1\"\n",
        double.url
    );
    let scene = Scene::open(bench, &config)?;
    let gateway = scene.gateway()?;
    tried.judge("a chat", gateway.ask(json(PATH, CHAT)), &[200]);
    let before = scene.server.memory_mib("VmHWM")?;
    for (what, packed) in provider::bombs() {
        let ask = json(PATH, packed).with("content-encoding", "gzip");
        tried.judge(what, gateway.ask(ask), &[200, 400, 415, 503]);
    }
    let grown = scene.server.memory_mib("VmHWM")? - before;
    tried.hold(grown < 160.0, format!("memory grew by {grown:.0} MiB"));
    tried.hold(scene.lives(), "the server is gone");
    Ok(tried.told(format!("memory grew by {grown:.0} MiB at most")))
}

/// Figures of a provider that cannot be right make no call free: a small budget refuses further calls.
pub fn lying(bench: &Bench) -> Result<Tried> {
    let mut tried =
        Tried::new("answers of a provider with wrong, missing or unreadable usage, against a budget");
    // A call reserves what it may cost at most, and several of these fit.
    let body = CHAT.replacen('{', "{\"max_tokens\":400,", 1);
    let mut most = 0;
    for answer in answers() {
        let double = Provider::saying(&answer)?;
        let config = format!(
            "[budgets.small]\nlimit_usd = \"0.02\"\n[gateway]\nlisten = \"127.0.0.1:0\"\n[gateway.upstreams]\nopenai = \"{}/v1\"\n",
            double.url
        );
        let scene = Scene::open(bench, &config)?;
        let mut last = 0;
        for _ in 0..CALLS {
            last = scene.gateway()?.ask(json(PATH, body.as_str()))?.status;
            if last != 200 {
                break;
            }
        }
        let passed = double.count();
        let what: String = answer.chars().rev().take(80).collect::<Vec<_>>().into_iter().rev().collect();
        tried.tried(last == 429 && passed > 0, format!("{what}: {passed} calls passed, the last got {last}"));
        most = most.max(passed);
    }
    Ok(tried.told(format!("a budget of two cents ends after {most} calls at most")))
}

/// Answers whose usage is wrong, missing, hidden in another form, or part of something else.
fn answers() -> Vec<String> {
    let words = "word ".repeat(300);
    let usages = [
        r#"{"prompt_tokens":18446744073709551615,"completion_tokens":18446744073709551615}"#,
        r#"{"prompt_tokens":10}"#,
        r#"{"prompt_tokens":10,"completion_tokens":-9}"#,
        r#"{"prompt_tokens":10,"completion_tokens":"999"}"#,
        r#"{"prompt_tokens":0,"completion_tokens":0}"#,
        r#"{"prompt_tokens":1e-9,"completion_tokens":1e-9}"#,
        "null",
        "[]",
    ];
    let told = usages.iter().map(|usage| {
        format!(
            r#"{{"id":"c","model":"gpt-4o","choices":[{{"index":0,"message":{{"content":"{words}"}}}}],"usage":{usage}}}"#
        )
    });
    let unread = ["\u{1}binary", "<html>", "answer({})", "{}", "[1]"].map(str::to_owned);
    told.chain(unread).collect()
}

fn recorded(tried: &mut Tried, scene: &Scene, name: &str, calls: u64) {
    let mut last = String::new();
    let right = shell::poll(ARRIVE, || {
        let total = scene.api.ask(Ask::get("/api/v1/usage")).ok()?.json()["total"].clone();
        last = total.to_string();
        let number = |value: &serde_json::Value| value.as_u64().unwrap_or(0);
        let same = number(&total["llm_calls"]) == calls
            && number(&total["tokens"]["input"]) == calls * TOKENS.0
            && number(&total["tokens"]["output"]) == calls * TOKENS.1;
        same.then_some(())
    });
    tried.hold(right.is_some(), format!("{name}: {calls} calls reached the provider, recorded are {last}"));
}

fn json(target: &str, body: impl Into<Vec<u8>>) -> Ask {
    Ask::new("POST", target).with("content-type", "application/json").sent(body.into())
}

fn asks() -> Vec<(String, Ask)> {
    let mut all: Vec<(String, Ask)> = Vec::new();
    all.extend(PATHS.iter().map(|path| ((*path).to_owned(), json(path, CHAT))));
    for method in ["PUT", "PATCH", "GET", "DELETE", "post", "GENERATE", "TRACE"] {
        let ask = Ask::new(method, PATH).with("content-type", "application/json").sent(CHAT.into());
        all.push((method.to_owned(), ask));
    }
    all.extend(bodies().into_iter().map(|(what, body)| (what.to_owned(), json(PATH, body))));
    all.extend(codings());
    all.extend(headers());
    all
}

/// Spellings of a chat request that some provider may read as one.
fn bodies() -> Vec<(&'static str, String)> {
    let before: String = (0..1_025).map(|at| format!("\"x{at}\":0,")).collect();
    vec![
        ("plain", CHAT.to_owned()),
        ("escaped key", CHAT.replace("messages", "mess\\u0061ges")),
        ("all of the key escaped", CHAT.replace("model", "\\u006d\\u006f\\u0064\\u0065\\u006c")),
        ("1,025 members", CHAT.replacen('{', &format!("{{{before}"), 1)),
        ("two models", CHAT.replacen('{', "{\"model\":\"gpt-4o-mini\",", 1)),
        ("two conversations", CHAT.replacen('{', "{\"messages\":[],", 1)),
        ("capital keys", CHAT.replace("messages", "Messages")),
        ("a letter that folds", CHAT.replace("messages", "me\u{17f}sages")),
        ("byte order mark", format!("\u{feff}{CHAT}")),
        ("trailing document", format!("{CHAT} {CHAT}")),
        ("a list", format!("[{CHAT}]")),
        ("comments", format!("/* */{CHAT}")),
        ("NaN", CHAT.replacen('{', "{\"x\":NaN,", 1)),
        ("half a surrogate pair", CHAT.replacen('{', "{\"\\ud800\":1,", 1)),
        ("spaces around the model", CHAT.replace("gpt-4o", "gpt-4o ")),
        ("further models", CHAT.replacen('{', "{\"models\":[\"gpt-5-pro\"],", 1)),
        ("an unknown model", CHAT.replace("gpt-4o", "gpt-unheard-of")),
        ("a negative limit", CHAT.replacen('{', "{\"max_tokens\":-1,", 1)),
        ("fetched later", CHAT.replacen('{', "{\"deferred\":true,", 1)),
        ("background", CHAT.replacen('{', "{\"background\":true,", 1)),
        (
            "deep nesting",
            CHAT.replacen('{', &format!("{{\"x\":{}{},", "[".repeat(50_000), "]".repeat(50_000)), 1),
        ),
        ("nothing", String::new()),
    ]
}

/// Content types and codings of a body.
fn codings() -> Vec<(String, Ask)> {
    let mut all: Vec<(String, Ask)> = Vec::new();
    let mut add = |what: &str, ask: Ask| all.push((what.to_owned(), ask));
    let utf16: Vec<u8> = CHAT.encode_utf16().flat_map(u16::to_le_bytes).collect();
    add("UTF-16", json(PATH, utf16));
    for kind in [
        "application/json; charset=utf-16",
        "application/json; charset = utf-7",
        "text/plain",
        "multipart/form-data; boundary=x",
        "application/x-ndjson",
    ] {
        add(kind, Ask::new("POST", PATH).with("content-type", kind).sent(CHAT.into()));
    }
    let coded = |coding: &str, body: Vec<u8>| json(PATH, body).with("content-encoding", coding);
    add("gzip", coded("gzip", gzip(CHAT.as_bytes())));
    add("two members of gzip", coded("gzip", [gzip(b"{}"), gzip(CHAT.as_bytes())].concat()));
    add("broken gzip", coded("gzip", CHAT.into()));
    add("br", coded("br", CHAT.into()));
    add("gzip twice", coded("gzip, gzip", gzip(&gzip(CHAT.as_bytes()))));
    all
}

/// Headers that may change what a request means.
fn headers() -> Vec<(String, Ask)> {
    let mut all: Vec<(String, Ask)> = Vec::new();
    let mut add = |what: &str, ask: Ask| all.push((what.to_owned(), ask));
    for header in [
        "x-http-method-override",
        "x_http_method_override",
        "x-method-override",
        "x-original-method",
        "x-forwarded-method",
    ] {
        add(
            header,
            Ask::get(PATH).with(header, "POST").with("content-type", "application/json").sent(CHAT.into()),
        );
    }
    for header in ["x-original-url", "x-rewrite-url", "x-forwarded-path", "x-envoy-original-path"] {
        add(header, json("/openai/v1/files", CHAT).with(header, "/v1/chat/completions"));
    }
    for header in ["content-type", "close, content-encoding"] {
        let packed = json(PATH, gzip(CHAT.as_bytes())).with("content-encoding", "gzip");
        add(header, packed.with("connection", header));
    }
    add("expect", json(PATH, CHAT).with("expect", "100-continue"));
    add("WebSocket", upgrading(Ask::get("/openai/v1/realtime?model=gpt-4o")).with("connection", "upgrade"));
    add("h2c", json(PATH, CHAT).with("upgrade", "h2c").with("http2-settings", "AAMAAABk"));
    all
}

/// Paths that some server reads as one of a model, or that start a model by another name.
const PATHS: [&str; 47] = [
    PATH,
    "/openai/v1/Chat/COMPLETIONS",
    "/openai/v1/chat/completions/",
    "/openai//v1//chat//completions",
    "//openai/v1/chat/completions",
    "/openai/v1/chat/completions%20",
    "/openai/v1/chat/completions;x",
    "/openai/v1/chat;x/completions",
    "/openai/v1/chat/completions.",
    "/openai/v1/chat/completions%2e",
    "/openai/v1/./chat/completions",
    "/openai/v1/x/../chat/completions",
    "/openai/v1/files/%2e%2e/chat/completions",
    "/openai/v1/files/..%2fchat/completions",
    "/openai/v1/chat/%63ompletions",
    "/openai/v1/chat/%2563ompletions",
    "/openai/v1/chat%2fcompletions",
    "/openai/v1/chat%252fcompletions",
    "/openai/v1/chat\\completions",
    "/openai/v1/chat/completions%00",
    "/openai/v1/chat/completions%0a",
    "/openai/v1/chat/completions%23",
    "/openai/v1/chat/completions%3f",
    "/openai/v1/chat/completions?model=gpt-4o-mini",
    "/openai/v1/chat/completions?_method=PUT",
    "/openai/v1/chat/completions?stream=true",
    "http://evil.example/openai/v1/chat/completions",
    "/v1/chat/completions",
    "/openai/v1/images/generations",
    "/openai/v1/audio/speech",
    "/openai/v1/batches",
    "/openai/v1/fine_tuning/jobs",
    "/openai/v1/threads/runs",
    "/openai/v1/threads/t/runs",
    "/openai/v1/responses/compact",
    "/openai/v1/moderations",
    "/openai/v9/think",
    "/gemini/v1beta/models/gemini-2.5-pro:batchGenerateContent",
    "/gemini/v1beta/models/gemini-2.5-pro:predict",
    "/anthropic/v1/complete",
    "/mistral/v1/conversations",
    "/mistral/v1/conversations/c",
    "/mistral/v1/conversations/c/restart",
    "/mistral/v1/threads/t/messages",
    "/azure/openai/deployments/gpt-4o/chat/completions",
    "/gemini/v1beta/models/gemini-2.5-pro:generateContent?$fields=candidates",
    "/gemini/v1beta/models/gemini-2.5-pro:generateContent?%24alt=proto",
];
