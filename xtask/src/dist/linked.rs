//! Contents of a binary: exactly the crates that cargo links into it, and the packages of the dashboard
//! within it.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use anyhow::{Context, Result, bail};
use cargo_metadata::{MetadataCommand, Package};
use serde::Deserialize;

use super::{Release, bundled};
use quipu_trials::shell;

/// A crate's name and version.
pub type Id = (String, String);

/// A crate of the binary, or one that helped to make it.
pub struct Crate {
    /// Its metadata from cargo.
    pub package: Package,
    /// SHA-256 of the download; none for our own crates.
    pub checksum: Option<String>,
    /// Whether its code is in the binary. A build script and a macro only help to make it.
    pub inside: bool,
    /// Crates that it uses.
    pub uses: BTreeSet<Id>,
}

/// A package of the dashboard.
pub struct WebPackage {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Its licence, as SPDX writes it.
    pub license: Option<String>,
    /// SHA-512 of the download, hexadecimal.
    pub sha512: Option<String>,
}

/// All of it.
pub struct Linked {
    /// The crate of the binary.
    pub root: Id,
    /// Crates by name and version.
    pub crates: BTreeMap<Id, Crate>,
    /// The dashboard's packages.
    pub web: Vec<WebPackage>,
    /// C libraries that crates bring along: the crate, the library's name and its version.
    pub bundled: Vec<(Id, &'static str, String)>,
}

impl Linked {
    /// Reads the contents of a package's binary.
    ///
    /// # Errors
    /// Cargo does not tell, or a file of the workspace cannot be read.
    pub fn of(package: &str, release: &Release) -> Result<Self> {
        let graph = Graph::read(&tree(package, release, "normal")?)?;
        let helping = Graph::read(&tree(package, release, "normal,build")?)?;
        let inside = graph.reachable();
        let mut known = packages()?;
        let checksums = checksums()?;
        let mut crates = BTreeMap::new();
        for (id, uses) in helping.uses {
            let package = known.remove(&id).with_context(|| format!("cargo knows no {} {}", id.0, id.1))?;
            let checksum = checksums.get(&id).cloned();
            let uses =
                if inside.contains(&id) { graph.uses.get(&id).cloned().unwrap_or_default() } else { uses };
            crates.insert(id.clone(), Crate { package, checksum, inside: inside.contains(&id), uses });
        }
        let bundled = bundled::find(&crates)?;
        Ok(Self { root: graph.root, crates, web: web()?, bundled })
    }

    /// Crates whose code is in the binary, without our own.
    pub fn inside(&self) -> impl Iterator<Item = &Crate> {
        self.crates.values().filter(|one| one.inside && one.package.source.is_some())
    }
}

/// Which crate uses which, as `cargo tree` tells: with the features of this very binary, where `cargo
/// metadata` knows those of the whole workspace only.
struct Graph {
    root: Id,
    uses: BTreeMap<Id, BTreeSet<Id>>,
    macros: BTreeSet<Id>,
}

impl Graph {
    /// Reads lines such as `2serde_derive v1.0.229 (proc-macro) (*)`; the number is the depth.
    fn read(text: &str) -> Result<Self> {
        let mut path: Vec<Id> = Vec::new();
        let mut graph = Self { root: Id::default(), uses: BTreeMap::new(), macros: BTreeSet::new() };
        for line in text.lines().filter(|line| line.starts_with(|letter: char| letter.is_ascii_digit())) {
            let split = line.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(line.len());
            let (depth, rest) = line.split_at(split);
            let mut words = rest.split(' ');
            let (Some(name), Some(version)) =
                (words.next(), words.next().and_then(|word| word.strip_prefix('v')))
            else {
                bail!("cargo tree says {line:?}");
            };
            let id = (name.to_owned(), version.to_owned());
            if words.any(|word| word == "(proc-macro)") {
                graph.macros.insert(id.clone());
            }
            path.truncate(depth.parse()?);
            if let Some(user) = path.last() {
                graph.uses.entry(user.clone()).or_default().insert(id.clone());
            } else {
                graph.root = id.clone();
            }
            graph.uses.entry(id.clone()).or_default();
            path.push(id);
        }
        Ok(graph)
    }

    /// Crates that are reachable without passing through a macro.
    fn reachable(&self) -> BTreeSet<Id> {
        let mut reached = BTreeSet::new();
        let mut open = vec![&self.root];
        while let Some(id) = open.pop() {
            if !self.macros.contains(id) && reached.insert(id.clone()) {
                open.extend(self.uses.get(id).into_iter().flatten());
            }
        }
        reached
    }
}

fn tree(package: &str, release: &Release, edges: &str) -> Result<String> {
    let mut command = shell::cargo();
    command.args(["tree", "--locked", "--package", package, "--target", &release.target, "--edges", edges]);
    command.args(["--prefix", "depth", "--format", "{p}", "--color", "never"]);
    if !release.features.is_empty() {
        command.args(["--features", &release.features]);
    }
    shell::capture(&mut command)
}

fn packages() -> Result<HashMap<Id, Package>> {
    let mut command = MetadataCommand::new();
    let metadata = command
        .manifest_path(shell::root().join("Cargo.toml"))
        .other_options(["--locked".to_owned()])
        .exec()?;
    let id = |package: &Package| (package.name.to_string(), package.version.to_string());
    Ok(metadata.packages.into_iter().map(|package| (id(&package), package)).collect())
}

fn checksums() -> Result<HashMap<Id, String>> {
    #[derive(Deserialize)]
    struct Lock {
        package: Vec<Locked>,
    }
    #[derive(Deserialize)]
    struct Locked {
        name: String,
        version: String,
        checksum: Option<String>,
    }
    let lock: Lock =
        toml::from_str(&std::fs::read_to_string(shell::root().join("Cargo.lock"))?).context("Cargo.lock")?;
    let sum = |locked: Locked| Some(((locked.name, locked.version), locked.checksum?));
    Ok(lock.package.into_iter().filter_map(sum).collect())
}

/// Packages in the dashboard's build: those of the lock file that are not only for development.
fn web() -> Result<Vec<WebPackage>> {
    #[derive(Deserialize)]
    struct Lock {
        packages: BTreeMap<String, Locked>,
    }
    #[derive(Deserialize)]
    struct Locked {
        #[serde(default)]
        version: String,
        license: Option<String>,
        integrity: Option<String>,
        #[serde(default)]
        dev: bool,
        #[serde(default)]
        peer: bool,
    }
    let path = shell::root().join("crates/server/web/ui/package-lock.json");
    let lock: Lock = serde_json::from_str(&std::fs::read_to_string(&path)?).context("package-lock.json")?;
    let package = |(path, locked): (String, Locked)| {
        let name = path.rsplit_once("node_modules/")?.1.to_owned();
        let sha512 = locked.integrity.as_deref().and_then(bundled::sha512);
        (!locked.dev && !locked.peer).then_some(WebPackage {
            name,
            version: locked.version,
            license: locked.license,
            sha512,
        })
    };
    Ok(lock.packages.into_iter().filter_map(package).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_only_macros_use_is_not_inside() {
        let text = "0app v0.1.0 (/x)\n1serde v1.0.1\n2derive v1.0.1 (proc-macro)\n3syn v2.0.0\n4shared v1.0.0\n1other v2.0.0\n\
                    2shared v1.0.0 (*)\n2derive v1.0.1 (proc-macro) (*)\n";
        let graph = Graph::read(text).unwrap();
        let inside: Vec<String> = graph.reachable().into_iter().map(|(name, _)| name).collect();
        assert_eq!(inside, ["app", "other", "serde", "shared"]);
        assert_eq!(graph.root, ("app".into(), "0.1.0".into()));
        assert_eq!(graph.uses[&("derive".into(), "1.0.1".into())].len(), 1);
        assert!(Graph::read("0app\n").is_err());
    }
}
