//! Packages of a release for pip, npm, dpkg and Homebrew, beside its archive.
//!
//! Each package holds the binary of the archive. The same content gives the same bytes: entries are in a
//! fixed order and have the time of the release. The image is built by `deploy/docker/Dockerfile`.

mod deb;
mod formula;
mod npm;
mod platform;
mod wheel;

use std::path::Path;

use anyhow::Result;
use flate2::{Compression, GzBuilder};

use super::{Release, program};
use platform::Platform;
use quipu_trials::shell;

/// Name of the packages. PyPI and npm have another `quipu`; the command is `quipu` everywhere.
const NAME: &str = "quipu-obs";
/// One line about the program.
const SUMMARY: &str = "Observability for AI agents: every call, token and cent, counted once";
/// Address of the project.
const HOME: &str = env!("CARGO_PKG_REPOSITORY");

/// Contents that all packages share.
pub struct Contents<'a> {
    /// Name, target and time.
    pub release: &'a Release,
    /// The binary.
    pub code: &'a [u8],
    /// The bill of materials.
    pub bill: &'a [u8],
    /// Licences of the crates in the binary.
    pub notices: &'a [u8],
    /// The archive, which the formula downloads.
    pub archive: &'a [u8],
}

/// A file of a package: its path, mode and bytes.
type File = (String, u32, Vec<u8>);

/// Files with their names. A target without a package manager gets none; `out` may hold archives of other
/// targets, and the formula lists them too.
///
/// # Errors
/// A file of the workspace cannot be read, or a package cannot be written.
pub fn all(contents: &Contents<'_>, out: &Path) -> Result<Vec<(String, Vec<u8>)>> {
    let Some(platform) = Platform::of(contents.release, contents.code) else {
        println!("no packages: {} has no package manager that Quipu knows", contents.release.target);
        return Ok(Vec::new());
    };
    let mut files = vec![wheel::file(contents, &platform)?, npm::file(contents, &platform)?];
    files.extend(deb::file(contents, &platform)?);
    files.extend(formula::file(contents, out)?);
    Ok(files)
}

/// A compressed tar archive of files, with the folders above them.
fn tar(files: &[File], release: &Release, folders: &[&str]) -> Result<Vec<u8>> {
    let mut tar =
        tar::Builder::new(GzBuilder::new().mtime(0).write(Vec::new(), Compression::new(release.level)));
    let header = |mode: u32, size: usize| {
        let mut header = tar::Header::new_ustar();
        header.set_size(size as u64);
        header.set_mode(mode);
        header.set_mtime(release.made.try_into().unwrap_or_default());
        header
    };
    for folder in folders {
        let mut header = header(0o755, 0);
        header.set_entry_type(tar::EntryType::Directory);
        tar.append_data(&mut header, folder, std::io::empty())?;
    }
    for (path, mode, bytes) in files {
        tar.append_data(&mut header(*mode, bytes.len()), path, bytes.as_slice())?;
    }
    Ok(tar.into_inner()?.finish()?)
}

/// A file of the workspace.
fn own(path: &str) -> Result<Vec<u8>> {
    use anyhow::Context as _;
    std::fs::read(shell::root().join(path)).with_context(|| format!("cannot read {path}"))
}

/// The licences, under a folder.
fn licences(contents: &Contents<'_>, folder: &str) -> Result<Vec<File>> {
    Ok(vec![
        (format!("{folder}LICENSE"), 0o644, own("LICENSE")?),
        (format!("{folder}NOTICE"), 0o644, own("NOTICE")?),
        (format!("{folder}THIRD-PARTY.txt"), 0o644, contents.notices.to_vec()),
    ])
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::io::Read as _;

    use super::*;

    fn release(target: &str) -> Release {
        Release {
            version: "1.2.0-rc.1".into(),
            target: target.into(),
            features: String::new(),
            made: 1_700_000_000,
            level: 9,
        }
    }

    fn packed(target: &str) -> BTreeMap<String, Vec<u8>> {
        let release = release(target);
        let code = b"\x7fELF GLIBC_2.17\0GLIBC_2.34\0GLIBC_2.4\0";
        let contents =
            Contents { release: &release, code, bill: b"bill", notices: b"notices", archive: b"archive" };
        let out = tempfile::tempdir().unwrap();
        std::fs::write(out.path().join("quipu-1.2.0-rc.1-aarch64-apple-darwin.tar.gz"), "other").unwrap();
        let once = all(&contents, out.path()).unwrap();
        assert_eq!(once, all(&contents, out.path()).unwrap());
        once.into_iter().collect()
    }

    fn untar(bytes: &[u8]) -> BTreeMap<String, (u32, String)> {
        let mut tar = tar::Archive::new(flate2::read::GzDecoder::new(bytes));
        let entries = tar.entries().unwrap().map(|entry| {
            let mut entry = entry.unwrap();
            let mut text = String::new();
            assert_eq!(entry.header().mtime().unwrap(), 1_700_000_000);
            entry.read_to_string(&mut text).unwrap();
            (entry.path().unwrap().display().to_string(), (entry.header().mode().unwrap(), text))
        });
        entries.collect()
    }

    #[test]
    fn a_wheel_has_the_command_and_a_true_record() {
        let all = packed("x86_64-unknown-linux-gnu");
        let wheel = &all["quipu_obs-1.2.0rc1-py3-none-manylinux_2_34_x86_64.whl"];
        let mut zip = zip::ZipArchive::new(std::io::Cursor::new(wheel)).unwrap();
        let mut record = String::new();
        zip.by_name("quipu_obs-1.2.0rc1.dist-info/RECORD").unwrap().read_to_string(&mut record).unwrap();
        for line in record.lines().filter(|line| !line.ends_with("RECORD,,")) {
            let fields: Vec<&str> = line.split(',').collect();
            let mut file = zip.by_name(fields[0]).unwrap();
            let mut bytes = Vec::new();
            file.read_to_end(&mut bytes).unwrap();
            assert_eq!(fields[1..], [wheel::hash(&bytes), bytes.len().to_string()]);
        }
        assert_eq!(record.lines().count(), zip.len());
        let script = zip.by_name("quipu_obs-1.2.0rc1.data/scripts/quipu").unwrap();
        assert_eq!(script.unix_mode().unwrap() & 0o777, 0o755);
    }

    #[test]
    fn a_static_binary_is_for_both_c_libraries() {
        let all = packed("x86_64-unknown-linux-musl");
        let tags = "manylinux2014_x86_64.manylinux_2_17_x86_64.musllinux_1_1_x86_64";
        assert!(all.contains_key(&format!("quipu_obs-1.2.0rc1-py3-none-{tags}.whl")), "{:?}", all.keys());
        assert!(packed("riscv64gc-unknown-linux-gnu").is_empty());
    }

    #[test]
    fn an_npm_package_names_its_platform_and_command() {
        let files = untar(&packed("aarch64-apple-darwin")["quipu-obs-1.2.0-rc.1-darwin-arm64.tgz"]);
        let manifest: serde_json::Value = serde_json::from_str(&files["package/package.json"].1).unwrap();
        assert_eq!(manifest["bin"]["quipu"], "bin/quipu");
        assert_eq!((&manifest["os"][0], &manifest["cpu"][0]), (&"darwin".into(), &"arm64".into()));
        assert_eq!(files["package/bin/quipu"].0, 0o755);
    }

    #[test]
    fn a_debian_package_has_three_members_and_what_the_binary_needs() {
        let all = packed("x86_64-unknown-linux-gnu");
        let mut archive = ar::Archive::new(all["quipu-obs_1.2.0~rc.1_amd64.deb"].as_slice());
        let mut members = Vec::new();
        while let Some(entry) = archive.next_entry() {
            let mut entry = entry.unwrap();
            let mut bytes = Vec::new();
            entry.read_to_end(&mut bytes).unwrap();
            members.push((String::from_utf8(entry.header().identifier().to_vec()).unwrap(), bytes));
        }
        let names: Vec<&str> = members.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["debian-binary", "control.tar.gz", "data.tar.gz"]);
        assert_eq!(members[0].1, b"2.0\n");
        let control = untar(&members[1].1);
        assert!(control["control"].1.contains("\nDepends: libc6 (>= 2.34)\n"), "{control:?}");
        let data = untar(&members[2].1);
        assert_eq!(data["usr/bin/quipu"].0, 0o755);
        assert!(data["usr/lib/systemd/system/quipu.service"].1.contains("ExecStart=/usr/bin/quipu serve"));
        assert_eq!(control["conffiles"].1, "/etc/quipu/quipu.toml\n");
    }

    #[test]
    fn a_formula_lists_every_archive_of_the_version() {
        let all = packed("x86_64-unknown-linux-musl");
        let formula = String::from_utf8(all["quipu-obs.rb"].clone()).unwrap();
        for (target, bytes) in
            [("x86_64-unknown-linux-musl", &b"archive"[..]), ("aarch64-apple-darwin", b"other")]
        {
            assert!(
                formula.contains(&format!("/v1.2.0-rc.1/quipu-1.2.0-rc.1-{target}.tar.gz\"")),
                "{formula}"
            );
            assert!(formula.contains(&super::super::digest(bytes)), "{formula}");
        }
        assert!(!packed("x86_64-pc-windows-msvc").keys().any(|name| name.ends_with(".deb")));
    }
}
