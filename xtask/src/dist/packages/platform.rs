//! Names of a target in the package managers.

use super::Release;

/// A target as the package managers call it.
pub struct Platform {
    /// Tags of Python wheels
    /// (<https://packaging.python.org/en/latest/specifications/platform-compatibility-tags/>).
    pub wheel: String,
    /// `os` of npm.
    pub os: &'static str,
    /// `cpu` of npm.
    pub cpu: &'static str,
    /// Architecture of Debian; none for other systems.
    pub debian: Option<&'static str>,
    /// Minor version of glibc 2 that the binary needs; none if it is static or of another system.
    pub glibc: Option<u32>,
}

impl Platform {
    /// The names of a release's target; `None` if a package manager does not know it.
    pub fn of(release: &Release, code: &[u8]) -> Option<Self> {
        let target = release.target.as_str();
        let is_arm = target.starts_with("aarch64-");
        if !is_arm && !target.starts_with("x86_64-") {
            return None;
        }
        let arch = if is_arm { "aarch64" } else { "x86_64" };
        let cpu = if is_arm { "arm64" } else { "x64" };
        let debian = Some(if is_arm { "arm64" } else { "amd64" });
        let (wheel, os, debian, glibc) = if target.ends_with("-linux-musl") {
            let tags = [
                format!("manylinux2014_{arch}"),
                format!("manylinux_2_17_{arch}"),
                format!("musllinux_1_1_{arch}"),
            ];
            (tags.join("."), "linux", debian, None)
        } else if target.ends_with("-linux-gnu") {
            let minor = glibc(code).max(17);
            (format!("manylinux_2_{minor}_{arch}"), "linux", debian, Some(minor))
        } else if target.ends_with("-apple-darwin") {
            let tag = if is_arm { "macosx_11_0_arm64" } else { "macosx_10_12_x86_64" };
            (tag.to_owned(), "darwin", None, None)
        } else if target.contains("-windows-") {
            (if is_arm { "win_arm64" } else { "win_amd64" }.to_owned(), "win32", None, None)
        } else {
            return None;
        };
        Some(Self { wheel, os, cpu, debian, glibc })
    }
}

/// The highest minor version among the symbol versions `GLIBC_2.N` of a binary.
fn glibc(code: &[u8]) -> u32 {
    const MARK: &[u8] = b"GLIBC_2.";
    let minor = |at: usize| {
        let rest = code.get(at + MARK.len()..).unwrap_or_default();
        let digits = rest.iter().take(3).take_while(|byte| byte.is_ascii_digit());
        digits.fold(0, |number, digit| number * 10 + u32::from(digit - b'0'))
    };
    memchr::memmem::find_iter(code, MARK).map(minor).max().unwrap_or_default()
}
