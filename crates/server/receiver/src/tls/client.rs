//! The identity in a client's certificate.

use std::fmt::Write as _;

use x509_parser::extensions::GeneralName;
use x509_parser::objects::{oid_registry, oid2abbrev};
use x509_parser::prelude::{FromDer, X509Certificate, X509Name};

/// A client's certificate, verified against `client_ca`. Handlers find it in the extensions of requests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientCertificate {
    /// The subject in the form of RFC 4514: `CN=agent-7,O=Example`. Control characters and characters that
    /// could end a value are escaped.
    pub subject: String,
    /// The alternative names with their kinds: host names (`DNS:…`), mail addresses (`email:…`) and URIs such
    /// as those of SPIFFE (`URI:…`).
    pub names: Vec<String>,
    /// SHA-256 of the certificate, in hexadecimal.
    pub fingerprint: String,
}

impl ClientCertificate {
    /// Reads a certificate; `None` if it is unreadable, which a verified one never is.
    pub(super) fn read(der: &[u8]) -> Option<Self> {
        let (_, certificate) = X509Certificate::from_der(der).ok()?;
        let names = certificate.subject_alternative_name().ok().flatten();
        let names = names.iter().flat_map(|names| &names.value.general_names).filter_map(name).collect();
        let digest = ring::digest::digest(&ring::digest::SHA256, der);
        let fingerprint = digest.as_ref().iter().fold(String::new(), |mut text, byte| {
            // Writing into a string does not fail.
            let _ = write!(text, "{byte:02x}");
            text
        });
        Some(Self { subject: subject(certificate.subject()), names, fingerprint })
    }
}

fn name(name: &GeneralName<'_>) -> Option<String> {
    let (kind, text) = match name {
        GeneralName::DNSName(text) => ("DNS", text),
        GeneralName::RFC822Name(text) => ("email", text),
        GeneralName::URI(text) => ("URI", text),
        _ => return None,
    };
    Some(format!("{kind}:{}", escaped(text)))
}

/// The most specific part comes first (RFC 4514, 2.1).
fn subject(name: &X509Name<'_>) -> String {
    let mut parts: Vec<String> = name
        .iter_rdn()
        .map(|part| {
            let values = part.iter().map(|value| {
                let oid = value.attr_type();
                let key = oid2abbrev(oid, oid_registry()).map_or_else(|_| oid.to_id_string(), str::to_owned);
                format!("{key}={}", value.as_str().map_or_else(|_| "?".to_owned(), escaped))
            });
            values.collect::<Vec<_>>().join("+")
        })
        .collect();
    parts.reverse();
    parts.join(",")
}

/// Escapes a value as in RFC 4514, 2.4.
fn escaped(value: &str) -> String {
    let mut text = String::with_capacity(value.len());
    let last = value.chars().count().saturating_sub(1);
    for (index, character) in value.chars().enumerate() {
        match character {
            '"' | '+' | ',' | ';' | '<' | '>' | '\\' | '=' => text.extend(['\\', character]),
            '#' if index == 0 => text.push_str("\\#"),
            ' ' if index == 0 || index == last => text.push_str("\\ "),
            _ if character.is_control() => {
                let mut bytes = [0; 4];
                for byte in character.encode_utf8(&mut bytes).bytes() {
                    let _ = write!(text, "\\{byte:02X}");
                }
            }
            _ => text.push(character),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_cannot_pass_for_two() {
        assert_eq!(escaped("a,O=root"), "a\\,O\\=root");
        assert_eq!(escaped(" #x\n\u{85} "), "\\ #x\\0A\\C2\\85\\ ");
        assert_eq!(escaped("#"), "\\#");
    }

    #[test]
    fn subject_names_and_fingerprint_are_read() {
        let mut parameters = rcgen::CertificateParams::new(vec!["agent.test".into()]).unwrap();
        let uri = "spiffe://example.org/agent/7".try_into().unwrap();
        parameters.subject_alt_names.push(rcgen::SanType::URI(uri));
        let mut name = rcgen::DistinguishedName::new();
        name.push(rcgen::DnType::OrganizationName, "Example, Inc.");
        name.push(rcgen::DnType::CommonName, "agent-7");
        parameters.distinguished_name = name;
        let key = rcgen::KeyPair::generate().unwrap();
        let der = parameters.self_signed(&key).unwrap();
        let read = ClientCertificate::read(der.der()).unwrap();
        assert_eq!(read.subject, "CN=agent-7,O=Example\\, Inc.");
        assert_eq!(read.names, ["DNS:agent.test", "URI:spiffe://example.org/agent/7"]);
        assert_eq!(read.fingerprint.len(), 64);
        assert_eq!(ClientCertificate::read(b"no"), None);
    }
}
