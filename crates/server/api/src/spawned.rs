//! Spawned work, which keeps the memory budget of its request. Nothing else in this crate spawns.

use std::future::Future;

use quipu_core::AnswerMemory;
use tokio::task::{JoinHandle, JoinSet};

/// Spawns a task that is charged to the current request. It runs to its end even if the client disconnects.
pub(crate) fn spawn<F>(work: F) -> JoinHandle<F::Output>
where
    F: Future<Output: Send> + Send + 'static,
{
    background(AnswerMemory::current(), work)
}

/// Spawns a task into a set. It is charged to the current request.
pub(crate) fn spawn_into<F>(set: &mut JoinSet<F::Output>, work: F)
where
    F: Future<Output: Send> + Send + 'static,
{
    set.spawn(AnswerMemory::current().scope(work));
}

/// Spawns a task that outlives its request, with a memory of its own.
pub(crate) fn background<F>(memory: AnswerMemory, work: F) -> JoinHandle<F::Output>
where
    F: Future<Output: Send> + Send + 'static,
{
    tokio::spawn(memory.scope(work))
}

/// Runs work that blocks on another thread. It is charged to the current request.
pub(crate) fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> JoinHandle<T> {
    let memory = AnswerMemory::current();
    tokio::task::spawn_blocking(move || memory.enter(work))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use std::path::Path;

    use super::*;

    #[tokio::test]
    async fn spawned_work_is_charged_to_its_request() {
        let memory = AnswerMemory::within(10);
        let fits = |bytes: usize| AnswerMemory::current().hold(bytes).is_ok();
        let seen = memory.scope(async move {
            let mut set = JoinSet::new();
            spawn_into(&mut set, async move { fits(11) });
            let task = spawn(async move { fits(11) }).await.unwrap();
            let thread = blocking(move || fits(11)).await.unwrap();
            let own = background(AnswerMemory::within(20), async move { (fits(20), fits(21)) });
            (set.join_next().await.unwrap().unwrap(), task, thread, own.await.unwrap())
        });
        assert_eq!(seen.await, (false, false, false, (true, false)));
    }

    #[test]
    fn no_other_file_of_this_crate_spawns() {
        fn look(folder: &Path, found: &mut Vec<String>) {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    look(&path, found);
                } else if !path.ends_with("spawned.rs") {
                    let text = std::fs::read_to_string(&path).unwrap_or_default();
                    let calls = ["tokio::spawn(", "spawn_blocking(", ".spawn(", "thread::spawn("];
                    found.extend(
                        calls
                            .iter()
                            .filter(|call| text.contains(*call))
                            .map(|call| format!("{}: {call}", path.display())),
                    );
                }
            }
        }
        let mut found = Vec::new();
        look(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut found);
        assert_eq!(found, Vec::<String>::new());
    }
}
