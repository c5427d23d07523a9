//! Arguments of the attribute.

use proc_macro2::Span;
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::{Error, Expr, Ident, LitBool, LitStr, Path, Result, Token, parenthesized};

use crate::field::Field;
use crate::words;

/// Names of all arguments.
const KNOWN: &[&str] = &[
    "kind", "name", "level", "log", "trace", "metric", "provider", "model", "fields", "args", "skip",
    "skip_all", "ret", "err", "crate",
];

/// Formatting of a returned value.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Capture {
    Display,
    Debug,
}

/// Parsed arguments of `#[observe(…)]`.
#[derive(Default)]
pub(crate) struct Arguments {
    pub kind: Option<LitStr>,
    pub name: Option<LitStr>,
    /// Variant of the level.
    pub level: Option<&'static str>,
    /// Whether calls end without an event.
    pub is_silent: bool,
    /// Whether calls have no span.
    pub is_untraced: bool,
    /// Name of a further histogram of durations.
    pub metric: Option<LitStr>,
    pub provider: Option<(Span, Expr)>,
    pub model: Option<(Span, Expr)>,
    pub fields: Vec<Field>,
    /// `Some` with an empty list means all arguments.
    pub args: Option<Vec<Ident>>,
    pub skip: Vec<Ident>,
    pub skip_all: bool,
    pub ret: Option<Capture>,
    pub err: Option<(Span, Capture)>,
    pub library: Option<Path>,
    seen: Vec<String>,
}

impl Arguments {
    /// Word of the kind.
    pub fn kind(&self) -> String {
        self.kind.as_ref().map_or_else(|| "span".to_owned(), LitStr::value)
    }
}

impl Parse for Arguments {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let mut arguments = Self::default();
        while !input.is_empty() {
            arguments.one(input)?;
            if !input.is_empty() {
                input.parse::<Token![,]>()?;
            }
        }
        arguments.agree()?;
        Ok(arguments)
    }
}

impl Arguments {
    fn one(&mut self, input: ParseStream<'_>) -> Result<()> {
        let argument = Ident::parse_any(input).map_err(|error| {
            Error::new(error.span(), format!("expected an argument of `observe`: one of {}", known()))
        })?;
        let word = argument.to_string();
        if !KNOWN.contains(&word.as_str()) {
            let message = format!("unknown argument `{word}` of `observe`: it is one of {}", known());
            return Err(Error::new(argument.span(), message));
        }
        if self.seen.contains(&word) {
            return Err(Error::new(
                argument.span(),
                format!("argument `{word}` of `observe` is given twice"),
            ));
        }
        match word.as_str() {
            "kind" => {
                self.kind = Some(text(input, &argument).and_then(|text| words::kind(&text).map(|()| text))?)
            }
            "name" => self.name = Some(text(input, &argument)?),
            "level" => self.set_level(input, &argument)?,
            "log" => self.log(input, &argument)?,
            "trace" => self.is_untraced = !flag(input, &argument)?,
            "metric" => self.metric = Some(text(input, &argument)?),
            "provider" => self.provider = Some((argument.span(), value(input)?)),
            "model" => self.model = Some((argument.span(), value(input)?)),
            "fields" => self.fields = list(input, &argument)?,
            "args" if input.peek(syn::token::Paren) => self.args = Some(list(input, &argument)?),
            "args" => self.args = Some(Vec::new()),
            "skip" => self.skip = list(input, &argument)?,
            "skip_all" => self.skip_all = true,
            "ret" => self.ret = Some(capture(input, &argument, Capture::Debug)?),
            "err" => self.err = Some((argument.span(), capture(input, &argument, Capture::Display)?)),
            _ => {
                input.parse::<Token![=]>()?;
                self.library = Some(Path::parse_mod_style(input)?);
            }
        }
        self.seen.push(word);
        Ok(())
    }

    fn set_level(&mut self, input: ParseStream<'_>, argument: &Ident) -> Result<()> {
        let level = words::level(&text(input, argument)?)?;
        if self.level.replace(level).is_some() {
            let both = "`log` and `level` both give the level: keep one of them";
            return Err(Error::new(argument.span(), both));
        }
        Ok(())
    }

    /// `log = "debug"` is a level, and `log = false` means no event.
    fn log(&mut self, input: ParseStream<'_>, argument: &Ident) -> Result<()> {
        if input.peek2(LitBool) {
            self.is_silent = !flag(input, argument)?;
            return Ok(());
        }
        self.set_level(input, argument)
    }

    /// Rejects arguments that contradict each other.
    fn agree(&self) -> Result<()> {
        let kind = self.kind();
        for (word, given) in [("provider", &self.provider), ("model", &self.model)] {
            if let Some((span, _)) = given
                && !words::asks_a_model(&kind)
            {
                let message = format!(
                    "`{word}` is only for the kinds `llm`, `embedding` and `rerank`, and this is `{kind}`"
                );
                return Err(Error::new(*span, message));
            }
        }
        for (at, field) in self.fields.iter().enumerate() {
            if self.fields.iter().take(at).any(|earlier| earlier.key == field.key) {
                return Err(Error::new(field.span, format!("field `{}` is given twice", field.key)));
            }
        }
        Ok(())
    }
}

fn known() -> String {
    KNOWN.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
}

fn value(input: ParseStream<'_>) -> Result<Expr> {
    input.parse::<Token![=]>()?;
    input.parse()
}

fn flag(input: ParseStream<'_>, argument: &Ident) -> Result<bool> {
    let wanted = |error: Error| Error::new(error.span(), format!("`{argument}` takes `true` or `false`"));
    input.parse::<Token![=]>().map_err(wanted)?;
    input.parse::<LitBool>().map(|flag| flag.value).map_err(wanted)
}

fn text(input: ParseStream<'_>, argument: &Ident) -> Result<LitStr> {
    let wanted =
        |error: Error| Error::new(error.span(), format!("`{argument}` takes a text: `{argument} = \"…\"`"));
    input.parse::<Token![=]>().map_err(wanted)?;
    input.parse().map_err(wanted)
}

fn list<T: Parse>(input: ParseStream<'_>, argument: &Ident) -> Result<Vec<T>> {
    if !input.peek(syn::token::Paren) {
        return Err(Error::new(argument.span(), format!("`{argument}` takes a list: `{argument}(…)`")));
    }
    let content;
    parenthesized!(content in input);
    Ok(Punctuated::<T, Token![,]>::parse_terminated(&content)?.into_iter().collect())
}

fn capture(input: ParseStream<'_>, argument: &Ident, usual: Capture) -> Result<Capture> {
    if !input.peek(syn::token::Paren) {
        return Ok(usual);
    }
    let content;
    parenthesized!(content in input);
    let how: Ident = content.parse()?;
    match how.to_string().as_str() {
        "Display" if content.is_empty() => Ok(Capture::Display),
        "Debug" if content.is_empty() => Ok(Capture::Debug),
        _ => Err(Error::new(how.span(), format!("`{argument}` is recorded by `Debug` or `Display`"))),
    }
}
