//! Routing of inputs by name.

use std::collections::HashMap;
use std::fmt::Display;
use std::future::{Future, ready};
use std::sync::Arc;

use compact_str::CompactString;
use futures_util::future::BoxFuture;
use quipu_sdk::{FutureExt, counter};

use crate::watched::{self, Watched, block};

type Way<'a, In, Out> = Arc<dyn Fn(In) -> BoxFuture<'a, Out> + Send + Sync + 'a>;

/// Error: the router has no route with the requested name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("router {router}: no such route; the routes are {}", known.join(", "))]
pub struct NoRoute {
    /// Name of the router.
    pub router: String,
    /// Requested name. The error's text omits it, because a model may have written it.
    pub asked: String,
    /// Existing routes, sorted.
    pub known: Vec<String>,
}

/// Runs the work of the named route for each input. Clones are cheap, and one value can run concurrently.
///
/// It records a span with the route's name, and a task span for the work. It counts `quipu.router.routes` by
/// `router` and `route`; without a matching route that is `otherwise` or `none`.
pub struct Router<'a, In, Out> {
    name: CompactString,
    ways: Arc<HashMap<CompactString, Way<'a, In, Out>>>,
}

impl<In, Out> Clone for Router<'_, In, Out> {
    fn clone(&self) -> Self {
        Self { name: self.name.clone(), ways: Arc::clone(&self.ways) }
    }
}

/// Creates a router without routes.
pub fn router<'a, In, Out>(name: &str) -> Router<'a, In, Out> {
    Router { name: name.into(), ways: Arc::default() }
}

impl<'a, In, T, E> Router<'a, In, Result<T, E>>
where
    In: Send + 'a,
    T: Send + 'a,
    E: Display + Send + 'a,
{
    /// Adds a route with fallible work. A later route of the same name replaces an earlier one.
    #[must_use]
    pub fn route<F, Fut>(self, route: &str, work: F) -> Self
    where
        F: Fn(In) -> Fut + Send + Sync + 'a,
        Fut: Future<Output = Result<T, E>> + Send + 'a,
    {
        self.with(route, fallible(route, work))
    }

    /// Adds work for inputs without a matching route; the router then accepts every name.
    #[must_use]
    pub fn otherwise<F, Fut>(self, work: F) -> CompleteRouter<'a, In, Result<T, E>>
    where
        F: Fn(In) -> Fut + Send + Sync + 'a,
        Fut: Future<Output = Result<T, E>> + Send + 'a,
    {
        CompleteRouter { router: self, otherwise: fallible(OTHERWISE, work) }
    }
}

impl<'a, In: Send + 'a, Out: Send + 'a> Router<'a, In, Out> {
    /// Adds a route with work that cannot fail. A later route of the same name replaces an earlier one.
    #[must_use]
    pub fn route_value<F, Fut>(self, route: &str, work: F) -> Self
    where
        F: Fn(In) -> Fut + Send + Sync + 'a,
        Fut: Future<Output = Out> + Send + 'a,
    {
        self.with(route, infallible(route, work))
    }

    /// Same as [`Router::otherwise`], for work that cannot fail.
    #[must_use]
    pub fn otherwise_value<F, Fut>(self, work: F) -> CompleteRouter<'a, In, Out>
    where
        F: Fn(In) -> Fut + Send + Sync + 'a,
        Fut: Future<Output = Out> + Send + 'a,
    {
        CompleteRouter { router: self, otherwise: infallible(OTHERWISE, work) }
    }

    fn with(mut self, route: &str, way: Way<'a, In, Out>) -> Self {
        let mut ways = HashMap::clone(&self.ways);
        ways.insert(route.into(), way);
        self.ways = Arc::new(ways);
        self
    }

    /// Runs the route with this name.
    ///
    /// # Errors
    /// There is no such route; the input is dropped. Errors of the work are part of its result.
    pub async fn run(&self, route: impl AsRef<str>, input: In) -> Result<Out, NoRoute> {
        self.run_by(ready(route), input).await
    }

    /// Same as [`Router::run`], with a future that chooses the route, for example by asking a model. The
    /// future runs in the router's span.
    ///
    /// # Errors
    /// There is no such route; the input is dropped.
    pub async fn run_by<R: AsRef<str>>(
        &self,
        choice: impl Future<Output = R>,
        input: In,
    ) -> Result<Out, NoRoute> {
        let mut span = Watched::new(block("router", &self.name));
        let route = choice.in_context(span.context()).await;
        let way = self.ways.get_key_value(route.as_ref()).map(|(route, way)| (route.as_str(), way));
        self.note(&mut span, way.map_or("none", |(route, _)| route));
        let given = match way {
            Some((_, way)) => Ok(way(input).in_context(span.context()).await),
            None => Err(self.missing(route.as_ref())),
        };
        let given = span.check(given);
        span.end();
        given
    }

    fn note<K>(&self, span: &mut Watched<K>, route: &str) {
        span.attribute("quipu.router.route", route);
        counter("quipu.router.routes").add(1, &[("router", &self.name), ("route", route)]);
    }

    fn missing(&self, asked: &str) -> NoRoute {
        let mut known: Vec<_> = self.ways.keys().map(ToString::to_string).collect();
        known.sort();
        NoRoute { router: self.name.to_string(), asked: asked.to_owned(), known }
    }
}

/// A router with a default route.
pub struct CompleteRouter<'a, In, Out> {
    router: Router<'a, In, Out>,
    otherwise: Way<'a, In, Out>,
}

impl<In, Out> Clone for CompleteRouter<'_, In, Out> {
    fn clone(&self) -> Self {
        Self { router: self.router.clone(), otherwise: Arc::clone(&self.otherwise) }
    }
}

impl<'a, In: Send + 'a, Out: Send + 'a> CompleteRouter<'a, In, Out> {
    /// Runs the route with this name, or the default route.
    pub async fn run(&self, route: impl AsRef<str>, input: In) -> Out {
        self.run_by(ready(route), input).await
    }

    /// Same as [`CompleteRouter::run`], with a future that chooses the route, for example by asking a model.
    /// The future runs in the router's span.
    pub async fn run_by<R: AsRef<str>>(&self, choice: impl Future<Output = R>, input: In) -> Out {
        let mut span = Watched::new(block("router", &self.router.name));
        let route = choice.in_context(span.context()).await;
        let way = self.router.ways.get_key_value(route.as_ref());
        let (route, way) = way.map_or((OTHERWISE, &self.otherwise), |(route, way)| (route.as_str(), way));
        self.router.note(&mut span, route);
        let given = way(input).in_context(span.context()).await;
        span.end();
        given
    }
}

/// Name of the default route.
const OTHERWISE: &str = "otherwise";

fn fallible<'a, In, T, E, F, Fut>(route: &str, work: F) -> Way<'a, In, Result<T, E>>
where
    In: Send + 'a,
    E: Display,
    F: Fn(In) -> Fut + Send + Sync + 'a,
    Fut: Future<Output = Result<T, E>> + Send + 'a,
{
    let (route, work) = (CompactString::from(route), Arc::new(work));
    Arc::new(move |input| {
        let (route, work) = (route.clone(), Arc::clone(&work));
        Box::pin(async move { watched::result(quipu_sdk::task(&route), async { work(input).await }).await })
    })
}

fn infallible<'a, In, Out, F, Fut>(route: &str, work: F) -> Way<'a, In, Out>
where
    In: Send + 'a,
    F: Fn(In) -> Fut + Send + Sync + 'a,
    Fut: Future<Output = Out> + Send + 'a,
{
    let (route, work) = (CompactString::from(route), Arc::new(work));
    Arc::new(move |input| {
        let (route, work) = (route.clone(), Arc::clone(&work));
        Box::pin(async move { watched::value(quipu_sdk::task(&route), async { work(input).await }).await })
    })
}
