//! All projects of a server, and the routing of requests to them.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use anyhow::Result;
use axum::Router;
use axum::extract::Request;
use axum::http::Extensions;
use axum::http::StatusCode;
use axum::middleware::map_response;
use axum::response::{IntoResponse, Response};
use quipu_access::{About, Access, Grantee, Permission};
use quipu_admission::{Principal, PrincipalKind};
use quipu_api::{Deed, Problem, SeesHost, Welcome};
use quipu_audit::Audit;
use quipu_mcp::ToolsCalled;
use quipu_receiver::OfAnyAge;
use tokio::task::JoinSet;
use tower::ServiceExt;

use super::project::{DEFAULT, ServedProject};
use super::{Config, aside};

/// Header of a request that imports files. An administrator's may be of any age.
pub const IMPORT: &str = "quipu-import";

/// The projects, by name.
pub struct ServedProjects(BTreeMap<String, ServedProject>);

impl ServedProjects {
    /// Opens the default project and all that the configuration names.
    pub async fn open(config: &Config, data: &Path) -> Result<Self> {
        let mut all = BTreeMap::<_, ServedProject>::new();
        for name in config.projects() {
            let first = all.get(DEFAULT).map(|first| &first.receiver);
            let project = match ServedProject::open(config, name, data, first).await {
                Ok(project) => project,
                Err(error) => {
                    let Some(why) = aside::reason(&error) else { return Err(error) };
                    tracing::error!(
                        project = name,
                        "the project is set aside and answers 503, the other projects run: {why}; stop the \
                         server and run `quipu check store --repair`"
                    );
                    ServedProject::stand_in(config, name, data, first, why).await?
                }
            };
            all.insert(name.to_owned(), project);
        }
        Ok(Self(all))
    }

    /// The project that is always there.
    pub fn default(&self) -> &ServedProject {
        &self.0[DEFAULT]
    }

    /// Each of them, by name.
    pub fn each(&self) -> impl Iterator<Item = (&str, &ServedProject)> {
        self.0.iter().map(|(name, project)| (name.as_str(), project))
    }

    /// One router for all: each request goes to the routes of its own project, and cannot access the others.
    pub fn routes(&self, access: &Access, of: impl Fn(&ServedProject) -> Router) -> Router {
        let routers: BTreeMap<String, Router> =
            self.0.iter().map(|(name, project)| (name.clone(), project.guarded(of(project)))).collect();
        let routers = Arc::new(routers);
        let access = access.clone();
        Router::new().fallback(async move |request: Request| hand_on(&access, &routers, request).await)
    }

    /// The page of acknowledgement links. A link says by its signature of which project it is.
    pub fn alert_links(&self) -> Router {
        let engines = self.0.values().filter_map(ServedProject::alerts).collect();
        quipu_api::alert_link_routes(engines).layer(map_response(async |response| noted(response)))
    }

    /// Starts the background tasks.
    pub fn watch(&self, background: &mut JoinSet<()>, audit: &Audit) {
        self.0.values().for_each(|project| project.watch(background, audit));
    }

    /// Closes each; one that fails keeps none of the others open.
    pub async fn close(&self) -> Result<()> {
        let mut done = Ok(());
        for project in self.0.values() {
            done = done.and(project.close().await);
        }
        done
    }
}

async fn hand_on(access: &Access, routers: &BTreeMap<String, Router>, mut request: Request) -> Response {
    // An authenticated caller belongs to a project. A route without authentication, such as the dashboard's
    // files, has none.
    let caller = request.extensions().get::<Principal>();
    let project = caller.and_then(Principal::project).unwrap_or(DEFAULT).to_owned();
    let Some(router) = routers.get(&project) else {
        let detail = format!("There is no project {project}.");
        return Problem::new(StatusCode::NOT_FOUND, "not_found", "Unknown project", detail).into_response();
    };
    if let Some(grantee) = request.extensions().get::<Grantee>().cloned() {
        let imports = request.headers().contains_key(IMPORT) && grantee.may(Permission::Admin, &project);
        if imports {
            request.extensions_mut().insert(OfAnyAge);
        }
        introduce(access, grantee, project, request.extensions_mut());
    }
    match router.clone().oneshot(request).await {
        Ok(response) => noted(response),
        Err(never) => match never {},
    }
}

/// Converts the API's report of its effect into that of the guard, which writes it to the audit log.
fn noted(mut response: Response) -> Response {
    if let Some(Deed { preview, detail }) = response.extensions_mut().remove() {
        response.extensions_mut().insert(About { object: None, preview, detail });
    }
    if let Some(ToolsCalled { tools, traces }) = response.extensions_mut().remove() {
        let object = (!traces.is_empty()).then(|| traces.join(" "));
        let detail = vec![("tool", tools.join(" "))];
        response.extensions_mut().insert(About { object, preview: false, detail });
    }
    response
}

/// Adds the rights of the caller to a request: to see the host, and to follow live feeds.
fn introduce(access: &Access, grantee: Grantee, project: String, extensions: &mut Extensions) {
    if grantee.may_everywhere(Permission::Admin) {
        extensions.insert(SeesHost);
    }
    // Without authentication there are no rights that could end.
    if grantee.kind() == PrincipalKind::Local {
        return;
    }
    let access = access.clone();
    extensions.insert(Welcome(Arc::new(move || access.still_knows(&grantee, &project))));
}
