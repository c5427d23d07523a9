//! Lookalikes of secrets and personal data: texts that are common in telemetry.

use fastrand::Rng;

use crate::people::word;
use crate::set::{of, pick};

type Make = fn(&mut Rng) -> String;

const DIGITS: &str = "0123456789";
const HEX: &str = "0123456789abcdef";
const ALL: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
const B64: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

pub(crate) const KINDS: &[(&str, Make)] = &[
    ("uuid", |rng| {
        format!(
            "{}-{}-4{}-a{}-{}",
            of(rng, HEX, 8),
            of(rng, HEX, 4),
            of(rng, HEX, 3),
            of(rng, HEX, 3),
            of(rng, HEX, 12)
        )
    }),
    ("hash", |rng| {
        let len = [32, 40, 64][rng.usize(..3)];
        of(rng, HEX, len)
    }),
    ("digest", |rng| format!("image@sha256:{}", of(rng, HEX, 64))),
    ("commit", |rng| of(rng, HEX, 7)),
    ("trace parent", |rng| format!("00-{}-{}-01", of(rng, HEX, 32), of(rng, HEX, 16))),
    ("order number", |rng| format!("order {}", of(rng, DIGITS, 16))),
    ("order number in JSON", |rng| format!("ORD-2026-{}", of(rng, DIGITS, 10))),
    ("tracking number", |rng| {
        format!("1Z{}{}", of(rng, "ABCDEFGHIJKLMNOPQRSTUVWXYZ", 3), of(rng, DIGITS, 13))
    }),
    ("time in milliseconds", |rng| rng.u64(1_600_000_000_000..1_900_000_000_000).to_string()),
    ("time in nanoseconds", |rng| rng.u64(1_600_000_000_000_000_000..1_900_000_000_000_000_000).to_string()),
    ("date and time", |rng| {
        format!(
            "2026-{:02}-{:02}T{:02}:{:02}:{:02}.{}Z",
            rng.u8(1..13),
            rng.u8(1..29),
            rng.u8(..24),
            rng.u8(..60),
            rng.u8(..60),
            of(rng, DIGITS, 6)
        )
    }),
    ("version", |rng| {
        format!(
            "{} {}.{}.{}",
            pick(rng, &["v", "version", "release", "python"]),
            rng.u8(..30),
            rng.u8(..30),
            rng.u8(..30)
        )
    }),
    ("long version", |rng| {
        format!("version {}.{}.{}.{}", rng.u8(..30), rng.u8(..30), rng.u8(..30), rng.u8(..30))
    }),
    ("user agent", |rng| format!("Mozilla/5.0 Chrome/{}.0.0.0 Safari/537.36", rng.u8(90..140))),
    ("decimal", |rng| format!("0.{}", of(rng, DIGITS, 16))),
    ("vector", |rng| {
        format!("[{}]", (0..6).map(|_| format!("-0.0{}", of(rng, DIGITS, 15))).collect::<Vec<_>>().join(", "))
    }),
    ("money", |rng| format!("${},{}.{}", rng.u16(1..999), of(rng, DIGITS, 3), of(rng, DIGITS, 2))),
    ("sums", |rng| format!("{} + {} = {}", rng.u16(..), rng.u16(..), rng.u32(..))),
    ("table row", |rng| format!("{} {} {}", rng.u16(200..999), rng.u16(200..999), rng.u16(1_000..9_999))),
    ("coordinates", |rng| {
        format!("{}.{}, -{}.{}", rng.u8(10..90), of(rng, DIGITS, 6), rng.u8(10..90), of(rng, DIGITS, 6))
    }),
    ("isbn", |rng| format!("ISBN 978-3-16-{}-{}", of(rng, DIGITS, 6), rng.u8(..10))),
    ("response id", |rng| format!("chatcmpl-{}", of(rng, ALL, 29))),
    ("call id", |rng| {
        format!("{}_{}", pick(rng, &["call", "toolu", "msg", "resp", "run"]), of(rng, ALL, 24))
    }),
    ("model", |rng| {
        pick(
            rng,
            &[
                "claude-sonnet-4-5-20250929",
                "gpt-4o-2024-08-06",
                "text-embedding-3-small",
                "gemini-2.5-flash-preview-09-2025",
                "Qwen2.5-72B-Instruct-Turbo",
                "accounts/fireworks/models/llama-v3p1-405b-instruct",
            ],
        )
        .to_owned()
    }),
    ("image", |rng| format!("data:image/png;base64,iVBORw0KGgo{}=", of(rng, B64, 300))),
    ("path", |rng| format!("/usr/lib/{}/{}-{}.so.{}", word(rng), word(rng), rng.u8(..9), rng.u8(..9))),
    ("import", |rng| format!("use {}::{}::{{{}}};", word(rng), word(rng), word(rng))),
    ("short path of code", |rng| {
        pick(rng, &["abc::def", "std::fmt", "Bad::Cafe", "a::b", "face::feed"]).to_owned()
    }),
    ("decorator", |rng| format!("@{}.route('/{}')", word(rng), word(rng))),
    ("handle", |rng| format!("@{} said so", word(rng))),
    ("remote", |rng| format!("git@github.com:{}/{}.git", word(rng), word(rng))),
    ("package", |rng| format!("npm i @{}/{}@{}.{}.0", word(rng), word(rng), rng.u8(..20), rng.u8(..20))),
    ("retina image", |rng| format!("{}@2x.png", word(rng))),
    ("css class", |_| "sk-circle-fade-dot-animation-2024".to_owned()),
    ("hyphened", |rng| format!("task-{}-risk-{}", of(rng, DIGITS, 12), word(rng))),
    ("placeholder", |rng| {
        pick(
            rng,
            &[
                "password=<your password>",
                "api_key=${API_KEY}",
                "api_key = os.environ[\"KEY1\"]",
                "Authorization: Bearer $TOKEN",
                "token: string",
                "max_tokens=4096",
            ],
        )
        .replace('"', "'")
    }),
    ("port and host", |rng| format!("localhost:{}", rng.u16(1_024..))),
    ("this host", |rng| pick(rng, &["127.0.0.1", "0.0.0.0", "::1", "255.255.255.0"]).to_owned()),
    ("clock", |rng| format!("{:02}:{:02}:{:02}", rng.u8(..24), rng.u8(..60), rng.u8(..60))),
    ("mac address", |rng| (0..6).map(|_| of(rng, HEX, 2)).collect::<Vec<_>>().join(":")),
    ("token counts", |rng| {
        format!("prompt {} completion {} total {}", rng.u16(..), rng.u16(..), rng.u32(..200_000))
    }),
    ("sentence", |rng| {
        format!("The bearer of news, {} {} {}, has no token of it.", word(rng), word(rng), word(rng))
    }),
];
