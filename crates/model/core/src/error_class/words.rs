//! Error types and messages as lower-case words.

/// Longest part of a message that is read, in bytes.
const LONGEST: usize = 2 << 10;

/// An HTTP status at the start of a text, or after a word such as `status`.
pub(super) fn status_in(words: &str) -> Option<u64> {
    const BEFORE: [&str; 5] = ["code", "status", "http", "error", "statuscode"];
    let mut before = None;
    words.split_whitespace().find_map(|word| {
        let announced = before.is_none_or(|before| BEFORE.contains(&before));
        before = Some(word);
        let status = word.parse().ok().filter(|status| word.len() == 3 && (400..600).contains(status))?;
        announced.then_some(status)
    })
}

/// The texts as words in lower case with a space around each: `RateLimitError` is ` rate limit error `. Text
/// after the start of a traceback is left out, because lines of code contain any word.
pub(super) fn words(texts: &[Option<&str>]) -> String {
    let mut words = String::from(" ");
    for text in texts.iter().copied().flatten() {
        let text = &text[..text.floor_char_boundary(LONGEST)];
        let text = text.split("Traceback (most recent call last)").next().unwrap_or_default();
        add_words(text, &mut words);
    }
    words
}

fn add_words(text: &str, words: &mut String) {
    let letters: Vec<char> = text.chars().collect();
    for (at, letter) in letters.iter().enumerate() {
        let before = at.checked_sub(1).map(|at| letters[at]);
        let after = letters.get(at + 1);
        let begins = letter.is_uppercase()
            && before.is_some_and(|before| {
                before.is_lowercase()
                    || (before.is_uppercase() && after.is_some_and(|next| next.is_lowercase()))
            });
        if (begins || !letter.is_alphanumeric()) && !words.ends_with(' ') {
            words.push(' ');
        }
        if letter.is_alphanumeric() {
            words.extend(letter.to_lowercase());
        }
    }
    if !words.ends_with(' ') {
        words.push(' ');
    }
}
