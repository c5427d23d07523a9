//! Tests of the dashboard's files.

use axum::http::Method;

use crate::fixture::Fixture;

#[tokio::test]
async fn pages_are_the_index_under_its_policy() {
    let fixture = Fixture::empty();
    for path in ["/", "/traces", "/traces/0101", "/apiary"] {
        let answer = fixture.ask(Method::GET, path, &[], "").await;
        assert_eq!(
            (answer.status.as_u16(), answer.header("content-type")),
            (200, "text/html; charset=utf-8"),
            "{path}"
        );
        assert_eq!(answer.header("cache-control"), "no-cache");
        let policy = answer.header("content-security-policy");
        assert!(policy.contains("script-src 'self'") && !policy.contains("unsafe"), "{policy}");
    }
}

#[tokio::test]
async fn a_known_tag_gives_304() {
    let fixture = Fixture::empty();
    let first = fixture.ask(Method::GET, "/", &[], "").await;
    let tag = first.header("etag").to_owned();
    assert_eq!(tag, "W/\"index\"");
    for named in [tag.as_str(), "\"index\"", "\"other\", W/\"index\"", "*"] {
        let again = fixture.ask(Method::GET, "/", &[("if-none-match", named)], "").await;
        assert_eq!((again.status.as_u16(), again.body.len()), (304, 0), "{named}");
        assert_eq!((again.header("etag"), again.header("cache-control")), (tag.as_str(), "no-cache"));
    }
    let other = fixture.ask(Method::GET, "/", &[("if-none-match", "\"other\"")], "").await;
    assert_eq!(other.status.as_u16(), 200);
}

#[tokio::test]
async fn hashed_files_are_kept_for_ever() {
    let answer = Fixture::empty().ask(Method::GET, "/assets/app-1234.js", &[], "").await;
    assert_eq!(answer.header("cache-control"), "public, max-age=31536000, immutable");
    assert_eq!(answer.header("content-type"), "text/javascript; charset=utf-8");
}
