//! Certificates: an authority, and its certificates, by openssl.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;

use crate::shell;

/// Own settings: those of a distribution make every certificate an authority.
const SETTINGS: &str = "[req]\ndistinguished_name = dn\nprompt = no\n[dn]\nCN = Quipu's suite\n\
     [ca]\nbasicConstraints = critical,CA:TRUE\nsubjectKeyIdentifier = hash\n\
     [leaf]\nbasicConstraints = CA:FALSE\nsubjectAltName = DNS:localhost,IP:127.0.0.1\n";

/// Files of one authority and of the certificate of `localhost` that it signed.
pub struct Trust {
    pub ca: PathBuf,
    pub cert: PathBuf,
    pub key: PathBuf,
}

impl Trust {
    /// # Errors
    /// openssl is missing.
    pub fn make(openssl: &Path, folder: &Path) -> Result<Self> {
        fs::create_dir_all(folder)?;
        let settings = folder.join("openssl.cnf");
        fs::write(&settings, SETTINGS)?;
        let file = |name: &str| folder.join(name);
        let made = Self { ca: file("ca.pem"), cert: file("cert.pem"), key: file("key.pem") };
        let request = |part: &str, key: &Path, out: &Path| {
            let mut command = Command::new(openssl);
            command.args([
                "req",
                "-x509",
                "-newkey",
                "ec",
                "-pkeyopt",
                "ec_paramgen_curve:prime256v1",
                "-nodes",
                "-days",
                "2",
            ]);
            command.arg("-config").arg(&settings).args(["-extensions", part]);
            command.arg("-keyout").arg(key).arg("-out").arg(out);
            command
        };
        shell::capture(&mut request("ca", &file("ca.key"), &made.ca))?;
        let mut signed = request("leaf", &made.key, &made.cert);
        shell::capture(signed.arg("-CA").arg(&made.ca).arg("-CAkey").arg(file("ca.key")))?;
        Ok(made)
    }
}
