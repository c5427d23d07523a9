//! A small issuer for tests. It checks codes, verifiers and secrets by RFC 6749 and RFC 7636, and signs any
//! token that a test needs.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use axum::extract::{Form, State};
use axum::http::{HeaderMap, StatusCode};
use axum::routing::{get, post};
use axum::{Json, Router};
use quipu_core::Result;
use quipu_oidc::{Begun, Identity, OidcConfig, Provider};
use ring::digest::{SHA256, digest};
use serde_json::{Map, Value, json};

use crate::sign::{Key, encode};

pub const CLIENT: &str = "quipu test";
pub const SECRET: &str = "s€cret:with+signs";
pub const BACK: &str = "http://127.0.0.1:8080/api/v1/login/oidc/callback";

/// The behaviour of the issuer.
pub struct Plan {
    pub key: Key,
    /// The key id in tokens.
    pub kid: Option<&'static str>,
    /// The published keys.
    pub keys: Vec<Value>,
    /// Claims that override the correct ones; null removes one.
    pub claims: Value,
    /// Header fields that override the correct ones.
    pub header: Value,
    /// The last change to a token's text.
    pub spoil: Spoil,
    pub userinfo: Option<Value>,
    /// Discovery fields that override the correct ones.
    pub discovery: Value,
    /// The number of requests by path.
    pub asked: HashMap<&'static str, u32>,
    codes: HashMap<String, (String, String)>,
    base: String,
}

/// Changes the text of a token.
pub type Spoil = fn(String) -> String;
pub type Shared = Arc<Mutex<Plan>>;

pub struct Issuer {
    pub base: String,
    pub plan: Shared,
}

impl Issuer {
    pub async fn start(key: Key) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let plan = Plan {
            keys: vec![key.public("k1")],
            key,
            kid: Some("k1"),
            claims: json!({}),
            header: json!({}),
            spoil: |token| token,
            userinfo: None,
            discovery: json!({}),
            asked: HashMap::new(),
            codes: HashMap::new(),
            base: base.clone(),
        };
        let plan = Arc::new(Mutex::new(plan));
        let app = Router::new()
            .route("/.well-known/openid-configuration", get(discovery))
            .route("/jwks", get(keys))
            .route("/token", post(token))
            .route("/userinfo", get(userinfo))
            .with_state(Arc::clone(&plan));
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self { base, plan }
    }

    pub fn config(&self) -> OidcConfig {
        OidcConfig {
            issuer: self.base.clone(),
            client_id: CLIENT.into(),
            client_secret: SECRET.into(),
            roles: [("admins", "admin"), ("*", "viewer")]
                .map(|(group, role)| (group.into(), role.into()))
                .into(),
            ..OidcConfig::default()
        }
    }

    pub fn change(&self, change: impl FnOnce(&mut Plan)) {
        change(&mut self.plan.lock().unwrap());
    }

    pub fn asked(&self, path: &str) -> u32 {
        self.plan.lock().unwrap().asked.get(path).copied().unwrap_or_default()
    }

    /// Acts as the browser: opens the URL and returns with a code.
    pub fn approve(&self, begun: &Begun) -> String {
        let query = query(&begun.url);
        let code = encode(digest(&SHA256, query["state"].as_bytes()));
        let bound = (query["code_challenge"].clone(), query["nonce"].clone());
        self.plan.lock().unwrap().codes.insert(code.clone(), bound);
        code
    }

    /// Performs a whole login.
    pub async fn log_in(&self, provider: &Provider) -> Result<Identity> {
        let begun = provider.begin(BACK).await?;
        let code = self.approve(&begun);
        provider.finish(&begun, BACK, &code).await
    }
}

/// The query parameters of a URL.
pub fn query(url: &str) -> HashMap<String, String> {
    let (_, query) = url.split_once('?').unwrap();
    let plain = |text: &str| percent_encoding::percent_decode_str(text).decode_utf8().unwrap().into_owned();
    let field = |field: &str| field.split_once('=').map(|(name, value)| (plain(name), plain(value))).unwrap();
    query.split('&').map(field).collect()
}

fn over(right: Value, with: &Value) -> Value {
    let Value::Object(mut fields) = right else { panic!("not an object") };
    for (name, value) in with.as_object().unwrap() {
        if value.is_null() {
            fields.remove(name)
        } else {
            fields.insert(name.clone(), value.clone())
        };
    }
    Value::Object(fields)
}

fn count(plan: &mut Plan, path: &'static str) {
    *plan.asked.entry(path).or_default() += 1;
}

async fn discovery(State(plan): State<Shared>) -> Json<Value> {
    let mut plan = plan.lock().unwrap();
    count(&mut plan, "discovery");
    let base = &plan.base;
    let right = json!({
        "issuer": base,
        "authorization_endpoint": format!("{base}/authorize?tenant=1"),
        "token_endpoint": format!("{base}/token"),
        "jwks_uri": format!("{base}/jwks"),
        "userinfo_endpoint": format!("{base}/userinfo"),
    });
    Json(over(right, &plan.discovery))
}

async fn keys(State(plan): State<Shared>) -> Json<Value> {
    let mut plan = plan.lock().unwrap();
    count(&mut plan, "keys");
    Json(json!({"keys": plan.keys}))
}

async fn userinfo(State(plan): State<Shared>, headers: HeaderMap) -> (StatusCode, Json<Value>) {
    let mut plan = plan.lock().unwrap();
    count(&mut plan, "userinfo");
    let known = headers.get("authorization").is_some_and(|value| value == "Bearer access");
    let status = if known { StatusCode::OK } else { StatusCode::UNAUTHORIZED };
    (status, Json(plan.userinfo.clone().unwrap_or_default()))
}

async fn token(
    State(plan): State<Shared>,
    headers: HeaderMap,
    Form(form): Form<HashMap<String, String>>,
) -> (StatusCode, Json<Value>) {
    let mut plan = plan.lock().unwrap();
    count(&mut plan, "token");
    let no =
        |word: &str| (StatusCode::BAD_REQUEST, Json(json!({"error": word, "error_description": SECRET})));
    if !is_client(&plan, &headers, &form) {
        return no("invalid_client");
    }
    let (challenge, nonce) = match plan.codes.remove(&form["code"]) {
        Some(bound) => bound,
        None => return no("invalid_grant"),
    };
    let proven = encode(digest(&SHA256, form["code_verifier"].as_bytes())) == challenge;
    if !proven || form["grant_type"] != "authorization_code" || form["redirect_uri"] != BACK {
        return no("invalid_grant");
    }
    let mut header = over(json!({"alg": plan.key.algorithm(), "typ": "JWT", "kid": plan.kid}), &plan.header);
    header.as_object_mut().unwrap().retain(|_, value| !value.is_null());
    let claims = over(claims(&plan.base, &nonce), &plan.claims);
    let token = (plan.spoil)(plan.key.token(&header, &claims));
    (StatusCode::OK, Json(json!({"id_token": token, "access_token": "access", "token_type": "Bearer"})))
}

fn is_client(plan: &Plan, headers: &HeaderMap, form: &HashMap<String, String>) -> bool {
    if plan.discovery["token_endpoint_auth_methods_supported"] == json!(["client_secret_post"]) {
        return form.get("client_secret").is_some_and(|secret| secret == SECRET)
            && form["client_id"] == CLIENT;
    }
    let escaped = "Basic cXVpcHUlMjB0ZXN0OnMlRTIlODIlQUNjcmV0JTNBd2l0aCUyQnNpZ25z";
    headers.get("authorization").is_some_and(|value| value == escaped)
}

pub fn now() -> i64 {
    use quipu_core::{Clock as _, SystemClock, Timestamp};
    SystemClock.now().nanos() / Timestamp::SECOND
}

fn claims(base: &str, nonce: &str) -> Value {
    let mut claims = Map::new();
    for (name, value) in [
        ("iss", json!(base)),
        ("aud", json!(CLIENT)),
        ("sub", json!("248289761001")),
        ("nonce", json!(nonce)),
        ("iat", json!(now())),
        ("exp", json!(now() + 300)),
        ("email", json!("ada@example.com")),
        ("email_verified", json!(true)),
        ("preferred_username", json!("ada")),
        ("groups", json!(["admins", "people"])),
    ] {
        claims.insert(name.into(), value);
    }
    Value::Object(claims)
}
