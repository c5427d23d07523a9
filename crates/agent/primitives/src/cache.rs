//! Cache of results, with a lifetime and a capacity.

use std::borrow::Borrow;
use std::fmt::Display;
use std::future::{Future, poll_fn};
use std::hash::Hash;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use compact_str::CompactString;
use quick_cache::sync::{Cache as Held, EntryAction, EntryResult, PlaceholderGuard};
use quick_cache::{DefaultHashBuilder, Lifecycle, UnitWeighter};
use quipu_sdk::{FutureExt, counter};
use tokio::time::Instant;

use crate::watched::{Watched, block};

/// Cache of results by key, with a lifetime and a capacity. For concurrent misses of a key, one caller does
/// the work and the others wait for it. If it fails, they try in turn. Errors are not cached. Clones are
/// cheap and share the content.
///
/// It records a span per look-up with `hit`, `joined` (waited for another caller's work), `expired` or
/// `miss`. It counts `quipu.cache.hits`, `quipu.cache.joined`, `quipu.cache.misses` (including expired ones),
/// `quipu.cache.expiries` and `quipu.cache.evictions` by `cache`.
pub struct Cache<K, V> {
    name: CompactString,
    ttl: Duration,
    held: Arc<Entries<K, V>>,
}

type Entries<K, V> = Held<K, (V, Instant), UnitWeighter, DefaultHashBuilder, Evictions>;
type Vacancy<'a, K, V> = PlaceholderGuard<'a, K, (V, Instant), UnitWeighter, DefaultHashBuilder, Evictions>;

impl<K, V> Clone for Cache<K, V> {
    fn clone(&self) -> Self {
        Self { name: self.name.clone(), ttl: self.ttl, held: Arc::clone(&self.held) }
    }
}

/// Counts evicted values.
#[derive(Clone)]
struct Evictions(CompactString);

impl<K, V> Lifecycle<K, V> for Evictions {
    type RequestState = ();

    fn on_evict(&self, (): &mut (), _: K, _: V) {
        counter("quipu.cache.evictions").add(1, &[("cache", &self.0)]);
    }
}

/// Creates a cache of at most `capacity` results, each valid for `ttl` from its computation.
pub fn cache<K: Eq + Hash, V: Clone>(name: &str, capacity: usize, ttl: Duration) -> Cache<K, V> {
    let name = CompactString::from(name);
    let weight = u64::try_from(capacity).unwrap_or(u64::MAX);
    let evictions = Evictions(name.clone());
    let held = Held::with(capacity, weight, UnitWeighter, DefaultHashBuilder::default(), evictions);
    Cache { name, ttl, held: Arc::new(held) }
}

/// Result of a look-up.
enum Lookup<'a, K, V> {
    /// A cached value; `true` if it waited for another caller.
    Value(V, bool),
    /// A slot for the computed value; `true` if an older value had expired.
    Place(Vacancy<'a, K, V>, bool),
}

impl<K, V> Cache<K, V>
where
    K: Eq + Hash + Clone,
    V: Clone,
{
    /// Returns the result of the key. It runs the work if there is no valid result.
    ///
    /// # Errors
    /// The unchanged error of the work; it is not cached.
    pub async fn run<E, Fut>(&self, key: K, work: impl FnOnce() -> Fut) -> Result<V, E>
    where
        E: Display,
        Fut: Future<Output = Result<V, E>>,
    {
        let mut span = Watched::new(block("cache", &self.name));
        let result = match self.look_up(&key).await {
            Lookup::Value(value, joined) => {
                self.note(&mut span, if joined { "joined" } else { "hit" });
                Ok(value)
            }
            Lookup::Place(place, expired) => {
                self.note(&mut span, if expired { "expired" } else { "miss" });
                let worked = async { work().await }.in_context(span.context()).await;
                if let Ok(value) = &worked {
                    // The insertion fails if the cache was cleared meanwhile.
                    let _ = place.insert((value.clone(), Instant::now()));
                }
                span.check(worked)
            }
        };
        span.end();
        result
    }

    /// Same as [`Cache::run`], for work that cannot fail.
    pub async fn run_value<Fut>(&self, key: K, work: impl FnOnce() -> Fut) -> V
    where
        Fut: Future<Output = V>,
    {
        let worked = self.run(key, || async { Ok::<_, std::convert::Infallible>(work().await) }).await;
        match worked {
            Ok(value) => value,
            Err(never) => match never {},
        }
    }

    async fn look_up(&self, key: &K) -> Lookup<'_, K, V> {
        let mut waited = false;
        loop {
            let young = |_: &K, held: &mut (V, Instant)| {
                if held.1.elapsed() < self.ttl {
                    EntryAction::Retain(held.0.clone())
                } else {
                    EntryAction::ReplaceWithGuard
                }
            };
            let mut entry = pin!(self.held.entry_async(key, young));
            let found = poll_fn(|waker| {
                let polled = entry.as_mut().poll(waker);
                waited |= polled.is_pending();
                polled
            });
            match found.await {
                EntryResult::Retained(value) => return Lookup::Value(value, waited),
                EntryResult::Replaced(place, _) => return Lookup::Place(place, true),
                EntryResult::Vacant(place) => return Lookup::Place(place, false),
                // The call requests neither result; if one occurs, the key is free now.
                EntryResult::Removed(..) | EntryResult::Timeout => {}
            }
        }
    }

    fn note<G>(&self, span: &mut Watched<G>, result: &str) {
        span.attribute("quipu.cache.result", result);
        let labels = [("cache", self.name.as_str())];
        match result {
            "hit" => counter("quipu.cache.hits").add(1, &labels),
            "joined" => {
                counter("quipu.cache.hits").add(1, &labels);
                counter("quipu.cache.joined").add(1, &labels);
            }
            "expired" => {
                counter("quipu.cache.misses").add(1, &labels);
                counter("quipu.cache.expiries").add(1, &labels);
            }
            _ => counter("quipu.cache.misses").add(1, &labels),
        }
    }

    /// Removes the key's result.
    pub fn forget(&self, key: &K) {
        self.held.remove(key.borrow());
    }

    /// Removes all results.
    pub fn clear(&self) {
        self.held.clear();
    }

    /// Number of held results, including expired ones.
    pub fn len(&self) -> usize {
        self.held.len()
    }

    /// Whether the cache is empty.
    pub fn is_empty(&self) -> bool {
        self.held.is_empty()
    }
}
