//! Axum service: a client calls a service. Both are in one trace, because the request's headers carry the
//! context.

use anyhow::Result;
use axum::Router;
use axum::extract::{MatchedPath, Path};
use axum::routing::get;
use quipu::http::{Middleware, TraceLayer};
use quipu::{Context, Level};
use quipu_examples::{data_dir, print_recorded};
use reqwest_middleware::ClientBuilder;
use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> Result<()> {
    let quipu = quipu::builder().service("axum-service").data_dir(data_dir("axum_service")).init()?;
    let address = serve().await?;

    // The client: a middleware is all it takes. Each request is a span, and says where it comes from by
    // `traceparent` and `baggage`.
    let client = ClientBuilder::new(reqwest::Client::new()).with(Middleware::new()).build();
    let agent = quipu::agent("traveller").session_id("s-1").user_data("tenant", "acme");
    let trace_id = agent.trace_id();
    let answer = agent.run(async {
        let response = client.get(format!("http://{address}/weather/Lima")).send().await?;
        anyhow::Ok(response.error_for_status()?.text().await?)
    });
    println!("the service answered: {}", answer.await?);

    print_recorded(&quipu, trace_id).await
}

/// The service. It runs in a task of its own, and could as well run on another machine: only headers connect
/// it.
async fn serve() -> Result<std::net::SocketAddr> {
    // A span for each request, as a child of the caller's; the route is its name, of which there are few.
    let layer = TraceLayer::new()
        .route(|parts| parts.extensions.get::<MatchedPath>().map(|path| path.as_str().to_owned()));
    let app = Router::new().route("/weather/{city}", get(weather)).layer(layer);
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let address = listener.local_addr()?;
    tokio::spawn(async move { axum::serve(listener, app).await });
    Ok(address)
}

async fn weather(Path(city): Path<String>) -> String {
    // The request's span is the current one here, so that this becomes its child …
    let call = quipu::llm("openai", "gpt-4o-mini");
    // … where the model would be asked …
    call.usage((400, 20)).finish_reason("stop").end();

    // … and the client's bound values came with the request.
    let context = Context::current();
    let tenant = context.bound().and_then(|bound| bound.get_data("tenant")).unwrap_or("nobody");
    quipu::event("weather.told").level(Level::Success).attribute("city", city.as_str()).emit();
    format!("mist over {city}, for {tenant}")
}
