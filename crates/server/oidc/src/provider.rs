//! A client of an issuer: the authorization code flow with PKCE
//! (<https://openid.net/specs/openid-connect-core-1_0.html#CodeFlowAuth>, RFC 7636).

use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use quipu_core::{Error, ErrorKind, Result};
use quipu_send::{Answer, Http, HttpConfig, Secret};
use ring::digest::{SHA256, digest};
use ring::rand::{SecureRandom as _, SystemRandom};
use serde::Deserialize;

use crate::ask::Issuer;
use crate::claims::is_thin;
use crate::discovery::Discovery;
use crate::token::{Claims, Token};
use crate::{Begun, Identity, OidcConfig, signatures};

/// The characters that a form does not escape (RFC 3986, unreserved).
const FORM: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
/// The maximum length of a code from a browser, in bytes.
const CODE: usize = 4_096;
/// Bytes of each random value.
const RANDOM: usize = 32;

/// A client of one issuer. It requests the discovery document and the keys when they are needed, and caches
/// them for an hour.
pub struct Provider {
    settings: OidcConfig,
    secret: Secret,
    issuer: Issuer,
}

/// The answer of the token endpoint.
#[derive(Deserialize)]
struct Tokens {
    id_token: String,
    #[serde(default)]
    access_token: Option<String>,
}

impl Provider {
    /// Creates a client and reads the file of the secret. It sends no request.
    ///
    /// # Errors
    /// Names the invalid configuration key and the expected value.
    pub fn new(settings: OidcConfig) -> Result<Self> {
        settings.check()?;
        signatures::install();
        let http = HttpConfig {
            timeout_ms: settings.timeout_ms,
            tls: settings.tls.clone(),
            ..HttpConfig::default()
        };
        let issuer = Issuer::new(Http::new(&http)?, settings.issuer.clone());
        Ok(Self { secret: settings.secret()?, issuer, settings })
    }

    /// The configuration.
    pub const fn config(&self) -> &OidcConfig {
        &self.settings
    }

    /// Begins a login that returns to `redirect`, or to the `redirect_url` of the configuration if that is
    /// set.
    ///
    /// # Errors
    /// The issuer cannot be reached, or its discovery document cannot be used.
    pub async fn begin(&self, redirect: &str) -> Result<Begun> {
        let discovery = self.issuer.discovery().await?;
        let (state, nonce, verifier) = (random()?, random()?, random()?);
        let challenge = BASE64_URL_SAFE_NO_PAD.encode(digest(&SHA256, verifier.as_bytes()));
        let query = form(&[
            ("response_type", "code"),
            ("client_id", &self.settings.client_id),
            ("redirect_uri", self.redirect(redirect)),
            ("scope", &self.settings.scope()),
            ("state", &state),
            ("nonce", &nonce),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
        ]);
        let to = &discovery.authorization_endpoint;
        let mark = if to.contains('?') { '&' } else { '?' };
        Ok(Begun { url: format!("{to}{mark}{query}"), state, nonce, verifier })
    }

    /// Ends a login with the code from the browser. The caller must first check with [`Begun::is_of`] that
    /// the returned `state` belongs to `begun`. The issuer accepts a code only once.
    ///
    /// # Errors
    /// `Denied`: the code or the token is invalid, or the person may not log in. Other kinds: the request to
    /// the issuer failed.
    pub async fn finish(&self, begun: &Begun, redirect: &str, code: &str) -> Result<Identity> {
        if code.is_empty() || code.len() > CODE {
            return Err(denied("the code of the callback is empty or too long"));
        }
        let discovery = self.issuer.discovery().await?;
        let tokens = self.exchange(&discovery, begun, redirect, code).await?;
        let mut claims = self.check(&discovery, &tokens.id_token, &begun.nonce).await?;
        if is_thin(&claims, &self.settings) {
            self.complete(&discovery, tokens.access_token.as_deref(), &mut claims).await?;
        }
        Identity::of(&claims, &self.settings).admitted(&self.settings)
    }

    /// Returns the roles of an identity's groups without duplicates, in the order of the groups' names.
    /// Without a role the person may not log in.
    pub fn roles(&self, identity: &Identity) -> Vec<&str> {
        let has = |group: &String| group == "*" || identity.groups.contains(group);
        let mut roles = Vec::new();
        for (_, role) in self.settings.roles.iter().filter(|(group, _)| has(group)) {
            if !roles.contains(&role.as_str()) {
                roles.push(role.as_str());
            }
        }
        roles
    }

    fn redirect<'a>(&'a self, asked: &'a str) -> &'a str {
        self.settings.redirect_url.as_deref().unwrap_or(asked)
    }

    async fn exchange(
        &self,
        discovery: &Discovery,
        begun: &Begun,
        redirect: &str,
        code: &str,
    ) -> Result<Tokens> {
        let id = self.settings.client_id.as_str();
        let mut fields = vec![
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", self.redirect(redirect)),
            ("code_verifier", &begun.verifier),
        ];
        let mut login = None;
        if self.secret.is_empty() {
            fields.push(("client_id", id));
        } else if discovery.wants_secret_in_body() {
            fields.extend([("client_id", id), ("client_secret", self.secret.expose())]);
        } else {
            // RFC 6749, 2.3.1: id and secret are form-encoded first.
            let pair = format!("{}:{}", encoded(id), encoded(self.secret.expose()));
            login = Some(format!("Basic {}", BASE64_STANDARD.encode(pair)));
        }
        let answer = self.issuer.post(&discovery.token_endpoint, form(&fields), login).await?;
        if !answer.is_success() {
            return Err(refusal(&answer));
        }
        // The cause would quote the answer, which is secret.
        serde_json::from_slice(&answer.body)
            .map_err(|_| Error::new(ErrorKind::Invalid, "log in", "the issuer's answer contains no ID token"))
    }

    async fn check(&self, discovery: &Discovery, text: &str, nonce: &str) -> Result<Claims> {
        let token = Token::read(text)?;
        let algorithm = format!("{:?}", token.algorithm());
        if !discovery.signs_with(&algorithm) {
            return Err(denied("the ID token has a signature algorithm that the issuer does not list"));
        }
        let find = async |missing| -> Result<_> {
            Ok(self.issuer.keys(&discovery.jwks_uri, missing).await?.find(token.kid(), token.algorithm()))
        };
        let key = match find(false).await? {
            Some(key) => Some(key),
            None => find(true).await?,
        };
        let key =
            key.ok_or_else(|| denied("the ID token is signed with a key that the issuer does not list"))?;
        token.check(&key, &discovery.issuer, &self.settings.client_id, nonce)
    }

    /// Adds the claims of the userinfo endpoint. Some issuers put only the subject into the token.
    async fn complete(&self, discovery: &Discovery, token: Option<&str>, claims: &mut Claims) -> Result<()> {
        let (Some(url), Some(token)) = (&discovery.userinfo_endpoint, token) else { return Ok(()) };
        let answer = self.issuer.get(url, Some(token)).await?;
        // An issuer can be configured to answer with a token; such an answer is ignored.
        let Ok(more) = serde_json::from_slice::<Claims>(&answer.body) else { return Ok(()) };
        // OpenID Connect Core, 5.3.2: with another subject the answer may describe another person.
        if more.get("sub") != claims.get("sub") {
            return Err(denied("the issuer's user info is about another user than its ID token"));
        }
        for (name, value) in more {
            claims.entry(name).or_insert(value);
        }
        Ok(())
    }
}

/// Converts an error answer. It keeps only the error code of RFC 6749, 5.2.
fn refusal(answer: &Answer) -> Error {
    #[derive(Deserialize)]
    struct ErrorAnswer {
        error: String,
    }
    let said = serde_json::from_slice::<ErrorAnswer>(&answer.body).ok().map(|said| said.error);
    let word = said.filter(|word| {
        word.len() <= 40 && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')
    });
    match (answer.status, word) {
        (400 | 401 | 403, Some(word)) if word == "invalid_client" || word == "unauthorized_client" => {
            Error::new(
                ErrorKind::Invalid,
                "log in",
                format!("the issuer rejected the client_id and secret: {word}"),
            )
        }
        (400 | 401 | 403, Some(word)) => denied(&format!("the issuer rejected the code: {word}")),
        _ => answer.error("log in"),
    }
}

fn form(fields: &[(&str, &str)]) -> String {
    fields.iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect::<Vec<_>>().join("&")
}

fn encoded(text: &str) -> String {
    utf8_percent_encode(text, FORM).to_string()
}

fn random() -> Result<String> {
    let mut bytes = [0; RANDOM];
    let filled = SystemRandom::new().fill(&mut bytes);
    filled.map_err(|_| Error::new(ErrorKind::Internal, "log in", "the system provides no random numbers"))?;
    Ok(BASE64_URL_SAFE_NO_PAD.encode(bytes))
}

fn denied(what: &str) -> Error {
    Error::new(ErrorKind::Denied, "log in", what)
}
