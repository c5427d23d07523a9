//! `new`: scaffolds a plug-in. It writes a folder, and three shared lines: the facade's manifest, the
//! facade's table, the changelog.

mod edits;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use quipu_trials::shell;

/// The plug-in to scaffold.
#[derive(clap::Args)]
pub struct Args {
    #[command(subcommand)]
    kind: Kind,
}

#[derive(clap::Subcommand)]
enum Kind {
    /// A backend: `crates/backends/NAME`
    Backend {
        /// Lower-case words joined by hyphens
        name: String,
        /// A store, which answers queries; without this an exporter
        #[arg(long)]
        store: bool,
    },
    /// A binary `quipu` with plug-ins of other crates, in a workspace of its own
    Distribution {
        /// Lower-case words joined by hyphens
        name: String,
        /// Folder to create
        #[arg(long, value_name = "DIR")]
        at: PathBuf,
    },
    /// An adapter: `crates/read/adapters/NAME`
    Adapter {
        /// Lower-case words joined by hyphens
        name: String,
    },
}

/// Differences between the kinds.
struct Plan {
    kind: &'static str,
    /// The folder of such crates, within `crates/`.
    group: &'static str,
    files: &'static [(&'static str, &'static str)],
    table: &'static str,
    /// Entries of the table, each after its marker.
    lines: &'static [(&'static str, &'static str)],
}

const EXPORTER: Plan = Plan {
    kind: "backend",
    group: "backends",
    files: &[
        ("Cargo.toml", include_str!("../../templates/backend/Cargo.toml.in")),
        ("src/lib.rs", include_str!("../../templates/backend/lib.rs.in")),
        ("src/backend.rs", include_str!("../../templates/backend/backend.rs.in")),
        ("src/config.rs", include_str!("../../templates/backend/config.rs.in")),
        ("tests/it/main.rs", include_str!("../../templates/backend/it.rs.in")),
    ],
    table: "crates/agent/quipu/src/backends.rs",
    lines: &[(
        "// exporters: one line each",
        "(\"@name@\", |place| Ok(runtime::Opened::Exporter(Arc::new(quipu_backend_@ident@::@Type@::open(place.config()?)?)))),",
    )],
};

const STORE: Plan = Plan {
    kind: "backend",
    group: "backends",
    files: &[
        ("Cargo.toml", include_str!("../../templates/store/Cargo.toml.in")),
        ("src/lib.rs", include_str!("../../templates/store/lib.rs.in")),
        ("src/store.rs", include_str!("../../templates/store/store.rs.in")),
        ("tests/it/main.rs", include_str!("../../templates/store/it.rs.in")),
    ],
    table: "crates/agent/quipu/src/backends.rs",
    lines: &[
        (
            "// backends: one line each",
            "(\"@name@\", |_, _| Ok(Arc::new(quipu_backend_@ident@::@Type@::default()))),",
        ),
        (
            "// exporters: one line each",
            "(\"@name@\", |_| Ok(runtime::Opened::Store(Arc::new(quipu_backend_@ident@::@Type@::default())))),",
        ),
    ],
};

const ADAPTER: Plan = Plan {
    kind: "adapter",
    group: "read/adapters",
    files: &[
        ("Cargo.toml", include_str!("../../templates/adapter/Cargo.toml.in")),
        ("src/lib.rs", include_str!("../../templates/adapter/lib.rs.in")),
        ("src/adapter.rs", include_str!("../../templates/adapter/adapter.rs.in")),
        ("tests/it/main.rs", include_str!("../../templates/adapter/it.rs.in")),
    ],
    table: "crates/agent/quipu/src/adapters.rs",
    lines: &[("// adapters: one line each", "Arc::new(quipu_adapter_@ident@::@Type@),")],
};

/// Writes the crate and the shared lines; nothing is written unless all of it can be.
///
/// # Errors
/// The name cannot be used, the crate is there already, or a shared file has not the shape expected.
pub fn run(args: &Args) -> Result<()> {
    let (plan, name) = match &args.kind {
        Kind::Backend { name, store: false } => (&EXPORTER, name),
        Kind::Backend { name, store: true } => (&STORE, name),
        Kind::Adapter { name } => (&ADAPTER, name),
        Kind::Distribution { name, at } => return distribution(name, at),
    };
    if !edits::is_name(name) {
        bail!("{name:?} is not a name: lower-case letters and digits, in words joined by single hyphens");
    }
    let folder = shell::root().join("crates").join(plan.group).join(name);
    if folder.exists() {
        bail!("{} is there already", folder.display());
    }
    let mut files: Vec<(PathBuf, String)> = shared(plan, name)?;
    files.extend(crate_of(plan, name, &folder));
    for (file, text) in &files {
        write(file, text)?;
        println!("wrote {}", file.strip_prefix(shell::root()).unwrap_or(file).display());
    }
    // The length of the name decides where lines break.
    if shell::has_cargo("fmt") {
        let packages = written_packages(plan, name);
        shell::run(shell::cargo().arg("fmt").args(packages.iter().flat_map(|package| ["-p", package])))?;
    }
    println!("next: cargo nextest run -p quipu-{}-{name}", plan.kind);
    Ok(())
}

/// Packages with Rust files that a scaffold writes: its own, and the one with the table of plug-ins.
fn written_packages(plan: &Plan, name: &str) -> [String; 2] {
    [format!("quipu-{}-{name}", plan.kind), "quipu-obs".to_owned()]
}

const DISTRIBUTION: [(&str, &str); 2] = [
    ("Cargo.toml", include_str!("../../templates/distribution/Cargo.toml.in")),
    ("src/main.rs", include_str!("../../templates/distribution/main.rs.in")),
];

/// Writes a binary with plug-ins, which depends on this checkout.
fn distribution(name: &str, at: &Path) -> Result<()> {
    if !edits::is_name(name) {
        bail!("{name:?} is not a name: lower-case letters and digits, in words joined by single hyphens");
    }
    if at.exists() {
        bail!("{} is there already", at.display());
    }
    let root = shell::root().display().to_string();
    for (file, text) in DISTRIBUTION {
        let file = at.join(file);
        write(&file, &text.replace("@name@", name).replace("@quipu@", &root))?;
        println!("wrote {}", file.display());
    }
    fs::copy(shell::root().join("Cargo.lock"), at.join("Cargo.lock")).context("Cargo.lock")?;
    println!("next: cargo run --manifest-path {} -- serve", at.join("Cargo.toml").display());
    Ok(())
}

/// The files of the plug-in's own crate.
fn crate_of(plan: &Plan, name: &str, folder: &Path) -> Vec<(PathBuf, String)> {
    plan.files.iter().map(|(file, text)| (folder.join(file), edits::fill(text, name))).collect()
}

fn shared(plan: &Plan, name: &str) -> Result<Vec<(PathBuf, String)>> {
    let read = |file: &str| {
        let path = shell::root().join(file);
        let text = fs::read_to_string(&path).with_context(|| format!("{}", path.display()))?;
        anyhow::Ok((path, text))
    };
    let (manifest, text) = read("crates/agent/quipu/Cargo.toml")?;
    let manifest = (manifest, edits::manifest(&text, plan.kind, plan.group, name)?);
    let (table, mut text) = read(plan.table)?;
    for (marker, line) in plan.lines {
        text = edits::table(&text, marker, plan.kind, name, line)?;
    }
    let table = (table, text);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shared_files_have_a_place_for_every_kind() {
        for plan in [&EXPORTER, &STORE, &ADAPTER] {
            let files = shared(plan, "some-probe").unwrap();
            assert_eq!(files.len(), 3);
            for (file, text) in files {
                assert!(text.contains("some-probe"), "{}", file.display());
                if file.ends_with("Cargo.toml") && plan.kind == "backend" {
                    let feature = "backend-some-probe = [\"enable\", \"dep:quipu-backend-some-probe\"]";
                    assert!(text.contains(feature), "{text}");
                }
            }
        }
    }

    #[test]
    fn every_written_package_is_formatted() {
        for plan in [&EXPORTER, &STORE, &ADAPTER] {
            let packages = written_packages(plan, "some-probe");
            for (file, _) in shared(plan, "some-probe").unwrap() {
                if file.extension().is_some_and(|ending| ending == "rs") {
                    let manifest = file.ancestors().map(|folder| folder.join("Cargo.toml"));
                    let manifest = fs::read_to_string(manifest.into_iter().find(|at| at.exists()).unwrap());
                    let manifest: toml::Table = manifest.unwrap().parse().unwrap();
                    let owner = manifest["package"]["name"].as_str().unwrap();
                    assert!(packages.iter().any(|package| package == owner), "{owner} keeps its form");
                }
            }
        }
    }

    /// The step `plug-ins` of `ci` compiles such a binary with a backend and an adapter, which takes minutes.
    #[test]
    fn a_distribution_is_a_crate_of_its_own_that_finds_its_dependencies() {
        let folder = tempfile::tempdir().unwrap();
        let at = folder.path().join("acme");
        distribution("acme-quipu", &at).unwrap();
        let again = distribution("acme-quipu", &at).unwrap_err().to_string();
        assert!(again.contains("is there already"), "{again}");
        let mut resolve = shell::cargo();
        // Not offline: a fresh clone has no crates of other platforms.
        resolve.args(["metadata", "--quiet", "--format-version", "1"]).current_dir(&at);
        let resolved = shell::capture(&mut resolve).unwrap();
        assert!(resolved.contains("quipu-cli") && resolved.contains("acme-quipu"));
        let ours = fs::read_to_string(shell::root().join("tests/plug-in/src/main.rs")).unwrap();
        let main = fs::read_to_string(at.join("src/main.rs")).unwrap();
        let call = "quipu_cli::main_with(";
        assert!(main.contains(call) && ours.contains(call), "{main}");
    }

    /// Compiles the scaffolded code in a separate workspace with our dependencies.
    #[test]
    fn what_is_scaffolded_compiles() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        let manifest = fs::read_to_string(shell::root().join("Cargo.toml")).unwrap();
        let ours = format!("path = \"{}/", shell::root().display());
        let mut manifest: toml::Table = manifest.replace("path = \"", &ours).parse().unwrap();
        let workspace = manifest["workspace"].as_table_mut().unwrap();
        workspace.remove("default-members");
        let members = [&EXPORTER, &ADAPTER].map(|plan| format!("crates/{}/*", plan.group));
        workspace.insert("members".to_owned(), members.to_vec().into());
        write(&root.join("Cargo.toml"), &manifest.to_string()).unwrap();
        fs::copy(shell::root().join("Cargo.lock"), root.join("Cargo.lock")).unwrap();
        for (plan, name) in [(&EXPORTER, "probe-way-out"), (&STORE, "probe-store"), (&ADAPTER, "probe")] {
            let place = root.join("crates").join(plan.group).join(name);
            for (file, text) in crate_of(plan, name, &place) {
                let is_root = file.ends_with("lib.rs") || file.ends_with("main.rs");
                let strict = if is_root { "#![deny(warnings)]\n" } else { "" };
                write(&file, &format!("{strict}{text}")).unwrap();
            }
        }
        let mut check = shell::cargo();
        check.args(["check", "--offline", "--workspace", "--all-targets"]).current_dir(root);
        // Ours, so that nothing is compiled twice.
        check.env("CARGO_TARGET_DIR", shell::target());
        shell::capture(&mut check).unwrap();
    }
}
