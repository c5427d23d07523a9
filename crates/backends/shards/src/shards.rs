//! The store over all shards: how it asks one, several or all of them.

use std::future::Future;
use std::sync::Arc;

use async_trait::async_trait;
use quipu_core::{
    AnswerMemory, Backend, Batch, Error, ErrorKind, Finding, Health, Result, Retry, Store, TraceId,
};
use tokio::task::JoinSet;

use crate::place;
use crate::shard::{NAME, Shard};

/// A store over several shards. The number of shards and their order are part of the stored data.
#[derive(Debug)]
pub struct Shards {
    shards: Vec<Arc<Shard>>,
}

impl Shards {
    /// A store over these shards. At least one of them must be reachable; the others may be away.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`]: there are fewer than two. Other errors: none can be reached, or one of them
    /// cannot be opened for another reason than being away.
    pub fn open(shards: Vec<Shard>) -> Result<Self> {
        if shards.len() < 2 {
            let text = format!("expected at least 2 shards, found {}", shards.len());
            return Err(Error::new(ErrorKind::Invalid, "open store", text).of_backend(NAME));
        }
        let mut away = Vec::new();
        for shard in &shards {
            let opened = shard.open();
            shard.note(&opened);
            match opened {
                Ok(_) => {}
                Err(error) if error.kind() == ErrorKind::Unavailable => away.push(shard.told(error)),
                Err(error) => return Err(shard.told(error)),
            }
        }
        match away.pop() {
            Some(error) if away.len() + 1 == shards.len() => Err(error),
            _ => Ok(Self { shards: shards.into_iter().map(Arc::new).collect() }),
        }
    }

    pub(crate) fn count(&self) -> usize {
        self.shards.len()
    }

    pub(crate) fn of_trace(&self, trace: TraceId) -> usize {
        place::of_trace(trace, self.count())
    }

    /// Asks one shard.
    ///
    /// # Errors
    /// The error of the shard, with its name.
    pub(crate) async fn one<T, F>(&self, at: usize, ask: impl FnOnce(Arc<dyn Store>) -> F) -> Result<T>
    where
        F: Future<Output = Result<T>> + Send,
    {
        let shard = &self.shards[at];
        let asked = match store_of(shard).await {
            Ok(store) => ask(store).await,
            Err(error) => Err(error),
        };
        shard.note(&asked);
        asked.map_err(|error| shard.told(error))
    }

    /// Asks several shards at once, each with its own request. The answers come in the order of the requests.
    ///
    /// # Errors
    /// The first error in that order, with the shard's name.
    pub(crate) async fn some<Q, T, F>(
        &self,
        requests: Vec<(usize, Q)>,
        ask: impl Fn(Arc<dyn Store>, Q) -> F + Clone + Send + 'static,
    ) -> Result<Vec<(usize, T)>>
    where
        Q: Send + 'static,
        T: Send + 'static,
        F: Future<Output = Result<T>> + Send + 'static,
    {
        let answers = self.asked(requests, ask).await;
        answers.into_iter().map(|(at, answer)| Ok((at, answer?))).collect()
    }

    /// Asks all shards the same. All must answer.
    ///
    /// # Errors
    /// The error of the first shard that does not answer, with its name.
    pub(crate) async fn all<T, F>(
        &self,
        ask: impl Fn(Arc<dyn Store>) -> F + Clone + Send + 'static,
    ) -> Result<Vec<T>>
    where
        T: Send + 'static,
        F: Future<Output = Result<T>> + Send + 'static,
    {
        let requests = (0..self.count()).map(|at| (at, ())).collect();
        let answers = self.some(requests, move |store, ()| ask(store)).await?;
        Ok(answers.into_iter().map(|(_, answer)| answer).collect())
    }

    /// Asks all shards the same. A shard that is away is left out if the request accepts partial answers
    /// ([`AnswerMemory::note_missing`]).
    ///
    /// # Errors
    /// As [`Self::all`]; and no shard answers.
    pub(crate) async fn each<T, F>(
        &self,
        ask: impl Fn(Arc<dyn Store>) -> F + Clone + Send + 'static,
    ) -> Result<Vec<(usize, T)>>
    where
        T: Send + 'static,
        F: Future<Output = Result<T>> + Send + 'static,
    {
        let requests = (0..self.count()).map(|at| (at, ())).collect();
        let memory = AnswerMemory::current();
        let (mut found, mut missing) = (Vec::new(), None);
        for (at, answer) in self.asked(requests, move |store, ()| ask(store)).await {
            match answer {
                Ok(answer) => found.push((at, answer)),
                Err(error)
                    if error.kind() == ErrorKind::Unavailable
                        && memory.note_missing(self.shards[at].name()) =>
                {
                    missing = Some(error);
                }
                Err(error) => return Err(error),
            }
        }
        match missing {
            Some(error) if found.is_empty() => Err(error),
            _ => Ok(found),
        }
    }

    /// The same with a copy of a query for each shard.
    pub(crate) async fn each_with<Q, T, F>(
        &self,
        query: &Q,
        ask: impl Fn(Arc<dyn Store>, Arc<Q>) -> F + Clone + Send + 'static,
    ) -> Result<Vec<(usize, T)>>
    where
        Q: Clone + Send + Sync + 'static,
        T: Send + 'static,
        F: Future<Output = Result<T>> + Send + 'static,
    {
        let query = Arc::new(query.clone());
        self.each(move |store| ask(store, Arc::clone(&query))).await
    }

    async fn asked<Q, T, F>(
        &self,
        requests: Vec<(usize, Q)>,
        ask: impl Fn(Arc<dyn Store>, Q) -> F + Clone + Send + 'static,
    ) -> Vec<(usize, Result<T>)>
    where
        Q: Send + 'static,
        T: Send + 'static,
        F: Future<Output = Result<T>> + Send + 'static,
    {
        let mut running = JoinSet::new();
        let memory = AnswerMemory::current();
        let mut answers: Vec<(usize, Result<T>)> = Vec::with_capacity(requests.len());
        for (place, (at, request)) in requests.into_iter().enumerate() {
            answers.push((at, Err(stopped())));
            let (shard, ask, memory) = (Arc::clone(&self.shards[at]), ask.clone(), memory.clone());
            let work = async move {
                let answer = match store_of(&shard).await {
                    Ok(store) => ask(store, request).await,
                    Err(error) => Err(error),
                };
                shard.note(&answer);
                (place, answer.map_err(|error| shard.told(error)))
            };
            running.spawn(async move { memory.scope(work).await });
        }
        while let Some(done) = running.join_next().await {
            if let Ok((place, answer)) = done {
                answers[place].1 = answer;
            }
        }
        answers
    }

    /// The shards with their names.
    pub(crate) fn named(&self) -> impl Iterator<Item = &Arc<Shard>> {
        self.shards.iter()
    }
}

fn stopped() -> Error {
    Error::new(ErrorKind::Internal, "ask shard", "a request to a shard did not finish").of_backend(NAME)
}

/// The store of a shard, opened on a thread that may block.
async fn store_of(shard: &Arc<Shard>) -> Result<Arc<dyn Store>> {
    if let Some(store) = shard.opened() {
        return Ok(store);
    }
    let shard = Arc::clone(shard);
    tokio::task::spawn_blocking(move || shard.open()).await.map_err(|_| stopped())?
}

#[async_trait]
impl Backend for Shards {
    fn name(&self) -> &str {
        NAME
    }

    async fn write(&self, batch: Arc<Batch>) -> Result<()> {
        self.write_parts(&batch).await
    }

    fn health(&self) -> Health {
        let away: Vec<String> = self
            .named()
            .filter_map(|shard| Some(format!("shard {}: {}", shard.name(), shard.trouble()?)))
            .collect();
        let own = self.named().filter_map(|shard| Some((shard, shard.opened()?.health())));
        let troubles = own.filter_map(|(shard, health)| match health {
            Health::Ready => None,
            Health::Degraded(text) | Health::Down(text) => Some(format!("shard {}: {text}", shard.name())),
        });
        let all: Vec<String> = away.into_iter().chain(troubles).collect();
        if all.is_empty() { Health::Ready } else { Health::Degraded(all.join("; ")) }
    }

    fn is_remote(&self) -> bool {
        self.named().any(|shard| shard.opened().is_none_or(|store| store.is_remote()))
    }

    async fn probe(&self) -> Vec<Finding> {
        let mut all = Vec::new();
        for at in 0..self.count() {
            let name = self.shards[at].name();
            match self.one(at, |store| async move { Ok(store.probe().await) }).await {
                Ok(found) => all.extend(
                    found
                        .into_iter()
                        .map(|one| Finding { said: format!("shard {name}: {}", one.said), ..one }),
                ),
                Err(error) => {
                    all.push(Finding { step: "reach".into(), ok: false, said: error.to_string() });
                }
            }
        }
        all
    }

    async fn flush(&self) -> Result<()> {
        self.all(|store| async move { store.flush().await }).await.map(drop)
    }

    async fn close(&self) -> Result<()> {
        let mut failed = None;
        for shard in self.named() {
            // A shard that is away has nothing that a close could save.
            if let Some(store) = shard.opened()
                && let Err(error) = store.close().await
                && (error.kind() != ErrorKind::Unavailable || error.retry() == Retry::No)
            {
                failed = Some(shard.told(error));
            }
        }
        failed.map_or(Ok(()), Err)
    }
}
