//! Python wheel with the binary as a script
//! (<https://packaging.python.org/en/latest/specifications/binary-distribution-format/>).

use std::io::{Cursor, Write as _};

use anyhow::{Context, Result};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

use super::{Contents, File, HOME, NAME, Platform, Release, SUMMARY, licences, own, program};

/// The wheel.
///
/// # Errors
/// A file of the workspace cannot be read, or the time does not fit into a ZIP archive.
pub fn file(contents: &Contents<'_>, platform: &Platform) -> Result<(String, Vec<u8>)> {
    // A pre-release has another form in Python: 1.0.0rc1.
    let version =
        contents.release.version.replace("-rc.", "rc").replace("-beta.", "b").replace("-alpha.", "a");
    let name = format!("{}-{version}", NAME.replace('-', "_"));
    let tag = format!("py3-none-{}", platform.wheel);
    let info = format!("{name}.dist-info");
    let command = program(&contents.release.target);
    let mut files = vec![
        (format!("{name}.data/scripts/{command}"), 0o755, contents.code.to_vec()),
        (format!("{info}/METADATA"), 0o644, metadata(&version)?.into_bytes()),
        (format!("{info}/WHEEL"), 0o644, wheel(&platform.wheel).into_bytes()),
        (format!("{info}/sboms/quipu.cdx.json"), 0o644, contents.bill.to_vec()),
    ];
    files.extend(licences(contents, &format!("{info}/licenses/"))?);
    let lines = files.iter().map(|(path, _, bytes)| format!("{path},{},{}\n", hash(bytes), bytes.len()));
    let record = lines.collect::<String>() + &format!("{info}/RECORD,,\n");
    files.push((format!("{info}/RECORD"), 0o644, record.into_bytes()));
    Ok((format!("{name}-{tag}.whl"), zipped(&files, contents.release)?))
}

/// Hash of a file as `RECORD` has it.
pub fn hash(bytes: &[u8]) -> String {
    format!("sha256={}", BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(bytes)))
}

fn metadata(version: &str) -> Result<String> {
    let readme = String::from_utf8(own("README.md")?)?;
    Ok(format!(
        "Metadata-Version: 2.4\nName: {NAME}\nVersion: {version}\nSummary: {SUMMARY}\n\
         License-Expression: Apache-2.0\nLicense-File: LICENSE\nLicense-File: NOTICE\nLicense-File: THIRD-PARTY.txt\n\
         Project-URL: Homepage, {HOME}\nRequires-Python: >=3.8\nDescription-Content-Type: text/markdown\n\n{readme}"
    ))
}

fn wheel(tags: &str) -> String {
    let tags: String = tags.split('.').map(|tag| format!("Tag: py3-none-{tag}\n")).collect();
    format!("Wheel-Version: 1.0\nGenerator: quipu xtask\nRoot-Is-Purelib: false\n{tags}")
}

fn zipped(files: &[File], release: &Release) -> Result<Vec<u8>> {
    let time = jiff::Timestamp::from_second(release.made)?.to_zoned(jiff::tz::TimeZone::UTC).datetime();
    let time = DateTime::from_date_and_time(
        time.year().try_into()?,
        time.month().try_into()?,
        time.day().try_into()?,
        time.hour().try_into()?,
        time.minute().try_into()?,
        // ZIP counts in steps of two seconds.
        u8::try_from(time.second())? & !1,
    );
    let time = time.context("a ZIP archive has no such time")?;
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (path, mode, bytes) in files {
        let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
        zip.start_file(
            path.as_str(),
            options
                .last_modified_time(time)
                .unix_permissions(*mode)
                .compression_level(Some(release.level.into())),
        )?;
        zip.write_all(bytes)?;
    }
    Ok(zip.finish()?.into_inner())
}
