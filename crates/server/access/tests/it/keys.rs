//! Tests of keys: creation, use and end.

use quipu_core::{Clock as _, Timestamp};
use serde_json::json;

use crate::house::{House, until};

async fn status(house: &House, key: &str) -> u16 {
    house.ask("GET", "/api/v1/traces").key(key).await.status.as_u16()
}

#[tokio::test]
async fn a_key_that_expires_does_so_to_the_moment_and_says_so() {
    let house = House::new();
    let key = house.key_until("read", None, Some(house.clock.now().plus(60 * Timestamp::SECOND)));
    house.clock.pass(59);
    assert_eq!(status(&house, &key).await, 200);
    house.clock.pass(1);
    let answer = house.ask("GET", "/api/v1/traces").key(&key).await;
    assert_eq!(answer.status, 401);
    assert!(answer.text.contains("expired"), "{}", answer.text);
}

#[tokio::test]
async fn a_key_that_another_process_revokes_is_out_at_the_next_request() {
    let house = House::new();
    let key = house.key("read", None);
    assert_eq!(status(&house, &key).await, 200);
    house.elsewhere().revoke_key(&key[3..11]).unwrap();
    assert_eq!(status(&house, &key).await, 401);
    // A key made by another process works at once.
    assert_eq!(status(&house, &house.key("read", None)).await, 200);
}

#[tokio::test]
async fn the_text_of_a_key_is_told_once_and_lies_nowhere() {
    let house = House::new();
    let admin = house.key("admin", None);
    let body =
        json!({"name": "ci", "scopes": ["ingest"], "project": "shop", "expires_at": "2030-01-01T00:00:00Z"});
    let made = house.ask("POST", "/api/v1/keys").key(&admin).json(body).await;
    assert_eq!(made.status, 201, "{}", made.text);
    let secret = made.json["secret"].as_str().unwrap();
    assert_eq!(house.ask("POST", "/v1/traces").key(secret).await.json["project"], "shop");
    let list = house.ask("GET", "/api/v1/keys").key(&admin).await;
    assert_eq!(list.json["keys"].as_array().unwrap().len(), 2);
    assert!(!list.text.contains(secret) && list.text.contains("2030-01-01T00:00:00"));
    house.entries().await;
    for file in walk(house.folder.path()) {
        let bytes = std::fs::read(&file).unwrap();
        let hidden = &secret.as_bytes()[12..];
        assert!(!bytes.windows(hidden.len()).any(|window| window == hidden), "{}", file.display());
    }
}

fn walk(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { walk(&path) } else { vec![path] }).collect()
}

#[tokio::test]
async fn the_register_is_for_its_owners_eyes() {
    let house = House::new();
    house.key("read", None);
    #[cfg(unix)]
    for file in ["access.db", "access.db-wal"] {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = std::fs::metadata(house.folder.path().join(file)).unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{file}");
    }
}

#[tokio::test]
async fn an_admin_of_one_project_manages_its_keys_alone() {
    let house = House::new();
    house.user("ada", &["shop:admin"]);
    let ada = house.session("ada").await;
    let other = house.key("read", Some("default"));
    let make = async |body| house.ask("POST", "/api/v1/keys").page(&ada).json(body).await;
    assert_eq!(make(json!({"name": "own", "scopes": ["admin"]})).await.status, 201);
    let all = json!({"name": "all", "scopes": ["read"], "all_projects": true});
    assert_eq!(make(all).await.status, 403);
    assert_eq!(make(json!({"name": "foreign", "scopes": ["read"], "project": "default"})).await.status, 403);
    let list = house.ask("GET", "/api/v1/keys").page(&ada).await.json;
    assert_eq!(list["keys"].as_array().unwrap().len(), 1);
    let revoke = async |id: &str| house.ask("DELETE", &format!("/api/v1/keys/{id}")).page(&ada).await.status;
    assert_eq!(revoke(&other[3..11]).await, 404);
    assert_eq!(revoke(list["keys"][0]["id"].as_str().unwrap()).await, 204);
    assert_eq!(status(&house, &other).await, 200);
    assert_eq!(house.ask("GET", "/api/v1/users").page(&ada).await.status, 403);
}

#[tokio::test]
async fn a_key_that_cannot_be_is_refused_with_a_word() {
    let house = House::new();
    let admin = house.key("admin", None);
    for (body, said) in [
        (json!({"name": "", "scopes": ["read"]}), "name"),
        (json!({"name": "a\nb", "scopes": ["read"]}), "name"),
        (json!({"name": "a\u{202e}b", "scopes": ["read"]}), "name"),
        (json!({"name": "x", "scopes": []}), "scope"),
        (json!({"name": "x", "scopes": ["write"]}), "In the body"),
        (json!({"name": "x", "scopes": ["read"], "project": "../x"}), "project"),
        (json!({"name": "x", "scopes": ["read"], "project": "nowhere"}), "no project"),
        (json!({"name": "x", "scopes": ["read"], "project": "shop", "all_projects": true}), "exclude"),
        (json!({"name": "x", "scopes": ["read"], "expires_at": "2001-01-01T00:00:00Z"}), "future"),
        (json!({"name": "x", "scopes": ["read"], "expires_at": "soon"}), "expires_at"),
        (json!({"name": "x", "scopes": ["read"], "secret": "mine"}), "unknown field"),
    ] {
        let answer = house.ask("POST", "/api/v1/keys").key(&admin).json(body.clone()).await;
        assert_eq!(answer.status, 400, "{body}");
        assert!(answer.text.contains(said), "{body}: {}", answer.text);
    }
}

#[tokio::test]
async fn a_last_use_is_known_to_the_hour() {
    let house = House::new();
    let key = house.key("read", None);
    assert_eq!(status(&house, &key).await, 200);
    let used = || house.elsewhere().key(&key[3..11]).unwrap().used;
    // The write runs in parallel to the request.
    let first = until(&used).await;
    house.clock.pass(3_599);
    assert_eq!(status(&house, &key).await, 200);
    assert_eq!(used(), Some(first));
    house.clock.pass(1);
    assert_eq!(status(&house, &key).await, 200);
    until(|| used().filter(|used| *used > first)).await;
}
