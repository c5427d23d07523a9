//! Login by password, and logout.

use axum::Extension;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use quipu_audit::{Actor, ActorKind, Entry, Outcome};

use super::body::Json;
use super::by_tls;
use super::dto::LoginBody;
use crate::access::Access;
use crate::client::Client;
use crate::cookies::Kind;
use crate::grantee::Grantee;
use crate::password::HashPermit;
use crate::refusal::Refusal;
use crate::register::User;
use crate::secret::Hashed;

/// One text for every cause, so the answer does not reveal whether the user exists.
const WRONG: &str = "The name or the password is wrong.";

/// Error: too many passwords wait for their check.
pub fn crowded() -> Refusal {
    Refusal::wait(1, "Too many people log in at once.")
}

/// Starts a password check. It needs a permit; an attempt without a permit does not count.
pub async fn begin_attempt(access: &Access, user: &str, client: &Client) -> Result<HashPermit, Refusal> {
    let place = access.hashing.place().map_err(|_| crowded())?;
    let refused = |wait| Refusal::wait(wait, "Too many wrong passwords.");
    access.begin_attempt(user, client.address).await.map_err(refused)?;
    Ok(place)
}

/// Log in
///
/// Login with name and password; the answer sets the session cookie. An earlier session of the browser ends.
/// With an initial password, valid for seven days, the session may only change it; `/api/v1/me` says so.
#[utoipa::path(post, path = "/api/v1/login", tag = "access", request_body = LoginBody,
    responses((status = 204, description = "Logged in; the cookie has the session."),
        (status = 401, description = "The name or the password is wrong.", body = crate::refusal::Problem, content_type = "application/problem+json"),
        (status = 429, description = "Too many attempts; `Retry-After` says when to try again.", body = crate::refusal::Problem,
            content_type = "application/problem+json")))]
pub async fn login(
    State(access): State<Access>,
    Extension(client): Extension<Client>,
    headers: HeaderMap,
    Json(body): Json<LoginBody>,
) -> Result<Response, Refusal> {
    let came =
        Entry::new(Actor::new(ActorKind::Unknown, ""), "login").from(client.address).with("by", "password");
    let place = begin_attempt(&access, &body.name, &client).await.inspect_err(|_| {
        count(&access, "limited");
        access.failures.leave_out(client.address);
    })?;
    let identified = access.register.identify(&body.name)?;
    let (user, stored) = identified.map_or((None, None), |known| (Some(known.user), known.password));
    let right = access.hashing.verify(place, body.password, stored).await.map_err(|_| crowded())?;
    let now = access.now();
    match user {
        Some(user) if right && !user.disabled && !user.initial_is_over(now) => {
            access.attempt_succeeded(&user.name, client.address).await;
            end_old(&access, &client, &headers).await?;
            came_in(&access, &user, came).await?;
            begin(&access, &user.name, by_tls(&client, &headers)).await
        }
        user => {
            count(&access, "failed");
            access.note_failure(failed(came, user.as_ref(), right)).await;
            Err(Refusal::unknown(WRONG))
        }
    }
}

/// The entry of a failed login. It omits an unknown name, because people type passwords there.
fn failed(came: Entry, user: Option<&User>, right: bool) -> Entry {
    let entry = came.ended(Outcome::Failed);
    match user {
        None => entry.with("reason", "no such user"),
        Some(user) if right && user.disabled => entry.on(user.name.clone()).with("reason", "disabled"),
        Some(user) if right => entry.on(user.name.clone()).with("reason", "initial password expired"),
        Some(user) => entry.on(user.name.clone()).with("reason", "wrong password"),
    }
}

/// Records a login before its session begins.
///
/// # Errors
/// The entry cannot be written, and the configuration requires it.
pub async fn came_in(access: &Access, user: &User, mut came: Entry) -> Result<(), Refusal> {
    if user.initial.is_some() {
        came = came.with("password", "initial");
    }
    came.actor = Actor::new(ActorKind::User, user.name.clone());
    access.note_or_refuse(came).await?;
    count(access, "done");
    Ok(())
}

pub fn count(access: &Access, outcome: &str) {
    access.meter.add("quipu_logins_total", &[("outcome", outcome)], 1);
}

/// Starts a session and returns an answer that sets its cookie.
pub async fn begin(access: &Access, user: &str, secure: bool) -> Result<Response, Refusal> {
    let (user, sessions) = (user.to_owned(), access.sessions());
    let token = access.off_thread(move |register| register.begin_session(&user, sessions)).await??;
    let mut response = StatusCode::NO_CONTENT.into_response();
    if let Some(cookie) = Kind::Session.set(&token, sessions.absolute / 1_000_000_000, secure) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    Ok(response)
}

/// Ends the earlier session of the browser.
pub async fn end_old(access: &Access, client: &Client, headers: &HeaderMap) -> Result<(), Refusal> {
    if let Some(old) = Kind::Session.read(headers, client.secure) {
        let old = Hashed::of(old);
        access.off_thread(move |register| register.end_session(&old)).await??;
    }
    Ok(())
}

/// Log out
///
/// Ends the session for every copy of its cookie.
#[utoipa::path(post, path = "/api/v1/logout", tag = "access",
    responses((status = 204, description = "The session has ended, or there was none.")))]
pub async fn logout(
    State(access): State<Access>,
    grantee: Option<Extension<Grantee>>,
    Extension(client): Extension<Client>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let mut response = StatusCode::NO_CONTENT.into_response();
    let Some(Extension(grantee)) = grantee else {
        return Ok(forget(response));
    };
    if grantee.session().is_some() {
        end_old(&access, &client, &headers).await?;
        access.note(Entry::new(grantee.actor(), "logout").from(client.address)).await;
        response = forget(response);
    }
    Ok(response)
}

/// Removes the cookies of both names.
fn forget(mut response: Response) -> Response {
    for secure in [true, false] {
        if let Some(gone) = Kind::Session.set("", 0, secure) {
            response.headers_mut().append(header::SET_COOKIE, gone);
        }
    }
    response
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use quipu_audit::{Audit, AuditConfig};
    use quipu_core::{NoMeter, SystemClock};

    use super::*;

    #[tokio::test]
    async fn what_is_turned_away_for_want_of_a_place_is_not_held_against_the_user() {
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(SystemClock);
        let audit = Audit::open(folder.path(), AuditConfig::default(), clock.clone()).unwrap();
        let access =
            Access::open(folder.path(), crate::AccessConfig::default(), audit, Arc::new(NoMeter), clock)
                .unwrap();
        let client = Client::default();
        let begin = || begin_attempt(&access, "ada", &client);
        let all: Vec<_> = std::iter::from_fn(|| access.hashing.place().ok()).collect();
        for _ in 0..100 {
            assert_eq!(begin().await.err(), Some(crowded()));
        }
        drop(all);
        let mut looked_at = 0;
        for _ in 0..20 {
            looked_at += usize::from(begin().await.is_ok());
        }
        assert!(looked_at >= 6, "{looked_at}");
    }
}
