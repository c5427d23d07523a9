//! Debian package with the binary, the systemd unit and its config (deb(5), deb-control(5)).

use anyhow::Result;

use super::{Contents, File, HOME, NAME, Platform, SUMMARY, licences, own, tar};

/// Path of the config, which dpkg keeps when the user has changed it.
const CONFIG: &str = "/etc/quipu/quipu.toml";
/// Folders of the package, the outer ones first.
const FOLDERS: [&str; 10] = [
    "etc/",
    "etc/quipu/",
    "usr/",
    "usr/bin/",
    "usr/lib/",
    "usr/lib/systemd/",
    "usr/lib/systemd/system/",
    "usr/share/",
    "usr/share/doc/",
    "usr/share/doc/quipu-obs/",
];

/// The package; `None` for other systems than Linux.
///
/// # Errors
/// A file of the workspace cannot be read.
pub fn file(contents: &Contents<'_>, platform: &Platform) -> Result<Option<(String, Vec<u8>)>> {
    let Some(architecture) = platform.debian else { return Ok(None) };
    let made = contents.release.made;
    // `~` sorts a pre-release before its release.
    let version = contents.release.version.replacen('-', "~", 1);
    let data = data(contents)?;
    let bytes: usize = data.iter().map(|(_, _, bytes)| bytes.len()).sum();
    let needed = platform.glibc.map(|minor| format!("Depends: libc6 (>= 2.{minor})\n")).unwrap_or_default();
    let control = format!(
        "Package: {NAME}\nVersion: {version}\nArchitecture: {architecture}\nMaintainer: {author} <{HOME}/issues>\n\
         Installed-Size: {kib}\n{needed}Section: net\nPriority: optional\nHomepage: {HOME}\nDescription: {SUMMARY}\n \
         One binary with receivers, store, dashboard and command line.\n",
        author = env!("CARGO_PKG_AUTHORS"),
        kib = bytes.div_ceil(1024),
    );
    let control = vec![
        ("control".to_owned(), 0o644, control.into_bytes()),
        ("conffiles".to_owned(), 0o644, format!("{CONFIG}\n").into_bytes()),
    ];
    let mut archive = ar::Builder::new(Vec::new());
    let members = [
        ("debian-binary", b"2.0\n".to_vec()),
        ("control.tar.gz", tar(&control, contents.release, &[])?),
        ("data.tar.gz", tar(&data, contents.release, &FOLDERS)?),
    ];
    for (name, bytes) in members {
        let mut header = ar::Header::new(name.as_bytes().to_vec(), bytes.len() as u64);
        header.set_mode(0o100_644);
        header.set_mtime(made.try_into().unwrap_or_default());
        archive.append(&header, bytes.as_slice())?;
    }
    Ok(Some((format!("{NAME}_{version}_{architecture}.deb"), archive.into_inner()?)))
}

fn data(contents: &Contents<'_>) -> Result<Vec<File>> {
    let unit = String::from_utf8(own("deploy/systemd/quipu.service")?)?;
    let doc = "usr/share/doc/quipu-obs/";
    let mut files = vec![
        (CONFIG.trim_start_matches('/').to_owned(), 0o644, own("deploy/systemd/quipu.toml")?),
        ("usr/bin/quipu".to_owned(), 0o755, contents.code.to_vec()),
        (
            "usr/lib/systemd/system/quipu.service".to_owned(),
            0o644,
            unit.replace("/usr/local/bin/quipu", "/usr/bin/quipu").into_bytes(),
        ),
        (format!("{doc}copyright"), 0o644, copyright()),
        (format!("{doc}sbom.cdx.json"), 0o644, contents.bill.to_vec()),
    ];
    files.extend(licences(contents, doc)?);
    Ok(files)
}

/// Debian's machine-readable copyright file.
fn copyright() -> Vec<u8> {
    let text = format!(
        "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\nUpstream-Name: Quipu\n\
         Source: {HOME}\n\nFiles: *\nCopyright: {author}\nLicense: Apache-2.0\nComment: LICENSE has the text; \
         THIRD-PARTY.txt has the licences of the crates in the binary.\n",
        author = env!("CARGO_PKG_AUTHORS")
    );
    text.into_bytes()
}
