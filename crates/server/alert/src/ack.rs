//! Acknowledgement by a link in a notice: signed, used once, and valid for a limited time.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use quipu_core::Timestamp;
use ring::hmac::{HMAC_SHA256, Key, sign, verify};
use ring::rand::{SecureRandom as _, SystemRandom};

use crate::{AlertError, Alerts, Notice};

/// Path of the page below the public address.
const PATH: &str = "/api/v1/alerts/ack-link?token=";
/// Bytes of the expiry in seconds, the nonce, the id of the episode, and the signature.
const TIME: usize = 8;
const NONCE: usize = 8;
const EPISODE: usize = 8;
const SIGNATURE: usize = 32;
/// Longest token in characters.
const LONGEST: usize = 512;

/// The key of links of a project, which no answer has.
pub(crate) struct AckKey(Key);

impl AckKey {
    /// A key of random bytes.
    pub(crate) fn new(bytes: &[u8]) -> Self {
        Self(Key::new(HMAC_SHA256, bytes))
    }
}

/// Random bytes for a key or a nonce; `None` if the system has none.
pub(crate) fn random<const N: usize>() -> Option<[u8; N]> {
    let mut bytes = [0; N];
    SystemRandom::new().fill(&mut bytes).ok()?;
    Some(bytes)
}

/// A link that was read: its signature and time are right.
struct Link {
    episode: String,
    channel: String,
    nonce: [u8; NONCE],
    expires_at: Timestamp,
}

impl Alerts {
    /// A link that acknowledges an episode; `None` without a public address, or for a channel that shows its
    /// notices to others than its recipients.
    pub(crate) fn ack_url(&self, channel: &str, episode: &str, now: Timestamp) -> Option<String> {
        let ack = self.0.ack.as_ref()?;
        let takes = self.0.channels.get(channel).is_some_and(|channel| channel.takes_links());
        if !takes {
            return None;
        }
        let seconds = now.plus(self.0.times.ack_links).nanos() / Timestamp::SECOND;
        let mut bytes = seconds.to_be_bytes().to_vec();
        bytes.extend(random::<NONCE>()?);
        bytes.extend(u64::from_str_radix(episode, 16).ok()?.to_be_bytes());
        bytes.extend(channel.as_bytes());
        let signature = sign(&ack.0, &bytes);
        bytes.extend(signature.as_ref());
        Some(format!("{}{PATH}{}", self.0.url, BASE64_URL_SAFE_NO_PAD.encode(bytes)))
    }

    /// The notice that a link acknowledges; the link stays valid.
    ///
    /// # Errors
    /// The link is not one of this project, has expired, was used, or its episode is not open.
    pub async fn look_at_link(&self, token: &str) -> Result<Notice, AlertError> {
        let link = self.link(token)?;
        let missing = || AlertError::Link("its episode is no longer open");
        self.with_file(move |file| match file.is_used(&link.nonce)? {
            true => Err(AlertError::Link("it was used")),
            false => file.open_notice(&link.episode)?.ok_or_else(missing),
        })
        .await
    }

    /// Acknowledges the episode of a link, which is then used; returns who acknowledged it: the channel that
    /// had the link.
    ///
    /// # Errors
    /// As [`Self::look_at_link`].
    pub async fn acknowledge_by_link(&self, token: &str) -> Result<String, AlertError> {
        let link = self.link(token)?;
        let (nonce, expires_at) = (link.nonce, link.expires_at);
        if !self.with_file(move |file| file.use_token(&nonce, expires_at)).await? {
            return Err(AlertError::Link("it was used"));
        }
        let by = format!("link to {}", link.channel);
        match self.acknowledge(&link.episode, &by).await {
            Err(AlertError::Missing { .. }) => Err(AlertError::Link("its episode is no longer open")),
            done => done.map(|()| by),
        }
    }

    /// Checks signature and time.
    fn link(&self, token: &str) -> Result<Link, AlertError> {
        let wrong = || AlertError::Link("it is not a link of this server");
        let ack = self.0.ack.as_ref().filter(|_| token.len() <= LONGEST).ok_or_else(wrong)?;
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(token).map_err(|_| wrong())?;
        let length = bytes.len().checked_sub(SIGNATURE).filter(|length| *length > TIME + NONCE + EPISODE);
        let (said, signature) = bytes.split_at(length.ok_or_else(wrong)?);
        verify(&ack.0, said, signature).map_err(|_| wrong())?;
        let (time, rest) = said.split_at(TIME);
        let (nonce, rest) = rest.split_at(NONCE);
        let (episode, channel) = rest.split_at(EPISODE);
        let seconds = time.try_into().map(i64::from_be_bytes).map_err(|_| wrong())?;
        let expires_at = Timestamp::from_nanos(seconds.saturating_mul(Timestamp::SECOND));
        if self.0.clock.now() >= expires_at {
            return Err(AlertError::Link("it has expired"));
        }
        Ok(Link {
            episode: episode.iter().map(|byte| format!("{byte:02x}")).collect(),
            channel: String::from_utf8_lossy(channel).into_owned(),
            nonce: nonce.try_into().map_err(|_| wrong())?,
            expires_at,
        })
    }
}
