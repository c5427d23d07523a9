//! Audit entries of admitted requests.

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

/// The audit action for the start of a change; its detail `act` names the change.
const BEGIN: &str = "act.begin";

/// Details from a handler for the audit entry of the guard. The handler adds them to the extensions of its
/// answer. They must not hold a secret or a prompt.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct About {
    /// The object of the act, if it differs from the path.
    pub object: Option<String>,
    /// Nothing was changed: the request was a dry run. The action then ends with `.preview`.
    pub preview: bool,
    /// Further details by name, such as counts and limits.
    pub detail: Vec<(&'static str, String)>,
}

/// An audit entry without its outcome.
pub struct Trail {
    entry: Entry,
    looks: bool,
}

impl Trail {
    /// Returns the entry of an admitted request; `None` if the request is not recorded.
    pub fn of(parts: &Parts, client: &Client, wanted: &Wanted, admitted: &Admitted) -> Option<Self> {
        let actor = match &admitted.grantee {
            Some(grantee) => grantee.actor(),
            None => Actor::new(ActorKind::Unknown, ""),
        };
        let mut entry = Entry::new(actor, wanted.action?).from(client.address);
        entry.object.clone_from(&wanted.object);
        entry.project = admitted.project.clone();
        Some(Self { entry, looks: parts.method == Method::GET || parts.method == Method::HEAD })
    }

    /// Returns whether the act needs an audit entry first. Reading the audit log always works, because it
    /// shows the error.
    fn must_be_noted(&self, access: &Access) -> bool {
        access.audit.is_required() && !self.entry.action.starts_with("audit.")
    }

    /// Records the start of a change, if the change needs an entry first.
    ///
    /// # Errors
    /// The entry cannot be written, so the change must not begin.
    async fn begin(&self, access: &Access) -> Result<(), Refusal> {
        let named = self.entry.clone();
        access.note_or_refuse(Entry { action: BEGIN, ..named }.with("act", self.entry.action)).await
    }

    /// Writes the entry. The entry of a change is written before the answer. The entry of a read follows
    /// soon, or precedes the answer if it is required.
    ///
    /// # Errors
    /// A read needs an entry that cannot be written.
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

/// The audit action of a dry run.
fn preview_of(action: &'static str) -> &'static str {
    match action {
        "trace.delete" => "trace.delete.preview",
        "data.forget" => "data.forget.preview",
        "prices.reprice" => "prices.reprice.preview",
        "retention.run" => "retention.run.preview",
        _ => "preview",
    }
}

/// Runs the request and returns its answer after the entry is written. A change runs in its own task, so it
/// ends and is recorded even if the client disconnects. The server drops a handler with its connection, but
/// tasks that the handler spawned would go on without an entry.
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
