//! Secrets by the forms that their issuers publish.

use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use fastrand::Rng;

use crate::people::word;
use crate::set::{Made, of, pick};

type Make = fn(&mut Rng) -> Made;

const HEX: &str = "0123456789abcdef";
const UPPER: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
const ALL: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
const URL: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const B64: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

fn made(text: String) -> Made {
    Made::alone(text)
}

/// Ends with a letter or digit, as one can see where such a key ends.
fn url(rng: &mut Rng, count: usize) -> String {
    of(rng, URL, count - 1) + &of(rng, ALL, 1)
}

pub(crate) const KINDS: &[(&str, Make)] = &[
    ("anthropic_key", |rng| {
        made(format!("sk-ant-{}-{}AA", pick(rng, &["api03", "admin01", "oat01", "sid01"]), url(rng, 93)))
    }),
    ("openai_key", |rng| {
        made(match rng.u8(..5) {
            0 => format!("sk-{}T3BlbkFJ{}", of(rng, ALL, 20), of(rng, ALL, 20)),
            1 => format!("sk-proj-{}T3BlbkFJ{}", url(rng, 74), url(rng, 74)),
            2 => format!("sk-svcacct-{}T3BlbkFJ{}", url(rng, 58), url(rng, 58)),
            3 => format!("sk-or-v1-{}", of(rng, HEX, 64)),
            _ => format!("sk-1{}", of(rng, HEX, 31)),
        })
    }),
    ("google_key", |rng| made(format!("AIza{}", url(rng, 35)))),
    ("google_oauth", |rng| {
        made(if rng.bool() { format!("ya29.{}", url(rng, 140)) } else { format!("GOCSPX-{}", url(rng, 28)) })
    }),
    ("azure_key", |rng| made(format!("{}JQQJ99{}", of(rng, ALL, 52), of(rng, ALL, 26)))),
    ("azure_storage_key", |rng| Made {
        value: format!("{}==", of(rng, B64, 86)),
        around: "AccountName=shop;AccountKey={};EndpointSuffix=core.windows.net",
    }),
    ("azure_client_secret", |rng| made(format!("{}8Q~{}", of(rng, ALL, 3), of(rng, ALL, 34)))),
    ("huggingface_token", |rng| made(format!("hf_{}", of(rng, &ALL[..52], 34)))),
    ("groq_key", |rng| made(format!("gsk_{}", of(rng, ALL, 52)))),
    ("xai_key", |rng| made(format!("xai-{}", of(rng, ALL, 80)))),
    ("perplexity_key", |rng| made(format!("pplx-{}", of(rng, ALL, 48)))),
    ("replicate_token", |rng| made(format!("r8_{}", of(rng, ALL, 37)))),
    ("nvidia_key", |rng| made(format!("nvapi-{}", url(rng, 64)))),
    ("langsmith_key", |rng| {
        made(format!("lsv2_{}_{}_{}", pick(rng, &["pt", "sk"]), of(rng, HEX, 32), of(rng, HEX, 10)))
    }),
    ("tavily_key", |rng| made(format!("tvly-{}", of(rng, ALL, 32)))),
    ("aws_key", |rng| made(format!("{}{}", pick(rng, &["AKIA", "ASIA"]), of(rng, UPPER, 16)))),
    ("aws_secret", |rng| Made {
        value: format!("aB1{}", of(rng, B64, 37)),
        around: "aws_secret_access_key = {} ",
    }),
    ("github_token", |rng| {
        made(if rng.bool() {
            format!("{}_{}", pick(rng, &["ghp", "gho", "ghu", "ghs", "ghr"]), of(rng, ALL, 36))
        } else {
            format!("github_pat_{}_{}", of(rng, ALL, 22), of(rng, ALL, 59))
        })
    }),
    ("gitlab_token", |rng| made(format!("glpat-{}", url(rng, 20)))),
    ("slack_token", |rng| {
        made(format!("xoxb-{}-{}-{}", of(rng, "123456789", 12), of(rng, "123456789", 13), of(rng, ALL, 24)))
    }),
    ("slack_webhook", |rng| Made {
        value: format!("T{}/B{}/{}", of(rng, UPPER, 8), of(rng, UPPER, 10), of(rng, ALL, 24)),
        around: "https://hooks.slack.com/services/{}",
    }),
    ("stripe_key", |rng| {
        made(format!("{}_{}_{}", pick(rng, &["sk", "rk"]), pick(rng, &["live", "test"]), of(rng, ALL, 24)))
    }),
    ("sendgrid_key", |rng| made(format!("SG.{}.{}", url(rng, 22), url(rng, 43)))),
    ("npm_token", |rng| made(format!("npm_{}", of(rng, ALL, 36)))),
    ("pypi_token", |rng| made(format!("pypi-AgEIcHlwaS5vcmc{}", url(rng, 160)))),
    ("digitalocean_token", |rng| made(format!("dop_v1_{}", of(rng, HEX, 64)))),
    ("databricks_token", |rng| made(format!("dapi{}", of(rng, HEX, 32)))),
    ("shopify_token", |rng| made(format!("shpat_{}", of(rng, HEX, 32)))),
    ("telegram_token", |rng| made(format!("{}:AA{}", of(rng, "123456789", 10), url(rng, 33)))),
    ("vault_token", |rng| made(format!("hvs.{}", of(rng, ALL, 90)))),
    ("private_key", private_key),
    ("jwt", jwt),
    ("bearer", |rng| Made { value: of(rng, ALL, 40), around: "Authorization: Bearer {}" }),
    ("basic_auth", |rng| Made {
        value: BASE64_STANDARD.encode(format!("{}:{}9", word(rng), word(rng))),
        around: "Authorization: Basic {}",
    }),
    ("url_password", |rng| Made {
        value: format!("{}7{}", word(rng), word(rng)),
        around: "postgres://app:{}@db.internal:5432/shop",
    }),
    ("assigned_secret", |rng| Made {
        value: format!("{}{}!{}", word(rng), rng.u16(10..9_999), word(rng)),
        around: pick(
            rng,
            &["password={}", "export DB_PASSWORD={}", "api_key: {}", "client_secret = {}", "access_token={}"],
        ),
    }),
];

/// RFC 7468, on lines of 64.
fn private_key(rng: &mut Rng) -> Made {
    let kind = pick(rng, &["", "RSA ", "EC ", "OPENSSH ", "ENCRYPTED "]);
    let lines: Vec<String> = (0..rng.usize(3..26)).map(|_| of(rng, B64, 64)).collect();
    let line = pick(rng, &["\n", "\\n"]);
    made(format!(
        "-----BEGIN {kind}PRIVATE KEY-----{line}{}{line}-----END {kind}PRIVATE KEY-----",
        lines.join(line)
    ))
}

/// RFC 7519, signed.
fn jwt(rng: &mut Rng) -> Made {
    let head = format!(r#"{{"alg":"{}","typ":"JWT"}}"#, pick(rng, &["RS256", "HS256", "ES256", "EdDSA"]));
    let body = format!(r#"{{"sub":"{}","exp":{}}}"#, word(rng), rng.u32(1_700_000_000..));
    let part = |text: String| BASE64_URL_SAFE_NO_PAD.encode(text);
    made(format!("{}.{}.{}", part(head), part(body), url(rng, 43)))
}
