//! Reader of objects that a program printed in the notation of its language, such as a Python object, a Rust
//! struct, or a Java record.

use compact_str::CompactString;
use quipu_core::Value;

/// Maximum size of a printed object, in bytes.
const LARGEST: usize = 16 << 10;
/// Maximum size of pairs without brackets, in bytes.
const LONGEST_PAIRS: usize = 512;
/// Maximum nesting.
const DEEPEST: usize = 12;
/// Maximum number of members and items.
const MOST: usize = 512;
/// Words for nothing.
const NOTHING: [&str; 5] = ["None", "null", "nil", "undefined", "<nil>"];

/// Whether a text may be a printed object with token figures.
pub(crate) fn may_be(text: &str) -> bool {
    let text = text.trim();
    text.len() <= LARGEST && text.ends_with([')', '}', ']', '>']) && text.contains("oken")
        || is_map(text)
        || is_pairs(text)
        || is_fields(text)
}

/// Whether a text may be the fields of an object of Python, as its `str` prints them, such as
/// `id='x' usage=Usage(…)`.
fn is_fields(text: &str) -> bool {
    let name = text.bytes().take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'_').count();
    let begins = |next: &str| next.starts_with(['\'', '"', '[', '{', '<', '(']) || next.starts_with("None");
    name > 0
        && text.len() <= LARGEST
        && text[name..].strip_prefix('=').is_some_and(begins)
        && text.contains("oken")
}

/// Whether a text may be pairs of names and figures without brackets, as in logfmt and in the text of a
/// protocol buffer.
fn is_pairs(text: &str) -> bool {
    let mut ends = text.match_indices(['=', ':']);
    let is_name = |name: &str| {
        !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte))
    };
    text.len() <= LONGEST_PAIRS
        && text.contains("oken")
        && !text.contains(['(', '[', '<', '"'])
        && text.match_indices('{').all(|(at, _)| is_message(&text[..at]))
        && ends.next().is_some_and(|(at, _)| is_name(text[..at].trim_end()))
}

/// Whether a text ends with the name of a message of a protocol buffer, whose members follow in braces.
fn is_message(before: &str) -> bool {
    before.ends_with(' ') && before.trim_end().ends_with(|last: char| last.is_alphanumeric() || last == '_')
}

/// Whether a text is a map in a notation whose keys may not name tokens themselves.
fn is_map(text: &str) -> bool {
    text.len() <= LARGEST && text.ends_with('}') && text.starts_with(['%', '&'])
}

/// The members of a printed object as a map. `None` if the text is anything else, or exceeds the limits.
///
/// Names of types before a bracket are left out, and so are wrappers of one value, such as `Some(5)`. Members
/// are separated by commas or spaces, names and values by `=`, `:` or `=>`.
pub(crate) fn parse(text: &str) -> Option<Value> {
    let text = text.trim();
    if is_pairs(text) {
        // A query separates its pairs by `&`.
        let pairs = if text.contains(char::is_whitespace) { text.into() } else { text.replace('&', " ") };
        return read(&format!("{{{pairs}}}"), text.contains('{'));
    }
    if is_fields(text) {
        return read(&format!("{{{text}}}"), false);
    }
    read(text, false)
}

fn read(text: &str, is_proto: bool) -> Option<Value> {
    let mut reader = Reader { text, at: 0, left: MOST, is_proto };
    let value = reader.value(DEEPEST).filter(|_| text.len() <= LARGEST)?;
    let is_whole = reader.at == text.len();
    (is_whole && matches!(&value, Value::Map(pairs) if !pairs.is_empty())).then_some(value)
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
    left: usize,
    /// Whether braces can follow a name without a sign, as in the text of a protocol buffer.
    is_proto: bool,
}

impl Reader<'_> {
    fn peek(&self) -> Option<char> {
        self.text[self.at..].chars().next()
    }

    fn skip(&mut self, is_skipped: impl Fn(char) -> bool) {
        while let Some(letter) = self.peek().filter(|letter| is_skipped(*letter)) {
            self.at += letter.len_utf8();
        }
    }

    fn take(&mut self, token: &str) -> bool {
        let found = self.text[self.at..].starts_with(token);
        if found {
            self.at += token.len();
        }
        found
    }

    fn value(&mut self, depth: usize) -> Option<Value> {
        let deeper = depth.checked_sub(1)?;
        self.left = self.left.checked_sub(1)?;
        self.skip(char::is_whitespace);
        match self.peek()? {
            quote @ ('"' | '\'') => self.quoted(quote).map(Value::from),
            '[' => self.list(deeper),
            '{' | '(' | '<' => self.members(deeper),
            _ => self.word_or_object(deeper),
        }
    }

    fn quoted(&mut self, quote: char) -> Option<String> {
        self.at += quote.len_utf8();
        let mut text = String::new();
        loop {
            let letter = self.peek()?;
            self.at += letter.len_utf8();
            if letter == quote {
                return Some(text);
            }
            if letter == '\\' {
                let escaped = self.peek()?;
                self.at += escaped.len_utf8();
                text.push(escaped);
            } else {
                text.push(letter);
            }
        }
    }

    fn list(&mut self, depth: usize) -> Option<Value> {
        self.at += 1;
        let mut items = Vec::new();
        loop {
            self.skip(|letter| letter.is_whitespace() || letter == ',');
            if self.take("]") {
                return Some(Value::Array(items));
            }
            items.push(self.value(depth)?);
        }
    }

    /// A plain word, or a type's name with the members of its object.
    fn word_or_object(&mut self, depth: usize) -> Option<Value> {
        let begin = self.at;
        self.skip(|letter| !letter.is_whitespace() && !",()[]{}<>=\"'".contains(letter));
        let word = &self.text[begin..self.at];
        if word.is_empty() {
            return None;
        }
        let is_name = !word.starts_with(|letter: char| letter.is_ascii_digit() || letter == '-');
        let open = self.at;
        self.skip(|letter| letter == ' ');
        let is_spaced = self.at > open;
        match self.peek().filter(|_| is_name) {
            Some('{') => self.members(depth),
            Some('(' | '[' | '<') if !is_spaced => self.members(depth),
            _ => {
                self.at = open;
                Some(plain(word))
            }
        }
    }

    /// The members between brackets. An object with one value and no members is that value.
    fn members(&mut self, depth: usize) -> Option<Value> {
        let close = match self.peek()? {
            '{' => "}",
            '(' => ")",
            '[' => "]",
            _ => ">",
        };
        self.at += 1;
        let (mut pairs, mut alone) = (Vec::new(), Vec::new());
        loop {
            self.skip(|letter| letter.is_whitespace() || letter == ',');
            if self.take(close) {
                break;
            }
            match self.name() {
                // A record of C# prints nothing for a missing value.
                Some(name) if self.is_at_end(close) => pairs.push((name, Value::Null)),
                Some(name) => pairs.push((name, self.value(depth)?)),
                None => alone.push(self.value(depth)?),
            }
        }
        match (pairs.is_empty(), alone.len()) {
            (true, 1) => alone.pop(),
            (true, n) if n > 1 => Some(Value::Array(alone)),
            _ => Some(Value::Map(pairs)),
        }
    }

    /// Whether a member ends here, after spaces.
    fn is_at_end(&mut self, close: &str) -> bool {
        self.skip(|letter| letter == ' ');
        let rest = &self.text[self.at..];
        rest.starts_with(',') || rest.starts_with(close)
    }

    /// The name of a member, with the sign after it. Ruby writes `@` before the name of a variable.
    fn name(&mut self) -> Option<CompactString> {
        let begin = self.at;
        let mut is_keyword = false;
        let name = match self.peek()? {
            quote @ ('"' | '\'') => self.quoted(quote)?,
            _ => {
                is_keyword = self.take(":");
                let _ = is_keyword || self.take("@");
                let from = self.at;
                self.skip(|letter| letter.is_alphanumeric() || "_.-".contains(letter));
                self.text[from..self.at].to_owned()
            }
        };
        let end = self.at;
        self.skip(|letter| letter == ' ');
        // Clojure writes no sign between a keyword and its value.
        let is_paired = is_keyword && self.at > end && self.peek().is_some_and(|next| !",}=:".contains(next));
        let opens = self.is_proto && self.peek() == Some('{');
        let is_named =
            !name.is_empty() && (opens || is_paired || self.take("=>") || self.take("=") || self.take(":"));
        if !is_named {
            self.at = begin;
            return None;
        }
        Some(name.into())
    }
}

fn plain(word: &str) -> Value {
    if NOTHING.contains(&word) {
        return Value::Null;
    }
    let number = word.parse().map(Value::Int).or_else(|_| word.parse().map(Value::Double));
    number.unwrap_or_else(|_| Value::from(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn int(value: &Value, path: &[&str]) -> Option<i64> {
        path.iter().try_fold(value, |value, key| value.get(key)).and_then(Value::as_int)
    }

    #[test]
    fn objects_of_many_languages_are_read() {
        for text in [
            "Usage { prompt_tokens: 12, completion_tokens: 3 }",
            "Some(Usage { prompt_tokens: Some(12), completion_tokens: 3 })",
            "CompletionUsage(completion_tokens=3, prompt_tokens=12, details=Details(a=0, b=None))",
            "Usage[prompt_tokens=12, completion_tokens=3]",
            "&{prompt_tokens:12 completion_tokens:3 Text:It is sunny}",
            "%{prompt_tokens: 12, completion_tokens: 3}",
            "#<struct Usage prompt_tokens=12, completion_tokens=3>",
            "{:prompt_tokens=>12, :completion_tokens=>3}",
            "#<OpenAI::Usage:0x0000 @prompt_tokens=12, @completion_tokens=3>",
            "Usage { prompt_tokens = 12, completion_tokens = 3, ReasoningTokens =  }",
            "prompt_tokens=12&completion_tokens=3",
            "{:prompt_tokens 12, :completion_tokens 3}",
            "prompt_tokens = 12\ncompletion_tokens = 3\n",
            "text='a (b' prompt_tokens=12 completion_tokens=3 details={'a': 0} reason=<Reason.STOP: 'STOP'>",
            "prompt_tokens: 12\ncompletion_tokens: 3\ndetails {\n  modality: TEXT\n  token_count: 12\n}\n",
            r#"{"prompt_tokens"=>12, "completion_tokens"=>3, "model"=>"a (b)"}"#,
        ] {
            let read = parse(text).unwrap_or_else(|| panic!("{text}"));
            assert_eq!(int(&read, &["prompt_tokens"]), Some(12), "{text}: {read:?}");
            assert_eq!(int(&read, &["completion_tokens"]), Some(3), "{text}: {read:?}");
        }
        let answer = "ChatCompletion(id='x', choices=[Choice(message=Message(content='18 (C)'))], \
            usage=CompletionUsage(completion_tokens=3, prompt_tokens=12, details=Details(audio_tokens=0)))";
        assert_eq!(parse(answer).and_then(|read| int(&read, &["usage", "prompt_tokens"])), Some(12));
        let nested = parse("Response(id='x', usage=Usage(total_tokens=15), choices=[Choice(n=1)])").unwrap();
        assert_eq!(int(&nested, &["usage", "total_tokens"]), Some(15));
        assert_eq!(nested.get("id").and_then(Value::as_str), Some("x"));
    }

    #[test]
    fn other_texts_are_no_objects() {
        for text in ["", "(", "used 5 tokens", "f(x", "tokens (5)", "[1, 2]", "Usage()", "a(b)) c", "}{"] {
            assert_eq!(parse(text), None, "{text}");
        }
        let deep = "a(".repeat(40) + &")".repeat(40);
        assert_eq!(parse(&deep), None);
    }
}
