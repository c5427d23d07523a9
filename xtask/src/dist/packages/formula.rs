//! Homebrew formula that installs the archive of a release (<https://docs.brew.sh/Formula-Cookbook>).

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result};

use super::super::digest;
use super::{Contents, HOME, SUMMARY};

/// Targets of Homebrew, with its words for system and processor. The static binary runs on every Linux.
const TARGETS: [(&str, &str, &str); 6] = [
    ("aarch64-apple-darwin", "macos", "arm"),
    ("x86_64-apple-darwin", "macos", "intel"),
    ("aarch64-unknown-linux-musl", "linux", "arm"),
    ("x86_64-unknown-linux-musl", "linux", "intel"),
    ("aarch64-unknown-linux-gnu", "linux", "arm"),
    ("x86_64-unknown-linux-gnu", "linux", "intel"),
];

/// The formula, with the archives of this version that are in `out`; `None` if Homebrew knows none of them.
///
/// # Errors
/// An archive cannot be read.
pub fn file(contents: &Contents<'_>, out: &Path) -> Result<Option<(String, Vec<u8>)>> {
    let version = &contents.release.version;
    let mut found: BTreeMap<(&str, &str), (String, String)> = BTreeMap::new();
    for (target, system, processor) in TARGETS {
        let name = format!("quipu-{version}-{target}.tar.gz");
        let sum = if target == contents.release.target {
            digest(contents.archive)
        } else if out.join(&name).is_file() {
            digest(&std::fs::read(out.join(&name)).with_context(|| format!("cannot read {name}"))?)
        } else {
            continue;
        };
        found
            .entry((system, processor))
            .or_insert((format!("{HOME}/releases/download/v{version}/{name}"), sum));
    }
    if found.is_empty() {
        return Ok(None);
    }
    let mut places = String::new();
    for system in ["linux", "macos"] {
        let of_system: Vec<_> = found.iter().filter(|((of, _), _)| *of == system).collect();
        if of_system.is_empty() {
            continue;
        }
        places += &format!("\n  on_{system} do\n");
        for ((_, processor), (url, sum)) in of_system {
            places +=
                &format!("    on_{processor} do\n      url \"{url}\"\n      sha256 \"{sum}\"\n    end\n");
        }
        places += "  end\n";
    }
    let text = format!(
        "class QuipuObs < Formula\n  desc \"{}\"\n  homepage \"{HOME}\"\n  version \"{version}\"\n  license \
         \"Apache-2.0\"\n{places}\n  def install\n    bin.install \"quipu\"\n    prefix.install \"THIRD-PARTY.txt\", \
         \"sbom.cdx.json\"\n  end\n\n  service do\n    run [opt_bin/\"quipu\", \"serve\"]\n    keep_alive true\n  \
         end\n\n  test do\n    assert_match version.to_s, shell_output(\"#{{bin}}/quipu --version\")\n  end\nend\n",
        SUMMARY.split(',').next().unwrap_or(SUMMARY)
    );
    Ok(Some(("quipu-obs.rb".to_owned(), text.into_bytes())))
}
