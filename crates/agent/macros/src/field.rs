//! One field of `fields(…)`.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote_spanned};
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream};
use syn::spanned::Spanned;
use syn::{Expr, Ident, LitStr, Result, Token};

/// Formatting of a field's value.
#[derive(Clone, Copy)]
enum Shown {
    /// With its type.
    Measured,
    /// `%`: with `Display`.
    Display,
    /// `?`: with `Debug`.
    Debug,
}

/// One field: `key = value`, or only an argument's name.
pub(crate) struct Field {
    pub key: String,
    pub span: Span,
    shown: Shown,
    value: TokenStream,
}

impl Parse for Field {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let early = sigil(input)?;
        let span = input.span();
        let (key, single) = key(input)?;
        if !input.peek(Token![=])
            && let Some(name) = single
        {
            let value = name.to_token_stream();
            return Ok(Self { key, span, shown: early.unwrap_or(Shown::Measured), value });
        }
        input.parse::<Token![=]>()?;
        let shown = sigil(input)?.or(early).unwrap_or(Shown::Measured);
        let value = input.parse::<Expr>()?.into_token_stream();
        Ok(Self { key, span, shown, value })
    }
}

impl Field {
    /// The statement that records the field. An error about the value is reported at the value.
    pub fn record(&self, observed: &Ident) -> TokenStream {
        let Self { key, value, .. } = self;
        let span = value.span();
        let mut observed = observed.clone();
        observed.set_span(observed.span().located_at(span));
        match self.shown {
            Shown::Measured => quote_spanned!(span=> #observed.field(#key, &(#value));),
            Shown::Display => {
                quote_spanned!(span=> #observed.shown(#key, ::core::format_args!("{}", &(#value)));)
            }
            Shown::Debug => {
                quote_spanned!(span=> #observed.shown(#key, ::core::format_args!("{:?}", &(#value)));)
            }
        }
    }
}

fn sigil(input: ParseStream<'_>) -> Result<Option<Shown>> {
    if input.peek(Token![%]) {
        input.parse::<Token![%]>()?;
        Ok(Some(Shown::Display))
    } else if input.peek(Token![?]) {
        input.parse::<Token![?]>()?;
        Ok(Some(Shown::Debug))
    } else {
        Ok(None)
    }
}

/// Parses a key: words with dots between them, or a string. A single word can also be an argument's name.
fn key(input: ParseStream<'_>) -> Result<(String, Option<Ident>)> {
    if input.peek(LitStr) {
        return Ok((input.parse::<LitStr>()?.value(), None));
    }
    let first = Ident::parse_any(input)?;
    let mut key = first.unraw().to_string();
    if !input.peek(Token![.]) {
        return Ok((key, Some(first)));
    }
    while input.peek(Token![.]) {
        input.parse::<Token![.]>()?;
        key.push('.');
        key.push_str(&Ident::parse_any(input)?.unraw().to_string());
    }
    Ok((key, None))
}
