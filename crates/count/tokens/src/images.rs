//! Images: their size from the first bytes of the file, and their tokens by each provider's published rule.

use base64::Engine;

use crate::models::bare;

/// Decoded bytes of an image's text, to find its size. JPEG files may have a preview before the size.
const HEAD: usize = 512 << 10;

/// Width and height of an image; both above zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    /// Pixels.
    pub width: u32,
    /// Pixels.
    pub height: u32,
}

/// Requested level of detail (`detail` of OpenAI).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Detail {
    /// A single small version of the image.
    Low,
    /// The provider's default.
    #[default]
    High,
}

/// Low, likely and high tokens of one image for a model; all equal if its size is known.
///
/// Rules: OpenAI <https://platform.openai.com/docs/guides/images-vision#calculating-costs>; Anthropic
/// <https://docs.anthropic.com/en/docs/build-with-claude/vision#calculate-image-costs>; Gemini
/// <https://ai.google.dev/gemini-api/docs/image-understanding#token-calculation>. The size of an image behind
/// a URL is unknown. Then the figures are those of the smallest, a usual (1024 × 1024) and the largest image.
pub fn image_tokens(model: &str, size: Option<Size>, detail: Detail) -> (u64, u64, u64) {
    let rule = rule(&bare(model));
    match size {
        Some(size) => {
            let tokens = rule.tokens(size, detail);
            (tokens, tokens, tokens)
        }
        None => {
            let of = |side| rule.tokens(Size { width: side, height: side }, detail);
            (of(64), of(1_024), rule.most(detail))
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Rule {
    /// Tiles of 512 pixels plus a base.
    Tiles { base: u64, tile: u64 },
    /// Patches of 32 pixels, at most `most`, times `hundredths` / 100.
    Patches { most: u32, hundredths: u64 },
    /// Pixels divided by 750, limited to 1,568 pixels per side and some 1,600 tokens.
    Claude,
    /// 258 for a small image, otherwise for each tile.
    Gemini,
    /// A fixed number for any size.
    Fixed(u64),
}

/// The rule of a bare model name, by the first matching prefix.
const RULES: &[(&str, Rule)] = &[
    ("gpt-5-mini", Rule::Patches { most: 1_536, hundredths: 162 }),
    ("gpt-5-nano", Rule::Patches { most: 1_536, hundredths: 246 }),
    // Not documented; from users' bills, <https://community.openai.com/t/1377015>.
    ("gpt-5.1", Rule::Tiles { base: 70, tile: 140 }),
    ("gpt-5.2", Rule::Patches { most: 1_536, hundredths: 120 }),
    ("gpt-5.3", Rule::Patches { most: 1_536, hundredths: 120 }),
    ("gpt-5.4-mini", Rule::Patches { most: 1_536, hundredths: 120 }),
    ("gpt-5.4-nano", Rule::Patches { most: 1_536, hundredths: 120 }),
    ("gpt-5.", Rule::Patches { most: 2_500, hundredths: 120 }),
    ("gpt-6", Rule::Patches { most: 2_500, hundredths: 120 }),
    ("gpt-5", Rule::Tiles { base: 70, tile: 140 }),
    ("gpt-4.1-mini", Rule::Patches { most: 1_536, hundredths: 162 }),
    ("gpt-4.1-nano", Rule::Patches { most: 1_536, hundredths: 246 }),
    ("o4-mini", Rule::Patches { most: 1_536, hundredths: 172 }),
    ("codex-mini", Rule::Patches { most: 1_536, hundredths: 172 }),
    ("gpt-4o-mini", Rule::Tiles { base: 2_833, tile: 5_667 }),
    ("o1", Rule::Tiles { base: 75, tile: 150 }),
    ("o3", Rule::Tiles { base: 75, tile: 150 }),
    ("computer-use-preview", Rule::Tiles { base: 65, tile: 129 }),
    ("claude", Rule::Claude),
    ("gemini-3", Rule::Fixed(1_120)),
    ("gemini", Rule::Gemini),
    ("gemma", Rule::Fixed(256)),
];

/// The rule of GPT-4o, GPT-4.1 and GPT-4.5. It also applies to models without a published rule.
const USUAL: Rule = Rule::Tiles { base: 85, tile: 170 };

fn rule(name: &str) -> Rule {
    let name = name.strip_prefix("ft:").unwrap_or(name);
    RULES.iter().find(|(beginning, _)| name.starts_with(beginning)).map_or(USUAL, |(_, rule)| *rule)
}

impl Rule {
    fn tokens(self, size: Size, detail: Detail) -> u64 {
        match self {
            Self::Tiles { base, .. } if detail == Detail::Low => base,
            Self::Tiles { base, tile } => base + tile * tiles(size),
            Self::Patches { most, hundredths } => (patches(size, most) * hundredths).div_ceil(100),
            Self::Claude => claude(size),
            Self::Gemini => 258 * gemini_tiles(size),
            Self::Fixed(tokens) => tokens,
        }
    }

    /// Tokens of the most expensive image.
    fn most(self, detail: Detail) -> u64 {
        match self {
            // The long side has at most 2,048 pixels if the short side has 768.
            Self::Tiles { .. } => self.tokens(Size { width: 2_048, height: 768 }, detail),
            Self::Patches { most, hundredths } => (u64::from(most) * hundredths).div_ceil(100),
            Self::Claude => 1_600,
            // Providers accept images of about 3,072 pixels per side.
            Self::Gemini => 258 * 16,
            Self::Fixed(tokens) => tokens,
        }
    }
}

/// Fits the image into 2,048 by 2,048, then the short side to 768, and counts tiles of 512. Images are only
/// scaled down.
fn tiles(size: Size) -> u64 {
    let (mut width, mut height) = (f64::from(size.width), f64::from(size.height));
    let fit = (2_048.0 / width.max(height)).min(1.0);
    (width, height) = (width * fit, height * fit);
    let short = (768.0 / width.min(height)).min(1.0);
    (width, height) = (width * short, height * short);
    cells(width, 512.0) * cells(height, 512.0)
}

/// Counts patches of 32 pixels. An image with more than `most` is scaled down until whole patches fit.
fn patches(size: Size, most: u32) -> u64 {
    let (width, height) = (f64::from(size.width), f64::from(size.height));
    let all = cells(width, 32.0) * cells(height, 32.0);
    if all <= u64::from(most) {
        return all;
    }
    let shrink = (f64::from(most) * 32.0 * 32.0 / (width * height)).sqrt();
    let (across, down) = (width * shrink / 32.0, height * shrink / 32.0);
    let whole = (across.floor() / across).min(down.floor() / down);
    (cells(across * whole, 1.0) * cells(down * whole, 1.0)).min(u64::from(most))
}

fn claude(size: Size) -> u64 {
    let (width, height) = (f64::from(size.width), f64::from(size.height));
    let fit = (1_568.0 / width.max(height)).min(1.0);
    let pixels = (width * fit) * (height * fit);
    cells(pixels, 750.0).min(1_600)
}

/// One tile up to 384 pixels per side; otherwise tiles of two thirds of the short side, from 256 to 768
/// pixels.
fn gemini_tiles(size: Size) -> u64 {
    if size.width.max(size.height) <= 384 {
        return 1;
    }
    let unit = f64::from(size.width.min(size.height)) / 1.5;
    let unit = unit.floor().clamp(256.0, 768.0);
    cells(f64::from(size.width), unit) * cells(f64::from(size.height), unit)
}

fn cells(length: f64, cell: f64) -> u64 {
    // Subtracts a ten-thousandth, because a length scaled to whole cells may exceed them slightly.
    let count = (length / cell - 1e-4).ceil().max(1.0);
    // Lengths come from 32-bit numbers.
    count as u64
}

/// Size of a base64 image, as in data URLs and providers' `data` fields. Supports PNG, JPEG, GIF and WebP.
pub(crate) fn size_of_base64(text: &str) -> Option<Size> {
    let head = text.as_bytes();
    let head = &head[..head.len().min(HEAD) / 4 * 4];
    let engine = base64::engine::general_purpose::STANDARD;
    let bytes = match engine.decode(head) {
        Ok(bytes) => bytes,
        // URL-safe alphabet, or no padding.
        Err(_) => base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(head).ok()?,
    };
    size_of(&bytes)
}

/// Size of an image from the first bytes of its file. Supports PNG, JPEG, GIF and WebP.
pub fn size_of(bytes: &[u8]) -> Option<Size> {
    let size = match bytes {
        [0x89, b'P', b'N', b'G', ..] => png(bytes),
        [b'G', b'I', b'F', b'8', ..] => Some((little(bytes, 6, 2)?, little(bytes, 8, 2)?)),
        [0xFF, 0xD8, ..] => jpeg(bytes),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => webp(bytes),
        _ => None,
    };
    let (width, height) = size?;
    (width > 0 && height > 0).then_some(Size { width, height })
}

fn png(bytes: &[u8]) -> Option<(u32, u32)> {
    Some((big(bytes, 16, 4)?, big(bytes, 20, 4)?))
}

/// Walks the segments to the one that starts the frame.
fn jpeg(bytes: &[u8]) -> Option<(u32, u32)> {
    let mut at = 2;
    loop {
        while *bytes.get(at)? != 0xFF {
            at += 1;
        }
        let marker = *bytes.get(at + 1)?;
        match marker {
            0xFF => at += 1,
            0x01 | 0xD0..=0xD9 => at += 2,
            0xC0..=0xC3 | 0xC5..=0xC7 | 0xC9..=0xCB | 0xCD..=0xCF => {
                return Some((big(bytes, at + 7, 2)?, big(bytes, at + 5, 2)?));
            }
            _ => at += 2 + big(bytes, at + 2, 2)? as usize,
        }
    }
}

fn webp(bytes: &[u8]) -> Option<(u32, u32)> {
    match bytes.get(12..16)? {
        b"VP8X" => Some((little(bytes, 24, 3)? + 1, little(bytes, 27, 3)? + 1)),
        b"VP8L" => {
            let bits = little(bytes, 21, 4)?;
            Some(((bits & 0x3FFF) + 1, ((bits >> 14) & 0x3FFF) + 1))
        }
        b"VP8 " => Some((little(bytes, 26, 2)? & 0x3FFF, little(bytes, 28, 2)? & 0x3FFF)),
        _ => None,
    }
}

fn big(bytes: &[u8], at: usize, length: usize) -> Option<u32> {
    let part = bytes.get(at..at + length)?;
    Some(part.iter().fold(0, |number, byte| number << 8 | u32::from(*byte)))
}

fn little(bytes: &[u8], at: usize, length: usize) -> Option<u32> {
    let part = bytes.get(at..at + length)?;
    Some(part.iter().rev().fold(0, |number, byte| number << 8 | u32::from(*byte)))
}
