//! The guard: a middleware before every route.

mod denials;
mod need;
mod project;
mod trail;

use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderName, HeaderValue, Method, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse as _, Response};

pub use need::{Gate, Need, need};
pub use trail::About;

use crate::access::Access;
use crate::admittance::Stranger;
use crate::client::{Client, bare};
use crate::credential::{Credential, OWN_HEADER};
use crate::grant::Permission;
use crate::grantee::{DEFAULT_PROJECT, Grantee};
use crate::origin::{self, Sender};
use crate::refusal::Refusal;
use denials::Denials;
use need::{Wanted, wanted};
use trail::Trail;

/// Health probes. Load balancers call them by any host name, and their answers hold no data.
const PROBES: [&str; 2] = ["/healthz", "/readyz"];
/// One year: how long browsers have to use TLS (RFC 6797).
const HSTS: HeaderValue = HeaderValue::from_static("max-age=31536000");

/// Puts the guard before every route of a listener, so handlers see only admitted requests.
///
/// Each request gets a [`Principal`](quipu_admission::Principal) and a [`Grantee`] as extensions, even while
/// access is off. A rejected request gets a problem detail, or a gRPC status on gRPC. The audit log records
/// rejected requests, changes, and each trace or session that was read.
pub fn guard(access: &Access, router: Router, gate: Gate) -> Router {
    let post = Arc::new(Post { access: access.clone(), gate, denials: Denials::default() });
    router.layer(from_fn_with_state(post, pass))
}

/// The guard of one listener.
struct Post {
    access: Access,
    gate: Gate,
    denials: Denials,
}

/// An admitted request.
struct Admitted {
    /// `None` if the route is open and the client is unknown.
    grantee: Option<Grantee>,
    project: Option<String>,
}

async fn pass(State(post): State<Arc<Post>>, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    let client = Client::of(&parts, &post.access.settings.trusted_proxies);
    let wanted = wanted(post.gate, &parts.method, parts.uri.path());
    let admitted = match post.examine(&parts, &client, &wanted) {
        Ok(admitted) => admitted,
        Err(turned) => return post.turn_away(&parts, &client, &wanted, *turned),
    };
    if post.gate == Gate::Gateway {
        // The provider gets the remaining headers. It must not see Quipu's key and project.
        parts.headers.remove(OWN_HEADER);
        parts.headers.remove(project::HEADER);
    }
    let trail = Trail::of(&parts, &client, &wanted, &admitted);
    parts.extensions.insert(client.clone());
    if let Some(grantee) = admitted.grantee {
        parts.extensions.insert(grantee.principal(admitted.project));
        parts.extensions.insert(grantee);
    }
    let mut response = trail::answer(&post.access, Request::from_parts(parts, body), next, trail).await;
    if client.secure && may_be_bound(client.host.as_deref()) {
        response.headers_mut().insert(header::STRICT_TRANSPORT_SECURITY, HSTS);
    }
    response
}

/// Returns whether HSTS affects this host only. HSTS does not apply to addresses (RFC 6797 section 8.1.1),
/// and `localhost` is shared by all servers of the machine.
fn may_be_bound(host: Option<&str>) -> bool {
    let name = host.map(bare).unwrap_or_default().trim_end_matches('.').to_ascii_lowercase();
    let is_loopback = name == "localhost" || name.ends_with(".localhost");
    !name.is_empty() && !is_loopback && name.parse::<std::net::IpAddr>().is_err()
}

/// The error is boxed, because rejected requests are rare.
type Examined = Result<Admitted, Box<TurnedAway>>;

/// A rejected request, and its principal if known.
struct TurnedAway(Option<Grantee>, Refusal);

fn nobody(refusal: Refusal) -> Box<TurnedAway> {
    Box::new(TurnedAway(None, refusal))
}

impl Post {
    fn examine(&self, parts: &Parts, client: &Client, wanted: &Wanted) -> Examined {
        if self.access.is_required() {
            return self.examine_strictly(parts, client, wanted);
        }
        let grantee = Grantee::local();
        self.check_unguarded(parts, client).map_err(nobody)?;
        match self.choose(&grantee, parts) {
            Ok(project) => Ok(Admitted { grantee: Some(grantee), project: Some(project) }),
            // A route that needs no project works without one.
            Err(_) if wanted.need == Need::Open => Ok(Admitted { grantee: Some(grantee), project: None }),
            Err(refusal) => Err(nobody(refusal)),
        }
    }

    /// Checks a request while access is off. Every client that reaches the server has all rights then, so
    /// pages of other origins must not reach it through a browser.
    fn check_unguarded(&self, parts: &Parts, client: &Client) -> Result<(), Refusal> {
        // A browser names the page's origin when it sends data, so a telemetry sender without an origin is
        // not a browser. All other listeners have data to read.
        let for_browsers = self.gate != Gate::Ingest && !PROBES.contains(&parts.uri.path());
        let by_name = for_browsers || parts.headers.contains_key(header::ORIGIN);
        if by_name && !origin::answers_to(client.host.as_deref(), &self.access.settings.hosts) {
            let detail = "The server does not accept the name in the header Host: add it to [access] hosts.";
            return Err(Refusal::new(axum::http::StatusCode::FORBIDDEN, "wrong-host", "Wrong host", detail));
        }
        if changes(parts) && origin::sender(&parts.headers, client) == Sender::Foreign {
            return Err(foreign());
        }
        Ok(())
    }

    fn examine_strictly(&self, parts: &Parts, client: &Client, wanted: &Wanted) -> Examined {
        let credential = match self.gate {
            Gate::Gateway => Credential::of_own_header(&parts.headers),
            _ => Credential::of(&parts.headers, client.secure),
        };
        let known = credential.as_ref().map(|credential| self.access.admit(credential));
        if wanted.need == Need::Open {
            return self.examine_open(parts, client, known.and_then(Result::ok));
        }
        let grantee = match known {
            Some(Ok(grantee)) => grantee,
            Some(Err(Stranger::Wrong(why))) => return Err(nobody(Refusal::unknown(why))),
            Some(Err(Stranger::Unclear(error))) => return Err(nobody(Refusal::failed(&error))),
            None => return Err(nobody(Refusal::unknown(self.how_to_come_in()))),
        };
        match self.judge(parts, client, wanted, &grantee) {
            Ok(project) => Ok(Admitted { grantee: Some(grantee), project }),
            Err(refusal) => Err(Box::new(TurnedAway(Some(grantee), refusal))),
        }
    }

    /// Admits a request to an open route. Login and logout reject the pages of other origins.
    fn examine_open(&self, parts: &Parts, client: &Client, grantee: Option<Grantee>) -> Examined {
        if changes(parts) && origin::sender(&parts.headers, client) == Sender::Foreign {
            return Err(Box::new(TurnedAway(grantee, foreign())));
        }
        let project = grantee.as_ref().and_then(|grantee| self.choose(grantee, parts).ok());
        Ok(Admitted { grantee, project })
    }

    fn judge(
        &self,
        parts: &Parts,
        client: &Client,
        wanted: &Wanted,
        grantee: &Grantee,
    ) -> Result<Option<String>, Refusal> {
        if grantee.session().is_some() && changes(parts) {
            match origin::sender(&parts.headers, client) {
                Sender::Ours => {}
                Sender::Foreign => return Err(foreign()),
                Sender::Unsaid => {
                    let detail =
                        "A change with a session cookie needs the header Origin; programs use a key.";
                    return Err(Refusal::denied(detail));
                }
            }
        }
        if grantee.must_change_password() && wanted.need != Need::SignedIn {
            return Err(Refusal::initial_password());
        }
        let chosen = self.choose(grantee, parts);
        match wanted.need {
            Need::Open | Need::SignedIn => Ok(chosen.ok()),
            Need::Here(permission) => {
                let project = chosen?;
                if grantee.may(permission, &project) {
                    return Ok(Some(project));
                }
                Err(lacking(permission, &format!("in the project {project}")))
            }
            Need::Everywhere(permission) if grantee.may_everywhere(permission) => Ok(chosen.ok()),
            Need::Everywhere(permission) => Err(lacking(permission, "in every project")),
        }
    }

    /// Chooses the project of a request. On the gateway it is always the default project, which owns the
    /// gateway's records, prices and budgets.
    fn choose(&self, grantee: &Grantee, parts: &Parts) -> Result<String, Refusal> {
        match self.gate {
            Gate::Gateway => Ok(DEFAULT_PROJECT.to_owned()),
            _ => project::choose(grantee, &parts.headers, &self.access.projects()),
        }
    }

    fn how_to_come_in(&self) -> &'static str {
        match self.gate {
            Gate::Gateway => {
                "Send a key of the project default with the scope ingest as `x-quipu-key`; the header Authorization is the provider's."
            }
            _ => {
                "Log in, or send a key as `Authorization: Bearer KEY` or `x-quipu-key: KEY`; `quipu keys add` creates a key."
            }
        }
    }

    fn turn_away(&self, parts: &Parts, client: &Client, wanted: &Wanted, turned: TurnedAway) -> Response {
        let TurnedAway(grantee, refusal) = turned;
        self.access.meter.add("quipu_access_refused_total", &[("reason", refusal.word())], 1);
        if let Some(entry) =
            self.denials.entry(parts, client, wanted, grantee.as_ref(), &refusal, self.access.now())
        {
            self.access.audit.note_later(entry);
        }
        if is_grpc(parts) { refusal.into_grpc() } else { refusal.into_response() }
    }
}

fn lacking(permission: Permission, place: &str) -> Refusal {
    Refusal::denied(format!("This needs the permission {} {place}.", permission.as_str()))
}

fn foreign() -> Refusal {
    Refusal::denied("The request comes from another origin's page.")
}

/// Returns whether the request does more than read. A WebSocket counts as a change: it opens by GET, and
/// browsers let other pages read it (RFC 6455 section 10.2).
fn changes(parts: &Parts) -> bool {
    const SOCKET: HeaderName = HeaderName::from_static("sec-websocket-key");
    let looks = [Method::GET, Method::HEAD, Method::OPTIONS].contains(&parts.method);
    let by_http2 = parts.method == Method::CONNECT;
    !looks || by_http2 || parts.headers.contains_key(header::UPGRADE) || parts.headers.contains_key(SOCKET)
}

fn is_grpc(parts: &Parts) -> bool {
    let named = parts.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    named.is_some_and(|named| named.to_ascii_lowercase().starts_with("application/grpc"))
}
