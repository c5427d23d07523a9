//! Tests of sessions: begin, use, end, and pages of other origins.

use quipu_core::Clock as _;
use serde_json::json;

use crate::house::{House, PASSWORD, until};

async fn reads(house: &House, cookie: &str) -> bool {
    house.ask("GET", "/api/v1/traces").header("cookie", cookie).await.status == 200
}

#[tokio::test]
async fn the_cookie_is_strict() {
    let house = House::new();
    house.user("ada", &["viewer"]);
    let login = || house.ask("POST", "/api/v1/login").json(json!({"name": "Ada", "password": PASSWORD}));
    let plain = login().await;
    assert_eq!(plain.status, 204);
    let [cookie] = &plain.set_cookies()[..] else { panic!("one cookie") };
    assert!(cookie.starts_with("quipu=") && !cookie.contains("Secure"), "{cookie}");
    let secure = login().over_tls().await;
    let [cookie] = &secure.set_cookies()[..] else { panic!("one cookie") };
    assert!(cookie.starts_with("__Host-quipu="), "{cookie}");
    assert!(cookie.ends_with("; Path=/; HttpOnly; SameSite=Strict; Max-Age=604800; Secure"), "{cookie}");
    assert_eq!(secure.headers["cache-control"], "no-store");
    // Behind an unknown proxy, the page's origin still shows that it was loaded over TLS.
    let proxied = login().header("host", "quipu.test").header("origin", "https://quipu.test").await;
    assert!(proxied.cookie().starts_with("__Host-quipu="));
    assert!(reads(&house, &proxied.cookie()).await);
}

#[tokio::test]
async fn over_tls_a_cookie_that_any_host_could_plant_is_nothing() {
    let house = House::new();
    house.user("mallory", &["viewer"]);
    let planted = house.session("mallory").await;
    let answer = house.ask("GET", "/api/v1/traces").over_tls().header("cookie", &planted).await;
    assert_eq!(answer.status, 401);
}

#[tokio::test]
async fn a_login_always_begins_a_new_session_and_ends_the_one_before() {
    let house = House::new();
    house.user("ada", &["viewer"]);
    let login = json!({"name": "ada", "password": PASSWORD});
    let fixed = "quipu=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    let answer = house.ask("POST", "/api/v1/login").header("cookie", fixed).json(login.clone()).await;
    assert_ne!(answer.cookie(), fixed);
    assert!(!reads(&house, fixed).await && reads(&house, &answer.cookie()).await);
    let again = house.ask("POST", "/api/v1/login").header("cookie", &answer.cookie()).json(login).await;
    assert!(!reads(&house, &answer.cookie()).await && reads(&house, &again.cookie()).await);
}

#[tokio::test]
async fn logging_out_ends_the_session_wherever_its_cookie_is() {
    let house = House::new();
    house.user("ada", &["viewer"]);
    let (one, other) = (house.session("ada").await, house.session("ada").await);
    let answer = house.ask("POST", "/api/v1/logout").page(&one).await;
    assert_eq!(answer.status, 204);
    assert!(answer.set_cookies().iter().all(|cookie| cookie.contains("Max-Age=0")));
    assert!(!reads(&house, &one).await && reads(&house, &other).await);
    assert_eq!(house.ask("POST", "/api/v1/logout").await.status, 204);
}

#[tokio::test]
async fn a_session_ends_when_it_idles_and_after_a_week_whatever_it_does() {
    let house = House::new();
    house.user("ada", &["viewer"]);
    let idle = house.session("ada").await;
    house.clock.pass(12 * 3_600);
    assert!(!reads(&house, &idle).await);
    let busy = house.session("ada").await;
    for hour in 0..7 * 24 {
        assert!(reads(&house, &busy).await, "hour {hour}");
        noted(&house).await;
        house.clock.pass(3_600);
    }
    assert!(!reads(&house, &busy).await);
}

/// Waits until the last use of the only session is written; the write runs in parallel to the request.
async fn noted(house: &House) {
    let conn = rusqlite::Connection::open(house.folder.path().join(quipu_access::FILE)).unwrap();
    let seen = || conn.query_row("SELECT max(seen) FROM session", [], |row| row.get::<_, i64>(0)).unwrap();
    until(|| (seen() == house.clock.now().nanos()).then_some(())).await;
}

#[tokio::test]
async fn a_new_password_ends_every_other_session() {
    let house = House::new();
    house.user("ada", &["viewer"]);
    let (one, other) = (house.session("ada").await, house.session("ada").await);
    let change = async |old: &str, new: &str| {
        house.ask("POST", "/api/v1/me/password").page(&one).json(json!({"old": old, "new": new})).await
    };
    assert_eq!(change("wrong password!", "a new passphrase").await.status, 401);
    let weak = change(PASSWORD, "short").await;
    assert!(weak.status == 400 && weak.text.contains("12 to 128"), "{}", weak.text);
    let answer = change(PASSWORD, "a new passphrase").await;
    assert_eq!(answer.status, 204);
    assert!(reads(&house, &answer.cookie()).await);
    assert!(!reads(&house, &one).await && !reads(&house, &other).await);
    let old = house.ask("POST", "/api/v1/login").json(json!({"name": "ada", "password": PASSWORD})).await;
    assert_eq!(old.status, 401);
}

#[tokio::test]
async fn a_key_has_no_password_to_change() {
    let house = House::new();
    let key = house.key("admin", None);
    let body = json!({"old": PASSWORD, "new": "a new passphrase"});
    assert_eq!(house.ask("POST", "/api/v1/me/password").key(&key).json(body).await.status, 403);
}

#[tokio::test]
async fn whoever_is_disabled_or_removed_is_out_at_the_next_request() {
    let house = House::new();
    for name in ["ada", "bob"] {
        house.user(name, &["viewer"]);
    }
    let (ada, bob) = (house.session("ada").await, house.session("bob").await);
    let change = quipu_access::UserChange { disabled: Some(true), ..Default::default() };
    house.elsewhere().change_user("ada", &change).unwrap();
    house.elsewhere().remove_user("bob").unwrap();
    assert!(!reads(&house, &ada).await && !reads(&house, &bob).await);
    let answer = house.ask("POST", "/api/v1/login").json(json!({"name": "ada", "password": PASSWORD})).await;
    assert_eq!(answer.status, 401);
    // After the user is enabled again, the old cookie stays invalid.
    let change = quipu_access::UserChange { disabled: Some(false), ..Default::default() };
    house.elsewhere().change_user("ada", &change).unwrap();
    assert!(!reads(&house, &ada).await);
}

#[tokio::test]
async fn roles_that_change_hold_at_the_next_request() {
    let house = House::new();
    house.user("ada", &["viewer"]);
    let ada = house.session("ada").await;
    let put = async || house.ask("PUT", "/api/v1/views/x").page(&ada).await.status.as_u16();
    assert_eq!(put().await, 403);
    let roles = quipu_access::Roles::parse(["editor"]).unwrap();
    let change = quipu_access::UserChange { roles: Some(roles), ..Default::default() };
    house.elsewhere().change_user("ada", &change).unwrap();
    assert_eq!(put().await, 200);
}

#[tokio::test]
async fn pages_of_other_origins_change_nothing_and_watch_nothing() {
    let house = House::new();
    house.user("ada", &["admin"]);
    let ada = house.session("ada").await;
    for (name, value, status) in [
        ("origin", "http://evil.test", 403),
        ("origin", "null", 403),
        ("origin", "https://quipu.test:8443", 403),
        ("sec-fetch-site", "cross-site", 403),
        ("sec-fetch-site", "same-site", 403),
        ("x-nothing", "said", 403),
        ("origin", "http://quipu.test", 200),
        ("sec-fetch-site", "same-origin", 200),
    ] {
        let ask = |method: &str, path: &str| {
            house.ask(method, path).header("host", "quipu.test").header("cookie", &ada).header(name, value)
        };
        assert_eq!(ask("PUT", "/api/v1/views/x").await.status, status, "{name}: {value}");
        let socket = ask("GET", "/api/v1/live").header("upgrade", "websocket").await;
        assert_eq!(socket.status, status, "live, {name}: {value}");
    }
    // Such pages cannot log a user in or out either.
    let body = json!({"name": "ada", "password": PASSWORD});
    let login = house.ask("POST", "/api/v1/login").header("sec-fetch-site", "cross-site").json(body).await;
    assert_eq!(login.status, 403);
    let logout = house
        .ask("POST", "/api/v1/logout")
        .header("sec-fetch-site", "cross-site")
        .header("cookie", &ada)
        .await;
    assert_eq!(logout.status, 403);
    assert!(reads(&house, &ada).await);
    // A form cannot send the content type JSON.
    let form = house.ask("POST", "/api/v1/login").header("content-type", "text/plain").await;
    assert_eq!(form.status, 415);
}

#[tokio::test]
async fn browsers_are_told_to_stay_with_tls_where_the_name_is_the_servers_own() {
    let house = House::new();
    let ask = async |host: &str, tls: bool| {
        let ask = house.ask("GET", "/healthz").header("host", host);
        if tls { ask.over_tls().await } else { ask.await }.headers.contains_key("strict-transport-security")
    };
    for host in ["quipu.example.org", "quipu", "QUIPU:8443", "quipu.internal.:8443"] {
        assert!(ask(host, true).await, "{host}");
    }
    let not = [
        ("quipu.example.org", false),
        ("localhost:8080", true),
        ("app.localhost", true),
        ("LOCALHOST.", true),
        ("10.0.0.1:8080", true),
        ("[2001:db8::1]:8443", true),
    ];
    for (host, tls) in not {
        assert!(!ask(host, tls).await, "{host}");
    }
}

#[tokio::test]
async fn what_outlives_its_request_can_ask_whether_its_principal_is_still_let_in() {
    let house = House::new();
    house.user("ada", &["viewer"]);
    let cookie = house.session("ada").await;
    let ada = house.grantee(&cookie).await;
    assert!(house.access.still_knows(&ada, "default") && house.access.still_knows(&ada, "shop"));
    // The present roles apply.
    for (roles, default, shop) in
        [(["shop:editor"], false, true), (["default:viewer"], true, false), (["viewer"], true, true)]
    {
        let roles = Some(quipu_access::Roles::parse(roles).unwrap());
        let change = quipu_access::UserChange { roles, ..Default::default() };
        house.elsewhere().change_user("ada", &change).unwrap();
        let knows = ["default", "shop"].map(|project| house.access.still_knows(&ada, project));
        assert_eq!(knows, [default, shop]);
    }
    house.ask("POST", "/api/v1/logout").page(&cookie).await;
    assert!(!house.access.still_knows(&ada, "default"));
}
