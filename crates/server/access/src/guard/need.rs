//! The table of routes: the permission that each one needs and its audit action.

use axum::http::Method;
use sha2::{Digest as _, Sha256};

use crate::grant::Permission::{self, Admin, Ingest, Read, Write};

use Need::{Everywhere, Here, Open, SignedIn};

/// The requirement of a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// Nothing.
    Open,
    /// Any principal. A user with an initial password gets only these routes and the open ones.
    SignedIn,
    /// A permission in the project of the request.
    Here(Permission),
    /// A permission in every project.
    Everywhere(Permission),
}

/// The rules of a listener.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gate {
    /// Telemetry only: every route needs `ingest`.
    Ingest,
    /// The API, the dashboard and OTLP over HTTP: the table decides.
    Api,
    /// Metrics: every route needs `read`.
    Metrics,
    /// The gateway to model providers: every route needs `ingest` in the project `default`, by `x-quipu-key`
    /// only.
    Gateway,
}

/// A route: its methods, path, need and audit action. In a path, `{}` is one segment, and `*` at the end is
/// one or more.
struct Route(&'static str, &'static str, Need, Option<&'static str>);

const fn look(path: &'static str) -> Route {
    Route("GET", path, Here(Read), None)
}

const fn change(methods: &'static str, path: &'static str, need: Need, action: &'static str) -> Route {
    Route(methods, path, need, Some(action))
}

/// A route outside this table needs `admin` in every project. The audit log records the reading of one trace
/// or session and the export of traces, but not the reading of lists and figures.
const ROUTES: &[Route] = &[
    Route("GET", "/healthz", Open, None),
    Route("GET", "/readyz", Open, None),
    Route("GET", "/openapi.json", Open, None),
    look("/metrics"),
    // Login and logout. Their handlers write the audit entries.
    Route("POST", "/api/v1/login", Open, None),
    Route("POST", "/api/v1/logout", Open, None),
    Route("GET", "/api/v1/me", Open, None),
    Route("GET", "/api/v1/login/oidc", Open, None),
    Route("GET", "/api/v1/login/oidc/callback", Open, None),
    change("POST", "/api/v1/me/password", SignedIn, "user.password"),
    // Telemetry.
    Route("POST", "/v1/{}", Here(Ingest), None),
    Route("POST", "/otel/v1/{}", Here(Ingest), None),
    Route("POST", "/api/public/otel/v1/{}", Here(Ingest), None),
    // Reads.
    look("/api/v1/traces"),
    Route("GET", "/api/v1/traces/*", Here(Read), Some("trace.read")),
    look("/api/v1/sessions"),
    Route("GET", "/api/v1/sessions/{}", Here(Read), Some(SESSION_READ)),
    Route("GET", "/api/v1/export/*", Here(Read), Some("trace.export")),
    look("/api/v1/live"),
    look("/api/v1/map"),
    look("/api/v1/usage"),
    look("/api/v1/tools"),
    look("/api/v1/tools/insights"),
    look("/api/v1/facets"),
    look("/api/v1/query"),
    look("/api/v1/agents"),
    look("/api/v1/guardrails"),
    look("/api/v1/events"),
    look("/api/v1/calls"),
    look("/api/v1/spans"),
    Route("GET", "/api/v1/exchanges", Here(Read), Some("trace.read")),
    look("/api/v1/scores"),
    look("/api/v1/metrics"),
    look("/api/v1/metrics/query"),
    look("/api/metrics"),
    look("/api/parity-matrix"),
    look("/api/cost-analysis"),
    look("/api/v1/costs/*"),
    look("/api/v1/plans"),
    look("/api/v1/status"),
    look("/api/v1/system"),
    look("/api/v1/sources/unread"),
    look("/api/v1/sources/drift"),
    look("/api/v1/backends"),
    look("/api/v1/backends/{}/dead-letters"),
    look("/api/v1/budgets"),
    look("/api/v1/alerts"),
    look("/api/v1/alerts/rules"),
    look("/api/v1/alerts/rules/{}"),
    look("/api/v1/alerts/history"),
    look("/api/v1/alerts/silences"),
    look("/api/v1/slos"),
    look("/api/v1/slos/report"),
    look("/api/v1/slos/{}"),
    look("/api/v1/incidents"),
    look("/api/v1/incidents/{}"),
    look("/api/v1/incidents/{}/report"),
    look("/api/v1/health"),
    look("/api/v1/sql/schema"),
    look("/api/v1/excerpts"),
    look("/api/v1/prices"),
    look("/api/v1/prices/*"),
    look("/api/v1/views"),
    look("/api/v1/views/{}"),
    look("/api/v1/dashboards"),
    look("/api/v1/dashboards/{}"),
    look("/api/v1/retention"),
    look("/api/v1/retention/*"),
    look("/api/v1/holds"),
    // Reads that need a body.
    Route("POST", "/mcp", Here(Read), Some("mcp.call")),
    Route("POST", "/api/v1/sql", Here(Read), Some("sql.query")),
    Route("POST", "/api/v1/price", Here(Read), None),
    Route("POST", "/api/v1/estimate", Here(Read), None),
    Route("POST", "/api/v1/budgets/{}/check", Here(Read), None),
    Route("POST", "/api/v1/alerts/backtest", Here(Read), None),
    // Views, dashboards, scores and holds.
    change("POST", "/api/v1/scores", Here(Write), "score.set"),
    change("PUT", "/api/v1/views/{}", Here(Write), "view.set"),
    change("DELETE", "/api/v1/views/{}", Here(Write), "view.remove"),
    change("PUT", "/api/v1/dashboards/{}", Here(Write), "dashboard.set"),
    change("DELETE", "/api/v1/dashboards/{}", Here(Write), "dashboard.remove"),
    change("POST", "/api/v1/alerts/ack", Here(Write), "alert.acknowledge"),
    // The token of the link is the credential. It is in the query, so no audit entry has it.
    Route("GET", "/api/v1/alerts/ack-link", Open, None),
    change("POST", "/api/v1/alerts/ack-link", Open, "alert.acknowledge"),
    change("POST", "/api/v1/alerts/silences", Here(Write), "alert.silence"),
    change("DELETE", "/api/v1/alerts/silences/{}", Here(Write), "alert.silence_end"),
    change("POST", "/api/v1/incidents", Here(Write), "incident.open"),
    change("POST", "/api/v1/incidents/{}", Here(Write), "incident.change"),
    change("POST PUT", "/api/v1/traces/{}/hold", Here(Write), "trace.hold"),
    change("DELETE", "/api/v1/traces/{}/hold", Here(Write), "trace.release"),
    // Configuration, and deletion of data.
    change("PUT", "/api/v1/budgets/{}", Here(Admin), "budget.set"),
    change("DELETE", "/api/v1/budgets/{}", Here(Admin), "budget.remove"),
    change("PUT", "/api/v1/alerts/rules/{}", Here(Admin), "alert.set"),
    change("DELETE", "/api/v1/alerts/rules/{}", Here(Admin), "alert.remove"),
    change("POST", "/api/v1/alerts/fire", Here(Admin), "alert.fire"),
    // Price books are files of the server and apply to every project.
    change("POST", "/api/v1/prices/reload", Everywhere(Admin), "prices.reload"),
    change("POST", "/api/v1/prices/reprice", Here(Admin), "prices.reprice"),
    change("POST", "/api/v1/prices/reprices/{}/undo", Here(Admin), "prices.undo"),
    change("POST", "/api/v1/backends/{}/dead-letters/replay", Here(Admin), "dead_letters.replay"),
    change("POST", "/api/v1/backends/{}/dead-letters/remove", Here(Admin), "dead_letters.remove"),
    change("POST", "/api/v1/traces/delete", Here(Admin), "trace.delete"),
    change("POST", "/api/v1/forget", Here(Admin), "data.forget"),
    change("POST PUT", "/api/v1/retention", Here(Admin), "retention.set"),
    Route("POST", "/api/v1/retention/preview", Here(Read), None),
    change("POST", "/api/v1/retention/run", Here(Admin), "retention.run"),
    // Keys and users.
    Route("GET", "/api/v1/keys", Here(Admin), None),
    change("POST", "/api/v1/keys", Here(Admin), "key.add"),
    change("DELETE", "/api/v1/keys/{}", Here(Admin), "key.revoke"),
    Route("GET", "/api/v1/users", Everywhere(Admin), None),
    change("POST", "/api/v1/users", Everywhere(Admin), "user.add"),
    change("PATCH", "/api/v1/users/{}", Everywhere(Admin), "user.change"),
    change("DELETE", "/api/v1/users/{}", Everywhere(Admin), "user.remove"),
    Route("GET", "/api/v1/audit", Everywhere(Admin), Some("audit.read")),
    Route("GET", "/api/v1/audit/export", Everywhere(Admin), Some("audit.export")),
    Route("GET", "/api/v1/audit/verify", Everywhere(Admin), Some("audit.verify")),
];

/// Path prefixes of the API. Every other GET asks for a file of the dashboard.
const INTERFACE: [&str; 3] = ["api", "v1", "otel"];

/// The audit action of reading a session.
const SESSION_READ: &str = "session.read";

/// The need of a request, and its audit action.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    pub need: Need,
    /// The audit action: a change, or a read that is recorded.
    pub action: Option<&'static str>,
    /// The object of the request: the variable segments of its path.
    pub object: Option<String>,
}

impl Wanted {
    fn plainly(need: Need) -> Self {
        Self { need, action: None, object: None }
    }
}

/// Returns the need of a request at a listener.
pub fn wanted(gate: Gate, method: &Method, path: &str) -> Wanted {
    match gate {
        Gate::Ingest | Gate::Gateway => Wanted::plainly(Here(Ingest)),
        Gate::Metrics => Wanted::plainly(Here(Read)),
        Gate::Api => listed(method, path).unwrap_or_else(|| unlisted(method, path)),
    }
}

/// Returns the need of an API route by the table; `None` if the table does not list it. An unlisted route
/// needs `admin` in every project, and a file of the dashboard needs nothing.
pub fn need(method: &Method, path: &str) -> Option<Need> {
    listed(method, path).map(|wanted| wanted.need)
}

fn listed(method: &Method, path: &str) -> Option<Wanted> {
    let method = if method == Method::HEAD { "GET" } else { method.as_str() };
    ROUTES.iter().filter(|route| route.0.split(' ').any(|one| one == method)).find_map(|route| {
        let object = matches(route.1, path)?.join("/");
        let named = if route.3 == Some(SESSION_READ) { pseudonym(&object) } else { object };
        Some(Wanted { need: route.2, action: route.3, object: (!named.is_empty()).then_some(named) })
    })
}

/// A path as the audit log may have it: without the id of a session, however the request spells the rest.
pub fn recorded(path: &str) -> String {
    let mut is_session = false;
    let told = path.split('/').map(|part| {
        let behind = std::mem::replace(&mut is_session, false);
        is_session = String::from_utf8_lossy(&decoded(part)).eq_ignore_ascii_case("sessions")
            || (behind && part.is_empty());
        if behind && !part.is_empty() { pseudonym(part) } else { part.to_owned() }
    });
    told.collect::<Vec<_>>().join("/")
}

/// Replaces the id of a session in the audit log, which never removes an entry: the first 16 digits of its
/// SHA-256. An operator who knows the id can find the entry.
fn pseudonym(part: &str) -> String {
    let sum = Sha256::digest(decoded(part));
    sum.iter().take(8).fold("sha256:".to_owned(), |text, byte| format!("{text}{byte:02x}"))
}

/// Decodes the percent-encoding of a path segment.
fn decoded(part: &str) -> Vec<u8> {
    let (mut out, mut rest) = (Vec::with_capacity(part.len()), part.as_bytes());
    while let Some((first, behind)) = rest.split_first() {
        let digits = behind.get(..2).filter(|_| *first == b'%').and_then(|two| std::str::from_utf8(two).ok());
        match digits.and_then(|two| u8::from_str_radix(two, 16).ok()) {
            Some(byte) => {
                out.push(byte);
                rest = &behind[2..];
            }
            None => {
                out.push(*first);
                rest = behind;
            }
        }
    }
    out
}

fn unlisted(method: &Method, path: &str) -> Wanted {
    let first = path.trim_start_matches('/').split('/').next().unwrap_or_default();
    if *method == Method::GET || *method == Method::HEAD {
        let need = if INTERFACE.contains(&first) { Everywhere(Admin) } else { Open };
        return Wanted::plainly(need);
    }
    Wanted { action: Some("change"), object: Some(recorded(path)), ..Wanted::plainly(Everywhere(Admin)) }
}

/// Returns the variable segments of a path if it matches a route.
fn matches<'a>(route: &str, path: &'a str) -> Option<Vec<&'a str>> {
    let mut open = Vec::new();
    let mut parts = path.split('/');
    for wanted in route.split('/') {
        let part = parts.next()?;
        match wanted {
            "{}" | "*" if part.is_empty() => return None,
            "{}" => open.push(part),
            "*" => {
                open.push(part);
                return Some(open);
            }
            exact if exact == part => {}
            _ => return None,
        }
    }
    parts.next().is_none().then_some(open)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn routes_are_found_with_what_they_are_about() {
        let of = |method: Method, path: &str| wanted(Gate::Api, &method, path);
        let trace = of(Method::GET, "/api/v1/traces/abc/spans/def");
        assert_eq!(
            (trace.need, trace.action, trace.object.as_deref()),
            (Here(Read), Some("trace.read"), Some("abc"))
        );
        let session = of(Method::GET, "/api/v1/sessions/s%201");
        assert_eq!(session.object, of(Method::GET, "/api/v1/sessions/s 1").object);
        assert!(session.object.is_some_and(|object| object.starts_with("sha256:") && object.len() == 23));
        assert_eq!(of(Method::HEAD, "/api/v1/traces").need, Here(Read));
        assert_eq!(of(Method::POST, "/v1/traces").need, Here(Ingest));
        assert_eq!(of(Method::GET, "/assets/app.js").need, Open);
        assert_eq!(of(Method::GET, "/traces/abc").need, Open);
    }

    #[test]
    fn no_spelling_of_a_path_puts_the_id_of_a_session_into_the_record() {
        let told = recorded("/api/v1/sessions/s%201");
        assert!(
            told.starts_with("/api/v1/sessions/sha256:") && told == recorded("/api/v1/sessions/s 1"),
            "{told}"
        );
        for path in [
            "/api/v1/sessions/jane/x",
            "//api/v1/Sessions//jane",
            "/api/v1/%73essions/jane",
            "/sessions/jane",
        ] {
            assert!(!recorded(path).contains("jane"), "{path}: {}", recorded(path));
        }
        assert_eq!(recorded("/api/v1/traces/abc"), "/api/v1/traces/abc");
    }

    #[test]
    fn whoever_has_an_initial_password_is_let_through_to_changing_it_alone() {
        let signed_in: Vec<_> =
            ROUTES.iter().filter(|route| route.2 == SignedIn).map(|route| route.1).collect();
        assert_eq!(signed_in, ["/api/v1/me/password"]);
    }

    #[test]
    fn whatever_the_table_does_not_have_needs_admin() {
        for (method, path) in [
            (Method::GET, "/api/v1/new-thing"),
            (Method::GET, "/api/v1/traces/"),
            (Method::GET, "/api/v1/keys/x"),
            (Method::GET, "//api/v1/keys"),
            (Method::GET, "/api"),
            (Method::GET, "/v1/traces"),
            (Method::POST, "/api/v1/traces"),
            (Method::POST, "/"),
            (Method::OPTIONS, "/api/v1/traces"),
            (Method::CONNECT, ""),
            (Method::PATCH, "/api/v1/traces/x"),
        ] {
            assert_eq!(wanted(Gate::Api, &method, path).need, Everywhere(Admin), "{method} {path}");
            assert_eq!(need(&method, path), None);
        }
    }
}
