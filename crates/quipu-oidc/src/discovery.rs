//! What an issuer says about itself.

use quipu_core::{Error, ErrorKind, Result};
use serde::Deserialize;

use crate::settings::is_safe;

/// The document below `/.well-known/openid-configuration`
/// (<https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderMetadata>), as far as a client needs it.
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
    /// It is none, it is another issuer's, or an address in it is not safe.
    pub(crate) fn read(body: &[u8], issuer: &str) -> Result<Self> {
        let wrong = |what: String| Error::new(ErrorKind::Invalid, "log in", what);
        let read: Self = serde_json::from_slice(body).map_err(|cause| {
            wrong("the issuer's openid-configuration cannot be read".into()).caused_by(cause)
        })?;
        if read.issuer != issuer {
            return Err(wrong("the issuer calls itself otherwise than access.oidc.issuer does".into()));
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

    /// Whether the issuer says that it signs so; one that says nothing may.
    pub(crate) fn signs_with(&self, algorithm: &str) -> bool {
        let said = &self.id_token_signing_alg_values_supported;
        said.is_empty() || said.iter().any(|one| one == algorithm)
    }

    /// Whether our secret goes into the body of a request: only where the issuer does not take it as a header, which is what one
    /// that says nothing takes.
    pub(crate) fn wants_secret_in_body(&self) -> bool {
        let takes = |method: &str| self.token_endpoint_auth_methods_supported.iter().any(|one| one == method);
        takes("client_secret_post") && !takes("client_secret_basic")
    }
}
