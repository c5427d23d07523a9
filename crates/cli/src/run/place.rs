//! Server and gateway of a run: found at a URL, or within this process on free ports.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::thread::JoinHandle;

use anyhow::{Context, Result, anyhow};
use clap::Parser as _;
use quipu_api::dto::Listeners as Urls;
use quipu_budget::{BudgetConfig, Budgets, Period, Scope, What};
use quipu_semconv::quipu::RUN as RUN_KEY;
use tokio::sync::oneshot;

use super::environment::{bases, uses_gateway};
use crate::args::{Args, Command, GatewayFlags, Run};
use crate::ask::{Question, ask_server, server_of};
use crate::folder::default_folder;
use crate::serve::Config;
use crate::{client, gateway, serve};

/// Whether the gateway refused a call of the run for its budget.
#[derive(Clone)]
pub struct Refused {
    budget: String,
    is_refused: Arc<AtomicBool>,
}

impl Refused {
    /// For the budget of a run.
    pub fn of_run(id: &str) -> Self {
        Self { budget: budget_name(id), is_refused: Arc::default() }
    }

    /// Whether a call was refused so far.
    pub fn is_refused(&self) -> bool {
        self.is_refused.load(Ordering::Acquire)
    }

    fn listen(&self, budgets: &Budgets) {
        let Self { budget, is_refused } = self.clone();
        budgets.on_notice(move |notice| {
            if notice.what == What::Refused && notice.budget == budget {
                is_refused.store(true, Ordering::Release);
            }
        });
    }
}

/// Name of a run's budget and of its tag.
pub fn budget_name(id: &str) -> String {
    format!("run-{id}")
}

/// Server and gateway of a run.
pub struct Place {
    url: String,
    gateway: String,
    running: Option<Running>,
}

/// A server or gateway on a thread of this process.
struct Running {
    stop: oneshot::Sender<()>,
    thread: JoinHandle<Result<()>>,
}

/// Addresses of a server and its gateway.
type Addresses = (Option<String>, Option<String>);

impl Place {
    /// Finds the server, or starts one; starts a gateway if the run uses one.
    ///
    /// # Errors
    /// The server at the URL does not answer, or a listener or the store cannot be opened.
    pub fn open(what: &Run, id: &str, refused: &Refused) -> Result<Self> {
        let found = match &what.url {
            Some(url) => Some(url.trim_end_matches('/').to_owned()),
            None => server_of(&what.data_dir.clone().map_or_else(default_folder, Ok)?),
        };
        match found {
            Some(url) => Self::beside(what, id, url, refused.clone()),
            None => Self::within(what, id, refused.clone()),
        }
    }

    /// URL of the server.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// URL of the gateway; empty without one.
    pub fn gateway(&self) -> &str {
        &self.gateway
    }

    /// A server in this process.
    fn within(what: &Run, id: &str, refused: Refused) -> Result<Self> {
        let mut flags = vec!["quipu".to_owned(), "serve".to_owned()];
        for listener in ["--http", "--otlp-http", "--otlp-grpc", "--prometheus"] {
            let address = if listener == "--http" { "127.0.0.1:0" } else { serve::OFF };
            flags.extend([listener.to_owned(), address.to_owned()]);
        }
        flags.extend(["--gateway".to_owned(), address_of_gateway(what)]);
        flags.extend(data_dir(what.data_dir.as_ref()));
        flags.extend(provider_flags(what));
        let Command::Serve(args) = Args::try_parse_from(flags)?.command else {
            return Err(anyhow!("the server's flags are wrong"));
        };
        let mut config = Config::of(&args)?;
        prepare(&mut config, what, id);
        let (running, (url, gateway)) = start(move |tell, stop| {
            Box::pin(async move {
                let announce = move |urls: &Urls, gateway: Option<&str>, budgets: &Budgets| {
                    refused.listen(budgets);
                    let _ = tell.send((urls.http.clone(), gateway.map(str::to_owned)));
                    Ok(())
                };
                serve::serve(&args, config, announce, stop).await
            })
        })?;
        let url = url.context("the server has no address")?;
        Ok(Self { url, gateway: gateway.unwrap_or_default(), running: Some(running) })
    }

    /// A server that runs elsewhere, and a gateway in this process.
    fn beside(what: &Run, id: &str, url: String, refused: Refused) -> Result<Self> {
        ask_server(&url, &Question::get("/readyz"))?;
        if !uses_gateway(what) {
            return Ok(Self { url, gateway: String::new(), running: None });
        }
        let folder = std::env::temp_dir().join(format!("quipu-run-{id}"));
        let mut flags = vec!["quipu".to_owned(), "gateway".to_owned(), "--url".to_owned(), url.clone()];
        flags.extend(["--listen".to_owned(), "127.0.0.1:0".to_owned()]);
        flags.extend(data_dir(Some(&folder)));
        flags.extend(provider_flags(what));
        let Command::Gateway(args) = Args::try_parse_from(flags)?.command else {
            return Err(anyhow!("the gateway's flags are wrong"));
        };
        let mut config = Config::read(args.config.as_deref())?;
        prepare(&mut config, what, id);
        let (running, (_, gateway)) = start(move |tell, stop| {
            Box::pin(async move {
                let announce = move |url: &str, _: &str, _: Option<&str>, budgets: &Budgets| {
                    refused.listen(budgets);
                    let _ = tell.send((None, Some(url.to_owned())));
                    Ok(())
                };
                let served = gateway::serve_calls(&args, config, announce, stop).await;
                // Only the accounts of this run are in it.
                let _ = std::fs::remove_dir_all(folder);
                served
            })
        })?;
        Ok(Self { url, gateway: gateway.unwrap_or_default(), running: Some(running) })
    }

    /// Stops what was started; its records are stored then.
    ///
    /// # Errors
    /// Records were lost.
    pub fn close(self) -> Result<()> {
        let Some(running) = self.running else { return Ok(()) };
        let _ = running.stop.send(());
        running.thread.join().map_err(|_| anyhow!("the server within this command failed"))?
    }
}

/// Work of a server, which ends after the second argument.
type Work = std::pin::Pin<Box<dyn Future<Output = Result<()>>>>;
/// Resolves once the server has to stop.
type Stop = std::pin::Pin<Box<dyn Future<Output = ()>>>;

/// Runs a server on a thread of its own until it is stopped.
fn start(
    work: impl FnOnce(Sender<Addresses>, Stop) -> Work + Send + 'static,
) -> Result<(Running, Addresses)> {
    let (tell, told) = channel();
    let (stop, stopped) = oneshot::channel();
    let thread = std::thread::Builder::new().name("quipu-server".into()).spawn(move || {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
        let stop: Stop = Box::pin(async move {
            let _ = stopped.await;
        });
        let done = runtime.block_on(work(tell, stop));
        runtime.shutdown_timeout(std::time::Duration::from_secs(1));
        done
    })?;
    match told.recv() {
        Ok(addresses) => Ok((Running { stop, thread }, addresses)),
        Err(_) => {
            let ended = thread.join().map_err(|_| anyhow!("the server within this command failed"))?;
            ended.and(Err(anyhow!("the server within this command did not start")))
        }
    }
}

fn address_of_gateway(what: &Run) -> String {
    if uses_gateway(what) { "127.0.0.1:0".to_owned() } else { serve::OFF.to_owned() }
}

fn data_dir(folder: Option<&PathBuf>) -> Vec<String> {
    folder.map_or_else(Vec::new, |folder| vec!["--data-dir".to_owned(), folder.display().to_string()])
}

/// The providers of the flags, else those that the environment names: the program gets the gateway's
/// address in their place.
fn provider_flags(what: &Run) -> Vec<String> {
    let flags: &GatewayFlags = &what.providers;
    let said = [("openai", &flags.openai), ("anthropic", &flags.anthropic), ("gemini", &flags.gemini)];
    let mut urls: Vec<(&str, String)> =
        said.into_iter().filter_map(|(name, url)| Some((name, url.clone()?))).collect();
    for (name, variable, _) in what.command.first().into_iter().flat_map(|program| bases(program)) {
        if let Some(url) =
            client::variable(variable).filter(|_| !urls.iter().any(|(known, _)| *known == name))
        {
            urls.push((name, url));
        }
    }
    let mut all: Vec<String> = urls.into_iter().flat_map(|(name, url)| [format!("--{name}"), url]).collect();
    all.extend(flags.upstream.iter().flat_map(|told| ["--upstream".to_owned(), told.clone()]));
    all.extend(flags.record_prompts.then(|| "--record-prompts".to_owned()));
    all.extend(flags.ask_usage.then(|| "--ask-usage".to_owned()));
    all
}

/// Marks the gateway's records with the run, and sets its budget.
fn prepare(config: &mut Config, what: &Run, id: &str) {
    let gateway = config.gateway.get_or_insert_default();
    let name = budget_name(id);
    gateway.resource.insert(RUN_KEY.to_owned(), id.to_owned());
    gateway.tags.push(name.clone());
    if let Some(limit) = what.budget {
        let scope = Scope { tag: Some(name.clone()), ..Scope::default() };
        let budget =
            BudgetConfig { limit_usd: Some(limit), period: Period::Total, scope, ..BudgetConfig::default() };
        config.budgets.insert(name, budget);
    }
}
