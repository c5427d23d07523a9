//! The labelled set: texts and their expected results.

use fastrand::Rng;

use crate::{hard, keys, people};

/// The seed of the set that is judged by; another makes another set of the same kinds.
pub const SEED: u64 = 20_261_122;

/// A text with at most one find.
#[derive(Debug, Clone)]
pub struct Labelled {
    /// The text.
    pub text: String,
    /// Expected result.
    pub want: String,
    /// The kind of the value; `None` for a lookalike.
    pub kind: Option<&'static str>,
    /// Kind of the value in a word, or of the lookalike.
    pub what: &'static str,
}

/// How texts speak of a value, `{}`: in sentences, code, logs, and JSON of messages and tool calls.
const AROUND: &[&str] = &[
    "{}",
    "It is {}.",
    "Please use {} from now on, thanks!",
    "(see {})",
    "old: {}, new: none",
    "value={}\nnext line",
    "<td>{}</td>",
    "* {} *",
    "Antwort an „{}“ senden",
    r#"{"content":"I wrote {} there","role":"user"}"#,
    r#"[{"role":"user","parts":[{"type":"text","content":"{}"}]}]"#,
    r#"{"arguments":"{\"note\":\"{}\",\"n\":3}","type":"function"}"#,
    r#"{"lines":["one","{}","three\nfour"]}"#,
];

pub(crate) fn pick<'a>(rng: &mut Rng, from: &[&'a str]) -> &'a str {
    from[rng.usize(..from.len())]
}

pub(crate) fn of(rng: &mut Rng, alphabet: &str, count: usize) -> String {
    let letters = alphabet.as_bytes();
    (0..count).map(|_| char::from(letters[rng.usize(..letters.len())])).collect()
}

/// A value in a text that speaks of it.
fn around(rng: &mut Rng, value: &str, mask: &str) -> (String, String) {
    // Values that JSON would escape are put into plain texts.
    let plain = value.contains(['"', '\\', '\n']);
    let form = if plain { pick(rng, &AROUND[..9]) } else { pick(rng, AROUND) };
    (form.replace("{}", value), form.replace("{}", mask))
}

/// `each` texts of every kind, and twice as many of everything that looks alike.
pub fn set(seed: u64, each: usize) -> Vec<Labelled> {
    let mut rng = Rng::with_seed(seed);
    let mut all = Vec::new();
    for (kind, make) in people::KINDS.iter().chain(keys::KINDS) {
        for _ in 0..each {
            let made = make(&mut rng);
            let mask = made.around.replace("{}", &format!("[redacted:{kind}]"));
            let (text, want) = around(&mut rng, &made.around.replace("{}", &made.value), &mask);
            all.push(Labelled { text, want, kind: Some(kind), what: kind });
        }
    }
    for (what, make) in hard::KINDS {
        for _ in 0..2 * each {
            let value = make(&mut rng);
            let (text, want) = around(&mut rng, &value, &value);
            all.push(Labelled { text, want, kind: None, what });
        }
    }
    all
}

/// A value, and a text around it, such as words that name its kind; `{}` is the place of the value.
pub(crate) struct Made {
    pub value: String,
    pub around: &'static str,
}

impl Made {
    pub fn alone(value: String) -> Self {
        Self { value, around: "{}" }
    }
}
