//! Tests of user administration.

use serde_json::json;

use crate::house::{House, PASSWORD};

#[tokio::test]
async fn an_admin_makes_changes_and_removes_users() {
    let house = House::new();
    let admin = house.key("admin", None);
    let add = |body| house.ask("POST", "/api/v1/users").key(&admin).json(body);
    let made = add(json!({"name": "Ada", "password": PASSWORD, "roles": {"shop": "editor"}})).await;
    assert_eq!((made.status.as_u16(), &made.json["name"]), (201, &json!("ada")));
    assert_eq!(add(json!({"name": "ADA", "password": PASSWORD, "roles": {"*": "viewer"}})).await.status, 409);
    let list = house.ask("GET", "/api/v1/users").key(&admin).await;
    assert_eq!(list.json["users"][0]["roles"], json!({"shop": "editor"}));
    assert!(!list.text.contains("argon2"));
    let change = |body| house.ask("PATCH", "/api/v1/users/ada").key(&admin).json(body);
    assert_eq!(change(json!({"roles": {"*": "viewer"}, "disabled": true})).await.json["disabled"], true);
    assert_eq!(change(json!({"roles": {}})).await.status, 400);
    let remove = async || house.ask("DELETE", "/api/v1/users/ada").key(&admin).await.status.as_u16();
    assert_eq!((remove().await, remove().await), (204, 404));
}

#[tokio::test]
async fn a_user_that_cannot_be_is_refused_with_a_word_that_does_not_quote_the_password() {
    let house = House::new();
    let admin = house.key("admin", None);
    for (name, password, roles, said) in [
        ("", PASSWORD, json!({"*": "viewer"}), "name"),
        ("a b", PASSWORD, json!({"*": "viewer"}), "name"),
        ("-x", PASSWORD, json!({"*": "viewer"}), "name"),
        ("ada", "hunter2", json!({"*": "viewer"}), "12 to 128"),
        ("ada", PASSWORD, json!({}), "role"),
        ("ada", PASSWORD, json!({"*": "root"}), "In the body"),
        ("ada", PASSWORD, json!({"../x": "viewer"}), "In the body"),
    ] {
        let body = json!({"name": name, "password": password, "roles": roles});
        let answer = house.ask("POST", "/api/v1/users").key(&admin).json(body).await;
        assert_eq!(answer.status, 400, "{name} {roles}");
        assert!(answer.text.contains(said) && !answer.text.contains(password), "{}", answer.text);
    }
}

#[tokio::test]
async fn nobody_takes_away_their_own_rights() {
    let house = House::new();
    house.user("ada", &["admin"]);
    let ada = house.session("ada").await;
    for body in [json!({"roles": {"*": "viewer"}}), json!({"disabled": true})] {
        assert_eq!(house.ask("PATCH", "/api/v1/users/Ada").page(&ada).json(body).await.status, 403);
    }
    assert_eq!(house.ask("DELETE", "/api/v1/users/ada").page(&ada).await.status, 403);
    assert_eq!(house.ask("GET", "/api/v1/users").page(&ada).await.status, 200);
}

#[tokio::test]
async fn a_register_of_a_newer_build_or_something_else_is_left_alone() {
    let house = House::new();
    let file = house.folder.path().join(quipu_access::FILE);
    let conn = rusqlite::Connection::open(&file).unwrap();
    conn.pragma_update(None, "user_version", 99).unwrap();
    let open = |folder: &std::path::Path| {
        quipu_access::Register::open(folder, std::sync::Arc::new(quipu_core::SystemClock))
            .unwrap_err()
            .to_string()
    };
    assert!(open(house.folder.path()).contains("newer build"));
    let other = tempfile::tempdir().unwrap();
    let conn = rusqlite::Connection::open(other.path().join(quipu_access::FILE)).unwrap();
    conn.execute_batch("CREATE TABLE mine (x); PRAGMA user_version = 3").unwrap();
    assert!(open(other.path()).contains("not a register"));
    std::fs::write(other.path().join(quipu_access::FILE), [7; 4_096]).unwrap();
    assert!(open(other.path()).contains("register of access"));
}
