//! Attacks without a key, with an invalid key, or with a key for another purpose.

use std::time::Duration;

use anyhow::{Context, Result};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::scene::Scene;
use super::tried::Tried;
use super::wire::Ask;
use crate::shell;

/// Route for each request.
const TARGET: &str = "/api/v1/traces";

/// Invalid keys, on the API, OTLP and metrics.
pub fn bad(scene: &Scene) -> Result<Tried> {
    let mut tried = Tried::new("bad keys: missing, malformed, cut, mixed, overlong, not ASCII");
    let (id, key) = scene.key(&["--scope", "admin", "--all-projects"])?;
    let (other, _) = scene.key(&["--scope", "admin", "--all-projects"])?;
    tried.send("control", scene.api, Ask::get(TARGET).key(&key), &[200]);
    for wire in [scene.api, scene.otlp, scene.metrics] {
        let to = |ask: &dyn Fn(Ask) -> Ask| {
            ask(if wire.0 == scene.otlp.0 { Ask::new("POST", "/v1/traces") } else { Ask::get("/metrics") })
        };
        tried.send("no key", wire, to(&|ask| ask), &[401]);
        for text in forged(&key, &id, &other) {
            let shown: String = text.chars().take(30).collect();
            tried.send(&shown, wire, to(&|ask| ask.key(&text)), &[401]);
            tried.send(&shown, wire, to(&|ask| ask.with("authorization", &format!("Bearer {text}"))), &[401]);
            let basic = STANDARD.encode(format!("pk:{text}"));
            tried.send(&shown, wire, to(&|ask| ask.with("authorization", &format!("Basic {basic}"))), &[401]);
        }
        for bytes in
            [&b"\xff\xfe\x80"[..], "qk_ключ".as_bytes(), b"Basic !!", b"Basic", b"Bearer", b"Negotiate x"]
        {
            tried.send("not a key", wire, to(&|ask| ask.with_bytes("authorization", bytes)), &[401]);
            tried.send("not a key", wire, to(&|ask| ask.with_bytes("x-quipu-key", bytes)), &[401]);
        }
        // A good key cannot mend a bad one in the header that goes first.
        let both = |ask: Ask| ask.with("authorization", "Bearer qk_x").key(&key);
        tried.send("a bad one before a good one", wire, to(&both), &[401]);
    }
    Ok(tried)
}

/// The secret of a key `qk_ID_SECRET`. The secret is base64url, so it can contain `_` itself.
fn secret(key: &str) -> &str {
    key.splitn(3, '_').last().unwrap_or(key)
}

fn forged(key: &str, id: &str, other: &str) -> Vec<String> {
    let secret = secret(key);
    let mut last = key.to_owned();
    let end = if last.pop() == Some('A') { 'B' } else { 'A' };
    last.push(end);
    vec![
        key[..key.len() - 1].to_owned(),
        format!("{key}A"),
        last,
        key.to_uppercase(),
        key.replace("qk_", ""),
        format!("qk_{id}_"),
        format!("qk_{other}_{secret}"),
        format!("qk_{id}_{}", "A".repeat(43)),
        format!("qk__{secret}"),
        format!("qk_' OR 1=1 --_{secret}"),
        format!("qk_{id}_{}", "x".repeat(20_000)),
        "null".into(),
        "undefined".into(),
        "*".into(),
    ]
}

/// Keys that were good.
pub fn past(scene: &Scene) -> Result<Tried> {
    let mut tried = Tried::new("keys that are revoked or expired");
    let (id, revoked) = scene.key(&["--scope", "read"])?;
    tried.send("before", scene.api, Ask::get(TARGET).key(&revoked), &[200]);
    scene.command(&["keys", "revoke", &id])?;
    tried.send("revoked by the command line", scene.api, Ask::get(TARGET).key(&revoked), &[401]);
    let (id, revoked) = scene.key(&["--scope", "ingest"])?;
    let (_, admin) = scene.key(&["--scope", "admin", "--all-projects"])?;
    let remove = Ask::new("DELETE", &format!("/api/v1/keys/{id}")).key(&admin);
    tried.send("revoking", scene.api, remove, &[200, 204]);
    tried.send("revoked by the API", scene.otlp, Ask::new("POST", "/v1/traces").key(&revoked), &[401]);
    let soon = jiff::Timestamp::now().checked_add(jiff::SignedDuration::from_secs(3))?.to_string();
    let (_, short) = scene.key(&["--scope", "read", "--expires", &soon])?;
    let ended = || {
        let reply = scene.api.ask(Ask::get(TARGET).key(&short)).ok()?;
        (reply.status == 401).then_some(())
    };
    shell::poll(Duration::from_secs(30), ended).context("a key goes on after its end")?;
    tried.send("expired", scene.api, Ask::get(TARGET).key(&short), &[401]);
    Ok(tried)
}

/// Keys in addresses and bodies, where logs would hold them.
pub fn misplaced(scene: &Scene) -> Result<Tried> {
    let mut tried = Tried::new("a good key in the URL, a cookie or a form");
    let (_, key) = scene.key(&["--scope", "admin", "--all-projects"])?;
    for name in ["key", "api_key", "token", "access_token", "x-quipu-key", "authorization"] {
        tried.send(name, scene.api, Ask::get(&format!("{TARGET}?{name}={key}")), &[401]);
        tried.send(name, scene.api, Ask::get(TARGET).with("cookie", &format!("{name}={key}")), &[401]);
    }
    tried.send("as a session", scene.api, Ask::get(TARGET).with("cookie", &format!("quipu={key}")), &[401]);
    let login = format!("http://{key}@{}{TARGET}", scene.api.0);
    tried.send("as the login of a URL", scene.api, Ask::get(&login), &[400, 401]);
    let form = format!("access_token={key}").into_bytes();
    let form =
        Ask::new("POST", "/v1/traces").with("content-type", "application/x-www-form-urlencoded").sent(form);
    tried.send("in a form", scene.otlp, form, &[401]);
    let log = scene.log();
    let secret = secret(&key).as_bytes();
    let told = [log, scene.audit()].concat().windows(secret.len()).any(|window| window == secret);
    tried.tried(!told, "the log or the audit holds the key");
    Ok(tried)
}

/// The gateway takes the key from its own header only, and passes on neither the key nor the project.
pub fn gateway(scene: &Scene) -> Result<Tried> {
    let mut tried = Tried::new("the gateway without a key, with the provider's, with one that may only read");
    let gateway = scene.gateway()?;
    let (_, reader) = scene.key(&["--scope", "read"])?;
    let (_, sender) = scene.key(&["--scope", "ingest"])?;
    let call =
        || Ask::post("/openai/chat/completions", &serde_json::json!({"model": "gpt-5", "messages": []}));
    tried.send("no key", gateway, call(), &[401]);
    let provider = call().with("authorization", "Bearer sk-provider");
    tried.send("the provider's key", gateway, provider, &[401]);
    let ours = call().with("authorization", &format!("Bearer {sender}"));
    tried.send("ours in the provider's header", gateway, ours, &[401]);
    tried.send("read", gateway, call().key(&reader), &[403]);
    Ok(tried)
}
