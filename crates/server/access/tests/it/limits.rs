//! Tests of the limits on password guessing.

use serde_json::json;

use crate::house::{Answer, House, PASSWORD};

async fn login(house: &House, name: &str, password: &str, from: [u8; 4]) -> Answer {
    house.ask("POST", "/api/v1/login").from(from).json(json!({"name": name, "password": password})).await
}

#[tokio::test]
async fn guessing_a_users_password_waits_longer_and_longer_wherever_it_comes_from() {
    let house = House::new();
    house.user("ada", &["viewer"]);
    for attempt in 0..6 {
        assert_eq!(login(&house, "ada", "wrong", [192, 0, 2, attempt]).await.status, 401);
    }
    let answer = login(&house, "ada", PASSWORD, [192, 0, 2, 99]).await;
    assert_eq!((answer.status.as_u16(), answer.headers["retry-after"].to_str().unwrap()), (429, "1"));
    assert!(answer.text.contains("1 s"));
    house.clock.pass(1);
    assert_eq!(login(&house, "ada", "wrong", [192, 0, 2, 99]).await.status, 401);
    let answer = login(&house, "ada", PASSWORD, [192, 0, 2, 99]).await;
    assert_eq!(answer.headers["retry-after"], "2");
    // After the wait a login succeeds and clears the count.
    house.clock.pass(2);
    assert_eq!(login(&house, "ada", PASSWORD, [192, 0, 2, 99]).await.status, 204);
    assert_eq!(login(&house, "ada", "wrong", [192, 0, 2, 99]).await.status, 401);
    assert_eq!(login(&house, "ada", PASSWORD, [192, 0, 2, 99]).await.status, 204);
}

#[tokio::test]
async fn a_new_start_forgets_no_failures() {
    let mut house = House::new();
    house.user("ada", &["viewer"]);
    house.user("bob", &["viewer"]);
    for attempt in 0..6 {
        assert_eq!(login(&house, "ada", "wrong", [192, 0, 2, attempt]).await.status, 401);
    }
    for attempt in 0..21 {
        assert_eq!(login(&house, &format!("user{attempt}"), "wrong", [192, 0, 3, 1]).await.status, 401);
    }
    house.start_anew();
    assert_eq!(login(&house, "ada", PASSWORD, [192, 0, 2, 99]).await.status, 429);
    assert_eq!(login(&house, "bob", PASSWORD, [192, 0, 3, 1]).await.status, 429);
    house.clock.pass(1);
    assert_eq!(login(&house, "ada", PASSWORD, [192, 0, 2, 99]).await.status, 204);
    // The restart keeps the count that Ada's login cleared. An hour without failures clears the address.
    house.start_anew();
    for attempt in 0..5 {
        assert_eq!(login(&house, "ada", "wrong", [192, 0, 4, attempt]).await.status, 401);
    }
    assert_eq!(login(&house, "ada", PASSWORD, [192, 0, 4, 99]).await.status, 204);
    house.clock.pass(3_600);
    house.start_anew();
    assert_eq!(login(&house, "bob", PASSWORD, [192, 0, 3, 1]).await.status, 204);
}

#[tokio::test]
async fn nobody_learns_which_users_there_are() {
    let house = House::new();
    house.user("ada", &["viewer"]);
    house.user("bob", &["viewer"]);
    let change = quipu_access::UserChange { disabled: Some(true), ..Default::default() };
    house.elsewhere().change_user("bob", &change).unwrap();
    let mut said = Vec::new();
    for (name, password) in
        [("ada", "wrong"), ("nobody", "wrong"), ("bob", PASSWORD), ("../etc", "x"), ("", "")]
    {
        let answer = login(&house, name, password, [192, 0, 2, 1]).await;
        assert_eq!(answer.status, 401);
        said.push(answer.text);
    }
    assert!(said.iter().all(|text| *text == said[0]));
    // Unknown names have to wait as well.
    for attempt in 0..6 {
        login(&house, "nobody-else", "wrong", [192, 0, 3, attempt]).await;
    }
    assert_eq!(login(&house, "nobody-else", "wrong", [192, 0, 3, 9]).await.status, 429);
}

#[tokio::test]
async fn an_address_that_tries_many_users_waits_and_others_do_not() {
    let house = House::new();
    house.user("ada", &["viewer"]);
    for attempt in 0..21 {
        assert_eq!(login(&house, &format!("user{attempt}"), "wrong", [192, 0, 2, 1]).await.status, 401);
    }
    assert_eq!(login(&house, "ada", PASSWORD, [192, 0, 2, 1]).await.status, 429);
    assert_eq!(login(&house, "ada", PASSWORD, [192, 0, 2, 2]).await.status, 204);
}

#[tokio::test]
async fn a_stranger_cannot_choose_the_address_that_is_held_against_them() {
    let house = House::new();
    for attempt in 0..22 {
        let said = format!("198.51.100.{attempt}");
        let ask = house.ask("POST", "/api/v1/login").header("x-forwarded-for", &said);
        let status = ask.json(json!({"name": format!("user{attempt}"), "password": "wrong"})).await.status;
        assert_eq!(status, if attempt < 21 { 401 } else { 429 }, "{attempt}");
    }
}

#[tokio::test]
async fn many_logins_at_once_are_no_way_around_the_limit() {
    let house = House::new();
    house.user("ada", &["viewer"]);
    let tries: Vec<_> = (0..30).map(|_| login(&house, "ada", "wrong", [192, 0, 2, 1])).collect();
    let mut looked_at = 0;
    let all = futures_util::future::join_all(tries).await;
    looked_at += all.iter().filter(|answer| answer.status == 401).count();
    assert_eq!(looked_at, 6);
}

#[tokio::test]
async fn the_old_password_cannot_be_guessed_by_who_found_an_open_session() {
    let house = House::new();
    house.user("ada", &["viewer"]);
    let ada = house.session("ada").await;
    let guess = async || {
        let body = json!({"old": "wrong", "new": "a new passphrase"});
        house.ask("POST", "/api/v1/me/password").page(&ada).json(body).await.status.as_u16()
    };
    for _ in 0..6 {
        assert_eq!(guess().await, 401);
    }
    assert_eq!(guess().await, 429);
}

#[tokio::test]
async fn one_address_cannot_fill_the_audit_with_its_failures() {
    let house = House::new();
    for attempt in 0..15 {
        assert_eq!(login(&house, &format!("user{attempt}"), "wrong", [192, 0, 2, 1]).await.status, 401);
    }
    assert_eq!(login(&house, "ada", "wrong", [192, 0, 2, 2]).await.status, 401);
    let from = |entries: &[quipu_audit::Noted], last: u8| {
        let address = std::net::IpAddr::from([192, 0, 2, last]);
        entries.iter().filter(|entry| entry.from == Some(address)).count()
    };
    let entries = house.entries().await;
    assert_eq!((from(&entries, 1), from(&entries, 2)), (10, 1));
    house.clock.pass(60);
    login(&house, "somebody", "wrong", [192, 0, 2, 1]).await;
    assert_eq!(house.entries().await.last().unwrap().detail["left_out"], "5");
}

#[tokio::test]
async fn attempts_that_were_not_looked_at_are_counted_in_the_audit_and_not_written() {
    let house = House::new();
    house.user("ada", &["viewer"]);
    for _ in 0..6 {
        assert_eq!(login(&house, "ada", "wrong", [192, 0, 2, 1]).await.status, 401);
    }
    for _ in 0..400 {
        assert_eq!(login(&house, "ada", "wrong", [192, 0, 2, 1]).await.status, 429);
    }
    assert_eq!(house.entries().await.len(), 6);
    house.clock.pass(1);
    assert_eq!(login(&house, "ada", "wrong", [192, 0, 2, 1]).await.status, 401);
    let entries = house.entries().await;
    assert_eq!((entries.len(), entries[6].detail["left_out"].as_str()), (7, "400"));
}
