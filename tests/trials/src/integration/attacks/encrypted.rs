//! Attacks on TLS connections, by curl and openssl.

use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result};
use serde_json::json;

use super::scene::PASSWORD;
use super::tried::Tried;
use super::wire::Wire;
use crate::integration::{Bench, Server, packages};
use crate::shell;

/// Old protocols, plain text, planted and stripped cookies on a server with TLS; `None` where curl or openssl
/// is missing.
pub fn connections(bench: &Bench) -> Result<Option<Tried>> {
    let lacks = |program| packages::system(program, program).is_err();
    if lacks("curl") || lacks("openssl") {
        return Ok(None);
    }
    let mut tried =
        Tried::new("TLS: old versions, weak ciphers, plain text, strangers' certificates, planted cookies");
    let folder = tempfile::tempdir()?;
    let (cert, key) = (folder.path().join("cert.pem"), folder.path().join("key.pem"));
    certificate(&cert, &key)?;
    let file = folder.path().join("quipu.toml");
    let table = format!("[access]\nmode = \"required\"\n[tls]\ncert = {:?}\nkey = {:?}\n", cert, key);
    std::fs::write(&file, table)?;
    let data = folder.path().join("data");
    let data_dir = data.to_str().unwrap_or_default();
    let words = ["users", "add", "vera", "--role", "viewer", "--own-password", "--data-dir", data_dir];
    super::scene::quipu(&bench.binary, &words, &format!("{PASSWORD}\n"))?;
    let server = Server::on(&bench.binary, &data, &["--config", &file.to_string_lossy()])?;
    let port = server.http.rsplit(':').next().context("no port")?.to_owned();
    handshakes(&mut tried, &port);
    plain(&mut tried, &port)?;
    cookies(&mut tried, &cert, &port)?;
    Ok(Some(tried.told("TLS 1.2 and 1.3 alone; the cookie is __Host-, Secure")))
}

fn certificate(cert: &Path, key: &Path) -> Result<()> {
    let mut command = Command::new("openssl");
    command.args([
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
        "-nodes",
        "-days",
        "2",
    ]);
    command.args(["-subj", "/CN=quipu.test", "-addext", "subjectAltName=DNS:quipu.test,IP:127.0.0.1"]);
    command.arg("-keyout").arg(key).arg("-out").arg(cert);
    shell::capture(&mut command).map(drop)
}

/// Which versions and ciphers are spoken.
fn handshakes(tried: &mut Tried, port: &str) {
    let speaks = |flags: &[&str]| {
        let mut command = Command::new("openssl");
        command.args(["s_client", "-connect", &format!("127.0.0.1:{port}")]).args(flags).stdin(Stdio::null());
        command.output().is_ok_and(|output| {
            let said = String::from_utf8_lossy(&output.stdout).into_owned();
            said.contains("Cipher is ") && !said.contains("Cipher is (NONE)")
        })
    };
    for good in [&["-tls1_3"][..], &["-tls1_2"]] {
        tried.tried(speaks(good), format!("{good:?} is not spoken"));
    }
    for bad in [
        &["-tls1_1", "-cipher", "ALL:@SECLEVEL=0"][..],
        &["-tls1", "-cipher", "ALL:@SECLEVEL=0"],
        &["-tls1_2", "-cipher", "AES128-SHA:@SECLEVEL=0"],
        &["-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-SHA:@SECLEVEL=0"],
        &["-tls1_2", "-cipher", "eNULL:aNULL:@SECLEVEL=0"],
    ] {
        tried.tried(!speaks(bad), format!("{bad:?} is spoken"));
    }
}

/// Plain HTTP where TLS is spoken.
fn plain(tried: &mut Tried, port: &str) -> Result<()> {
    let wire = Wire::of(&format!("http://127.0.0.1:{port}"))?;
    let reply =
        tried.judge("plain HTTP", wire.send_part(b"GET /api/v1/me HTTP/1.1\r\nhost: a\r\n\r\n"), &[0, 400]);
    tried.hold(!reply.holds("principal"), "plain HTTP is answered");
    tried.judge("half a handshake", wire.send_part(b"\x16\x03\x01\x02\x00\x01\x00"), &[0]);
    Ok(())
}

fn cookies(tried: &mut Tried, cert: &Path, port: &str) -> Result<()> {
    let base = format!("https://quipu.test:{port}");
    let curl = |words: &[&str], trust: bool| {
        let mut command = Command::new("curl");
        command.args(["-sS", "-i", "--max-time", "30", "--resolve", &format!("quipu.test:{port}:127.0.0.1")]);
        if trust {
            command.arg("--cacert").arg(cert);
        }
        shell::capture(command.args(words))
    };
    tried.tried(curl(&[&format!("{base}/healthz")], false).is_err(), "a stranger's certificate is believed");
    let login = json!({"name": "vera", "password": PASSWORD}).to_string();
    let said =
        curl(&["-H", "content-type: application/json", "-d", &login, &format!("{base}/api/v1/login")], true)?;
    let said = said.to_ascii_lowercase();
    let set = said.lines().find(|line| line.starts_with("set-cookie: ")).unwrap_or_default().to_owned();
    let strict = ["__host-quipu=", "; secure", "; httponly", "; samesite=strict", "; path=/"]
        .iter()
        .all(|part| set.contains(part));
    tried.tried(strict && !set.contains("domain="), format!("the cookie is {set:?}"));
    tried.tried(said.contains("strict-transport-security: max-age="), "no HSTS");
    let look = |name: &str| {
        let token = set
            .trim_start_matches("set-cookie: __host-quipu=")
            .split(';')
            .next()
            .unwrap_or_default()
            .to_owned();
        curl(&["-H", &format!("cookie: {name}={token}"), &format!("{base}/api/v1/traces")], true)
    };
    tried.tried(look("quipu")?.contains(" 401"), "a cookie that any host could plant is taken");
    Ok(())
}
