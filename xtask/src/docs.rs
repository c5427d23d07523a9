//! `cargo xtask docs`: writes the guide as a site that needs no server.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};
use quipu_trials::shell;

/// Where to write.
#[derive(clap::Args)]
pub struct Args {
    /// Folder to write to [default: docs-site within the folder that cargo builds into]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

/// Writes the files of the site. `quipu serve` serves the same pages at `/docs`.
///
/// # Errors
/// A file cannot be written.
pub fn run(args: &Args) -> Result<()> {
    let out = args.out.clone().unwrap_or_else(|| shell::target().join("docs-site"));
    let files = quipu_docs::files();
    for (path, file) in &files {
        let file_path = out.join(path);
        let folder = file_path.parent().context("a file without a folder")?;
        fs::create_dir_all(folder).with_context(|| format!("cannot create {}", folder.display()))?;
        fs::write(&file_path, &file.text).with_context(|| format!("cannot write {}", file_path.display()))?;
    }
    println!("{} files in {}", files.len(), out.join("index.html").display());
    Ok(())
}
