//! A price list within a package: a wheel or another zip file, as on PyPI.

use std::borrow::Cow;
use std::io::{Cursor, Read};

use anyhow::{Context, Result, bail};
use zip::ZipArchive;

/// How the lists are named in the packages of their makers.
const NAMES: [&str; 3] =
    ["model_prices_and_context_window_backup.json", "model_prices_and_context_window.json", "data.json"];
/// Largest list that is unpacked, in bytes.
const MOST: u64 = 256 << 20;
/// How a zip file begins.
const ZIP: &[u8] = b"PK\x03\x04";

/// The list in a file: the file itself, or the one in the package that it is.
///
/// # Errors
/// It is a package that cannot be read, has no list in it, or one of more than 256 MiB.
pub fn list_in(name: String, bytes: Vec<u8>) -> Result<(String, Vec<u8>)> {
    if !bytes.starts_with(ZIP) {
        return Ok((name, bytes));
    }
    let mut package =
        ZipArchive::new(Cursor::new(bytes)).with_context(|| format!("{name} is a damaged zip file"))?;
    let names: Vec<_> = package.file_names().flatten().map(Cow::into_owned).collect();
    let is_list = |entry: &str, wanted: &str| entry.rsplit('/').next() == Some(wanted);
    let Some(entry) = NAMES.iter().find_map(|wanted| names.iter().find(|entry| is_list(entry, wanted)))
    else {
        bail!("{name} has no price list ({})", NAMES.join(", "));
    };
    let list = unpack(&mut package, entry).with_context(|| format!("cannot unpack {entry} in {name}"))?;
    Ok((format!("{name}/{entry}"), list))
}

fn unpack(package: &mut ZipArchive<Cursor<Vec<u8>>>, entry: &str) -> Result<Vec<u8>> {
    let mut list = Vec::new();
    package.by_name(entry)?.take(MOST + 1).read_to_end(&mut list)?;
    if list.len() as u64 > MOST {
        bail!("it is larger than the limit of {MOST} bytes");
    }
    Ok(list)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use std::io::Write;

    use zip::write::SimpleFileOptions;
    use zip::{CompressionMethod, ZipWriter};

    use super::*;

    /// A zip file of two entries, the second of which is named.
    fn zip(name: &str, method: CompressionMethod, list: &[u8]) -> Vec<u8> {
        let mut out = ZipWriter::new(Cursor::new(Vec::new()));
        let options = SimpleFileOptions::default().compression_method(method);
        for (name, bytes) in [("made/by.txt", &b"hand"[..]), (name, list)] {
            out.start_file(name, options).unwrap();
            out.write_all(bytes).unwrap();
        }
        out.finish().unwrap().into_inner()
    }

    #[test]
    fn a_list_is_found_in_a_package_and_alone() {
        let plain = list_in("list.json".into(), b"{}".to_vec()).unwrap();
        assert_eq!(plain, ("list.json".into(), b"{}".to_vec()));
        let name = "litellm/model_prices_and_context_window_backup.json";
        for method in [CompressionMethod::Stored, CompressionMethod::Deflated] {
            let found = list_in("l.whl".into(), zip(name, method, &[b'x'; 5_000])).unwrap();
            assert_eq!(found, (format!("l.whl/{name}"), vec![b'x'; 5_000]));
        }
    }

    #[test]
    fn what_is_no_such_package_is_refused() {
        let refused = |bytes: Vec<u8>| list_in("l.whl".into(), bytes).unwrap_err().to_string();
        let whole = |name| zip(name, CompressionMethod::Stored, b"{\"a\":1}");
        assert!(refused(whole("readme.txt")).contains("has no price list"));
        let mut changed = whole("data.json");
        let at = changed.windows(7).position(|window| window == b"{\"a\":1}").unwrap();
        changed[at] = b'[';
        assert!(refused(changed).contains("cannot unpack"), "its checksum does not match");
        let whole = whole("data.json");
        for end in [4, 20, whole.len() / 2, whole.len() - 1] {
            assert!(refused(whole[..end].to_vec()).contains("damaged"), "{end}");
        }
    }
}
