//! What was worked out before.

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

/// Results by key, for a time, and at most so many. Of those who miss the same key at the same time one does the work and the
/// others wait for it; if it fails they try one after the other. Errors are not kept. Cheap to clone: clones share what is held.
///
/// Recorded are a span for each look-up that says `hit`, `joined` (it waited for the work of another), `expired` or `miss`, and
/// the counters `quipu.cache.hits`, `quipu.cache.joined`, `quipu.cache.misses` (expired ones included), `quipu.cache.expiries`
/// and `quipu.cache.evictions` by `cache`.
pub struct Cache<K, V> {
    name: CompactString,
    ttl: Duration,
    held: Arc<Entries<K, V>>,
}

type Entries<K, V> = Held<K, (V, Instant), UnitWeighter, DefaultHashBuilder, Evictions>;
type Place<'a, K, V> = PlaceholderGuard<'a, K, (V, Instant), UnitWeighter, DefaultHashBuilder, Evictions>;

impl<K, V> Clone for Cache<K, V> {
    fn clone(&self) -> Self {
        Self { name: self.name.clone(), ttl: self.ttl, held: Arc::clone(&self.held) }
    }
}

/// Counts what had to make room.
#[derive(Clone)]
struct Evictions(CompactString);

impl<K, V> Lifecycle<K, V> for Evictions {
    type RequestState = ();

    fn on_evict(&self, (): &mut (), _: K, _: V) {
        counter("quipu.cache.evictions").add(1, &[("cache", &self.0)]);
    }
}

/// A cache for at most `capacity` results, each for `ttl` from when it was worked out.
pub fn cache<K: Eq + Hash, V: Clone>(name: &str, capacity: usize, ttl: Duration) -> Cache<K, V> {
    let name = CompactString::from(name);
    let weight = u64::try_from(capacity).unwrap_or(u64::MAX);
    let evictions = Evictions(name.clone());
    let held = Held::with(capacity, weight, UnitWeighter, DefaultHashBuilder::default(), evictions);
    Cache { name, ttl, held: Arc::new(held) }
}

/// How a look-up ended.
enum Found<'a, K, V> {
    /// It is there; `true` when another was waited for.
    Value(V, bool),
    /// It is to be worked out, and goes there; `true` when an older result had expired.
    Place(Place<'a, K, V>, bool),
}

impl<K, V> Cache<K, V>
where
    K: Eq + Hash + Clone,
    V: Clone,
{
    /// The result of the key; worked out when there is none, or none that is young enough.
    ///
    /// # Errors
    /// The work's error, as it was; it is not kept.
    pub async fn run<E, Fut>(&self, key: K, work: impl FnOnce() -> Fut) -> Result<V, E>
    where
        E: Display,
        Fut: Future<Output = Result<V, E>>,
    {
        let mut span = Watched::new(block("cache", &self.name));
        let result = match self.look_up(&key).await {
            Found::Value(value, joined) => {
                self.note(&mut span, if joined { "joined" } else { "hit" });
                Ok(value)
            }
            Found::Place(place, expired) => {
                self.note(&mut span, if expired { "expired" } else { "miss" });
                let worked = async { work().await }.in_context(span.context()).await;
                if let Ok(value) = &worked {
                    // Whoever has cleared the cache meanwhile does not want it kept.
                    let _ = place.insert((value.clone(), Instant::now()));
                }
                span.check(worked)
            }
        };
        span.end();
        result
    }

    /// As [`Cache::run`], with work that cannot fail.
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

    async fn look_up(&self, key: &K) -> Found<'_, K, V> {
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
                EntryResult::Retained(value) => return Found::Value(value, waited),
                EntryResult::Replaced(place, _) => return Found::Place(place, true),
                EntryResult::Vacant(place) => return Found::Place(place, false),
                // Neither was asked for; if it comes all the same, the key is free now.
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

    /// Forgets the key's result.
    pub fn forget(&self, key: &K) {
        self.held.remove(key.borrow());
    }

    /// Forgets everything.
    pub fn clear(&self) {
        self.held.clear();
    }

    /// Results held, those that have expired and were not asked for since included.
    pub fn len(&self) -> usize {
        self.held.len()
    }

    /// Whether nothing is held.
    pub fn is_empty(&self) -> bool {
        self.held.is_empty()
    }
}
