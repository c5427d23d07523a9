//! npm package with the binary (<https://docs.npmjs.com/cli/configuring-npm/package-json>).

use anyhow::Result;
use serde_json::json;

use super::{Contents, HOME, NAME, Platform, SUMMARY, licences, own, program, tar};

/// The package, as `npm pack` would write it.
///
/// # Errors
/// A file of the workspace cannot be read.
pub fn file(contents: &Contents<'_>, platform: &Platform) -> Result<(String, Vec<u8>)> {
    let release = contents.release;
    let command = format!("bin/{}", program(&release.target));
    let manifest = json!({
        "name": NAME,
        "version": release.version,
        "description": SUMMARY,
        "license": "Apache-2.0",
        "homepage": HOME,
        "repository": {"type": "git", "url": format!("git+{HOME}.git")},
        "bin": {"quipu": command},
        "os": [platform.os],
        "cpu": [platform.cpu],
    });
    let mut files = vec![
        ("package/package.json".to_owned(), 0o644, format!("{manifest:#}\n").into_bytes()),
        (format!("package/{command}"), 0o755, contents.code.to_vec()),
        ("package/README.md".to_owned(), 0o644, own("README.md")?),
        ("package/sbom.cdx.json".to_owned(), 0o644, contents.bill.to_vec()),
    ];
    files.extend(licences(contents, "package/")?);
    let name = format!("{NAME}-{}-{}-{}.tgz", release.version, platform.os, platform.cpu);
    Ok((name, tar(&files, release, &[])?))
}
