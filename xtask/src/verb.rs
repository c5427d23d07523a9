//! Verbs of the tasks, one variant each, in separate files.

use anyhow::Result;
use clap::Subcommand;

use quipu_trials::{bench, integration};

use crate::{check, ci, dist, docs, fuzz, new, prices, test};

/// A task.
#[derive(Subcommand)]
pub enum Verb {
    /// Formatting, lints, spelling, licences, layers, sizes, room cards, freshness of what is generated
    Check(check::Args),
    /// Every unit and integration test of the workspace
    Test,
    /// The longer checks: `check`, the feature matrix, documentation tests, the quick suites
    Ci(ci::Args),
    /// Scaffolds a backend or an adapter
    New(new::Args),
    /// Suites against the running server and software that is not ours
    Integration(integration::Args),
    /// Figures of this machine against the stated aims
    Bench(bench::Args),
    /// Searches for inputs that break a decoder, parser or reader
    Fuzz(fuzz::Args),
    /// The vendored price books
    Prices(prices::Args),
    /// Build the files of a release: the binary, its packages, its licences, its bill of materials, checksums
    Dist(dist::Args),
    /// Write the guide as a site
    Docs(docs::Args),
}

impl Verb {
    /// Does it.
    ///
    /// # Errors
    /// It did not succeed.
    pub fn run(&self) -> Result<()> {
        match self {
            Self::Check(args) => check::run(args),
            Self::Test => test::run(),
            Self::Ci(args) => ci::run(args),
            Self::New(args) => new::run(args),
            Self::Integration(args) => integration::run(args),
            Self::Bench(args) => bench::run(args),
            Self::Fuzz(args) => fuzz::run(args),
            Self::Prices(args) => prices::run(args),
            Self::Dist(args) => dist::run(args),
            Self::Docs(args) => docs::run(args),
        }
    }
}
