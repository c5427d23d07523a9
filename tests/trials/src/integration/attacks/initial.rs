//! Attacks with initial passwords: used for other actions than the change of the password (ASVS 5.0, 6.4.1).

use anyhow::{Context, Result};
use serde_json::{Value, json};

use super::roles::routes;
use super::scene::{PASSWORD, Scene};
use super::tried::Tried;
use super::wire::{Ask, upgrading};

/// Routes open to everyone.
const OPEN: [&str; 6] = [
    "/api/v1/me",
    "/api/v1/login/oidc",
    "/api/v1/login/oidc/callback",
    "/healthz",
    "/readyz",
    "/openapi.json",
];
const KIND: &str = "password-change-required";
const OWN: &str = "a passphrase of her own";

/// Every route for a user who did not change the initial password, and ways around the change.
pub fn kept(scene: &Scene) -> Result<Tried> {
    let mut tried = Tried::new("an initial password: every route before it is changed, the same one again");
    let admin = scene.login("adam")?;
    let user = json!({"name": "nina", "password": PASSWORD, "roles": {"*": "admin"}});
    tried.send("a user", scene.api, Ask::post("/api/v1/users", &user).session(&admin), &[201]);
    let (nina, other) = (scene.login("nina")?, scene.login("nina")?);
    refused(&mut tried, scene, &nina)?;
    let change = |cookie: &str, old: &str, new: &str| {
        Ask::post("/api/v1/me/password", &json!({"old": old, "new": new})).session(cookie)
    };
    tried.send("the same one again", scene.api, change(&nina, PASSWORD, PASSWORD), &[400]);
    tried.send("without the old one", scene.api, change(&nina, "", OWN), &[401]);
    let look = |cookie: &str| Ask::get("/api/v1/traces").session(cookie);
    blocked(&mut tried, scene, "after both", look(&nina));
    let reply = tried.send("changed", scene.api, change(&nina, PASSWORD, OWN), &[204]);
    let own = reply.cookie().context("no cookie")?;
    tried.send("control", scene.api, look(&own), &[200]);
    tried.send("the session of before", scene.api, look(&nina), &[401]);
    tried.send("the other one", scene.api, look(&other), &[401]);
    let anew = Ask::new("PATCH", "/api/v1/users/nina").json(&json!({"password": PASSWORD}));
    tried.send("set by an admin", scene.api, anew.session(&admin), &[200]);
    tried.send("her session then", scene.api, look(&own), &[401]);
    let again = scene.login("nina")?;
    blocked(&mut tried, scene, "by the new one", look(&again));
    let remove = Ask::new("DELETE", "/api/v1/users/nina").session(&admin);
    tried.send("removed", scene.api, remove, &[204]);
    Ok(tried)
}

/// All routes, the live feed, and the other ports that know sessions.
fn refused(tried: &mut Tried, scene: &Scene, cookie: &str) -> Result<()> {
    let me = tried.send("who she is", scene.api, Ask::get("/api/v1/me").session(cookie), &[200]).json();
    tried.hold(me["password_change_required"] == true, "it is not said that the password has to be changed");
    tried.hold(me["permissions"] == Value::Array(Vec::new()), format!("she may {}", me["permissions"]));
    let mut all = routes(scene, |_| true)?;
    all.retain(|(_, path)| !OPEN.contains(&path.as_str()));
    tried.hold(all.len() > 60, format!("{} routes", all.len()));
    for (method, path) in &all {
        let ask = Ask::new(method, path).session(cookie);
        let ask = if method == "GET" { ask } else { ask.json(&json!({})) };
        blocked(tried, scene, &format!("{method} {path}"), ask);
    }
    let feed = upgrading(Ask::get("/api/v1/live").session(cookie)).with("connection", "upgrade");
    blocked(tried, scene, "the live feed", feed);
    for (name, wire, ask) in [
        ("metrics", scene.metrics, Ask::get("/metrics")),
        ("OTLP", scene.otlp, Ask::post("/v1/traces", &json!({"resourceSpans": []}))),
    ] {
        let reply = tried.send(name, wire, ask.session(cookie), &[403]);
        tried.hold(reply.holds(KIND), format!("{name} does not say why"));
    }
    Ok(())
}

fn blocked(tried: &mut Tried, scene: &Scene, what: &str, ask: Ask) {
    let reply = tried.send(what, scene.api, ask, &[403]);
    tried.hold(reply.holds(KIND), format!("{what} does not say that it is for the password"));
}
