//! Tests of OpenID Connect logins, against the small issuer of `quipu-oidc`'s tests.

use quipu_access::AccessConfig;
use quipu_audit::Outcome;
use quipu_oidc::{Begun, OidcConfig};
use serde_json::json;

use crate::house::{Answer, House};
use crate::issuer::{BACK, Issuer, query};
use crate::sign::Key;

async fn open() -> (Issuer, House) {
    open_to(&[("admins", "admin"), ("*", "viewer")]).await
}

async fn open_to(groups: &[(&str, &str)]) -> (Issuer, House) {
    let issuer = Issuer::start(Key::ec()).await;
    let roles = groups.iter().map(|(group, role)| ((*group).into(), (*role).into())).collect();
    let settings = OidcConfig { redirect_url: Some(BACK.into()), roles, ..issuer.config() };
    let house = House::with(AccessConfig { oidc: Some(settings), ..AccessConfig::default() });
    assert!(house.access.settle(&["0.0.0.0:0".parse().unwrap()], false).unwrap());
    (issuer, house)
}

/// Begins a login: returns its cookie and the parameters of the callback.
async fn go(issuer: &Issuer, house: &House) -> (String, String) {
    let out = house.ask("GET", "/api/v1/login/oidc").await;
    assert_eq!(out.status, 303, "{}", out.text);
    let [cookie] = &out.set_cookies()[..] else { panic!("one cookie") };
    assert!(
        cookie.starts_with("quipu-login=")
            && cookie.ends_with("; Path=/; HttpOnly; SameSite=Lax; Max-Age=600")
    );
    let url = out.headers["location"].to_str().unwrap().to_owned();
    let state = query(&url)["state"].clone();
    let begun = Begun { url, state: state.clone(), nonce: String::new(), verifier: String::new() };
    (out.cookie(), format!("code={}&state={state}", issuer.approve(&begun)))
}

async fn back(house: &House, cookie: &str, with: &str) -> Answer {
    house.ask("GET", &format!("/api/v1/login/oidc/callback?{with}")).header("cookie", cookie).await
}

/// Logs in and returns the user's name in the register.
async fn come_in(issuer: &Issuer, house: &House) -> String {
    let (cookie, with) = go(issuer, house).await;
    let answer = back(house, &cookie, &with).await;
    assert_eq!(place(&answer), "/");
    let me = house.ask("GET", "/api/v1/me").header("cookie", &answer.cookie()).await.json;
    me["principal"]["id"].as_str().unwrap().to_owned()
}

fn place(answer: &Answer) -> &str {
    assert_eq!(answer.status, 303, "{}", answer.text);
    answer.headers["location"].to_str().unwrap()
}

#[tokio::test]
async fn whoever_the_issuer_vouches_for_is_in_with_the_roles_of_their_groups() {
    let (issuer, house) = open().await;
    let (cookie, with) = go(&issuer, &house).await;
    let answer = back(&house, &cookie, &with).await;
    assert_eq!(place(&answer), "/");
    let session = answer.cookie();
    let me = house.ask("GET", "/api/v1/me").header("cookie", &session).await.json;
    assert_eq!((&me["principal"]["id"], &me["everywhere"]), (&json!("ada@example.com"), &json!(true)));
    // The answer removes the login cookie, and each login can return only once.
    assert!(answer.set_cookies().iter().any(|cookie| cookie.starts_with("quipu-login=;")));
    assert_eq!(place(&back(&house, &cookie, &with).await), "/login?error=expired");
    // Each login applies the present groups.
    issuer.change(|plan| plan.claims = json!({"groups": []}));
    let (cookie, with) = go(&issuer, &house).await;
    assert_eq!(place(&back(&house, &cookie, &with).await), "/");
    let me = house.ask("GET", "/api/v1/me").header("cookie", &session).await.json;
    assert_eq!((&me["roles"]["default"], &me["everywhere"]), (&json!("viewer"), &json!(false)));
    assert_eq!(house.elsewhere().users().unwrap().len(), 1);
}

#[tokio::test]
async fn what_another_browser_began_or_nobody_did_is_refused() {
    let (issuer, house) = open().await;
    let (mine, with_mine) = go(&issuer, &house).await;
    let (theirs, with_theirs) = go(&issuer, &house).await;
    assert_eq!(place(&back(&house, "", &with_mine).await), "/login?error=expired");
    assert_eq!(place(&back(&house, "quipu-login=x", &with_mine).await), "/login?error=expired");
    // A browser cannot finish a login that a stranger began.
    assert_eq!(place(&back(&house, &mine, &with_theirs).await), "/login?error=denied");
    assert_eq!(place(&back(&house, &theirs, "error=access_denied").await), "/login?error=denied");
    let (late, with_late) = go(&issuer, &house).await;
    house.clock.pass(600);
    assert_eq!(place(&back(&house, &late, &with_late).await), "/login?error=expired");
    let entries = house.entries().await;
    assert_eq!(entries.len(), 5);
    assert!(entries.iter().all(|entry| entry.outcome == Outcome::Failed && entry.detail["by"] == "oidc"));
    assert!(house.elsewhere().users().unwrap().is_empty());
}

#[tokio::test]
async fn a_name_that_a_user_has_is_not_handed_over_and_its_namesake_gets_in() {
    let (issuer, house) = open().await;
    house.user("ada@example.com", &["admin"]);
    issuer.change(|plan| plan.claims = json!({"groups": []}));
    let id = come_in(&issuer, &house).await;
    let digits = id.strip_prefix("ada@example.com-").unwrap();
    assert!(digits.len() == 8 && digits.bytes().all(|byte| byte.is_ascii_hexdigit()), "{id}");
    // The same identity keeps its name, and the other user keeps its roles.
    assert_eq!(come_in(&issuer, &house).await, id);
    let roles = |name: &str| house.elsewhere().user(name).unwrap().roles.to_string();
    assert_eq!((roles("ada@example.com"), roles(&id)), ("admin".into(), "viewer".into()));
    assert!(!house.elsewhere().user("ada@example.com").unwrap().oidc);
    // A user who took that name on purpose does not block the login.
    house.elsewhere().remove_user(&id).unwrap();
    house.user(&id, &["viewer"]);
    let longer = come_in(&issuer, &house).await;
    assert!(longer.len() <= 64 && longer.starts_with(&id), "{longer}");
}

#[tokio::test]
async fn people_of_one_name_of_other_scripts_and_of_long_addresses_get_in_each_as_themselves() {
    let (issuer, house) = open().await;
    let long = format!("{}@example.com", "x".repeat(80));
    let mut ids = Vec::new();
    for (subject, name) in [("1", "Ada"), ("2", "ada"), ("3", "山田"), ("4", "鈴木"), ("5", &long)] {
        let claims = json!({"sub": subject, "preferred_username": name, "email_verified": false});
        issuer.change(|plan| plan.claims = claims);
        ids.push(come_in(&issuer, &house).await);
    }
    assert_eq!(ids[0], "ada");
    assert!(ids[1].starts_with("ada-") && ids[2].starts_with("user-") && ids[4].starts_with("xxx"));
    assert_eq!(house.elsewhere().users().unwrap().len(), 5);
}

#[tokio::test]
async fn somebody_new_without_a_role_is_refused_and_not_kept() {
    let (issuer, house) = open_to(&[("admins", "admin")]).await;
    issuer.change(|plan| plan.claims = json!({"groups": ["people"]}));
    let (cookie, with) = go(&issuer, &house).await;
    assert_eq!(place(&back(&house, &cookie, &with).await), "/login?error=denied");
    assert!(house.elsewhere().users().unwrap().is_empty());
    let entries = house.entries().await;
    assert_eq!(entries[0].detail["reason"], "ada is new here and has no role");
    // A known user who loses the last group stays in the register but cannot log in.
    issuer.change(|plan| plan.claims = json!({}));
    come_in(&issuer, &house).await;
    issuer.change(|plan| plan.claims = json!({"groups": []}));
    let (cookie, with) = go(&issuer, &house).await;
    assert_eq!(place(&back(&house, &cookie, &with).await), "/login?error=denied");
    assert!(house.elsewhere().user("ada@example.com").unwrap().roles.is_empty());
}

#[tokio::test]
async fn disabled_stays_disabled() {
    let (issuer, house) = open().await;
    let id = come_in(&issuer, &house).await;
    let change = quipu_access::UserChange { disabled: Some(true), ..Default::default() };
    house.elsewhere().change_user(&id, &change).unwrap();
    let (cookie, with) = go(&issuer, &house).await;
    assert_eq!(place(&back(&house, &cookie, &with).await), "/login?error=denied");
}

#[tokio::test]
async fn without_an_issuer_there_is_no_such_login() {
    let house = House::new();
    assert_eq!(house.ask("GET", "/api/v1/login/oidc").await.status, 404);
    assert_eq!(house.ask("GET", "/api/v1/login/oidc/callback?code=x").await.status, 404);
}

#[tokio::test]
async fn a_stranger_who_begins_many_logins_crowds_out_nobody_else() {
    let (issuer, house) = open().await;
    let (cookie, with) = go(&issuer, &house).await;
    for _ in 0..1_050 {
        assert_eq!(house.ask("GET", "/api/v1/login/oidc").from([203, 0, 113, 9]).await.status, 303);
    }
    assert_eq!(place(&back(&house, &cookie, &with).await), "/");
}

#[tokio::test]
async fn one_address_cannot_fill_the_audit_with_callbacks_of_no_login() {
    let (_issuer, house) = open().await;
    for _ in 0..30 {
        assert_eq!(place(&back(&house, "", "code=x&state=y").await), "/login?error=expired");
    }
    assert_eq!(house.entries().await.len(), 10);
}
