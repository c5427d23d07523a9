//! One way of several.

use std::collections::HashMap;
use std::fmt::Display;
use std::future::{Future, ready};
use std::sync::Arc;

use compact_str::CompactString;
use futures_util::future::BoxFuture;
use quipu_sdk::{FutureExt, counter};

use crate::watched::{self, Watched, block};

type Way<'a, In, Out> = Arc<dyn Fn(In) -> BoxFuture<'a, Out> + Send + Sync + 'a>;

/// A route was asked for that the router does not have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("router {router}: no such route; there are {}", known.join(", "))]
pub struct NoRoute {
    /// The router.
    pub router: String,
    /// What was asked for. It is not part of the error's text: a model may have written it.
    pub asked: String,
    /// The routes that there are, in order.
    pub known: Vec<String>,
}

/// Sends each input the way that its route names. Cheap to clone, and may run many times at once.
///
/// Recorded are a span that names the route, a task span for the work, and the counter `quipu.router.routes` by `router` and
/// `route`, which is `otherwise` or `none` where no route has the name.
pub struct Router<'a, In, Out> {
    name: CompactString,
    ways: Arc<HashMap<CompactString, Way<'a, In, Out>>>,
}

impl<In, Out> Clone for Router<'_, In, Out> {
    fn clone(&self) -> Self {
        Self { name: self.name.clone(), ways: Arc::clone(&self.ways) }
    }
}

/// A router without routes.
pub fn router<'a, In, Out>(name: &str) -> Router<'a, In, Out> {
    Router { name: name.into(), ways: Arc::default() }
}

impl<'a, In, T, E> Router<'a, In, Result<T, E>>
where
    In: Send + 'a,
    T: Send + 'a,
    E: Display + Send + 'a,
{
    /// With a route whose work may fail. A later route of the same name replaces an earlier one.
    #[must_use]
    pub fn route<F, Fut>(self, route: &str, work: F) -> Self
    where
        F: Fn(In) -> Fut + Send + Sync + 'a,
        Fut: Future<Output = Result<T, E>> + Send + 'a,
    {
        self.with(route, fallible(route, work))
    }

    /// With work for what no route is named for; then it always gives what some work gave.
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
    /// With a route whose work cannot fail. A later route of the same name replaces an earlier one.
    #[must_use]
    pub fn route_value<F, Fut>(self, route: &str, work: F) -> Self
    where
        F: Fn(In) -> Fut + Send + Sync + 'a,
        Fut: Future<Output = Out> + Send + 'a,
    {
        self.with(route, infallible(route, work))
    }

    /// As [`Router::otherwise`], with work that cannot fail.
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

    /// Sends the input the way that `route` names.
    ///
    /// # Errors
    /// There is no such route; the input is dropped. Errors of the work itself are part of what it gives.
    pub async fn run(&self, route: impl AsRef<str>, input: In) -> Result<Out, NoRoute> {
        self.run_by(ready(route), input).await
    }

    /// As [`Router::run`], with a route that is still to be found out, by asking a model for instance: that is part of the
    /// router's span.
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

/// A router that has a way for everything.
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
    /// Sends the input the way that `route` names, or else the other way.
    pub async fn run(&self, route: impl AsRef<str>, input: In) -> Out {
        self.run_by(ready(route), input).await
    }

    /// As [`CompleteRouter::run`], with a route that is still to be found out, by asking a model for instance: that is part of
    /// the router's span.
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

/// The route of what no route is named for.
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
