//! Detectors of secrets, by the formats that issuers publish. If several match at one place, the first in the
//! table wins.

use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};

use super::entropy;
use super::site::Site;
use super::{Class, Detector, Hint, as_is, labelled};
use crate::redact::named;

/// Recognises a JSON Web Token by its header (RFC 7519), or by two parts that start like encoded objects.
fn jwt(site: &Site<'_>) -> Option<(usize, usize)> {
    let mut parts = site.found().split('.');
    let (head, body) = (parts.next()?, parts.next()?);
    let decoded = BASE64_URL_SAFE_NO_PAD.decode(head).ok();
    let object = decoded.and_then(|bytes| serde_json::from_slice::<serde_json::Map<_, _>>(&bytes).ok());
    let told = object.is_some_and(|head| ["alg", "typ", "enc"].iter().any(|key| head.contains_key(*key)));
    let so = told || (body.starts_with("eyJ") && head.len() >= 16 && body.len() >= 16);
    so.then_some(site.without_stop())
}

/// The token of HTTP's bearer scheme (RFC 6750).
fn bearer(site: &Site<'_>) -> Option<(usize, usize)> {
    Some(site.without_stop())
}

/// Recognises keys with the common prefix `sk-`, but not words such as `sk-circle-fade-dot`.
fn sk(site: &Site<'_>) -> Option<(usize, usize)> {
    const KNOWN: &[&str] = &["proj-", "svcacct-", "admin-", "None-", "or-v1-", "lf-"];
    let rest = site.found().strip_prefix("sk-")?;
    let known = KNOWN.iter().any(|prefix| rest.starts_with(prefix));
    let longest = rest.split(['-', '_']).map(str::len).max().unwrap_or_default();
    site.when(rest.bytes().any(|byte| byte.is_ascii_digit()) && (known || longest >= 16))
}

/// Recognises `user:password` in base64, as in HTTP's basic scheme (RFC 7617).
fn basic(site: &Site<'_>) -> Option<(usize, usize)> {
    let decoded = BASE64_STANDARD.decode(site.found()).ok()?;
    site.when(decoded.contains(&b':') && decoded.iter().all(|byte| byte.is_ascii_graphic() || *byte == b' '))
}

/// Recognises the password of a URL, unless it is a placeholder.
fn in_url(site: &Site<'_>) -> Option<(usize, usize)> {
    site.when(!is_placeholder(site.found()))
}

/// Recognises the value after a name such as `password`, unless it is a placeholder or code.
fn said(site: &Site<'_>) -> Option<(usize, usize)> {
    let found = site.found().trim_end_matches(['.', ',', ')']);
    is_said(found).then_some((site.start, site.start + found.len()))
}

/// Whether a text beside the name of a secret is its value: no placeholder, no word and no code.
pub(crate) fn is_said(text: &str) -> bool {
    let has = |of: fn(&u8) -> bool| text.as_bytes().iter().any(of);
    let mixed = has(u8::is_ascii_digit) && has(u8::is_ascii_alphabetic);
    let code = text.contains(['(', '[', '{', '$', '<']) || text.contains("::") || text.starts_with('.');
    mixed && !code && text.len() >= 8 && !is_placeholder(text)
}

/// Recognises the pairs of a cookie's header in a text.
fn cookie(site: &Site<'_>) -> Option<(usize, usize)> {
    site.when(is_said(site.found()))
}

/// Whether a text is a placeholder for a secret.
pub(crate) fn is_placeholder(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    text.starts_with(['<', '$', '[', '{', '%'])
        || text.bytes().all(|byte| matches!(byte, b'*' | b'x' | b'X' | b'.' | b'-'))
        || [
            "password", "passwd", "pass", "secret", "token", "redacted", "changeme", "example", "none",
            "null", "true", "false",
        ]
        .contains(&lower.as_str())
        || lower.starts_with("your")
        || lower.contains("redacted")
}

/// Recognises a secret access key of AWS: 40 letters and digits after its name.
fn aws_secret(site: &Site<'_>) -> Option<(usize, usize)> {
    let joins = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '+' | '/' | '=');
    let ends = !site.after().starts_with(joins);
    site.when(ends && entropy::is_mixed(site.found()))
}

/// Detector of random texts; it runs only if configured.
pub(crate) static ENTROPY: Detector = Detector::new(
    "high_entropy",
    Class::Secret,
    Hint::Long,
    r"(?-u)[A-Za-z0-9+/_-]{20,128}={0,2}",
    entropy::judge,
    as_is,
);

/// All secrets with a known format.
pub(crate) static SECRETS: [Detector; 50] = [
    Detector::secret(
        "private_key",
        &["PRIVATE KEY"],
        r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----[\s\S]*?(?:-----END [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----|\z)",
    ),
    Detector::secret("age_key", &["AGE-SECRET-KEY-"], r"(?-u)\bAGE-SECRET-KEY-1[0-9A-Z]{58}\b"),
    Detector::judged(
        "jwt",
        &["eyJ"],
        r"(?-u)\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{2,}(?:\.[A-Za-z0-9_-]*){0,3}",
        jwt,
    ),
    // Model providers.
    Detector::secret("anthropic_key", &["sk-"], r"(?-u)\bsk-ant-[A-Za-z0-9_-]{16,}"),
    Detector::judged("openai_key", &["sk-"], r"(?-u)\bsk-[A-Za-z0-9_-]{16,}", sk),
    Detector::secret("google_key", &["AIza"], r"(?-u)\bAIza[0-9A-Za-z_-]{30,}"),
    Detector::secret(
        "google_oauth",
        &["ya29.", "GOCSPX-"],
        r"(?-u)\bya29\.[0-9A-Za-z_-]{20,}|\bGOCSPX-[0-9A-Za-z_-]{24,}",
    ),
    Detector::secret(
        "azure_key",
        &["JQQJ9"],
        r"(?-u)\b[0-9A-Za-z]{52}JQQJ9[9D][0-9A-Za-z]{26}(?:[0-9A-Za-z]{2}==)?",
    ),
    Detector::secret(
        "azure_storage_key",
        &["AccountKey=", "SharedAccessKey="],
        r"(?-u)\b(?:AccountKey|SharedAccessKey)=([0-9A-Za-z+/]{43,86}={1,2})",
    ),
    Detector::secret(
        "azure_client_secret",
        &["8Q~", "7Q~", "6Q~"],
        r"(?-u)\b[0-9A-Za-z_~.]{3}[678]Q~[0-9A-Za-z_~.-]{31,34}",
    ),
    Detector::secret("huggingface_token", &["hf_"], r"(?-u)\bhf_[A-Za-z0-9]{30,}\b"),
    Detector::secret("groq_key", &["gsk_"], r"(?-u)\bgsk_[A-Za-z0-9]{40,}\b"),
    Detector::secret("xai_key", &["xai-"], r"(?-u)\bxai-[A-Za-z0-9]{60,}\b"),
    Detector::secret("perplexity_key", &["pplx-"], r"(?-u)\bpplx-[A-Za-z0-9]{32,}\b"),
    Detector::secret("replicate_token", &["r8_"], r"(?-u)\br8_[A-Za-z0-9]{37,}\b"),
    Detector::secret("nvidia_key", &["nvapi-"], r"(?-u)\bnvapi-[A-Za-z0-9_-]{40,}"),
    Detector::secret("fireworks_key", &["fw_"], r"(?-u)\bfw_[A-Za-z0-9]{22,}\b"),
    Detector::secret("cerebras_key", &["csk-"], r"(?-u)\bcsk-[a-z0-9]{40,}\b"),
    Detector::secret("langsmith_key", &["lsv2_"], r"(?-u)\blsv2_(?:pt|sk)_[0-9a-f]{32}_[0-9a-f]{10}\b"),
    Detector::secret("tavily_key", &["tvly-"], r"(?-u)\btvly-[A-Za-z0-9-]{20,}"),
    Detector::secret("pinecone_key", &["pcsk_"], r"(?-u)\bpcsk_[A-Za-z0-9]{4,}_[A-Za-z0-9]{40,}\b"),
    // Clouds and services.
    Detector::secret("aws_key", &["AKIA", "ASIA"], r"(?-u)\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"),
    Detector::secret("aws_bedrock_key", &["ABSK"], r"(?-u)\bABSK[0-9A-Za-z+/]{80,}={0,2}"),
    Detector::judged(
        "aws_secret",
        &["ecret", "ECRET"],
        r#"(?i)secret_?access_?key\\?["']?\s*[:=]\s*\\?["']?([0-9A-Za-z+/]{40})"#,
        aws_secret,
    ),
    Detector::secret(
        "github_token",
        &["ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_"],
        r"(?-u)\bgh[pousr]_[A-Za-z0-9]{30,}|\bgithub_pat_[A-Za-z0-9_]{22,}",
    ),
    Detector::secret(
        "gitlab_token",
        &["glpat-", "gldt-", "glrt-"],
        r"(?-u)\bgl(?:pat|dt|rt)-[0-9A-Za-z_-]{20,}",
    ),
    Detector::secret(
        "slack_token",
        &["xoxa-", "xoxb-", "xoxe-", "xoxe.", "xoxo-", "xoxp-", "xoxr-", "xoxs-", "xapp-"],
        r"(?-u)\bxox[abeoprs][-.][A-Za-z0-9-]{10,}|\bxapp-[0-9]-[A-Za-z0-9-]{10,}",
    ),
    Detector::secret(
        "slack_webhook",
        &["hooks.slack.com/"],
        r"(?-u)hooks\.slack\.com/(?:services|workflows|triggers)/([A-Za-z0-9/+_-]{20,})",
    ),
    Detector::secret(
        "stripe_key",
        &["k_live_", "k_test_", "whsec_"],
        r"(?-u)\b[sr]k_(?:live|test)_[0-9A-Za-z]{10,}\b|\bwhsec_[0-9A-Za-z+/=]{20,}",
    ),
    Detector::secret("sendgrid_key", &["SG."], r"(?-u)\bSG\.[0-9A-Za-z_-]{16,32}\.[0-9A-Za-z_-]{32,64}"),
    Detector::secret("npm_token", &["npm_"], r"(?-u)\bnpm_[0-9A-Za-z]{36}\b"),
    Detector::secret("pypi_token", &["pypi-"], r"(?-u)\bpypi-AgE[0-9A-Za-z_-]{50,}"),
    Detector::secret("docker_token", &["dckr_"], r"(?-u)\bdckr_(?:pat|oat)_[0-9A-Za-z_-]{20,}"),
    Detector::secret(
        "digitalocean_token",
        &["dop_v1_", "doo_v1_", "dor_v1_"],
        r"(?-u)\bdo[opr]_v1_[0-9a-f]{64}\b",
    ),
    Detector::secret("databricks_token", &["dapi"], r"(?-u)\bdapi[0-9a-f]{32}(?:-[0-9])?\b"),
    Detector::secret(
        "shopify_token",
        &["shpat_", "shpss_", "shpca_", "shppa_"],
        r"(?-u)\bshp(?:at|ss|ca|pa)_[0-9a-fA-F]{32}\b",
    ),
    Detector::secret("telegram_token", &[":AA"], r"(?-u)\b[0-9]{8,10}:AA[0-9A-Za-z_-]{33}\b"),
    Detector::secret("vault_token", &["hvs.", "hvb."], r"(?-u)\bhv[sb]\.[0-9A-Za-z_-]{24,}"),
    Detector::secret(
        "grafana_token",
        &["glsa_", "glc_"],
        r"(?-u)\bglsa_[0-9A-Za-z]{32}_[0-9a-fA-F]{8}\b|\bglc_[0-9A-Za-z+/]{32,}={0,2}",
    ),
    Detector::secret("linear_key", &["lin_api_"], r"(?-u)\blin_api_[0-9A-Za-z]{40}\b"),
    Detector::secret("notion_key", &["ntn_"], r"(?-u)\bntn_[0-9A-Za-z]{40,}\b"),
    Detector::secret("quipu_key", &["qk_"], r"(?-u)\bqk_[0-9A-Za-z]{8}_[0-9A-Za-z_-]{43}"),
    // Values that their context marks as secrets.
    Detector::judged(
        "url_password",
        &["://"],
        r#"(?-u:\b)[A-Za-z][A-Za-z0-9+.-]*://[^\s:/@"'<>\\]*:([^\s/@"'<>\\]+)@"#,
        in_url,
    ),
    Detector::judged(
        "basic_auth",
        &["Basic ", "basic "],
        r"(?i-u)\bbasic\s+([A-Za-z0-9+/]{8,}={0,2})",
        basic,
    ),
    Detector::judged("bearer", &["earer ", "EARER "], r"(?i-u)\bbearer\s+([A-Za-z0-9._~+/=-]{8,})", bearer),
    Detector::judged(
        "assigned_secret",
        &[
            "assword",
            "ASSWORD",
            "asswd",
            "pwd",
            "PWD",
            "pi_key",
            "piKey",
            "pi-key",
            "pikey",
            "PI_KEY",
            "ecret",
            "ECRET",
            "ccess_token",
            "ccess-token",
            "ccessToken",
            "CCESS_TOKEN",
            "uth_token",
            "uthToken",
            "UTH_TOKEN",
            "ccess_key",
            "CCESS_KEY",
            "pi-Key",
            "pi_Key",
            "PI-KEY",
            "ccess-Token",
            "CCESS-TOKEN",
            "uth-token",
            "uth-Token",
            "UTH-TOKEN",
            "ccess-key",
            "ccess-Key",
            "-token\"",
            "-token'",
            "-token\\",
            "-token ",
            "-token=",
            "?token=",
            "&token=",
        ],
        // After a name and a sign, also of Ruby, YAML's blocks and XML; after an option of a command.
        r#"(?i)(?:(?:password|passwd|\bpwd|api[_-]?key|secret(?:[_-]?(?:access[_-]?)?key)?|access[_-]?token|auth[_-]?token|access[_-]?key)(?:\\?["']?\s*[:=]>?\s*(?:[|>][+-]?\s+)?|>)|\B--?[a-z-]*(?:password|passwd|api-?key|secret|token)(?:\s+|=|\\*["']\s*,\s*)|[?&]token=)\\?["']?([^\s"',;&\\<>„“”«»]{8,})"#,
        said,
    ),
    Detector::judged("assigned_secret", named::WORDS, labelled::BEHIND, said),
    Detector::judged("assigned_secret", named::WORDS, labelled::BEFORE, said),
    Detector::judged(
        "curl_user",
        &["curl "],
        r#"(?-u:\b)curl(?:\s[^\n|;&]{0,400}?)?\s(?:-u|--user)[\s=]?["']?[^\s:"']+:([^\s"']{6,})"#,
        in_url,
    ),
    Detector::judged("cookie", &["ookie"], r#"(?i)\bcookie:\s*([\w.-]+=[^\r\n"'\\]{6,})"#, cookie),
];
