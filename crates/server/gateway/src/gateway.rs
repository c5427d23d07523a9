//! The gateway: its parts and its routes.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use http::{Response, StatusCode};
use http_body::Body as _;
use quipu_admission::MemoryPool;
use quipu_budget::Budgets;
use quipu_core::{Meter, PriceBook, Result};
use quipu_sdk::Recorder;
use quipu_tokens::Estimator;
use serde_json::json;

use crate::client::{Http, client};
use crate::dialect::{Dialect, Refusal};
use crate::figures::Figures;
use crate::money::Money;
use crate::pass;
use crate::recording::Delivery;
use crate::sessions::Sessions;
use crate::upstream::{Asking, Astray, Route, Upstreams};
use crate::{GatewayConfig, Undelivered};

/// The parts of a gateway.
pub struct GatewayParts {
    /// Its configuration.
    pub config: GatewayConfig,
    /// The recorder of calls: see [`crate::Recording`].
    pub recorder: Recorder,
    /// Whether its records are delivered: see [`crate::Recording::delivery`].
    pub delivery: Delivery,
    /// The prices of calls.
    pub prices: Arc<dyn PriceBook>,
    /// The budgets; `None` allows every call.
    pub budgets: Option<Budgets>,
    /// The meter for the gateway's own metrics.
    pub meter: Arc<dyn Meter>,
    /// The memory pool for bodies.
    pub memory: MemoryPool,
}

/// A gateway to model providers.
pub struct Gateway {
    pub(crate) config: GatewayConfig,
    pub(crate) upstreams: Upstreams,
    pub(crate) client: Http,
    pub(crate) recorder: Recorder,
    pub(crate) delivery: Delivery,
    pub(crate) sessions: Sessions,
    pub(crate) figures: Figures,
    pub(crate) money: Money,
    pub(crate) memory: MemoryPool,
}

impl Gateway {
    /// Creates a gateway.
    ///
    /// # Errors
    /// An upstream's URL or the file of certificates is invalid.
    pub fn new(parts: GatewayParts) -> Result<Self> {
        let estimator = Estimator::new(Arc::clone(&parts.prices));
        warm(&estimator);
        Ok(Self {
            upstreams: Upstreams::new(&parts.config.upstreams)?,
            client: client(&parts.config)?,
            config: parts.config,
            recorder: parts.recorder,
            delivery: parts.delivery,
            sessions: Sessions::default(),
            figures: Figures::new(parts.meter),
            money: Money { budgets: parts.budgets, estimator, prices: parts.prices },
            memory: parts.memory,
        })
    }

    /// The names of its upstreams, which are the first segments of paths.
    pub fn upstreams(&self) -> Vec<String> {
        self.upstreams.names().map(str::to_owned).collect()
    }

    /// Its routes: it serves every path.
    pub fn routes(self) -> Router {
        Router::new().fallback(answer).with_state(Arc::new(self))
    }

    /// Whether calls are rejected because records of earlier ones cannot be delivered.
    pub(crate) fn refuses_unrecorded(&self) -> bool {
        self.config.undelivered == Undelivered::Refuse && self.delivery.is_stuck()
    }

    /// The error answer if a request has no upstream.
    fn astray(&self, astray: Astray) -> Refusal {
        match astray {
            Astray::Nowhere => {
                let names = self.upstreams().join(", /");
                let message = format!("there is nothing at this path; base URLs begin with /{names}");
                Refusal::new(StatusCode::NOT_FOUND, "unknown_path", message)
            }
            Astray::Unclear => {
                let why = "servers differ in how they read this path: it has `;`, a backslash, a space, a character beyond ASCII, or a \
                           percent-encoding of more than letters, digits and -._~:@/";
                Refusal::new(StatusCode::BAD_REQUEST, "unclear_path", why)
            }
        }
    }

    /// The answer at `/`.
    fn about(&self) -> Response<Body> {
        let bases: Vec<String> = self.upstreams.names().map(|name| format!("/{name}")).collect();
        let mut response =
            Response::new(Body::from(json!({"quipu": "proxy", "upstreams": bases}).to_string()));
        response
            .headers_mut()
            .insert(http::header::CONTENT_TYPE, http::HeaderValue::from_static("application/json"));
        response
    }
}

/// Loads the most common vocabulary in a separate thread, before the first call needs it.
fn warm(estimator: &Estimator) {
    let estimator = estimator.clone();
    let thread = std::thread::Builder::new().name("quipu-warm".into());
    // If the thread cannot start, the first call loads it.
    let _ = thread.spawn(move || estimator.tokens("gpt-4o", "warm"));
}

async fn answer(State(gateway): State<Arc<Gateway>>, request: Request) -> Response<Body> {
    let path = request.uri().path();
    if path == "/" || path == "/healthz" {
        return gateway.about();
    }
    let has_body = !request.body().is_end_stream();
    let asked = Asking { uri: request.uri(), headers: request.headers(), method: request.method(), has_body };
    let target = match gateway.upstreams.find(&asked, &gateway.config.pass) {
        Ok(target) => target,
        Err(astray) => {
            let refusal = gateway.astray(astray);
            gateway.figures.refused("none", refusal.code);
            return refusal.answer(Dialect::OpenAi);
        }
    };
    let upstream = Arc::clone(&target.upstream);
    let dialect = match &target.route {
        Route::Model(endpoint) => endpoint.shape.into(),
        Route::Free | Route::Unknown => upstream.dialect,
    };
    let response = match pass::pass(&gateway, target, request).await {
        Ok(response) => response,
        Err(refusal) => {
            gateway.figures.refused(&upstream.name, refusal.code);
            refusal.answer(dialect)
        }
    };
    gateway.figures.answered(&upstream.name, response.status().as_u16());
    response
}
