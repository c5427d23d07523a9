//! Routes for the caller's own account: identity, rights and password.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use axum::{Extension, Json as JsonAnswer};
use quipu_admission::Principal;

use super::body::Json;
use super::by_tls;
use super::dto::{Me, PasswordBody, Who};
use super::login::{self, crowded};
use crate::access::Access;
use crate::client::Client;
use crate::grant::Permission;
use crate::grantee::Grantee;
use crate::guard::About;
use crate::refusal::Refusal;
use crate::register::{NewPassword, UserChange};

/// Current principal
///
/// The principal of the request and its rights. Without credentials, the answer says whether they are
/// required.
#[utoipa::path(get, path = "/api/v1/me", tag = "access",
    responses((status = 200, description = "The principal.", body = Me)))]
pub async fn me(
    State(access): State<Access>,
    grantee: Option<Extension<Grantee>>,
    caller: Option<Extension<Principal>>,
) -> JsonAnswer<Me> {
    let project = caller.and_then(|Extension(caller)| caller.project().map(str::to_owned));
    JsonAnswer(describe(&access, grantee.as_deref(), project))
}

/// Describes a principal for the dashboard.
pub fn describe(access: &Access, grantee: Option<&Grantee>, project: Option<String>) -> Me {
    let all = access.projects();
    let known: Vec<String> =
        all.into_iter().filter(|name| grantee.is_some_and(|grantee| grantee.knows(name))).collect();
    let may = |permission: &Permission| {
        grantee.zip(project.as_deref()).is_some_and(|(grantee, project)| grantee.may(*permission, project))
    };
    let permissions = [Permission::Ingest, Permission::Read, Permission::Write, Permission::Admin];
    Me {
        access: access.is_required(),
        principal: grantee.map(who),
        password_change_required: grantee.is_some_and(Grantee::must_change_password),
        roles: known
            .iter()
            .map(|name| (name.clone(), grantee.and_then(|grantee| grantee.role(name))))
            .collect(),
        everywhere: grantee.is_some_and(|grantee| grantee.may_everywhere(Permission::Admin)),
        permissions: permissions
            .iter()
            .filter(|permission| may(permission))
            .map(|permission| permission.as_str())
            .collect(),
        projects: known,
        project,
        oidc: access.oidc.is_some(),
    }
}

fn who(grantee: &Grantee) -> Who {
    Who { kind: grantee.kind().as_str(), id: grantee.id().to_owned(), name: grantee.name().to_owned() }
}

/// Change the password
///
/// Changes the user's own password. All other sessions of the user end; this session continues with a new
/// cookie. The new password must differ from the current one. A session with an initial password may do
/// nothing else.
#[utoipa::path(post, path = "/api/v1/me/password", tag = "access", request_body = PasswordBody,
    responses((status = 204, description = "The password is changed."),
        (status = 400, description = "The new password is too short, too long, easily guessed, or the old one.", body = crate::refusal::Problem,
            content_type = "application/problem+json"),
        (status = 401, description = "The old password is wrong.", body = crate::refusal::Problem, content_type = "application/problem+json"),
        (status = 429, description = "Too many attempts.", body = crate::refusal::Problem, content_type = "application/problem+json")))]
pub async fn password(
    State(access): State<Access>,
    Extension(grantee): Extension<Grantee>,
    Extension(client): Extension<Client>,
    headers: HeaderMap,
    Json(body): Json<PasswordBody>,
) -> Result<Response, Refusal> {
    if grantee.session().is_none() {
        return Err(Refusal::denied("Only a logged-in user has a password to change."));
    }
    let user = grantee.id().to_owned();
    let same = body.new == body.old;
    let place = login::begin_attempt(&access, &user, &client).await?;
    let stored = access.register.identify(&user)?.and_then(|identified| identified.password);
    if !access.hashing.verify(place, body.old, stored).await.map_err(|_| crowded())? {
        return Err(Refusal::unknown("The old password is wrong."));
    }
    access.attempt_succeeded(&user, client.address).await;
    if same {
        return Err(Refusal::bad("The new password is the old one; choose another."));
    }
    let password = access.hashing.hash(body.new, user.clone()).await.map_err(|_| crowded())??;
    change(&access, &user, NewPassword::Own(password)).await?;
    let mut response = login::begin(&access, &user, by_tls(&client, &headers)).await?;
    let detail = grantee.must_change_password().then(|| ("was", "initial".to_owned()));
    let detail = detail.into_iter().collect();
    response.extensions_mut().insert(About { object: Some(user), detail, ..About::default() });
    Ok(response)
}

async fn change(access: &Access, user: &str, password: NewPassword) -> Result<(), Refusal> {
    let (user, change) = (user.to_owned(), UserChange { password: Some(password), ..UserChange::default() });
    access.off_thread(move |register| register.change_user(&user, &change)).await??;
    Ok(())
}
