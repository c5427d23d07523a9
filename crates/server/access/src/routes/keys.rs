//! Routes that list, make and revoke keys.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use axum::{Extension, Json as JsonAnswer};
use quipu_admission::Principal;
use quipu_core::Timestamp;

use super::body::Json;
use super::dto::{KeyAnswer, KeyBody, KeysAnswer, NewKeyAnswer};
use crate::access::Access;
use crate::grant::Permission;
use crate::grantee::Grantee;
use crate::guard::About;
use crate::refusal::Refusal;
use crate::register::{Key, NewKey};

/// Returns whether a principal may manage a key: as an admin of its project or of every project.
fn manages(grantee: &Grantee, project: Option<&str>) -> bool {
    match project {
        Some(project) => grantee.may(Permission::Admin, project),
        None => grantee.may_everywhere(Permission::Admin),
    }
}

/// Keys
///
/// All keys that the principal may manage, newest first, including revoked and expired ones.
#[utoipa::path(get, path = "/api/v1/keys", tag = "access",
    responses((status = 200, description = "The keys.", body = KeysAnswer)))]
pub async fn keys(
    State(access): State<Access>,
    Extension(grantee): Extension<Grantee>,
) -> Result<JsonAnswer<KeysAnswer>, Refusal> {
    let now = access.now();
    let all = access.register.keys()?;
    let own = all.into_iter().filter(|key| manages(&grantee, key.project.as_deref()));
    Ok(JsonAnswer(KeysAnswer { keys: own.map(|key| KeyAnswer::of(key, now)).collect() }))
}

/// Create a key
///
/// Only this answer contains the key itself.
#[utoipa::path(post, path = "/api/v1/keys", tag = "access", request_body = KeyBody,
    responses((status = 201, description = "The key is created.", body = NewKeyAnswer)))]
pub async fn add_key(
    State(access): State<Access>,
    Extension(grantee): Extension<Grantee>,
    Extension(caller): Extension<Principal>,
    Json(body): Json<KeyBody>,
) -> Result<Response, Refusal> {
    let missing = || Refusal::denied("You have no role in any project; ask an admin for one.");
    let new = wanted(body, &grantee, caller.project().ok_or_else(missing)?)?;
    if let Some(project) = new.project.as_ref().filter(|project| !access.projects().contains(project)) {
        return Err(Refusal::bad(format!(
            "There is no project {project}; the server's configuration lists the projects."
        )));
    }
    if !manages(&grantee, new.project.as_deref()) {
        return Err(Refusal::denied("You can create keys only for projects in which you are an admin."));
    }
    let (key, text) = access.off_thread(move |register| register.add_key(&new)).await??;
    let about = about(&key);
    let answer = NewKeyAnswer { key: KeyAnswer::of(key, access.now()), secret: text.expose().to_owned() };
    let mut response = (StatusCode::CREATED, JsonAnswer(answer)).into_response();
    response.extensions_mut().insert(about);
    Ok(response)
}

fn wanted(body: KeyBody, grantee: &Grantee, project: &str) -> Result<NewKey, Refusal> {
    let expires = body.expires_at.map(|text| text.parse::<Timestamp>()).transpose();
    let project = match (body.all_projects, body.project) {
        (true, Some(_)) => {
            return Err(Refusal::bad("In the body: project and all_projects exclude each other."));
        }
        (true, None) => None,
        (false, named) => Some(named.unwrap_or_else(|| project.to_owned())),
    };
    Ok(NewKey {
        name: body.name,
        project,
        scopes: body.scopes.into(),
        expires: expires.map_err(|error| Refusal::bad(format!("In the body: expires_at: {error}.")))?,
        created_by: grantee.actor().to_string(),
    })
}

fn about(key: &Key) -> About {
    let project = key.project.clone().unwrap_or_else(|| "*".into());
    About {
        object: Some(key.id.clone()),
        detail: vec![("scopes", key.scopes.to_string()), ("for", project)],
        ..About::default()
    }
}

/// Revoke a key
///
/// Ends the key at once and permanently; it stays in the list.
#[utoipa::path(delete, path = "/api/v1/keys/{id}", tag = "access",
    params(("id" = String, Path, description = "The public id.")),
    responses((status = 204, description = "The key is revoked."),
        (status = 404, description = "There is no such key.", body = crate::refusal::Problem, content_type = "application/problem+json")))]
pub async fn revoke_key(
    State(access): State<Access>,
    Extension(grantee): Extension<Grantee>,
    Path(id): Path<String>,
) -> Result<StatusCode, Refusal> {
    let key = access.register.key(&id)?;
    if !manages(&grantee, key.project.as_deref()) {
        // The answer is the same as for a key that does not exist.
        return Err(crate::RegisterError::Missing("key", key.id).into());
    }
    access.off_thread(move |register| register.revoke_key(&id)).await??;
    Ok(StatusCode::NO_CONTENT)
}
