//! Attacks on sessions: planted or stolen sessions, and guessed passwords.

use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use serde_json::json;

use super::scene::{PASSWORD, Scene};
use super::tried::Tried;
use super::wire::{Ask, Reply};
use crate::integration::Bench;

const TARGET: &str = "/api/v1/traces";
/// Logins of each kind whose times are compared.
const TIMED: usize = 24;
/// Limit between the medians; an unchecked password takes a hundredth of the time.
const RATIO: f64 = 2.0;

/// A session that an attacker chose or copied.
pub fn theft(scene: &Scene) -> Result<Tried> {
    let mut tried = Tried::new("session fixation, and theft after logout, password change, disabling");
    let look = |cookie: &str| Ask::get(TARGET).with("cookie", cookie);
    for planted in ["quipu=planted", "quipu=", "__Host-quipu=planted", "quipu=../../x", "quipu=%00"] {
        tried.send(planted, scene.api, look(planted), &[401]);
        let login = Ask::post("/api/v1/login", &json!({"name": "vera", "password": PASSWORD}));
        let reply = tried.send("login with it", scene.api, login.with("cookie", planted), &[204]);
        tried
            .hold(reply.cookie().is_some_and(|cookie| cookie != planted), "the login kept a planted session");
        tried.send("the planted one after it", scene.api, look(planted), &[401]);
    }
    let first = scene.login("vera")?;
    let second = Ask::post("/api/v1/login", &json!({"name": "vera", "password": PASSWORD}));
    let second = tried.send("login over a session", scene.api, second.session(&first), &[204]);
    let second = second.cookie().context("no cookie")?;
    tried.send("the session before", scene.api, look(&first), &[401]);
    tried.send("control", scene.api, look(&second), &[200]);
    tried.send("logout", scene.api, Ask::new("POST", "/api/v1/logout").session(&second), &[204]);
    tried.send("after logout", scene.api, look(&second), &[401]);
    let (stolen, own) = (scene.login("edda")?, scene.login("edda")?);
    let change = json!({"old": PASSWORD, "new": "another-horse-battery"});
    let change = Ask::post("/api/v1/me/password", &change).session(&own);
    let own_again = tried.send("a new password", scene.api, change, &[204]).cookie().context("no cookie")?;
    tried.send("stolen before it", scene.api, look(&stolen), &[401]);
    tried.send("own of before", scene.api, look(&own), &[401]);
    let admin = scene.login("adam")?;
    let patch = |body| Ask::new("PATCH", "/api/v1/users/edda").json(&body).session(&admin);
    let back = json!({"old": "another-horse-battery", "new": PASSWORD});
    let back = Ask::post("/api/v1/me/password", &back).session(&own_again);
    tried.send("the password of before", scene.api, back, &[204]);
    let session = scene.login("edda")?;
    tried.send("disabling", scene.api, patch(json!({"disabled": true})), &[200, 204]);
    tried.send("disabled", scene.api, look(&session), &[401]);
    tried.send("enabling", scene.api, patch(json!({"disabled": false})), &[200, 204]);
    tried.send("the session of before", scene.api, look(&session), &[401]);
    Ok(tried)
}

/// A password is the text that was set, not one like it (ASVS 5.0, 6.2.8).
pub fn exact(bench: &Bench) -> Result<Tried> {
    let mut tried = Tried::new("passwords that are nearly right: case, cut, padded, composed otherwise");
    let scene = behind_proxy(bench)?;
    let admin = scene.login("adam")?;
    let password = format!(" Gr\u{fc}\u{df}e und mehr\u{0} {} ", "lang".repeat(20));
    let user = json!({"name": "ursa", "password": password, "roles": {"*": "viewer"}});
    tried.send("a user", scene.api, Ask::post("/api/v1/users", &user).session(&admin), &[200, 201]);
    let near = [
        password.to_lowercase(),
        password.trim().to_owned(),
        password.chars().take(72).collect(),
        password.split('\u{0}').next().unwrap_or_default().to_owned(),
        password.replace('\u{fc}', "u\u{308}"),
        password.replace('\u{df}', "ss"),
        format!("{password} "),
    ];
    for (at, text) in near.iter().enumerate() {
        tried.judge(&format!("variant {at}"), from(&scene, at, "ursa", text), &[401, 429]);
    }
    // Failed variants delay the user; the right password works after the delay.
    let right = || from(&scene, 99, "ursa", &password).ok().filter(|reply| reply.status != 429);
    let reply = crate::shell::poll(Duration::from_secs(60), right).context("the user waits for ever")?;
    tried.judge("as it was set", Ok(reply), &[204]);
    Ok(tried)
}

/// Many passwords for one user, and one for many.
pub fn guessing(bench: &Bench) -> Result<Tried> {
    let mut tried = Tried::new("brute force of logins: one user, many users, X-Forwarded-For, in parallel");
    let scene = Scene::guarded(bench, "[access]\nmode = \"required\"\n", &[])?;
    let mut looked_at = 0;
    let mut told = true;
    let guess = |at: usize| {
        let login =
            Ask::post("/api/v1/login", &json!({"name": "vera", "password": format!("guess-{at:08}")}));
        login.with("x-forwarded-for", &format!("203.0.113.{at}"))
    };
    for at in 0..40 {
        let reply = tried.send("a guess", scene.api, guess(at), &[401, 429]);
        looked_at += usize::from(reply.status == 401);
        told &= reply.status != 429 || reply.header("retry-after").is_some_and(|wait| wait != "0");
    }
    tried.hold(looked_at < 20, format!("{looked_at} of 40 guesses were looked at"));
    tried.hold(told, "429 without Retry-After");
    let spread = |at: usize| {
        scene.api.ask(Ask::post(
            "/api/v1/login",
            &json!({"name": format!("user{at}"), "password": "Spring-2026-now"}),
        ))
    };
    let mut sprayed = 0;
    std::thread::scope(|scope| {
        let all: Vec<_> = (0..60).map(|at| scope.spawn(move || spread(at))).collect();
        for reply in all.into_iter().flat_map(std::thread::ScopedJoinHandle::join) {
            sprayed += usize::from(tried.judge("spraying", reply, &[401, 429]).status == 401);
        }
    });
    tried.hold(sprayed < 30, format!("{sprayed} of 60 sprayed logins were looked at"));
    // On a slow machine the wait is over by now; another guess begins it anew.
    tried.send("a guess", scene.api, guess(40), &[401, 429]);
    let right = scene.try_login("vera", PASSWORD);
    tried.judge("the right one while waiting", right, &[429]);
    let text = format!("{looked_at} of 40 and {sprayed} of 60 were looked at, the others had to wait");
    Ok(tried.told(text))
}

/// Whether there is a user, by words or by time.
pub fn enumeration(bench: &Bench) -> Result<Tried> {
    let mut tried = Tried::new("user enumeration by answer and by time");
    let scene = behind_proxy(bench)?;
    let (mut known, mut unknown) = (Vec::new(), Vec::new());
    let mut words = Vec::new();
    for at in 0..TIMED {
        // A right password now and then lets the user begin anew, so that no wait is measured.
        if at % 4 == 0 {
            tried.judge("control", from(&scene, 200 + at / 4, "vera", PASSWORD), &[204]);
        }
        for (name, times) in [("vera".to_owned(), &mut known), (format!("nobody{at}"), &mut unknown)] {
            let begin = Instant::now();
            let reply = tried.judge(
                &name,
                from(&scene, at * 2 + usize::from(name != "vera"), &name, "wrong-wrong-wrong"),
                &[401],
            );
            times.push(begin.elapsed());
            words.push((
                reply.body,
                reply.headers.into_iter().filter(|(name, _)| name != "date").collect::<Vec<_>>(),
            ));
        }
    }
    words.dedup();
    tried.hold(words.len() == 1, format!("{} different answers", words.len()));
    let (known, unknown) = (median(known), median(unknown));
    let ratio = known.max(unknown) / known.min(unknown).max(f64::EPSILON);
    tried.hold(ratio < RATIO, format!("{known:.1} ms if there is the user, {unknown:.1} ms if not"));
    Ok(tried.told(format!("one and the same answer; medians {known:.1} and {unknown:.1} ms")))
}

fn median(mut times: Vec<Duration>) -> f64 {
    times.sort_unstable();
    times.get(times.len() / 2).map_or(0.0, |time| time.as_secs_f64() * 1e3)
}

/// A server that trusts the client address in the header of our proxy.
fn behind_proxy(bench: &Bench) -> Result<Scene> {
    Scene::guarded(bench, "[access]\nmode = \"required\"\ntrusted_proxies = [\"127.0.0.1/32\"]\n", &[])
}

fn from(scene: &Scene, at: usize, name: &str, password: &str) -> Result<Reply> {
    let login = Ask::post("/api/v1/login", &json!({"name": name, "password": password}));
    scene.api.ask(login.with("x-forwarded-for", &format!("198.51.{}.{}", at / 250, at % 250 + 1)))
}
