//! Tests of initial passwords, which another person chose for the user (OWASP ASVS 5.0, 6.4.1).

use quipu_access::{FILE, Gate, NewPassword, UserChange};
use quipu_audit::Outcome;
use serde_json::{Value, json};

use crate::house::{Answer, House, PASSWORD};

/// The user's own choice.
const OWN: &str = "a new passphrase";
const DAY: i64 = 24 * 3_600;

async fn login(house: &House, password: &str) -> Answer {
    house.ask("POST", "/api/v1/login").json(json!({"name": "ada", "password": password})).await
}

async fn change(house: &House, cookie: &str, old: &str, new: &str) -> Answer {
    house.ask("POST", "/api/v1/me/password").page(cookie).json(json!({"old": old, "new": new})).await
}

fn is_initial(answer: &Answer) {
    assert_eq!(answer.status, 403, "{}", answer.text);
    assert!(answer.json["type"].as_str().unwrap().ends_with("access.md#password-change-required"));
    assert!(answer.json["detail"].as_str().unwrap().contains("/api/v1/me/password"));
}

#[tokio::test]
async fn whoever_comes_by_one_may_change_it_and_nothing_else() {
    let house = House::new();
    house.new_user("ada", &["admin"]);
    let ada = house.session("ada").await;
    let me = house.ask("GET", "/api/v1/me").page(&ada).await;
    assert_eq!((&me.json["password_change_required"], &me.json["permissions"]), (&json!(true), &json!([])));
    assert_eq!(me.json["everywhere"], false);
    for (method, path) in [
        ("GET", "/api/v1/traces"),
        ("GET", "/api/v1/users"),
        ("GET", "/api/v1/live"),
        ("GET", "/api/v1/audit/export"),
        ("GET", "/api/v1/anything-new"),
        ("GET", "/metrics"),
        ("GET", "/v1/traces"),
        ("POST", "/v1/traces"),
        ("POST", "/api/v1/estimate"),
        ("PUT", "/api/v1/views/x"),
        ("PATCH", "/api/v1/users/ada"),
        ("POST", "/api/v1/keys"),
        ("GET", "/api/v1/me/password"),
        ("OPTIONS", "/api/v1/traces"),
    ] {
        is_initial(&house.ask(method, path).page(&ada).await);
        is_initial(&house.ask(method, path).page(&ada).header("quipu-project", "shop").await);
    }
    let socket = house.ask("GET", "/api/v1/live").page(&ada).header("upgrade", "websocket").await;
    is_initial(&socket);
    for gate in [Gate::Metrics, Gate::Ingest] {
        is_initial(&house.ask_gate(gate, "GET", "/x").page(&ada).await);
    }
    let grpc =
        house.ask_gate(Gate::Ingest, "POST", "/x").page(&ada).header("content-type", "application/grpc");
    assert_eq!(grpc.await.headers["grpc-status"], "7");
    // Open routes and logout remain available.
    for path in ["/", "/assets/app.js", "/healthz"] {
        assert_eq!(house.ask("GET", path).page(&ada).await.status, 200, "{path}");
    }
    assert_eq!(house.ask("POST", "/api/v1/logout").page(&ada).await.status, 204);
    assert_eq!(house.ask("GET", "/api/v1/traces").page(&ada).await.status, 401);
}

#[tokio::test]
async fn once_it_is_changed_the_user_is_in_and_other_sessions_are_not() {
    let house = House::new();
    house.new_user("ada", &["viewer"]);
    let (one, other) = (house.session("ada").await, house.session("ada").await);
    let same = change(&house, &one, PASSWORD, PASSWORD).await;
    assert!(same.status == 400 && same.text.contains("old one"), "{}", same.text);
    assert!(!same.text.contains(PASSWORD));
    assert_eq!(change(&house, &one, PASSWORD, "short").await.status, 400);
    assert_eq!(change(&house, &one, "not the old one", "not the old one").await.status, 401);
    is_initial(&house.ask("GET", "/api/v1/traces").page(&one).await);
    let changed = change(&house, &one, PASSWORD, OWN).await;
    assert_eq!(changed.status, 204, "{}", changed.text);
    let reads = async |cookie: &str| house.ask("GET", "/api/v1/traces").page(cookie).await.status.as_u16();
    let seen = [reads(&changed.cookie()).await, reads(&one).await, reads(&other).await];
    assert_eq!(seen, [200, 401, 401]);
    assert_eq!(
        (login(&house, OWN).await.status.as_u16(), login(&house, PASSWORD).await.status.as_u16()),
        (204, 401)
    );
    house.clock.pass(8 * DAY);
    assert_eq!(login(&house, OWN).await.status, 204);
}

#[tokio::test]
async fn after_seven_days_it_is_like_a_wrong_one_whether_it_was_used_or_not() {
    for used in [false, true] {
        let house = House::new();
        house.new_user("ada", &["viewer"]);
        house.clock.pass(7 * DAY - 1);
        if used {
            house.session("ada").await;
        }
        house.clock.pass(1);
        let (over, wrong) = (login(&house, PASSWORD).await, login(&house, "wrong").await);
        assert_eq!((over.status.as_u16(), &over.text), (401, &wrong.text));
        let entries = house.entries().await;
        let over = &entries[entries.len() - 2];
        assert_eq!((over.object.as_deref(), over.outcome), (Some("ada"), Outcome::Failed));
        assert_eq!(over.detail["reason"], "initial password expired");
        // A new initial password has its own seven days.
        let hash = quipu_access::HashedPassword::of_new(PASSWORD, "ada").unwrap();
        let anew = UserChange { password: Some(NewPassword::Initial(hash)), ..UserChange::default() };
        house.elsewhere().change_user("ada", &anew).unwrap();
        house.clock.pass(6 * DAY);
        assert_eq!(login(&house, PASSWORD).await.status, 204);
    }
}

#[tokio::test]
async fn who_came_in_in_time_may_still_change_it_afterwards() {
    let house = House::new();
    house.new_user("ada", &["viewer"]);
    house.clock.pass(7 * DAY - 60);
    let ada = house.session("ada").await;
    house.clock.pass(120);
    assert_eq!(change(&house, &ada, PASSWORD, OWN).await.status, 204);
    assert_eq!(login(&house, OWN).await.status, 204);
}

#[tokio::test]
async fn whatever_an_admin_sets_for_others_is_initial_and_for_oneself_is_not() {
    let house = House::new();
    house.user("root", &["admin"]);
    let root = house.session("root").await;
    let of = |list: &Value, name: &str| {
        let users = list["users"].as_array().unwrap();
        users.iter().find(|user| user["name"] == name).unwrap()["password_change_required"] == true
    };
    let list = async |cookie: &str| house.ask("GET", "/api/v1/users").page(cookie).await.json;
    let patch = async |cookie: &str, name: &str| {
        let path = format!("/api/v1/users/{name}");
        house.ask("PATCH", &path).page(cookie).json(json!({"password": "another passphrase"})).await
    };
    let body = json!({"name": "ada", "password": PASSWORD, "roles": {"*": "viewer"}});
    let made = house.ask("POST", "/api/v1/users").page(&root).json(body).await;
    assert_eq!((made.status.as_u16(), &made.json["password_change_required"]), (201, &json!(true)));
    assert_eq!(made.json["initial_password_ends_at"], "2027-01-22T08:00:00.000000000Z");
    let ada = house.session("ada").await;
    let ada = change(&house, &ada, PASSWORD, OWN).await.cookie();
    let now = list(&root).await;
    assert!(!of(&now, "ada") && !of(&now, "root"));
    assert_eq!(patch(&root, "ada").await.json["password_change_required"], true);
    assert_eq!(house.ask("GET", "/api/v1/traces").page(&ada).await.status, 401);
    assert!(of(&list(&root).await, "ada"));
    assert_eq!(patch(&root, "root").await.json["password_change_required"], false);
    let root = house
        .ask("POST", "/api/v1/login")
        .json(json!({"name": "root", "password": "another passphrase"}))
        .await;
    assert!(!of(&list(&root.cookie()).await, "root"));
    // A key has no user of its own.
    let key = house.key("admin", None);
    let body = json!({"password": PASSWORD});
    let set = house.ask("PATCH", "/api/v1/users/root").key(&key).json(body).await;
    assert_eq!(set.json["password_change_required"], true);
}

#[tokio::test]
async fn what_outlives_its_request_ends_with_a_password_of_somebody_else() {
    let house = House::new();
    house.new_user("ada", &["viewer"]);
    let cookie = house.session("ada").await;
    let changed = change(&house, &cookie, PASSWORD, OWN).await;
    let ada = house.grantee(&changed.cookie()).await;
    assert!(house.access.still_knows(&ada, "default"));
    let conn = rusqlite::Connection::open(house.folder.path().join(FILE)).unwrap();
    conn.execute("UPDATE user SET initial = 1", []).unwrap();
    assert!(!house.access.still_knows(&ada, "default"));
}

#[tokio::test]
async fn the_audit_says_who_came_by_one_what_was_refused_and_that_it_was_changed() {
    let house = House::new();
    house.new_user("ada", &["viewer"]);
    let ada = house.session("ada").await;
    house.ask("GET", "/api/v1/traces").page(&ada).await;
    change(&house, &ada, PASSWORD, PASSWORD).await;
    change(&house, &ada, PASSWORD, OWN).await;
    let entries = house.entries().await;
    let said: Vec<_> = entries
        .iter()
        .map(|entry| (entry.actor.to_string(), entry.action.as_str(), entry.outcome, json!(entry.detail)))
        .collect();
    let ada = || "user:ada".to_owned();
    let denied =
        json!({"request": "GET /api/v1/traces", "status": "403", "reason": "password-change-required"});
    assert_eq!(
        said,
        [
            (ada(), "login", Outcome::Done, json!({"by": "password", "password": "initial"})),
            (ada(), "denied", Outcome::Denied, denied),
            (ada(), "user.password", Outcome::Failed, json!({"status": "400"})),
            (ada(), "user.password", Outcome::Done, json!({"was": "initial"})),
        ]
    );
    assert!(!format!("{entries:?}").contains(PASSWORD));
}

/// The table of users in version 1.
const FIRST: &str = "
    DROP TABLE user;
    CREATE TABLE user (
        name TEXT PRIMARY KEY, password TEXT, issuer TEXT, subject TEXT, roles TEXT NOT NULL, disabled INTEGER NOT NULL DEFAULT 0,
        created INTEGER NOT NULL, seen INTEGER, UNIQUE (issuer, subject)
    ) STRICT;
    DROP TABLE fact;
    PRAGMA user_version = 1;";

#[tokio::test]
async fn users_of_a_register_of_an_older_build_come_in_as_before() {
    let mut house = House::new();
    house.new_user("ada", &["viewer"]);
    let conn = rusqlite::Connection::open(house.folder.path().join(FILE)).unwrap();
    let sql = "SELECT password, roles, created FROM user";
    let (password, roles, created): (String, String, i64) =
        conn.query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).unwrap();
    conn.execute_batch(FIRST).unwrap();
    let sql = "INSERT INTO user (name, password, roles, created) VALUES ('ada', ?, ?, ?)";
    conn.execute(sql, rusqlite::params![password, roles, created]).unwrap();
    drop(conn);
    house.start_anew();
    house.clock.pass(8 * DAY);
    let ada = house.session("ada").await;
    assert_eq!(house.ask("GET", "/api/v1/me").page(&ada).await.json["password_change_required"], false);
    assert_eq!(house.ask("GET", "/api/v1/traces").page(&ada).await.status, 200);
    // After the migration the register distinguishes initial passwords.
    house.elsewhere().remove_user("ada").unwrap();
    house.new_user("ada", &["viewer"]);
    is_initial(&house.ask("GET", "/api/v1/traces").page(&house.session("ada").await).await);
    let version = rusqlite::Connection::open(house.folder.path().join(FILE)).unwrap();
    let version: i64 = version.pragma_query_value(None, "user_version", |row| row.get(0)).unwrap();
    assert_eq!(version, 3);
}
