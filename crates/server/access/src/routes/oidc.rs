//! Login by OpenID Connect: redirect to the issuer, and callback.

use axum::Extension;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use quipu_audit::{Actor, ActorKind, Entry, Outcome};
use quipu_core::{Error, ErrorKind, Timestamp};
use quipu_oidc::{Identity, Provider};
use serde::Deserialize;

use super::body::Params;
use super::{by_tls, login};
use crate::access::Access;
use crate::client::Client;
use crate::cookies::Kind;
use crate::grant::Roles;
use crate::logins::Waiting;
use crate::refusal::Refusal;
use crate::register::{Issued, User};
use crate::secret::{self, Hashed};

/// Maximum duration of a login, in seconds.
const PATIENCE: i64 = 600;
const CALLBACK: &str = "/api/v1/login/oidc/callback";

/// Start a login at the issuer
///
/// Redirects the browser to the issuer, which sends it back to the callback.
#[utoipa::path(get, path = "/api/v1/login/oidc", tag = "access",
    responses((status = 303, description = "Redirect to the issuer."),
        (status = 404, description = "No issuer is configured.", body = crate::refusal::Problem, content_type = "application/problem+json")))]
pub async fn begin(
    State(access): State<Access>,
    Extension(client): Extension<Client>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let provider = provider(&access)?;
    let secure = by_tls(&client, &headers);
    let redirect = match &provider.config().redirect_url {
        Some(redirect) => redirect.clone(),
        None => {
            let host = client.host.as_deref().ok_or_else(|| Refusal::bad("The header Host is missing."))?;
            format!("{}://{host}{CALLBACK}", if secure { "https" } else { "http" })
        }
    };
    let secure = secure || redirect.starts_with("https://");
    let begun = provider.begin(&redirect).await.map_err(|error| unreached(&error))?;
    let token = secret::token()?;
    let mut response = to(&begun.url)?;
    let login = Waiting { begun, redirect, since: access.now(), from: client.address };
    access.logins.put(Hashed::of(&token), login);
    if let Some(cookie) = Kind::Login.set(&token, PATIENCE, secure) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    Ok(response)
}

fn provider(access: &Access) -> Result<&Provider, Refusal> {
    access.oidc.as_ref().ok_or_else(|| {
        let detail = "No issuer is configured: set [access.oidc] in the configuration.";
        Refusal::new(StatusCode::NOT_FOUND, "not-found", "Not found", detail)
    })
}

fn unreached(error: &Error) -> Refusal {
    tracing::warn!(%error, "the OpenID Connect issuer cannot be used");
    let detail = "The OpenID Connect issuer cannot be used now; the server's log says why.";
    Refusal::new(StatusCode::BAD_GATEWAY, "issuer", "No login", detail)
}

fn to(place: &str) -> Result<Response, Refusal> {
    let place = HeaderValue::from_str(place)
        .map_err(|_| Refusal::bad("The issuer's address is not a valid redirect."))?;
    Ok((StatusCode::SEE_OTHER, [(header::LOCATION, place)]).into_response())
}

/// The parameters of the callback (RFC 6749 sections 4.1.2 and 4.1.2.1). The issuer may add others.
#[derive(Deserialize)]
pub struct Back {
    code: Option<String>,
    state: Option<String>,
    error: Option<String>,
}

/// Finish a login at the issuer
///
/// The issuer redirects the browser to this route. It redirects to `/`, or to `/login?error=WORD` with
/// `expired`, `denied` or `failed`.
#[utoipa::path(get, path = "/api/v1/login/oidc/callback", tag = "access",
    params(("code" = Option<String>, Query, description = "From the issuer."),
        ("state" = Option<String>, Query, description = "From the issuer."),
        ("error" = Option<String>, Query, description = "From the issuer.")),
    responses((status = 303, description = "Redirect to the dashboard.")))]
pub async fn callback(
    State(access): State<Access>,
    Extension(client): Extension<Client>,
    headers: HeaderMap,
    Params(back): Params<Back>,
) -> Result<Response, Refusal> {
    let provider = provider(&access)?;
    let came =
        Entry::new(Actor::new(ActorKind::Unknown, ""), "login").from(client.address).with("by", "oidc");
    let secure = by_tls(&client, &headers) || Kind::Login.read(&headers, true).is_some();
    let mut response = match identify(&access, provider, &client, &headers, back).await {
        Ok(user) => {
            login::end_old(&access, &client, &headers).await?;
            login::came_in(&access, &user, came).await?;
            let begun = login::begin(&access, &user.name, secure).await?;
            let mut response = to("/")?;
            response.headers_mut().extend(
                begun.headers().get(header::SET_COOKIE).map(|cookie| (header::SET_COOKIE, cookie.clone())),
            );
            response
        }
        Err((word, why)) => {
            login::count(&access, "failed");
            tracing::info!(reason = why, "a login by OpenID Connect failed");
            access.note_failure(came.ended(Outcome::Failed).with("reason", why)).await;
            to(&format!("/login?error={word}"))?
        }
    };
    if let Some(gone) = Kind::Login.set("", 0, secure) {
        response.headers_mut().append(header::SET_COOKIE, gone);
    }
    Ok(response)
}

type Failed = (&'static str, String);

/// Returns the user of a callback.
async fn identify(
    access: &Access,
    provider: &Provider,
    client: &Client,
    headers: &HeaderMap,
    back: Back,
) -> Result<User, Failed> {
    let cookie = Kind::Login.read(headers, client.secure).map(Hashed::of);
    // The login is removed before any check, so each one can return only once.
    let waiting = cookie.and_then(|cookie| access.logins.take(&cookie));
    let waiting = waiting
        .filter(|waiting| access.now().since(waiting.since) < PATIENCE * Timestamp::SECOND)
        .ok_or_else(|| ("expired", "no login of this browser is in progress".to_owned()))?;
    if !back.state.is_some_and(|state| waiting.begun.is_of(&state)) {
        return Err(("denied", "the state belongs to another login".into()));
    }
    if back.error.is_some() {
        return Err(("denied", "the issuer rejected the login".into()));
    }
    let code = back.code.ok_or_else(|| ("failed", "the issuer sent no code".to_owned()))?;
    let identity = provider.finish(&waiting.begun, &waiting.redirect, &code).await.map_err(|error| {
        let word = if error.kind() == ErrorKind::Denied { "denied" } else { "failed" };
        (word, error.to_string())
    })?;
    know(access, provider, &identity).await
}

/// Returns the user of an identity.
async fn know(access: &Access, provider: &Provider, identity: &Identity) -> Result<User, Failed> {
    let settings = provider.config();
    let mut roles = Roles::default();
    for word in provider.roles(identity) {
        roles.add(Roles::parse([word]).map_err(|error| ("failed", error.to_string()))?);
    }
    // A name does not identify: issuer and subject do.
    let verified = identity.email.clone().filter(|_| identity.email_verified);
    let issued = Issued {
        issuer: settings.issuer.clone(),
        subject: identity.subject.clone(),
        name: verified.unwrap_or_else(|| identity.name.clone()),
        roles,
    };
    let known = access.off_thread(move |register| register.know(&issued)).await;
    let user = known
        .map_err(|error| ("failed", error.to_string()))?
        .map_err(|error| ("failed", error.to_string()))?
        .ok_or_else(|| ("denied", format!("{} is new here and has no role", identity.name)))?;
    match (user.disabled, user.roles.is_empty()) {
        (true, _) => Err(("denied", format!("{} is disabled", user.name))),
        (_, true) => Err(("denied", format!("{} has no role", user.name))),
        _ => Ok(user),
    }
}
