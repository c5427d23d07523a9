//! The routes of access control: login, keys, users, audit log.

mod audit;
mod body;
mod docs;
mod dto;
mod keys;
mod login;
mod me;
mod oidc;
mod users;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::map_response;
use axum::response::Response;
use axum::routing::{delete, get, patch, post};

pub use docs::openapi;
pub use dto::{KeyAnswer, NewKeyAnswer, UserAnswer};

use crate::access::Access;
use crate::client::Client;
use crate::origin;
use crate::refusal;

/// The maximum size of a body, in bytes.
const BODY: usize = 64 << 10;

/// Returns the routes of access, to be merged with those of the API. [`crate::guard`] has to be in front of
/// them, because it adds the principal.
pub fn routes(access: &Access) -> Router {
    Router::new()
        .route("/api/v1/login", post(login::login))
        .route("/api/v1/logout", post(login::logout))
        .route("/api/v1/login/oidc", get(oidc::begin))
        .route("/api/v1/login/oidc/callback", get(oidc::callback))
        .route("/api/v1/me", get(me::me))
        .route("/api/v1/me/password", post(me::password))
        .route("/api/v1/keys", get(keys::keys).post(keys::add_key))
        .route("/api/v1/keys/{id}", delete(keys::revoke_key))
        .route("/api/v1/users", get(users::users).post(users::add_user))
        .route("/api/v1/users/{name}", patch(users::change_user).delete(users::remove_user))
        .route("/api/v1/audit", get(audit::audit))
        .route("/api/v1/audit/export", get(audit::export))
        .route("/api/v1/audit/verify", get(audit::verify))
        .layer(DefaultBodyLimit::max(BODY))
        .layer(map_response(secured))
        .with_state(access.clone())
}

async fn secured(mut response: Response) -> Response {
    refusal::secure(response.headers_mut());
    response
}

/// Returns whether a cookie for this client can require TLS: the connection or the page uses it.
fn by_tls(client: &Client, headers: &axum::http::HeaderMap) -> bool {
    client.secure || origin::is_secure(headers)
}
