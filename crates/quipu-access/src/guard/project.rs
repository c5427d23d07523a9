//! Which project a request is about.

use axum::http::{HeaderMap, StatusCode};

use crate::cookies;
use crate::grant::check_project;
use crate::principal::{Principal, Project};
use crate::refusal::Refusal;

/// Names the project where a principal has several.
pub const HEADER: &str = "quipu-project";

/// The project: a key's own; else the one that the header `Quipu-Project` names, else the cookie, else the default one if the principal
/// knows it, else the first that it knows.
///
/// # Errors
/// The header names one that cannot be, that is not there, or that is not the principal's; or the principal has none.
pub fn choose(principal: &Principal, headers: &HeaderMap, all: &[String]) -> Result<Project, Refusal> {
    if let Some(named) = headers.get(HEADER) {
        return named_one(principal, named.to_str().unwrap_or_default(), all);
    }
    let wished = cookies::read(headers, cookies::PROJECT)
        .filter(|name| !principal.is_bound() && principal.knows(name) && is_there(name, all));
    match wished.or_else(|| principal.usual_project(all)) {
        Some(name) if is_there(name, all) => Ok(Project(name.to_owned())),
        Some(name) => Err(missing(name)),
        None => Err(Refusal::denied("You have no role in any project; ask an admin for one.")),
    }
}

fn named_one(principal: &Principal, name: &str, all: &[String]) -> Result<Project, Refusal> {
    check_project(name).map_err(|error| Refusal::bad(format!("In the header Quipu-Project: {error}.")))?;
    // Whoever may not know it does not learn whether it is there.
    if !principal.knows(name) {
        return Err(Refusal::denied(format!("You have no role in the project {name}.")));
    }
    if is_there(name, all) { Ok(Project(name.to_owned())) } else { Err(missing(name)) }
}

fn is_there(name: &str, all: &[String]) -> bool {
    all.iter().any(|one| one == name)
}

fn missing(name: &str) -> Refusal {
    let detail = format!("There is no project {name}; the server's configuration names them.");
    Refusal::new(StatusCode::NOT_FOUND, "no-project", "No such project", detail)
}
