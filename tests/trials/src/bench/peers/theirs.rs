//! Phoenix and `MLflow`: started with their default durability, and queried over their own APIs.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use rusqlite::{Connection, OpenFlags};
use serde_json::json;

use super::product::{Product, Question, Running, Sent};
use super::{length, number};
use crate::integration::Http;
use crate::integration::products::{self, Launch};
use crate::integration::tools::Program;
use crate::integration::tree;
use crate::shell;

/// The first start makes a database and reads Python's files from disk; both take long on a busy machine.
const READY: Duration = Duration::from_secs(300);
const LOOK: Duration = Duration::from_millis(50);
/// In Phoenix's working folder, by its default.
const PHOENIX_DB: &str = "phoenix.db";
/// As `products` starts it.
const MLFLOW_DB: &str = "mlflow.db";

/// Arize Phoenix.
pub struct Phoenix {
    /// Folder of its installation.
    pub cache: PathBuf,
}

/// `MLflow`.
pub struct Mlflow {
    /// Folder of its installation.
    pub cache: PathBuf,
}

impl Product for Phoenix {
    fn name(&self) -> &'static str {
        "phoenix"
    }

    fn start(&self, folder: &Path) -> Result<Running> {
        let launch = products::phoenix(&self.cache, folder)?;
        start(launch, &self.cache.join("peers-phoenix.log"), &[])
    }

    fn stored(&self, _running: &Running, folder: &Path) -> Result<u64> {
        rows(&folder.join(PHOENIX_DB))
    }

    fn fold(&self, folder: &Path) -> Result<()> {
        fold(&folder.join(PHOENIX_DB))
    }

    fn questions(&self, api: &str, sent: &Sent) -> Vec<Question> {
        let project = format!("{api}/v1/projects/default");
        let list = format!("{project}/traces?limit=50");
        let one = format!("{project}/spans?trace_id={}&limit=1000", sent.trace);
        let totals = json!({"query": "{projects{edges{node{tokenCountTotal}}}}"});
        vec![
            Question::list(list, None, |seen| length(&seen["data"])),
            Question::trace(one, |seen| length(&seen["data"])),
            Question::tokens(format!("{api}/graphql"), Some(totals), sent, |seen| {
                number(&seen["data"]["projects"]["edges"][0]["node"]["tokenCountTotal"])
            }),
        ]
    }
}

impl Product for Mlflow {
    fn name(&self) -> &'static str {
        "mlflow"
    }

    fn start(&self, folder: &Path) -> Result<Running> {
        let launch = products::mlflow(&self.cache, folder)?;
        // The experiment that is there from the start.
        start(launch, &self.cache.join("peers-mlflow.log"), &[("x-mlflow-experiment-id", "0")])
    }

    fn stored(&self, _running: &Running, folder: &Path) -> Result<u64> {
        rows(&folder.join(MLFLOW_DB))
    }

    fn fold(&self, folder: &Path) -> Result<()> {
        fold(&folder.join(MLFLOW_DB))
    }

    fn questions(&self, api: &str, sent: &Sent) -> Vec<Question> {
        let traces = format!("{api}/api/3.0/mlflow/traces");
        let place = json!({"type": "MLFLOW_EXPERIMENT", "mlflow_experiment": {"experiment_id": "0"}});
        let totals = json!({
            "experiment_ids": ["0"], "view_type": "TRACES", "metric_name": "total_tokens",
            "aggregations": [{"aggregation_type": "SUM"}],
        });
        let list = json!({"locations": [place], "max_results": 50});
        let one = format!("{traces}/get?trace_id=tr-{}", sent.trace);
        vec![
            Question::list(format!("{traces}/search"), Some(list), |seen| length(&seen["traces"])),
            Question::trace(one, |seen| length(&seen["trace"]["spans"])),
            Question::tokens(format!("{traces}/metrics"), Some(totals), sent, |seen| {
                number(&seen["data_points"][0]["values"]["SUM"])
            }),
        ]
    }
}

/// Starts a product and waits until its address answers 200.
fn start(
    mut launch: Launch,
    log: &Path,
    headers: &'static [(&'static str, &'static str)],
) -> Result<Running> {
    let begin = Instant::now();
    let program = Program::start(&mut launch.command, log)?;
    let mut running = Running::theirs(program, launch.url, headers);
    let http = Http::new(Duration::from_secs(5));
    let ready = || match http.get(&launch.ready) {
        Ok(answer) if answer.status == 200 => Some(true),
        _ if !tree::runs(running.id()) => Some(false),
        _ => {
            std::thread::sleep(LOOK);
            None
        }
    };
    let up = shell::poll(READY, ready);
    running.ready_after = begin.elapsed();
    match up {
        Some(true) => Ok(running),
        Some(false) => bail!("it ended at once: {}", shell::tail(&running.said(), 10)),
        None => bail!("not ready after {} s: {}", READY.as_secs(), shell::tail(&running.said(), 10)),
    }
}

/// Rows of the span table, which has the same name in both. The reader does not block the product.
fn rows(database: &Path) -> Result<u64> {
    let database = Connection::open_with_flags(database, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    database.busy_timeout(Duration::from_secs(30))?;
    let rows: i64 = database.query_row("SELECT count(*) FROM spans", [], |row| row.get(0))?;
    Ok(rows.unsigned_abs())
}

/// Moves the write-ahead log into the database; does nothing without such a log.
fn fold(database: &Path) -> Result<()> {
    let database = Connection::open_with_flags(database, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    Ok(database.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?)
}
