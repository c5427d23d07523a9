//! Selection of the project of a request.

use axum::http::{HeaderMap, StatusCode};

use crate::cookies;
use crate::grant::check_project;
use crate::grantee::Grantee;
use crate::refusal::Refusal;

/// The header that names the project, for principals with several.
pub const HEADER: &str = "quipu-project";

/// Chooses the project. A key bound to a project uses it. Otherwise the order is: the header `Quipu-Project`,
/// the cookie, the default project if the principal has a role in it, its first project.
///
/// # Errors
/// The header names a project that is invalid, does not exist or is not the principal's. Or the principal has
/// no project.
pub fn choose(grantee: &Grantee, headers: &HeaderMap, all: &[String]) -> Result<String, Refusal> {
    if let Some(named) = headers.get(HEADER) {
        return named_one(grantee, named.to_str().unwrap_or_default(), all);
    }
    let wished = cookies::read(headers, cookies::PROJECT)
        .filter(|name| !grantee.is_bound() && grantee.knows(name) && is_there(name, all));
    match wished.or_else(|| grantee.usual_project(all)) {
        Some(name) if is_there(name, all) => Ok(name.to_owned()),
        Some(name) => Err(missing(name)),
        None => Err(Refusal::denied("You have no role in any project; ask an admin for one.")),
    }
}

fn named_one(grantee: &Grantee, name: &str, all: &[String]) -> Result<String, Refusal> {
    check_project(name).map_err(|error| Refusal::bad(format!("In the header Quipu-Project: {error}.")))?;
    // A principal without a role in the project does not learn whether the project exists.
    if !grantee.knows(name) {
        return Err(Refusal::denied(format!("You have no role in the project {name}.")));
    }
    if is_there(name, all) { Ok(name.to_owned()) } else { Err(missing(name)) }
}

fn is_there(name: &str, all: &[String]) -> bool {
    all.iter().any(|one| one == name)
}

fn missing(name: &str) -> Refusal {
    let detail = format!("There is no project {name}; the server's configuration lists the projects.");
    Refusal::new(StatusCode::NOT_FOUND, "no-project", "No such project", detail)
}
