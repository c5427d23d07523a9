//! Arguments of `quipu benchmark`.

use std::path::PathBuf;

use clap::Args as ClapArgs;

use super::Source;

/// Length of the benchmark, and a store of the caller.
#[derive(Debug, ClapArgs)]
pub struct Benchmark {
    /// About how long it takes
    #[arg(long, value_name = "SECONDS", default_value_t = 45, value_parser = clap::value_parser!(u64).range(1..=600))]
    pub seconds: u64,
    /// Time queries of this server too; it only reads
    #[arg(long)]
    pub url: Option<String>,
    /// Time queries over the files in this folder too; it only reads
    #[arg(long, value_name = "DIR", conflicts_with = "url")]
    pub data_dir: Option<PathBuf>,
    /// Time queries of this store too, as for `serve`; it only reads
    #[arg(long, value_name = "URI", conflicts_with = "url")]
    pub store: Option<String>,
    /// Print the figures as JSON
    #[arg(long)]
    pub json: bool,
}

impl Benchmark {
    /// The caller's own store, if one is named. Variables of the environment name none: a benchmark touches
    /// no data that it was not told of.
    pub fn own(&self) -> Option<Source> {
        let named = self.url.is_some() || self.data_dir.is_some() || self.store.is_some();
        let Self { url, data_dir, store, .. } = self;
        let (url, data_dir, store) = (url.clone(), data_dir.clone(), store.clone());
        named.then_some(Source { url, data_dir, store, json: true })
    }
}
