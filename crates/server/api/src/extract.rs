//! Extractors: the parts of a request that handlers take.

use std::fmt::Display;
use std::str::FromStr;
use std::sync::Arc;

use axum::extract::{FromRequestParts, Query};
use axum::http::request::Parts;
use quipu_query::Params;

use crate::Problem;
use crate::shared::Api;

/// The unparsed parameters of a query: each handler names the ones it knows.
pub(crate) struct Ask(pub(crate) Params);

impl FromRequestParts<Arc<Api>> for Ask {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, api: &Arc<Api>) -> Result<Self, Problem> {
        let Query(pairs) = Query::<Vec<(String, String)>>::try_from_uri(&parts.uri)?;
        Ok(Self(Params::new(pairs, api.clock.now(), &api.limits)))
    }
}

/// A route without parameters: it rejects any parameter.
pub(crate) struct NoParams;

impl FromRequestParts<Arc<Api>> for NoParams {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, api: &Arc<Api>) -> Result<Self, Problem> {
        let Ask(params) = Ask::from_request_parts(parts, api).await?;
        params.allow(&[], &[])?;
        Ok(Self)
    }
}

/// An id from a path.
pub(crate) fn id<T: FromStr<Err: Display>>(text: &str) -> Result<T, Problem> {
    text.parse().map_err(|error: T::Err| Problem::bad_request("Bad id", format!("In the path: {error}.")))
}
