//! Tests of the permissions that each route needs.

use quipu_access::Gate;
use rstest::rstest;
use serde_json::json;

use crate::house::House;

/// Every kind of route, and the keys or roles that it admits.
const TABLE: &[(&str, &str, &[&str])] = &[
    ("POST", "/v1/traces", &["ingest", "admin", "admin-user"]),
    ("POST", "/otel/v1/logs", &["ingest", "admin", "admin-user"]),
    ("GET", "/api/v1/traces", &["read", "admin", "viewer", "editor", "admin-user"]),
    (
        "GET",
        "/api/v1/traces/0af7651916cd43dd8448eb211c80319c",
        &["read", "admin", "viewer", "editor", "admin-user"],
    ),
    ("GET", "/metrics", &["read", "admin", "viewer", "editor", "admin-user"]),
    ("POST", "/api/v1/price", &["read", "admin", "viewer", "editor", "admin-user"]),
    ("GET", "/api/v1/live", &["read", "admin", "viewer", "editor", "admin-user"]),
    ("PUT", "/api/v1/views/mine", &["admin", "editor", "admin-user"]),
    ("DELETE", "/api/v1/dashboards/mine", &["admin", "editor", "admin-user"]),
    ("PUT", "/api/v1/budgets/month", &["admin", "admin-user"]),
    ("POST", "/api/v1/traces/delete", &["admin", "admin-user"]),
    ("GET", "/api/v1/keys", &["admin", "admin-user"]),
    ("GET", "/api/v1/users", &["admin", "admin-user"]),
    ("GET", "/api/v1/audit", &["admin", "admin-user"]),
    ("POST", "/api/v1/anything-new", &["admin", "admin-user"]),
    ("GET", "/api/v1/anything-new", &["admin", "admin-user"]),
];

#[tokio::test]
async fn each_scope_and_role_gets_through_to_its_own_routes_and_no_further() {
    let house = House::new();
    let mut credentials = Vec::new();
    for scope in ["ingest", "read", "admin"] {
        credentials.push((scope, "authorization", format!("Bearer {}", house.key(scope, None))));
    }
    for (name, role) in [("viewer", "viewer"), ("editor", "editor"), ("admin-user", "admin")] {
        house.user(name, &[role]);
        credentials.push((name, "cookie", house.session(name).await));
    }
    for (method, path, allowed) in TABLE {
        assert_eq!(house.ask(method, path).await.status, 401, "{method} {path} as nobody");
        for (who, header, value) in &credentials {
            let asking = house.ask(method, path).header("sec-fetch-site", "same-origin");
            let answer = asking.header(header, value).await;
            let expected = if allowed.contains(who) { 200 } else { 403 };
            assert_eq!(answer.status, expected, "{method} {path} as {who}: {}", answer.text);
        }
    }
}

#[tokio::test]
async fn what_is_open_is_open_to_all_and_also_to_those_with_a_stale_cookie() {
    let house = House::new();
    for path in ["/healthz", "/readyz", "/openapi.json", "/", "/assets/app.js", "/api/v1/me"] {
        assert_eq!(house.ask("GET", path).await.status, 200, "{path}");
        assert_eq!(house.ask("GET", path).header("cookie", "quipu=stale").await.status, 200, "{path}");
    }
    let me = house.ask("GET", "/api/v1/me").await.json;
    assert_eq!((&me["access"], &me["principal"], &me["projects"]), (&json!(true), &json!(null), &json!([])));
}

#[tokio::test]
async fn a_listener_for_telemetry_takes_nothing_without_the_scope() {
    let house = House::new();
    let (ingest, read) = (house.key("ingest", None), house.key("read", None));
    for path in
        ["/v1/traces", "/api/traces", "/opentelemetry.proto.collector.trace.v1.TraceService/Export", "/"]
    {
        let ask = || house.ask_gate(Gate::Ingest, "POST", path);
        assert_eq!(ask().await.status, 401, "{path}");
        assert_eq!(ask().key(&read).await.status, 403, "{path}");
        assert_eq!(ask().key(&ingest).await.status, 200, "{path}");
    }
    assert_eq!(house.ask_gate(Gate::Metrics, "GET", "/metrics").await.status, 401);
    assert_eq!(house.ask_gate(Gate::Metrics, "GET", "/metrics").key(&ingest).await.status, 403);
    assert_eq!(house.ask_gate(Gate::Metrics, "GET", "/metrics").key(&read).await.status, 200);
}

#[rstest]
#[case::nobody(None, "16")]
#[case::not_allowed(Some("read"), "7")]
#[tokio::test]
async fn grpc_is_refused_in_its_own_words(#[case] scope: Option<&str>, #[case] status: &str) {
    let house = House::new();
    let mut ask =
        house.ask_gate(Gate::Ingest, "POST", "/opentelemetry.proto.collector.trace.v1.TraceService/Export");
    ask = ask.header("content-type", "application/grpc+proto");
    if let Some(scope) = scope {
        ask = ask.key(&house.key(scope, None));
    }
    let answer = ask.await;
    assert_eq!((answer.status.as_u16(), &answer.headers["grpc-status"]), (200, &status.parse().unwrap()));
    assert!(answer.headers.contains_key("grpc-message") && answer.text.is_empty());
    assert_eq!(answer.headers["content-type"], "application/grpc");
}

#[tokio::test]
async fn http_is_refused_by_a_problem_that_says_how_to_come_in() {
    let house = House::new();
    let answer = house.ask("GET", "/api/v1/traces").await;
    assert_eq!(answer.headers["content-type"], "application/problem+json");
    assert_eq!(answer.headers["www-authenticate"], "Bearer realm=\"quipu\"");
    assert_eq!(answer.headers["cache-control"], "no-store");
    assert_eq!(answer.headers["x-content-type-options"], "nosniff");
    assert!(answer.json["detail"].as_str().unwrap().contains("x-quipu-key"), "{}", answer.text);
    assert!(answer.json["type"].as_str().unwrap().ends_with("access.md#unauthorized"));
}

#[tokio::test]
async fn clients_of_other_tools_bring_the_key_in_their_own_way() {
    let house = House::new();
    let key = house.key("ingest", None);
    // "pk-lf-any:KEY" and "KEY:" in base64.
    let basic = |pair: String| {
        use base64::Engine as _;
        format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(pair))
    };
    for (name, value) in [
        ("authorization", basic(format!("pk-lf-any:{key}"))),
        ("authorization", basic(format!("{key}:"))),
        ("x-quipu-key", key.clone()),
        ("x-api-key", key.clone()),
    ] {
        let answer = house.ask("POST", "/api/public/otel/v1/traces").header(name, &value).await;
        assert_eq!(answer.status, 200, "{name}");
    }
    // Servers and proxies log URLs, so a key in a URL is ignored.
    let answer = house.ask("POST", &format!("/v1/traces?api_key={key}&access_token={key}")).await;
    assert_eq!(answer.status, 401);
}

#[tokio::test]
async fn the_gateway_takes_its_own_header_alone_and_does_not_hand_it_on() {
    let house = House::new();
    let key = house.key("ingest", None);
    let ask = || house.ask_gate(Gate::Gateway, "POST", "/openai/v1/chat/completions");
    assert_eq!(ask().key(&key).await.status, 401);
    let answer =
        ask().key("sk-of-the-provider").header("x-quipu-key", &key).header("quipu-project", "shop").await;
    assert_eq!(answer.status, 200);
    let handed_on = answer.json["headers"].as_array().unwrap().clone();
    assert!(
        handed_on.contains(&json!("authorization"))
            && !handed_on.contains(&json!("x-quipu-key"))
            && !handed_on.contains(&json!("quipu-project"))
    );
}

/// The gateway's records, prices and budgets belong to that project.
#[tokio::test]
async fn the_gateway_is_the_default_projects_whatever_a_request_names() {
    let house = House::new();
    let all = house.key("ingest", None);
    let (own, shop) = (house.key("ingest", Some("default")), house.key("ingest", Some("shop")));
    let read = house.key("read", None);
    let ask = async |key: &str, named: &str| {
        let ask = house.ask_gate(Gate::Gateway, "POST", "/openai/v1/chat/completions");
        let answer = ask.header("x-quipu-key", key).header("quipu-project", named).await;
        (answer.status.as_u16(), answer.json["project"].as_str().unwrap_or_default().to_owned())
    };
    for named in ["shop", "default", "nowhere", "../x"] {
        assert_eq!(ask(&all, named).await, (200, "default".into()), "{named}");
        assert_eq!(ask(&own, named).await, (200, "default".into()), "{named}");
        assert_eq!(ask(&shop, named).await.0, 403, "{named}");
        assert_eq!(ask(&read, named).await.0, 403, "{named}");
    }
    let open = House::new();
    assert!(!open.access.settle(&["127.0.0.1:0".parse().unwrap()], false).unwrap());
    let ask = open.ask_gate(Gate::Gateway, "POST", "/openai/v1/chat/completions");
    assert_eq!(ask.header("quipu-project", "shop").await.json["project"], "default");
}

#[tokio::test]
async fn projects_are_apart() {
    let house = House::new();
    let shop = house.key("read,ingest", Some("shop"));
    let all = house.key("read", None);
    let project = async |key: &str, named: Option<&str>| {
        let mut ask = house.ask("GET", "/api/v1/traces").key(key);
        if let Some(named) = named {
            ask = ask.header("quipu-project", named);
        }
        let answer = ask.await;
        match answer.status.as_u16() {
            200 => answer.json["project"].as_str().unwrap().to_owned(),
            status => status.to_string(),
        }
    };
    assert_eq!(project(&shop, None).await, "shop");
    assert_eq!(project(&shop, Some("shop")).await, "shop");
    assert_eq!(project(&shop, Some("default")).await, "403");
    // Only a principal with rights in a project learns whether it exists.
    assert_eq!(project(&shop, Some("nowhere")).await, "403");
    assert_eq!(project(&all, Some("nowhere")).await, "404");
    assert_eq!(project(&all, None).await, "default");
    assert_eq!(project(&all, Some("shop")).await, "shop");
    assert_eq!(project(&all, Some("../default")).await, "400");
}

#[tokio::test]
async fn people_of_one_project_see_it_without_naming_it_and_a_cookie_chooses_among_several() {
    let house = House::new();
    house.user("ada", &["shop:viewer"]);
    house.user("bob", &["viewer", "shop:editor"]);
    let (ada, bob) = (house.session("ada").await, house.session("bob").await);
    let project = async |method: &str, path: &str, cookie: String| {
        let answer = house.ask(method, path).page(&cookie).await;
        (answer.status.as_u16(), answer.json["project"].as_str().unwrap_or_default().to_owned())
    };
    assert_eq!(project("GET", "/api/v1/traces", ada.clone()).await, (200, "shop".into()));
    assert_eq!(project("GET", "/api/v1/traces", bob.clone()).await, (200, "default".into()));
    let chosen = format!("{bob}; quipu_project=shop");
    assert_eq!(project("PUT", "/api/v1/views/x", chosen.clone()).await, (200, "shop".into()));
    assert_eq!(project("PUT", "/api/v1/views/x", bob.clone()).await.0, 403);
    // A cookie with an impossible project is ignored.
    assert_eq!(
        project("GET", "/api/v1/traces", format!("{ada}; quipu_project=default")).await,
        (200, "shop".into())
    );
    assert_eq!(
        project("GET", "/api/v1/traces", format!("{bob}; quipu_project=../x")).await,
        (200, "default".into())
    );
    let me = house.ask("GET", "/api/v1/me").page(&chosen).await.json;
    assert_eq!(me["roles"], json!({"default": "viewer", "shop": "editor"}));
    assert_eq!((&me["project"], &me["permissions"]), (&json!("shop"), &json!(["read", "write"])));
    assert_eq!(me["everywhere"], json!(false));
}
