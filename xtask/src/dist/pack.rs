//! The release archive and its contents.

use anyhow::Result;
use flate2::{Compression, GzBuilder};

use super::{Release, program};
use quipu_trials::shell;

/// A folder with the release's name, packed: the same content gives the same bytes, for every builder and
/// time.
///
/// # Errors
/// A file of the workspace cannot be read.
pub fn archive(release: &Release, binary: &[u8], bill: &[u8], notices: &[u8]) -> Result<Vec<u8>> {
    let own = |name: &str| std::fs::read(shell::root().join(name));
    let mut tar =
        tar::Builder::new(GzBuilder::new().mtime(0).write(Vec::new(), Compression::new(release.level)));
    let files = [
        ("LICENSE", 0o644, own("LICENSE")?),
        ("NOTICE", 0o644, own("NOTICE")?),
        ("README.md", 0o644, own("README.md")?),
        ("SECURITY.md", 0o644, own("SECURITY.md")?),
        ("THIRD-PARTY.txt", 0o644, notices.to_vec()),
        (program(&release.target), 0o755, binary.to_vec()),
        ("sbom.cdx.json", 0o644, bill.to_vec()),
    ];
    for (name, mode, content) in files {
        let mut header = tar::Header::new_ustar();
        header.set_size(content.len() as u64);
        header.set_mode(mode);
        header.set_mtime(release.made.try_into().unwrap_or_default());
        tar.append_data(&mut header, format!("{}/{name}", release.name()), content.as_slice())?;
    }
    Ok(tar.into_inner()?.finish()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_content_gives_the_same_bytes_under_one_folder() {
        let release = Release {
            version: "1.2.3".into(),
            target: "t".into(),
            features: String::new(),
            made: 7,
            level: 9,
        };
        let pack = || archive(&release, b"binary", b"bill", b"notices").unwrap();
        let packed = pack();
        assert_eq!(packed, pack());
        let mut tar = tar::Archive::new(flate2::read::GzDecoder::new(packed.as_slice()));
        let files = tar.entries().unwrap().map(|entry| {
            let entry = entry.unwrap();
            (entry.path().unwrap().display().to_string(), entry.header().mode().unwrap(), entry.size())
        });
        let files: Vec<_> = files.collect();
        assert!(files.iter().all(|(path, ..)| path.starts_with("quipu-1.2.3-t/")));
        assert!(files.contains(&("quipu-1.2.3-t/quipu".into(), 0o755, 6)));
        assert!(files.contains(&("quipu-1.2.3-t/sbom.cdx.json".into(), 0o644, 4)));
    }
}
