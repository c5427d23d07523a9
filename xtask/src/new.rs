//! `new`: scaffolds a plug-in. Its own folder, and three shared lines: the facade's manifest, the facade's table, the
//! changelog.

mod edits;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::shell;

/// What to scaffold.
#[derive(clap::Args)]
pub struct Args {
    #[command(subcommand)]
    kind: Kind,
}

#[derive(clap::Subcommand)]
enum Kind {
    /// A backend: `crates/quipu-backend-NAME`
    Backend {
        /// Lower-case words joined by hyphens
        name: String,
    },
    /// An adapter: `crates/quipu-adapter-NAME`
    Adapter {
        /// Lower-case words joined by hyphens
        name: String,
    },
}

/// What differs between the two.
struct Plan {
    kind: &'static str,
    files: &'static [(&'static str, &'static str)],
    table: &'static str,
    marker: &'static str,
    line: &'static str,
}

const BACKEND: Plan = Plan {
    kind: "backend",
    files: &[
        ("Cargo.toml", include_str!("../templates/backend/Cargo.toml.in")),
        ("src/lib.rs", include_str!("../templates/backend/lib.rs.in")),
        ("src/store.rs", include_str!("../templates/backend/store.rs.in")),
        ("tests/it/main.rs", include_str!("../templates/backend/it.rs.in")),
    ],
    table: "crates/quipu/src/backends.rs",
    marker: "// backends: one line each",
    line: "(\"@name@\", |_, _| Ok(Arc::new(quipu_backend_@ident@::@Type@::default()))),",
};

const ADAPTER: Plan = Plan {
    kind: "adapter",
    files: &[
        ("Cargo.toml", include_str!("../templates/adapter/Cargo.toml.in")),
        ("src/lib.rs", include_str!("../templates/adapter/lib.rs.in")),
        ("src/adapter.rs", include_str!("../templates/adapter/adapter.rs.in")),
        ("tests/it/main.rs", include_str!("../templates/adapter/it.rs.in")),
    ],
    table: "crates/quipu/src/adapters.rs",
    marker: "// adapters: one line each",
    line: "Arc::new(quipu_adapter_@ident@::@Type@),",
};

/// Writes the crate and the shared lines; nothing is written unless all of it can be.
///
/// # Errors
/// The name cannot be used, the crate is there already, or a shared file has not the shape expected.
pub fn run(args: &Args) -> Result<()> {
    let (plan, name) = match &args.kind {
        Kind::Backend { name } => (&BACKEND, name),
        Kind::Adapter { name } => (&ADAPTER, name),
    };
    if !edits::is_name(name) {
        bail!("{name:?} is not a name: lower-case letters and digits, in words joined by single hyphens");
    }
    let folder = shell::root().join("crates").join(format!("quipu-{}-{name}", plan.kind));
    if folder.exists() {
        bail!("{} is there already", folder.display());
    }
    let mut files: Vec<(PathBuf, String)> = shared(plan, name)?;
    files.extend(plan.files.iter().map(|(file, text)| (folder.join(file), edits::fill(text, name))));
    for (file, text) in &files {
        write(file, text)?;
        println!("wrote {}", file.strip_prefix(shell::root()).unwrap_or(file).display());
    }
    // The length of the name decides where lines break.
    if shell::has_cargo("fmt") {
        shell::run(shell::cargo().args(["fmt", "-p", &format!("quipu-{}-{name}", plan.kind)]))?;
    }
    println!("next: cargo nextest run -p quipu-{}-{name}", plan.kind);
    Ok(())
}

fn shared(plan: &Plan, name: &str) -> Result<Vec<(PathBuf, String)>> {
    let read = |file: &str| {
        let path = shell::root().join(file);
        let text = fs::read_to_string(&path).with_context(|| format!("{}", path.display()))?;
        anyhow::Ok((path, text))
    };
    let (manifest, text) = read("crates/quipu/Cargo.toml")?;
    let manifest = (manifest, edits::manifest(&text, plan.kind, name)?);
    let (table, text) = read(plan.table)?;
    let table = (table, edits::table(&text, plan.marker, plan.kind, name, plan.line)?);
    let (changelog, text) = read("CHANGELOG.md")?;
    let changelog = (changelog, edits::changelog(&text, plan.kind, name)?);
    Ok(vec![manifest, table, changelog])
}

fn write(file: &Path, text: &str) -> Result<()> {
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(file, text).with_context(|| format!("{}", file.display()))
}
