//! Routes of the price books: their contents, their disagreements, and a reload.

use std::path::Path;
use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;

use super::Answer;
use crate::Problem;
use crate::body::Write;
use crate::dto::{
    Disagreement, DisagreementsAnswer, PriceCheckParams, PriceListParams, PriceModel, PriceModelsAnswer,
    PricesAnswer, ReloadAnswer,
};
use crate::extract::{Ask, NoParams};
use crate::json::Json;
use crate::money::Money;
use crate::paths::Sight;
use crate::shared::{Api, Shared};
use crate::spawned::blocking;

/// Price books
///
/// The books in use, earlier versions that explain earlier costs, and the user's own book, which takes
/// precedence.
#[utoipa::path(get, path = "/api/v1/prices", tag = "prices",
    responses((status = 200, description = "The books.", body = PricesAnswer)))]
pub(crate) async fn prices(State(api): Shared, Sight(sees_host): Sight, _: NoParams) -> Answer<PricesAnswer> {
    let told = move |money: &Money| {
        let file = money.user_file.as_deref();
        let shown = if sees_host { file } else { file.and_then(Path::file_name).map(Path::new) };
        PricesAnswer::new(&money.books, shown)
    };
    Ok(Json(off_thread(&api, told).await?))
}

fn told(money: &Money) -> PricesAnswer {
    PricesAnswer::new(&money.books, money.user_file.as_deref())
}

/// Prices of models
///
/// Current prices of models, from every book with the model, without context.
#[utoipa::path(get, path = "/api/v1/prices/models", tag = "prices", params(PriceListParams),
    responses((status = 200, description = "Prices.", body = PriceModelsAnswer)))]
pub(crate) async fn price_models(State(api): Shared, Ask(params): Ask) -> Answer<PriceModelsAnswer> {
    let (ask, now) = (params.price_list_ask()?, params.now());
    let answer = move |money: &Money| {
        let rules = money.books.list(ask.provider.as_deref(), ask.q.as_deref(), now);
        let models = rules.iter().take(ask.limit).map(PriceModel::from).collect();
        PriceModelsAnswer { models, more: rules.len() > ask.limit }
    };
    Ok(Json(off_thread(&api, answer).await?))
}

/// Disagreements
///
/// Prices that differ between the first book, which is charged, and the second; largest difference first.
#[utoipa::path(get, path = "/api/v1/prices/check", tag = "prices", params(PriceCheckParams),
    responses((status = 200, description = "Disagreements of the books.", body = DisagreementsAnswer)))]
pub(crate) async fn check_prices(State(api): Shared, Ask(params): Ask) -> Answer<DisagreementsAnswer> {
    let (percent, now) = (params.price_check_percent()?, params.now());
    let answer = move |money: &Money| {
        let mut found = money.books.disagreements(percent as f64, now);
        found.sort_by(|one, other| other.percent.total_cmp(&one.percent));
        DisagreementsAnswer { disagreements: found.into_iter().map(Disagreement::from).collect() }
    };
    Ok(Json(off_thread(&api, answer).await?))
}

/// Reload
///
/// Reads the price books of the data folder again; later calls are priced with them. If the user's book has
/// an invalid entry, it is rejected and the books in use stay.
#[utoipa::path(post, path = "/api/v1/prices/reload", tag = "prices",
    responses((status = 200, description = "The books in use after the reload.", body = ReloadAnswer),
        (status = 422, description = "A book is invalid; the detail names file, line and reason.", body = Problem,
            content_type = "application/problem+json")))]
pub(crate) async fn reload(State(api): Shared, _: Write) -> Answer<ReloadAnswer> {
    let Some(reload) = api.money.reload.clone() else {
        let detail = "These price books are not files, or the store is open for reading only.";
        return Err(Problem::new(StatusCode::FORBIDDEN, "denied", "Read only", detail));
    };
    let read =
        off_thread(&api, move |money| Ok(ReloadAnswer { notes: reload()?, prices: told(money) })).await?;
    read.map(Json).map_err(|why: String| {
        Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "bad_prices", "The books cannot be used", why)
    })
}

/// Books are decoded at their first use, and read whole for these answers.
async fn off_thread<T: Send + 'static>(
    api: &Arc<Api>,
    work: impl FnOnce(&Money) -> T + Send + 'static,
) -> Result<T, Problem> {
    let api = Arc::clone(api);
    blocking(move || work(&api.money)).await.map_err(|error| {
        tracing::error!(error = %error, "reading price books failed");
        let detail = "Reading the price books failed; the server's log says where.";
        Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "Internal error", detail)
    })
}
