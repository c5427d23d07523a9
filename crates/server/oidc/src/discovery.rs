//! The discovery document of an issuer.

use quipu_core::{Error, ErrorKind, Result};
use serde::Deserialize;

use crate::config::is_safe;

/// The document below `/.well-known/openid-configuration`
/// (<https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderMetadata>), with the fields that a
/// client needs.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Discovery {
    pub(crate) issuer: String,
    pub(crate) authorization_endpoint: String,
    pub(crate) token_endpoint: String,
    pub(crate) jwks_uri: String,
    #[serde(default)]
    pub(crate) userinfo_endpoint: Option<String>,
    #[serde(default)]
    id_token_signing_alg_values_supported: Vec<String>,
    #[serde(default)]
    token_endpoint_auth_methods_supported: Vec<String>,
}

impl Discovery {
    /// Reads the document of an issuer.
    ///
    /// # Errors
    /// The document is invalid, belongs to another issuer, or contains an unsafe address.
    pub(crate) fn read(body: &[u8], issuer: &str) -> Result<Self> {
        let wrong = |what: String| Error::new(ErrorKind::Invalid, "log in", what);
        let read: Self = serde_json::from_slice(body).map_err(|cause| {
            wrong("the issuer's openid-configuration cannot be read".into()).caused_by(cause)
        })?;
        if read.issuer != issuer {
            return Err(wrong("the issuer's name differs from access.oidc.issuer".into()));
        }
        let addresses = [
            ("authorization_endpoint", Some(&read.authorization_endpoint)),
            ("token_endpoint", Some(&read.token_endpoint)),
            ("jwks_uri", Some(&read.jwks_uri)),
            ("userinfo_endpoint", read.userinfo_endpoint.as_ref()),
        ];
        for (name, address) in addresses {
            if address.is_some_and(|address| !is_safe(address)) {
                return Err(wrong(format!("the issuer's {name} is not https, nor http on loopback")));
            }
        }
        Ok(read)
    }

    /// Returns whether the issuer lists this signature algorithm; without a list every algorithm counts.
    pub(crate) fn signs_with(&self, algorithm: &str) -> bool {
        let said = &self.id_token_signing_alg_values_supported;
        said.is_empty() || said.iter().any(|one| one == algorithm)
    }

    /// Returns whether the client secret goes into the body of a request. That is only so if the issuer does
    /// not accept it as a header. An issuer without a list accepts the header.
    pub(crate) fn wants_secret_in_body(&self) -> bool {
        let takes = |method: &str| self.token_endpoint_auth_methods_supported.iter().any(|one| one == method);
        takes("client_secret_post") && !takes("client_secret_basic")
    }
}
