//! Routes that list, make, change and remove users.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use axum::{Extension, Json as JsonAnswer};
use quipu_admission::PrincipalKind;

use super::body::Json;
use super::dto::{UserAnswer, UserBody, UserChangeBody, UsersAnswer};
use super::login::crowded;
use crate::access::Access;
use crate::grantee::Grantee;
use crate::guard::About;
use crate::password::HashedPassword;
use crate::refusal::Refusal;
use crate::register::{NewPassword, NewUser, UserChange};

/// Users
///
/// All users, by name.
#[utoipa::path(get, path = "/api/v1/users", tag = "access",
    responses((status = 200, description = "The users.", body = UsersAnswer)))]
pub async fn users(State(access): State<Access>) -> Result<JsonAnswer<UsersAnswer>, Refusal> {
    let users = access.register.users()?.into_iter().map(UserAnswer::from).collect();
    Ok(JsonAnswer(UsersAnswer { users }))
}

/// Create a user
///
/// The password is an initial one: valid for seven days, and only for choosing another password.
#[utoipa::path(post, path = "/api/v1/users", tag = "access", request_body = UserBody,
    responses((status = 201, description = "The user is created.", body = UserAnswer),
        (status = 409, description = "The name is taken.", body = crate::refusal::Problem, content_type = "application/problem+json")))]
pub async fn add_user(State(access): State<Access>, Json(body): Json<UserBody>) -> Result<Response, Refusal> {
    let password = access.hashing.hash(body.password, body.name.clone()).await.map_err(|_| crowded())??;
    let new = NewUser { name: body.name, password: NewPassword::Initial(password), roles: body.roles };
    let new_password = new.password.word().to_owned();
    let user = access.off_thread(move |register| register.add_user(&new)).await??;
    let about = About {
        object: Some(user.name.clone()),
        detail: vec![("roles", user.roles.to_string()), ("password", new_password)],
        ..About::default()
    };
    let mut response = (StatusCode::CREATED, JsonAnswer(UserAnswer::from(user))).into_response();
    response.extensions_mut().insert(about);
    Ok(response)
}

/// Change a user
///
/// Changes the roles or the password of a user, or disables the user. A new password and disabling end every
/// session. A password set for another user is initial, as for a new user. Users cannot remove their own
/// rights, so an admin always remains.
#[utoipa::path(patch, path = "/api/v1/users/{name}", tag = "access", request_body = UserChangeBody,
    params(("name" = String, Path, description = "The user's name.")),
    responses((status = 200, description = "The changed user.", body = UserAnswer),
        (status = 404, description = "There is no such user.", body = crate::refusal::Problem, content_type = "application/problem+json")))]
pub async fn change_user(
    State(access): State<Access>,
    Extension(grantee): Extension<Grantee>,
    Path(name): Path<String>,
    Json(body): Json<UserChangeBody>,
) -> Result<Response, Refusal> {
    let user = access.register.user(&name)?;
    if is_self(&grantee, &user.name) && (body.roles.is_some() || body.disabled == Some(true)) {
        return Err(Refusal::denied("You cannot change your own roles or disable yourself."));
    }
    let mut detail = Vec::new();
    if let Some(roles) = &body.roles {
        detail.push(("roles", roles.to_string()));
    }
    if let Some(disabled) = body.disabled {
        detail.push(("disabled", disabled.to_string()));
    }
    let password = match body.password {
        Some(password) => {
            let hash = access.hashing.hash(password, user.name.clone()).await.map_err(|_| crowded())??;
            let new = chosen_by(&grantee, &user.name)(hash);
            detail.push(("password", new.word().to_owned()));
            Some(new)
        }
        None => None,
    };
    let change = UserChange { roles: body.roles, password, disabled: body.disabled };
    let user = access.off_thread(move |register| register.change_user(&user.name, &change)).await??;
    let about = About { object: Some(user.name.clone()), detail, ..About::default() };
    let mut response = JsonAnswer(UserAnswer::from(user)).into_response();
    response.extensions_mut().insert(about);
    Ok(response)
}

/// Remove a user
///
/// Ends every session of the user. Audit entries keep the name.
#[utoipa::path(delete, path = "/api/v1/users/{name}", tag = "access",
    params(("name" = String, Path, description = "The user's name.")),
    responses((status = 204, description = "The user is removed."),
        (status = 404, description = "There is no such user.", body = crate::refusal::Problem, content_type = "application/problem+json")))]
pub async fn remove_user(
    State(access): State<Access>,
    Extension(grantee): Extension<Grantee>,
    Path(name): Path<String>,
) -> Result<StatusCode, Refusal> {
    let user = access.register.user(&name)?;
    if is_self(&grantee, &user.name) {
        return Err(Refusal::denied("You cannot remove yourself."));
    }
    access.off_thread(move |register| register.remove_user(&user.name)).await??;
    Ok(StatusCode::NO_CONTENT)
}

/// Returns the kind of a password that this principal sets for a user.
fn chosen_by(grantee: &Grantee, name: &str) -> fn(HashedPassword) -> NewPassword {
    if is_self(grantee, name) { NewPassword::Own } else { NewPassword::Initial }
}

fn is_self(grantee: &Grantee, name: &str) -> bool {
    grantee.kind() == PrincipalKind::User && grantee.id() == name
}
