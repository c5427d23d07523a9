//! Attacks by role: each role against each route that changes something, and against the other project.

use anyhow::{Context, Result};
use serde_json::{Value, json};

use super::scene::{SECRETS, Scene, TRACES, span};
use super::tried::Tried;
use super::wire::{Ask, Wire, upgrading};

/// Changing routes that the document need not have.
const MORE: [(&str, &str); 11] = [
    ("POST", "/api/v1/keys"),
    ("DELETE", "/api/v1/keys/{id}"),
    ("POST", "/api/v1/users"),
    ("PATCH", "/api/v1/users/{name}"),
    ("DELETE", "/api/v1/users/{name}"),
    ("POST", "/mcp"),
    ("POST", "/otel/v1/traces"),
    ("POST", "/api/public/otel/v1/traces"),
    ("POST", "/api/v1/no-such-route"),
    ("PUT", "/api/v1/retention"),
    ("DELETE", "/api/v1/traces/{trace_id}"),
];
/// Queries with a body: for every user with read access.
const QUESTIONS: [&str; 7] = [
    "/api/v1/price",
    "/api/v1/estimate",
    "/api/v1/sql",
    "/api/v1/budgets/x/check",
    "/api/v1/retention/preview",
    "/api/v1/alerts/backtest",
    "/mcp",
];
/// Routes that read and are for admins only.
const ADMINS: [&str; 4] = ["/api/v1/keys", "/api/v1/users", "/api/v1/audit", "/api/v1/audit/verify"];

/// The attacking user.
struct Somebody {
    name: &'static str,
    credential: (&'static str, String),
    may: fn(&str, &str) -> bool,
}

impl Somebody {
    fn ask(&self, method: &str, path: &str) -> Ask {
        let ask = Ask::new(method, path).with(self.credential.0, &self.credential.1);
        ask.with("sec-fetch-site", "same-origin")
    }
}

fn reads(method: &str, path: &str) -> bool {
    method == "POST" && QUESTIONS.contains(&path)
}

fn edits(method: &str, path: &str) -> bool {
    let own = path.starts_with("/api/v1/views/") || path.starts_with("/api/v1/dashboards/");
    let annotates = method == "POST" && path == "/api/v1/scores";
    let quiets = path == "/api/v1/alerts/ack" || path.starts_with("/api/v1/alerts/silences");
    let handles = path.starts_with("/api/v1/incidents");
    reads(method, path) || own || annotates || quiets || handles || path.ends_with("/hold")
}

fn sends(method: &str, path: &str) -> bool {
    method == "POST"
        && ["/v1/", "/otel/v1/", "/api/public/otel/v1/"].iter().any(|begin| path.starts_with(begin))
}

fn everybody(scene: &Scene) -> Result<Vec<Somebody>> {
    let cookie = |name: &str| Ok::<_, anyhow::Error>(("cookie", scene.login(name)?));
    let key = |words: &[&str]| Ok::<_, anyhow::Error>(("x-quipu-key", scene.key(words)?.1));
    Ok(vec![
        Somebody { name: "key ingest", credential: key(&["--scope", "ingest"])?, may: sends },
        Somebody { name: "key read", credential: key(&["--scope", "read"])?, may: reads },
        Somebody { name: "viewer", credential: cookie("vera")?, may: reads },
        Somebody { name: "viewer of shop", credential: cookie("sven")?, may: reads },
        Somebody { name: "editor", credential: cookie("edda")?, may: edits },
        Somebody { name: "admin", credential: cookie("adam")?, may: |_, _| true },
    ])
}

/// Every route that changes something, by everybody.
pub fn changes(scene: &Scene) -> Result<Tried> {
    let mut tried = Tried::new("each role and scope against each changing route");
    let routes = routes(scene, |method| method != "GET")?;
    let everybody = everybody(scene)?;
    for (method, path) in &routes {
        tried.send(
            &format!("nobody {method} {path}"),
            scene.api,
            Ask::new(method, path).json(&json!({})),
            &[401],
        );
    }
    for somebody in &everybody {
        for (method, path) in &routes {
            let what = format!("{} {method} {path}", somebody.name);
            let reply = scene.api.ask(somebody.ask(method, path).json(&json!({})));
            // An allowed caller gets the route's error for an empty body, or 404.
            let may = (somebody.may)(method, path);
            let allowed: &[u16] = if may { &[200, 204, 400, 404, 405, 409, 415, 422] } else { &[403] };
            tried.judge(&what, reply, allowed);
        }
        for path in ADMINS {
            let allowed = if somebody.name == "admin" { 200 } else { 403 };
            tried.send(
                &format!("{} GET {path}", somebody.name),
                scene.api,
                somebody.ask("GET", path),
                &[allowed],
            );
        }
    }
    let admin = everybody.iter().find(|one| one.name == "admin").context("no admin")?;
    let own = admin.ask("PATCH", "/api/v1/users/adam").json(&json!({"roles": {"*": "viewer"}}));
    tried.send("an admin's own role", scene.api, own, &[400, 403, 409]);
    let viewer = everybody.iter().find(|one| one.name == "viewer").context("no viewer")?;
    let raise = viewer.ask("PATCH", "/api/v1/users/vera").json(&json!({"roles": {"*": "admin"}}));
    tried.send("a viewer's own role", scene.api, raise, &[403]);
    let word =
        json!({"old": "correct-horse-battery", "new": "another-horse-battery", "roles": {"*": "admin"}});
    tried.send("mass assignment", scene.api, viewer.ask("POST", "/api/v1/me/password").json(&word), &[400]);
    for (name, value) in [
        ("x-http-method-override", "DELETE"),
        ("x-original-url", "/api/v1/users"),
        ("x-rewrite-url", "/api/v1/users"),
    ] {
        let reply =
            tried.send(name, scene.api, viewer.ask("GET", "/api/v1/status").with(name, value), &[200]);
        tried.hold(!reply.holds("adam"), format!("{name} leads elsewhere"));
    }
    Ok(tried)
}

/// Routes of the OpenAPI document, and others, with the wanted methods; path parameters are filled in.
pub fn routes(scene: &Scene, wanted: fn(&str) -> bool) -> Result<Vec<(String, String)>> {
    let document = scene.api.ask(Ask::get("/openapi.json"))?.json();
    let paths = document["paths"].as_object().context("no document of the API")?;
    let of_path = |(path, methods): (&String, &Value)| -> Vec<(String, String)> {
        let methods = methods.as_object().into_iter().flatten().map(|(method, _)| method.to_uppercase());
        methods.filter(|method| wanted(method)).map(|method| (method, path.clone())).collect()
    };
    let more = MORE.iter().map(|(method, path)| ((*method).to_owned(), (*path).to_owned()));
    let mut all: Vec<_> = paths.iter().flat_map(of_path).chain(more).collect();
    // Routes for everyone, or for every logged-in user, have other cases.
    all.retain(|(_, path)| {
        !["/api/v1/login", "/api/v1/logout", "/api/v1/me/password", "/api/v1/alerts/ack-link"]
            .contains(&path.as_str())
    });
    for (_, path) in &mut all {
        *path = path.replace("{trace_id}", "00000000000000000000000000000001");
        while let (Some(begin), Some(end)) = (path.find('{'), path.find('}')) {
            path.replace_range(begin..=end, "x");
        }
    }
    all.sort();
    all.dedup();
    Ok(all)
}

/// The other project's data, by everything that names it.
pub fn projects(scene: &Scene) -> Result<Tried> {
    let mut tried = Tried::new("another project's data: by id, filter, header, cookie, export");
    let (_, key) = scene.key(&["--scope", "read", "--project", "shop"])?;
    let sven = scene.login("sven")?;
    let (theirs, secret) = (TRACES[0], SECRETS[0]);
    let gone = [
        format!("/api/v1/traces/{theirs}"),
        format!("/api/v1/traces/{theirs}/spans/{}", &theirs[..16]),
        format!("/api/v1/traces/{theirs}/agents"),
        format!("/api/v1/traces/{theirs}/outline"),
        format!("/api/v1/traces/{theirs}/graph"),
        format!("/api/v1/traces/{theirs}/search?q=meerkat"),
        format!("/api/v1/sessions/talk-{theirs}"),
    ];
    let lists = [
        format!("/api/v1/traces?q=service:{secret}"),
        "/api/v1/traces".to_owned(),
        "/api/v1/traces?q=meerkat".to_owned(),
        "/api/v1/sessions".to_owned(),
        "/api/v1/facets?field=service".to_owned(),
        "/api/v1/map".to_owned(),
        "/api/v1/agents".to_owned(),
        "/api/v1/usage?group_by=service".to_owned(),
        "/api/v1/events".to_owned(),
        "/api/v1/export/traces?format=jsonl".to_owned(),
        "/api/v1/export/traces?format=csv".to_owned(),
        "/metrics".to_owned(),
    ];
    let as_key = |path: &str| Ask::get(path).key(&key);
    let as_user = |path: &str| Ask::get(path).session(&sven);
    let ways: [&dyn Fn(&str) -> Ask; 2] = [&as_key, &as_user];
    for way in ways {
        let own = tried.send("control", scene.api, way(&format!("/api/v1/traces/{}", TRACES[1])), &[200]);
        tried.hold(own.holds(SECRETS[1]), "the own trace is not shown");
        for path in gone.iter().chain(&lists) {
            for (dressed, extra) in dressed(way(path)) {
                let reply = tried.send(&format!("{path} {extra}"), scene.api, dressed, &[200, 400, 403, 404]);
                tried.hold(!reply.holds(secret), format!("{path} {extra} tells what is default's"));
                let listed = lists.contains(path);
                tried.hold(listed || reply.status != 200, format!("{path} {extra} is answered"));
            }
        }
    }
    tried.tried(!write_across(scene, &key)?, "a key of shop put a trace into default");
    Ok(tried)
}

/// A request that names the other project in every possible way.
fn dressed(ask: Ask) -> Vec<(Ask, &'static str)> {
    vec![
        (ask.clone(), "plain"),
        (ask.clone().with("quipu-project", "default"), "by header"),
        (ask.clone().with("quipu-project", "../default"), "by a path in the header"),
        (ask.clone().with("cookie", "quipu_project=default"), "by cookie"),
        (ask.clone().with("x-quipu-project", "default").with("x-scope-orgid", "default"), "by other headers"),
        (ask.with("quipu-project", "shop").with("quipu-project", "default"), "by two headers"),
    ]
}

/// Whether a sender of shop reaches default.
fn write_across(scene: &Scene, reader: &str) -> Result<bool> {
    let (_, sender) = scene.key(&["--scope", "ingest", "--project", "shop"])?;
    let (_, admin) = scene.key(&["--scope", "admin", "--all-projects"])?;
    let trace = "2cf7651916cd43dd8448eb211c80319e";
    for wire in [scene.otlp, scene.api] {
        let ask = || Ask::post("/v1/traces", &span(trace, "across", "across"));
        wire.ask(ask().key(&sender).with("quipu-project", "default"))?;
        wire.ask(ask().key(&sender).with("cookie", "quipu_project=default"))?;
        wire.ask(ask().key(reader))?;
    }
    let look = Ask::get(&format!("/api/v1/traces/{trace}")).key(&admin).with("quipu-project", "default");
    Ok(scene.api.ask(look)?.status == 200)
}

/// The live feed of another project, and of no project.
pub fn feed(scene: &Scene) -> Result<Tried> {
    let mut tried = Tried::new("another project's live feed by WebSocket");
    let (_, key) = scene.key(&["--scope", "read", "--project", "shop"])?;
    let live = |query: &str| Ask::get(&format!("/api/v1/live{query}"));
    let open = |tried: &mut Tried, what: &str, wire: Wire, ask: Ask, allowed: &[u16]| {
        tried.send(what, wire, upgrading(ask), allowed);
    };
    open(&mut tried, "nobody", scene.api, live(""), &[401]);
    open(&mut tried, "in the URL", scene.api, live(&format!("?key={key}")), &[401]);
    let protocol = live("").with("sec-websocket-protocol", &key);
    open(&mut tried, "as a protocol", scene.api, protocol, &[401]);
    let named = live("").key(&key).with("quipu-project", "default");
    open(&mut tried, "by header", scene.api, named, &[403]);
    let sven = scene.login("sven")?;
    let foreign = live("").with("cookie", &sven).with("origin", "http://evil.test");
    open(&mut tried, "a foreign page", scene.api, foreign, &[403]);
    let unsaid = live("").with("cookie", &sven);
    open(&mut tried, "a page that does not say", scene.api, unsaid, &[403]);
    for project in ["default", "shop"] {
        let name = format!("seen-in-{project}");
        let mut watch = scene.api.watch(live("").key(&key).with("cookie", "quipu_project=default"))?;
        watch.wait_for("hello")?;
        // Traces of their own each time: a span that has ended is final.
        for (into, trace) in
            [("default", "3df7651916cd43dd8448eb211c8031"), ("shop", "4ef7651916cd43dd8448eb211c8031")]
        {
            let (_, sender) = scene.key(&["--scope", "ingest", "--project", into])?;
            let trace = format!("{trace}{:02x}", project.len());
            let sent = span(&trace, &format!("{name}-of-{into}"), "x");
            tried.send("a trace", scene.otlp, Ask::post("/v1/traces", &sent).key(&sender), &[200]);
        }
        watch.wait_for(&format!("{name}-of-shop"))?;
        tried.hold(!watch.saw(&format!("{name}-of-default")), "the feed of shop tells of default");
    }
    Ok(tried)
}
