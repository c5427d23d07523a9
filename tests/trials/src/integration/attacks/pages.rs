//! Attacks of another page in the user's browser, and of telemetry in the dashboard.

use anyhow::Result;
use serde_json::json;

use super::scene::{Scene, span};
use super::tried::Tried;
use super::wire::{Ask, upgrading};

const EVIL: &str = "http://evil.test";

/// Changes by a foreign page with the admin's cookie.
pub fn forgery(scene: &Scene) -> Result<Tried> {
    let mut tried = Tried::new("CSRF: foreign, missing and null Origin, Sec-Fetch-Site, forms, login");
    let admin = scene.login("adam")?;
    let host = scene.api.0.to_string();
    let body = json!({"name": "planted", "password": "planted-by-a-page", "roles": {"*": "admin"}});
    let change = || Ask::new("POST", "/api/v1/users").with("cookie", &admin);
    let near = [
        format!("http://{host}.evil.test"),
        format!("http://evil.test#{host}"),
        format!("http://evil.test@{host}"),
    ];
    let mut origins =
        vec![EVIL.to_owned(), "null".into(), String::new(), "https://localhost".into(), "file://".into()];
    origins.extend(near);
    for origin in &origins {
        tried.send(
            &format!("Origin {origin}"),
            scene.api,
            change().with("origin", origin).json(&body),
            &[403],
        );
    }
    for site in ["cross-site", "same-site", "nonsense", ""] {
        let ask = change().with("sec-fetch-site", site);
        tried.send(&format!("Sec-Fetch-Site {site}"), scene.api, ask.json(&body), &[403]);
    }
    tried.send("no word of where from", scene.api, change().json(&body), &[403]);
    for kind in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"] {
        let form = |ask: Ask| ask.with("content-type", kind).sent(body.to_string().into_bytes());
        tried.send(kind, scene.api, form(change().with("origin", EVIL)), &[403]);
        tried.send(
            &format!("{kind} of ours"),
            scene.api,
            form(change().with("sec-fetch-site", "same-origin")),
            &[415],
        );
        let login = Ask::new("POST", "/api/v1/login");
        tried.send(&format!("login as {kind}"), scene.api, form(login), &[415]);
    }
    let login = Ask::post("/api/v1/login", &json!({"name": "vera", "password": super::scene::PASSWORD}));
    tried.send("login CSRF", scene.api, login.with("origin", EVIL), &[403]);
    tried.send(
        "logout",
        scene.api,
        Ask::new("POST", "/api/v1/logout").with("cookie", &admin).with("origin", EVIL),
        &[403],
    );
    for target in ["/api/v1/users?_method=POST", "/api/v1/logout", "/api/v1/traces/delete"] {
        let link = Ask::get(target).with("cookie", &admin).with("sec-fetch-site", "cross-site");
        tried.send(&format!("a link to {target}"), scene.api, link, &[200, 403, 404, 405]);
    }
    let users = tried.send("control", scene.api, Ask::get("/api/v1/users").session(&admin), &[200]);
    tried.hold(!users.holds("planted"), "a foreign page made a user");
    Ok(tried)
}

/// Whether answers may be read by other origins.
pub fn sharing(scene: &Scene) -> Result<Tried> {
    let mut tried = Tried::new("CORS: preflights and reads from another origin, on every port");
    let admin = scene.login("adam")?;
    for wire in [scene.api, scene.otlp, scene.metrics, scene.gateway()?] {
        for (target, wants) in
            [("/api/v1/users", "POST"), ("/v1/traces", "POST"), ("/metrics", "GET"), ("/openai/x", "POST")]
        {
            let preflight = Ask::new("OPTIONS", target)
                .with("origin", EVIL)
                .with("access-control-request-method", wants)
                .with("access-control-request-headers", "content-type, x-quipu-key")
                .with("access-control-request-private-network", "true");
            let reply = tried.send(&format!("OPTIONS {target}"), wire, preflight, &[401, 403, 404, 405]);
            tried.hold(unshared(&reply.headers), format!("{target} lets other origins in"));
            let read = Ask::get(target).with("origin", EVIL).with("cookie", &admin);
            let reply = tried.send(&format!("GET {target}"), wire, read, &[200, 401, 403, 404, 405]);
            tried.hold(unshared(&reply.headers), format!("{target} is readable by other origins"));
        }
    }
    Ok(tried)
}

fn unshared(headers: &[(String, String)]) -> bool {
    !headers.iter().any(|(name, _)| name.starts_with("access-control-"))
}

/// A foreign name that points to this machine, without authentication.
pub fn rebinding(scene: &Scene) -> Result<Tried> {
    let mut tried = Tried::new("DNS rebinding and foreign pages while access is off");
    let (port, gateway) = (scene.api.0.port(), scene.gateway()?);
    for host in [
        "evil.test",
        "127.0.0.1.evil.test",
        "localhost.evil.test",
        "evil.test.",
        "localhost@evil.test",
        "localhost.evil.test:80",
    ] {
        for (wire, target) in [
            (scene.api, "/api/v1/traces"),
            (scene.metrics, "/metrics"),
            (gateway, "/openai/v1/models"),
            (gateway, "/"),
        ] {
            tried.send(host, wire, Ask::get(target).with("host", host), &[400, 403]);
            let with_port = format!("{}:{port}", host.trim_end_matches(":80"));
            tried.send(host, wire, Ask::get(target).with("host", &with_port), &[400, 403]);
        }
        let send =
            Ask::post("/v1/traces", &json!({})).with("host", host).with("origin", &format!("http://{host}"));
        tried.send(&format!("OTLP by {host}"), scene.otlp, send, &[400, 403]);
        let live =
            upgrading(Ask::get("/api/v1/live")).with("host", host).with("origin", &format!("http://{host}"));
        tried.send(&format!("live feed by {host}"), scene.api, live, &[400, 403]);
    }
    for change in ["/api/v1/prices/reload", "/api/v1/retention/run"] {
        let ask = Ask::post(change, &json!({})).with("origin", EVIL);
        tried.send("a foreign page", scene.api, ask, &[403]);
        let ask = Ask::new("POST", change).with("sec-fetch-site", "cross-site");
        tried.send("a foreign page", scene.api, ask, &[403]);
    }
    let send = Ask::new("POST", "/v1/traces")
        .with("origin", EVIL)
        .with("content-type", "text/plain")
        .sent(b"{}".to_vec());
    tried.send("telemetry from a foreign page", scene.otlp, send, &[403, 415]);
    for host in ["localhost", "127.0.0.1", "[::1]"] {
        tried.send(
            "control",
            scene.api,
            Ask::get("/api/v1/traces").with("host", &format!("{host}:{port}")),
            &[200],
        );
    }
    Ok(tried)
}

const PAYLOADS: [&str; 5] = [
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "javascript:alert(1)//",
    "</title></script><svg/onload=alert(1)>",
    "{{constructor.constructor('alert(1)')()}}",
];

/// Script in telemetry and in addresses.
pub fn script(scene: &Scene) -> Result<Tried> {
    let mut tried = Tried::new("XSS: script in telemetry, paths, parameters, error texts");
    let (_, key) = scene.key(&["--scope", "ingest,read"])?;
    for (at, payload) in PAYLOADS.iter().enumerate() {
        let trace = format!("5af7651916cd43dd8448eb211c8031{at:02x}");
        let sent = Ask::post("/v1/traces", &span(&trace, payload, payload)).key(&key);
        tried.send(payload, scene.otlp, sent, &[200]);
        let coded: String = payload.bytes().map(|byte| format!("%{byte:02X}")).collect();
        for target in [
            format!("/api/v1/traces/{trace}"),
            "/api/v1/traces".to_owned(),
            "/api/v1/export/traces?format=jsonl".to_owned(),
            format!("/api/v1/traces/{coded}"),
            format!("/api/v1/sessions/{coded}"),
            format!("/api/v1/traces?q={coded}"),
            format!("/api/v1/traces?{coded}=1"),
            format!("/api/v1/backends/{coded}/dead-letters"),
            format!("/{coded}"),
            format!("/index.html?{coded}"),
            "/metrics".to_owned(),
        ] {
            let reply = tried.send(
                &target,
                scene.api,
                Ask::get(&target).key(&key).with("accept", "text/html"),
                &[200, 400, 404],
            );
            judge(&mut tried, &target, payload, &reply);
        }
    }
    let page = tried.send("the dashboard", scene.api, Ask::get("/").with("accept", "text/html"), &[200]);
    let policy = page.header("content-security-policy").unwrap_or_default();
    let strict = policy.contains("script-src 'self'")
        && policy.contains("frame-ancestors 'none'")
        && !policy.contains("unsafe");
    tried.hold(strict, format!("the dashboard's policy is {policy:?}"));
    tried.hold(page.header("x-frame-options") == Some("DENY"), "the dashboard can be framed");
    Ok(tried)
}

fn judge(tried: &mut Tried, target: &str, payload: &str, reply: &super::wire::Reply) {
    let kind = reply.header("content-type").unwrap_or_default();
    let page = kind.starts_with("text/html");
    tried.hold(reply.header("x-content-type-options") == Some("nosniff"), format!("{target} may be sniffed"));
    tried.hold(!page || !reply.holds(payload), format!("{target} gives the script as a page"));
    let policy = reply.header("content-security-policy").unwrap_or_default();
    tried.hold(policy.starts_with("default-src 'none'"), format!("{target} has the policy {policy:?}"));
    tried.hold(page || reply.header("cache-control") == Some("no-store"), format!("{target} may be cached"));
}
