//! HTTPS in front of a server that speaks plain HTTP: Caddy, with an authority of its own.

use std::fs;
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Result, anyhow};

use crate::integration::tools::{Program, free_port};
use crate::shell;

const READY: Duration = Duration::from_secs(20);

/// Caddy at work.
pub struct Front {
    _program: Program,
    /// `https://localhost:PORT`
    pub url: String,
    /// The root that signed its certificate.
    pub root: PathBuf,
}

impl Front {
    /// # Errors
    /// It does not come up.
    pub fn start(caddy: &Path, folder: &Path, behind: u16) -> Result<Self> {
        let (port, storage) = (free_port()?, folder.join("caddy"));
        fs::create_dir_all(&storage)?;
        let file = folder.join("Caddyfile");
        let text = format!(
            "{{\n  admin off\n  skip_install_trust\n  auto_https disable_redirects\n  storage file_system {}\n}}\n\
             https://localhost:{port} {{\n  tls internal\n  reverse_proxy 127.0.0.1:{behind}\n}}\n",
            storage.display()
        );
        fs::write(&file, text)?;
        let mut command = Command::new(caddy);
        command.arg("run").arg("--config").arg(&file).args(["--adapter", "caddyfile"]).env("HOME", folder);
        let program = Program::start(&mut command, &folder.join("caddy.log"))?;
        let root = storage.join("pki/authorities/local/root.crt");
        let ready = || (root.is_file() && TcpStream::connect(("127.0.0.1", port)).is_ok()).then_some(());
        shell::poll(READY, ready)
            .ok_or_else(|| anyhow!("Caddy is not ready: {}", shell::tail(&program.said(), 5)))?;
        Ok(Self { _program: program, url: format!("https://localhost:{port}"), root })
    }
}
