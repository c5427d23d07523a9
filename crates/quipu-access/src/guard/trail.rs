//! What a request leaves in the audit.

use axum::extract::Request;
use axum::http::request::Parts;
use axum::http::{Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use quipu_audit::{Actor, ActorKind, Entry, Outcome};
use tracing::Instrument as _;

use super::Admitted;
use super::need::Wanted;
use crate::access::Access;
use crate::client::Client;
use crate::refusal::Refusal;

/// The action of an entry that says that a change begins; its detail `act` names the change.
const BEGIN: &str = "act.begin";

/// What a handler knows about what it did: put among the extensions of its answer, it goes into the entry of the audit that the guard
/// writes, if it writes one. Nothing in it may be a secret or a prompt.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct About {
    /// What it was done to, where that is not what the path says.
    pub object: Option<String>,
    /// Nothing was changed: it was only asked what would be. The action ends with `.preview` then.
    pub preview: bool,
    /// What else is worth knowing, by name: counts, bounds, whether it was only tried out.
    pub detail: Vec<(&'static str, String)>,
}

/// An entry that waits for how it ends.
pub struct Trail {
    entry: Entry,
    looks: bool,
}

impl Trail {
    /// Of a request that may come in; `None` where nothing of it is noted.
    pub fn of(parts: &Parts, client: &Client, wanted: &Wanted, admitted: &Admitted) -> Option<Self> {
        let actor = match &admitted.principal {
            Some(principal) => principal.actor(),
            None => Actor::new(ActorKind::Unknown, ""),
        };
        let mut entry = Entry::new(actor, wanted.action?).from(client.address);
        entry.object.clone_from(&wanted.object);
        entry.project = admitted.project.as_ref().map(|project| project.0.clone());
        Some(Self { entry, looks: parts.method == Method::GET || parts.method == Method::HEAD })
    }

    /// Whether the act must not be done when it cannot be noted. Reading the record itself always works: it tells what is wrong.
    fn must_be_noted(&self, access: &Access) -> bool {
        access.audit.is_required() && !self.entry.action.starts_with("audit.")
    }

    /// Notes that a change begins, where it must not happen unnoted.
    ///
    /// # Errors
    /// It cannot be noted, so the change must not begin.
    async fn begin(&self, access: &Access) -> Result<(), Refusal> {
        let named = self.entry.clone();
        access.note_or_refuse(Entry { action: BEGIN, ..named }.with("act", self.entry.action)).await
    }

    /// Writes the entry: for a change before the answer goes out, for a look soon, or before the answer where it must be noted.
    ///
    /// # Errors
    /// A look must be noted and cannot be.
    async fn leave(mut self, access: &Access, response: &mut Response) -> Result<(), Refusal> {
        let status = response.status();
        self.entry.outcome = match status {
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Outcome::Denied,
            status if status.is_client_error() || status.is_server_error() => Outcome::Failed,
            _ => Outcome::Done,
        };
        if self.entry.outcome != Outcome::Done {
            self.entry.detail.push(("status", status.as_u16().to_string()));
        }
        if let Some(about) = response.extensions_mut().remove::<About>() {
            self.entry.object = about.object.or(self.entry.object);
            if about.preview {
                self.entry.action = preview_of(self.entry.action);
            }
            self.entry.detail.extend(about.detail);
        }
        if !self.looks {
            access.note(self.entry).await;
        } else if self.must_be_noted(access) {
            return access.note_or_refuse(self.entry).await;
        } else {
            access.audit.note_later(self.entry);
        }
        Ok(())
    }
}

/// What an action is called that was only tried out.
fn preview_of(action: &'static str) -> &'static str {
    match action {
        "trace.delete" => "trace.delete.preview",
        "data.forget" => "data.forget.preview",
        "prices.reprice" => "prices.reprice.preview",
        "retention.run" => "retention.run.preview",
        _ => "preview",
    }
}

/// The answer, once the entry is left. A change goes to its end, and its entry is written, also when whoever sent it hangs up: the
/// server drops what it does for a connection, but what was begun in other tasks would go on without a word in the audit.
pub async fn answer(access: &Access, request: Request, next: Next, trail: Option<Trail>) -> Response {
    let Some(trail) = trail else { return next.run(request).await };
    let (looks, access) = (trail.looks, access.clone());
    let work = async move {
        if !trail.looks
            && trail.must_be_noted(&access)
            && let Err(refusal) = trail.begin(&access).await
        {
            return refusal.into_response();
        }
        let mut response = next.run(request).await;
        match trail.leave(&access, &mut response).await {
            Ok(()) => response,
            Err(refusal) => refusal.into_response(),
        }
    };
    if looks {
        return work.await;
    }
    match tokio::spawn(work.in_current_span()).await {
        Ok(response) => response,
        Err(error) => match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            Err(_) => Refusal::stopping().into_response(),
        },
    }
}
