//! The guard: what stands before every route.

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
use crate::origin::{self, Sender};
use crate::principal::{DEFAULT_PROJECT, Principal, Project};
use crate::refusal::Refusal;
use denials::Denials;
use need::{Wanted, wanted};
use trail::Trail;

/// What load balancers ask by whatever name they like, and what tells nothing.
const PROBES: [&str; 2] = ["/healthz", "/readyz"];
/// A year: what browsers are told to come by TLS (RFC 6797).
const HSTS: HeaderValue = HeaderValue::from_static("max-age=31536000");

/// Puts the guard before every route of a listener: nothing behind it sees a request that may not come in.
///
/// Each request gets a [`Principal`] and a [`Project`] among its extensions, also while access is off. A refusal is a problem detail, for
/// gRPC its status. What is denied, changed, and which trace or session is read, goes into the audit.
pub fn guard(access: &Access, router: Router, gate: Gate) -> Router {
    let post = Arc::new(Post { access: access.clone(), gate, denials: Denials::default() });
    router.layer(from_fn_with_state(post, pass))
}

/// A guard at its gate.
struct Post {
    access: Access,
    gate: Gate,
    denials: Denials,
}

/// A request that may come in.
struct Admitted {
    /// `None` where nobody needs to be anybody.
    principal: Option<Principal>,
    project: Option<Project>,
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
        // What follows goes to the provider, to whom our key and project are nothing.
        parts.headers.remove(OWN_HEADER);
        parts.headers.remove(project::HEADER);
    }
    let trail = Trail::of(&parts, &client, &wanted, &admitted);
    parts.extensions.insert(client.clone());
    if let Some(principal) = admitted.principal {
        parts.extensions.insert(principal);
    }
    if let Some(project) = admitted.project {
        parts.extensions.insert(project);
    }
    let mut response = trail::answer(&post.access, Request::from_parts(parts, body), next, trail).await;
    if client.secure && may_be_bound(client.host.as_deref()) {
        response.headers_mut().insert(header::STRICT_TRANSPORT_SECURITY, HSTS);
    }
    response
}

/// Whether what is said of a host binds it alone: addresses are no names (RFC 6797 section 8.1.1), and `localhost` is every server of this
/// machine.
fn may_be_bound(host: Option<&str>) -> bool {
    let name = host.map(bare).unwrap_or_default().trim_end_matches('.').to_ascii_lowercase();
    let is_loopback = name == "localhost" || name.ends_with(".localhost");
    !name.is_empty() && !is_loopback && name.parse::<std::net::IpAddr>().is_err()
}

/// Boxed, because hardly any request is turned away.
type Examined = Result<Admitted, Box<TurnedAway>>;

/// A request that may not come in, and who sent it as far as that is known.
struct TurnedAway(Option<Principal>, Refusal);

fn nobody(refusal: Refusal) -> Box<TurnedAway> {
    Box::new(TurnedAway(None, refusal))
}

impl Post {
    fn examine(&self, parts: &Parts, client: &Client, wanted: &Wanted) -> Examined {
        if self.access.is_required() {
            return self.examine_strictly(parts, client, wanted);
        }
        let principal = Principal::local();
        self.check_unguarded(parts, client).map_err(nobody)?;
        match self.choose(&principal, parts) {
            Ok(project) => Ok(Admitted { principal: Some(principal), project: Some(project) }),
            // What needs no project works without one.
            Err(_) if wanted.need == Need::Open => Ok(Admitted { principal: Some(principal), project: None }),
            Err(refusal) => Err(nobody(refusal)),
        }
    }

    /// While access is off, whoever reaches the server may do everything: so pages of others must not reach it through a browser.
    fn check_unguarded(&self, parts: &Parts, client: &Client) -> Result<(), Refusal> {
        // Browsers name the page's origin wherever something is sent, so a sender of telemetry without one is none. All other listeners
        // have something to read.
        let for_browsers = self.gate != Gate::Ingest && !PROBES.contains(&parts.uri.path());
        let by_name = for_browsers || parts.headers.contains_key(header::ORIGIN);
        if by_name && !origin::answers_to(client.host.as_deref(), &self.access.settings.hosts) {
            let detail = "This server does not answer to the name in the header Host: [access] hosts lists further names.";
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
        let principal = match known {
            Some(Ok(principal)) => principal,
            Some(Err(Stranger::Wrong(why))) => return Err(nobody(Refusal::unknown(why))),
            Some(Err(Stranger::Unclear(error))) => return Err(nobody(Refusal::failed(&error))),
            None => return Err(nobody(Refusal::unknown(self.how_to_come_in()))),
        };
        match self.judge(parts, client, wanted, &principal) {
            Ok(project) => Ok(Admitted { principal: Some(principal), project }),
            Err(refusal) => Err(Box::new(TurnedAway(Some(principal), refusal))),
        }
    }

    /// What anybody may ask. Logging in and out is for our own pages and for programs, not for pages of others.
    fn examine_open(&self, parts: &Parts, client: &Client, principal: Option<Principal>) -> Examined {
        if changes(parts) && origin::sender(&parts.headers, client) == Sender::Foreign {
            return Err(Box::new(TurnedAway(principal, foreign())));
        }
        let project = principal.as_ref().and_then(|principal| self.choose(principal, parts).ok());
        Ok(Admitted { principal, project })
    }

    fn judge(
        &self,
        parts: &Parts,
        client: &Client,
        wanted: &Wanted,
        principal: &Principal,
    ) -> Result<Option<Project>, Refusal> {
        if principal.session().is_some() && changes(parts) {
            match origin::sender(&parts.headers, client) {
                Sender::Ours => {}
                Sender::Foreign => return Err(foreign()),
                Sender::Unsaid => {
                    let detail = "With a session's cookie, a change says where it comes from by the header Origin; programs use a key.";
                    return Err(Refusal::denied(detail));
                }
            }
        }
        if principal.must_change_password() && wanted.need != Need::SignedIn {
            return Err(Refusal::initial_password());
        }
        let chosen = self.choose(principal, parts);
        match wanted.need {
            Need::Open | Need::SignedIn => Ok(chosen.ok()),
            Need::Here(permission) => {
                let project = chosen?;
                if principal.may(permission, &project.0) {
                    return Ok(Some(project));
                }
                Err(lacking(permission, &format!("in the project {}", project.0)))
            }
            Need::Everywhere(permission) if principal.may_everywhere(permission) => Ok(chosen.ok()),
            Need::Everywhere(permission) => Err(lacking(permission, "in every project")),
        }
    }

    /// The project of a request. What the gateway records, its prices and its budgets are the default project's, whatever a request names.
    fn choose(&self, principal: &Principal, parts: &Parts) -> Result<Project, Refusal> {
        match self.gate {
            Gate::Gateway => Ok(Project(DEFAULT_PROJECT.to_owned())),
            _ => project::choose(principal, &parts.headers, &self.access.projects()),
        }
    }

    fn how_to_come_in(&self) -> &'static str {
        match self.gate {
            Gate::Gateway => {
                "Send a key of the project default with the scope ingest as `x-quipu-key`; the header Authorization is the provider's."
            }
            _ => {
                "Log in, or send a key as `Authorization: Bearer KEY` or `x-quipu-key: KEY`; `quipu keys add` makes one."
            }
        }
    }

    fn turn_away(&self, parts: &Parts, client: &Client, wanted: &Wanted, turned: TurnedAway) -> Response {
        let TurnedAway(principal, refusal) = turned;
        self.access.meter.add("quipu_access_refused_total", &[("reason", refusal.word())], 1);
        if let Some(entry) =
            self.denials.entry(parts, client, wanted, principal.as_ref(), &refusal, self.access.now())
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

/// Whether it is more than looking. A WebSocket is no look: it is opened by GET, and no policy of browsers keeps other pages from
/// reading it (RFC 6455 section 10.2).
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
