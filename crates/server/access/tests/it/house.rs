//! A test server behind the guard, and its clients.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use axum::body::Body;
use axum::extract::{ConnectInfo, Request};
use axum::http::{HeaderMap, StatusCode};
use axum::response::IntoResponse;
use axum::{Json, Router};
use http_body_util::BodyExt as _;
use quipu_access::{
    Access, AccessConfig, Gate, Grantee, NewKey, NewPassword, NewUser, Register, Roles, Scopes, Secure,
    guard, routes,
};
use quipu_admission::Principal;
use quipu_audit::{Audit, AuditConfig, AuditQuery, Noted};
use quipu_core::{Clock, NoMeter, Timestamp};
use serde_json::{Value, json};
use tempfile::TempDir;
use tower::ServiceExt as _;

/// A valid password.
pub const PASSWORD: &str = "correct horse battery";

/// A clock that the test sets.
pub struct HandClock(AtomicI64);

impl HandClock {
    pub fn pass(&self, seconds: i64) {
        self.0.fetch_add(seconds * Timestamp::SECOND, Ordering::Relaxed);
    }
}

impl Clock for HandClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_nanos(self.0.load(Ordering::Relaxed))
    }
}

pub struct House {
    pub folder: TempDir,
    pub clock: Arc<HandClock>,
    pub audit: Audit,
    pub access: Access,
}

impl House {
    /// A server with access required, and the projects `default` and `shop`.
    pub fn new() -> Self {
        Self::with(AccessConfig::default())
    }

    pub fn with(settings: AccessConfig) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(HandClock(AtomicI64::new(1_800_000_000 * Timestamp::SECOND)));
        let now = || Arc::clone(&clock) as Arc<dyn Clock>;
        let audit =
            Audit::open(&folder.path().join(quipu_audit::FOLDER), AuditConfig::default(), now()).unwrap();
        let access = Access::open(folder.path(), settings, audit.clone(), Arc::new(NoMeter), now()).unwrap();
        access.serve_projects(["shop"]).unwrap();
        Self { folder, clock, audit, access }
    }

    /// Restarts the same server.
    pub fn start_anew(&mut self) {
        let clock = Arc::clone(&self.clock) as Arc<dyn Clock>;
        let (settings, meter) = (AccessConfig::default(), Arc::new(NoMeter));
        self.access = Access::open(self.folder.path(), settings, self.audit.clone(), meter, clock).unwrap();
        self.access.serve_projects(["shop"]).unwrap();
    }

    /// Opens the register again, as another process does.
    pub fn elsewhere(&self) -> Register {
        Register::open(self.folder.path(), Arc::clone(&self.clock) as Arc<dyn Clock>).unwrap()
    }

    /// Makes a key and returns its text.
    pub fn key(&self, scopes: &str, project: Option<&str>) -> String {
        self.key_until(scopes, project, None)
    }

    pub fn key_until(&self, scopes: &str, project: Option<&str>, expires: Option<Timestamp>) -> String {
        let new = NewKey {
            name: format!("for {scopes}"),
            project: project.map(str::to_owned),
            scopes: scopes.parse::<Scopes>().unwrap(),
            expires,
            created_by: "cli:test".into(),
        };
        self.elsewhere().add_key(&new).unwrap().1.expose().to_owned()
    }

    /// Makes a user who chose [`PASSWORD`].
    pub fn user(&self, name: &str, roles: &[&str]) {
        self.user_by(name, roles, NewPassword::Own);
    }

    /// Makes a user with [`PASSWORD`] as the initial password.
    pub fn new_user(&self, name: &str, roles: &[&str]) {
        self.user_by(name, roles, NewPassword::Initial);
    }

    fn user_by(&self, name: &str, roles: &[&str], chosen: fn(quipu_access::HashedPassword) -> NewPassword) {
        let password = quipu_access::HashedPassword::of_new(PASSWORD, name).unwrap();
        let roles = Roles::parse(roles.iter().copied()).unwrap();
        let new = NewUser { name: name.into(), password: chosen(password), roles };
        self.elsewhere().add_user(&new).unwrap();
    }

    /// Logs in and returns the session cookie.
    pub async fn session(&self, name: &str) -> String {
        let answer =
            self.ask("POST", "/api/v1/login").json(json!({"name": name, "password": PASSWORD})).await;
        assert_eq!(answer.status, 204, "{}", answer.text);
        answer.cookie()
    }

    pub fn ask(&self, method: &str, path: &str) -> Asking {
        let app = Router::new().fallback(tell).merge(routes(&self.access));
        self.ask_at(Gate::Api, app, method, path)
    }

    /// Returns the grantee of a session cookie.
    pub async fn grantee(&self, cookie: &str) -> Grantee {
        let (tell, mut told) = tokio::sync::mpsc::unbounded_channel();
        let app = Router::new().fallback(async move |request: Request| {
            tell.send(request.extensions().get::<Grantee>().cloned()).unwrap();
        });
        let answer = self.ask_at(Gate::Api, app, "GET", "/api/v1/live").header("cookie", cookie).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        told.recv().await.flatten().unwrap()
    }

    pub fn ask_gate(&self, gate: Gate, method: &str, path: &str) -> Asking {
        self.ask_at(gate, Router::new().fallback(tell), method, path)
    }

    pub fn ask_at(&self, gate: Gate, app: Router, method: &str, path: &str) -> Asking {
        let app = guard(&self.access, app, gate);
        let mut request = Request::builder().method(method).uri(path).body(Body::empty()).unwrap();
        request.extensions_mut().insert(ConnectInfo(SocketAddr::from(([192, 0, 2, 7], 4711))));
        Asking { app, request }
    }

    /// Returns all audit entries, the oldest first.
    pub async fn entries(&self) -> Vec<Noted> {
        // Deferred entries are written before this one.
        let last = quipu_audit::Entry::new(quipu_audit::Actor::system(), "test.flush");
        self.audit.note(last).await.unwrap();
        let mut page =
            self.audit.page(AuditQuery { limit: Some(500), ..AuditQuery::default() }).await.unwrap();
        page.entries.reverse();
        page.entries.retain(|entry| entry.action != "test.flush");
        page.entries
    }
}

/// The handler behind the guard: it returns the principal and project.
async fn tell(request: Request) -> impl IntoResponse {
    let extensions = request.extensions();
    let headers: Vec<String> = request.headers().keys().map(ToString::to_string).collect();
    Json(json!({
        "principal": extensions.get::<Grantee>().map(Grantee::id),
        "project": extensions.get::<Principal>().and_then(Principal::project),
        "headers": headers,
    }))
}

pub struct Asking {
    app: Router,
    request: Request,
}

pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub text: String,
    pub json: Value,
}

impl Answer {
    /// The cookie that the answer sets, in the form that a browser sends back.
    pub fn cookie(&self) -> String {
        self.set_cookies()[0].split(';').next().unwrap().to_owned()
    }

    pub fn set_cookies(&self) -> Vec<String> {
        self.headers.get_all("set-cookie").iter().map(|value| value.to_str().unwrap().to_owned()).collect()
    }
}

impl Asking {
    pub fn header(mut self, name: &'static str, value: &str) -> Self {
        self.request.headers_mut().append(name, value.parse().unwrap());
        self
    }

    pub fn key(self, key: &str) -> Self {
        self.header("authorization", &format!("Bearer {key}"))
    }

    /// Sends the request as the dashboard does: with a session cookie, from a page of this server.
    pub fn page(self, cookie: &str) -> Self {
        self.header("cookie", cookie).header("host", "quipu.test").header("origin", "http://quipu.test")
    }

    pub fn json(mut self, body: Value) -> Self {
        *self.request.body_mut() = Body::from(body.to_string());
        self.header("content-type", "application/json")
    }

    pub fn from(mut self, address: [u8; 4]) -> Self {
        self.request.extensions_mut().insert(ConnectInfo(SocketAddr::from((address, 1))));
        self
    }

    pub fn over_tls(mut self) -> Self {
        self.request.extensions_mut().insert(Secure(true));
        self
    }

    async fn answer(self) -> Answer {
        let response = self.app.oneshot(self.request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        let text = String::from_utf8(bytes.to_vec()).unwrap();
        let json = serde_json::from_str(&text).unwrap_or(Value::Null);
        Answer { status: parts.status, headers: parts.headers, text, json }
    }
}

impl IntoFuture for Asking {
    type Output = Answer;
    type IntoFuture = std::pin::Pin<Box<dyn Future<Output = Answer>>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.answer())
    }
}

/// Waits for a background write.
pub async fn until<T>(found: impl Fn() -> Option<T>) -> T {
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(20);
    loop {
        if let Some(found) = found() {
            return found;
        }
        assert!(std::time::Instant::now() < deadline, "it never came");
        tokio::time::sleep(std::time::Duration::from_millis(1)).await;
    }
}
