//! One price that code adds to the user's book.

use std::collections::BTreeMap;
use std::fmt::{self, Write as _};

use crate::user::UserError;

/// One price of a model, for [`crate::Books::add`]. Amounts are dollars as decimals, such as `"2.50"`, for a
/// million tokens, as in `prices.toml`.
#[derive(Debug, Clone, PartialEq)]
#[must_use = "a price has an effect once it is added"]
pub struct NewPrice {
    provider: String,
    model: String,
    usd: BTreeMap<String, String>,
}

impl NewPrice {
    /// A price of a model. An empty provider stands for every provider; a model can end in `*`.
    pub fn new(provider: impl Into<String>, model: impl Into<String>) -> Self {
        Self { provider: provider.into(), model: model.into(), usd: BTreeMap::new() }
    }

    /// Price of a million input tokens.
    pub fn input(self, usd: impl fmt::Display) -> Self {
        self.unit("input", usd)
    }

    /// Price of a million output tokens.
    pub fn output(self, usd: impl fmt::Display) -> Self {
        self.unit("output", usd)
    }

    /// Price of another unit by its name, such as `cache_read_tokens` or `web_searches`, for the number of
    /// units that `prices.toml` takes.
    pub fn unit(mut self, name: impl Into<String>, usd: impl fmt::Display) -> Self {
        self.usd.insert(name.into(), usd.to_string());
        self
    }
}

impl fmt::Display for NewPrice {
    /// The entry as in `prices.toml`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "[[price]]")?;
        if !self.provider.is_empty() {
            writeln!(f, "provider = {}", text(&self.provider))?;
        }
        writeln!(f, "model = {}", text(&self.model))?;
        writeln!(f, "[price.usd]")?;
        self.usd.iter().try_for_each(|(unit, usd)| writeln!(f, "{} = {}", text(unit), text(usd)))
    }
}

/// A basic string of TOML.
fn text(plain: &str) -> String {
    let mut quoted = String::from('"');
    for letter in plain.chars() {
        match letter {
            '"' | '\\' => quoted.extend(['\\', letter]),
            _ if letter.is_control() => {
                // Writing to a String cannot fail.
                let _ = write!(quoted, "\\u{:04X}", u32::from(letter));
            }
            _ => quoted.push(letter),
        }
    }
    quoted.push('"');
    quoted
}

/// The reasons why a price cannot be added.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewPriceError(pub(crate) Vec<UserError>);

impl fmt::Display for NewPriceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let reasons: Vec<&str> = self.0.iter().map(|error| error.what.as_str()).collect();
        write!(f, "add price: {}", reasons.join("; "))
    }
}

impl std::error::Error for NewPriceError {}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use quipu_core::{PriceBook as _, PriceRequest, Timestamp, Unpriced, Usage};

    use super::*;
    use crate::{Books, UserBook};

    fn price(books: &Books, model: &str) -> Result<String, Unpriced> {
        let usage = Usage::of(1_000, 100);
        let request = PriceRequest {
            provider: Some("house"),
            ..PriceRequest::new(model, Timestamp::default(), &usage)
        };
        books.price(&request).map(|answer| answer.total.to_string())
    }

    #[test]
    fn every_text_is_read_as_it_was_written() {
        let all: String = (0..0x180).filter_map(char::from_u32).chain(['\u{2028}', '\u{10ffff}']).collect();
        let read: toml::Table = toml::from_str(&format!("text = {}", text(&all))).unwrap();
        assert_eq!(read["text"].as_str(), Some(all.as_str()));
    }

    #[test]
    fn an_added_price_is_on_top_of_the_others_and_in_every_clone() {
        let own = "[[price]]\nprovider = \"house\"\nmodel = \"own\"\nusd = { input = 1, output = 2 }";
        let books = Books::vendored().with_user(UserBook::parse(own).unwrap());
        let clone = books.clone();
        assert_eq!(price(&clone, "new"), Err(Unpriced::UnknownModel));
        books.add(&NewPrice::new("house", "new").input("2.00").output(10)).unwrap();
        assert_eq!(price(&clone, "new").as_deref(), Ok("0.003"));
        assert_eq!(price(&clone, "own").as_deref(), Ok("0.0012"), "the user's file stays");
        assert!(price(&Books::vendored(), "new").is_err(), "other books are not changed");
        books.add(&NewPrice::new("", "a \"quoted\" \u{e9}").unit("input_tokens", 1)).unwrap();
        let wrong = [
            NewPrice::new("house", "new").input("3"),
            NewPrice::new("house", "").input("3"),
            NewPrice::new("house", "newer").input("three"),
            NewPrice::new("house", "newer").unit("inches", "3"),
        ];
        for wrong in wrong {
            let error = books.add(&wrong).unwrap_err().to_string();
            assert!(error.starts_with("add price: ") && error.len() > 20, "{error}");
        }
        assert_eq!(price(&clone, "new").as_deref(), Ok("0.003"));
    }
}
