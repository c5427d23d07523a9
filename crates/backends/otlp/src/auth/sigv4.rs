//! AWS's signature, version 4, by AWS's own crate:
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html>.

use std::fmt;
use std::time::{Duration, Instant, SystemTime};

use async_trait::async_trait;
use aws_credential_types::Credentials;
use aws_sigv4::http_request::{PayloadChecksumKind, SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use http::{HeaderMap, HeaderName, HeaderValue, Uri};
use quipu_core::{Error, ErrorKind, Result};
use quipu_send::{Authorize, Secret};
use serde::Deserialize;
use tokio::sync::Mutex;

use super::bearer::FRESH;
use super::command::{failed, output};
use crate::backend::NAME;
use crate::variables::wrong;

/// Time before their expiry at which credentials are replaced.
const MARGIN: Duration = Duration::from_secs(120);
/// Lifetime of credentials without an expiry.
const KEEP: Duration = Duration::from_secs(900);

/// Keys and region of the signature. Either keys or a command is set.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Sigv4 {
    /// Region, such as `eu-central-1`.
    pub region: String,
    /// Service, such as `xray`; the default is the first word of the host.
    pub service: Option<String>,
    /// Id of the access key.
    pub access_key_id: Option<String>,
    /// Secret access key.
    pub secret_access_key: Secret,
    /// Session token, for keys that expire.
    pub session_token: Option<Secret>,
    /// Program and arguments that print credentials like `aws configure export-credentials --format process`.
    pub command: Vec<String>,
}

impl Sigv4 {
    pub(crate) fn open(self) -> Result<Signer> {
        if self.region.is_empty() {
            return Err(wrong("auth.sigv4: region is missing"));
        }
        if self.access_key_id.is_some() == self.command.is_empty() {
            let fixed = self.access_key_id.as_ref().map(|id| {
                let token = self.session_token.as_ref().map(|token| token.expose().to_owned());
                Credentials::new(id, self.secret_access_key.expose(), token, None, "settings")
            });
            return Ok(Signer { settings: self, fixed, held: Mutex::default() });
        }
        Err(wrong("auth.sigv4: set either access_key_id and secret_access_key, or command"))
    }
}

/// Signs requests.
pub(crate) struct Signer {
    settings: Sigv4,
    fixed: Option<Credentials>,
    held: Mutex<Option<CachedCredentials>>,
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signer").finish_non_exhaustive()
    }
}

struct CachedCredentials {
    who: Credentials,
    until: SystemTime,
    got: Instant,
}

/// Output of a `credential_process`:
/// <https://docs.aws.amazon.com/sdkref/latest/guide/feature-process-credentials.html>.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Printed {
    access_key_id: String,
    secret_access_key: String,
    session_token: Option<String>,
    expiration: Option<String>,
}

impl Signer {
    async fn credentials(&self) -> Result<Credentials> {
        if let Some(fixed) = &self.fixed {
            return Ok(fixed.clone());
        }
        let mut held = self.held.lock().await;
        if let Some(held) = held.as_ref().filter(|held| held.until > SystemTime::now()) {
            return Ok(held.who.clone());
        }
        let text = output(&self.settings.command).await?;
        let printed: Printed = serde_json::from_str(&text).map_err(|_| {
            failed("the command's output is not credentials as JSON, in the form of credential_process")
        })?;
        let ends =
            printed.expiration.and_then(|text| text.parse::<jiff::Timestamp>().ok()).map(SystemTime::from);
        let until =
            ends.and_then(|ends| ends.checked_sub(MARGIN)).unwrap_or_else(|| SystemTime::now() + KEEP);
        let Printed { access_key_id, secret_access_key, session_token, .. } = printed;
        let who = Credentials::new(access_key_id, secret_access_key, session_token, ends, "command");
        *held = Some(CachedCredentials { who: who.clone(), until, got: Instant::now() });
        Ok(who)
    }

    fn sign(&self, url: &str, body: &[u8], who: Credentials, now: SystemTime) -> Result<HeaderMap> {
        let bad = |what: &str| Error::new(ErrorKind::Internal, "sign", what).of_backend(NAME);
        let uri: Uri = url.parse().map_err(|_| bad("the address is not a URL"))?;
        let host = uri.host().unwrap_or_default();
        let service = self.settings.service.as_deref();
        let service = service.unwrap_or_else(|| host.split('.').next().unwrap_or_default());
        let mut settings = SigningSettings::default();
        settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
        let identity = who.into();
        let parameters = v4::SigningParams::builder()
            .identity(&identity)
            .region(&self.settings.region)
            .name(service)
            .time(now)
            .settings(settings)
            .build()
            .map_err(|_| bad("region, service and credentials"))?
            .into();
        let request = SignableRequest::new("POST", url, std::iter::empty(), SignableBody::Bytes(body));
        let signed =
            request.and_then(|request| sign(request, &parameters)).map_err(|_| bad("the request"))?;
        let mut headers = HeaderMap::new();
        for header in signed.into_parts().0.into_parts().0 {
            let name = HeaderName::from_static(header.name());
            let mut value = HeaderValue::from_str(header.value()).map_err(|_| bad("the headers"))?;
            value.set_sensitive(true);
            headers.insert(name, value);
        }
        Ok(headers)
    }
}

#[async_trait]
impl Authorize for Signer {
    async fn authorize(&self, url: &str, body: &[u8]) -> Result<HeaderMap> {
        let who = self.credentials().await?;
        self.sign(url, body, who, SystemTime::now())
    }

    /// A command may have new credentials by now. Fresh credentials that are rejected would be rejected
    /// again.
    fn refused(&self) -> bool {
        let Ok(mut held) = self.held.try_lock() else { return true };
        held.take_if(|held| held.got.elapsed() > FRESH).is_some()
    }
}
