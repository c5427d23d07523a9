//! The OpenAPI description of these routes.

use utoipa::OpenApi;

use super::{audit, keys, login, me, oidc, users};

#[derive(OpenApi)]
#[openapi(
    paths(
        login::login, login::logout, oidc::begin, oidc::callback, me::me, me::password, keys::keys, keys::add_key,
        keys::revoke_key, users::users, users::add_user, users::change_user, users::remove_user, audit::audit, audit::export, audit::verify
    ),
    tags((name = "access", description = "Login, keys, users, and the audit log."))
)]
struct Description;

/// Returns the OpenAPI description of the access routes, to be merged into that of the API.
pub fn openapi() -> utoipa::openapi::OpenApi {
    Description::openapi()
}
