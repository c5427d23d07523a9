//! Expansion of the attribute: the function with a wrapped body.

use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Ident, ItemFn, Result};

use crate::arguments::{Arguments, Capture};
use crate::body::{Shape, closure, future, is_result, returned, shape};
use crate::check;

/// The observed function. If the attribute is misused: the original function and a compile error.
pub(crate) fn observe(arguments: TokenStream, item: TokenStream) -> TokenStream {
    let observed = || -> Result<TokenStream> {
        let arguments: Arguments = syn::parse2(arguments)?;
        let function = check::function(item.clone())?;
        check::names(&arguments, &function)?;
        Ok(Wrap::new(&arguments, &function).function())
    };
    observed().unwrap_or_else(|error| {
        let error = error.into_compile_error();
        quote!(#error #item)
    })
}

struct Wrap<'a> {
    arguments: &'a Arguments,
    function: &'a ItemFn,
    library: TokenStream,
    observed: Ident,
    answer: Ident,
    entered: Ident,
}

impl<'a> Wrap<'a> {
    fn new(arguments: &'a Arguments, function: &'a ItemFn) -> Self {
        let library = arguments.library.as_ref().map_or_else(|| quote!(::quipu), |path| quote!(#path));
        // Hygienic names that the body cannot see.
        let own = |name| Ident::new(name, Span::mixed_site());
        Self {
            arguments,
            function,
            library,
            observed: own("observed"),
            answer: own("answer"),
            entered: own("entered"),
        }
    }

    fn function(&self) -> TokenStream {
        let ItemFn { attrs, vis, sig, .. } = self.function;
        let begin = self.begin();
        let body = self.body();
        quote! {
            #[allow(unused_braces, reason = "a body on one line keeps its braces")]
            #(#attrs)*
            #vis #sig {
                #begin
                #body
            }
        }
    }

    /// Start of the call: its site, span and fields.
    fn begin(&self) -> TokenStream {
        let Self { library, observed, .. } = self;
        let kind = self.arguments.kind();
        let function = self.function.sig.ident.to_string();
        let name = self.arguments.name.as_ref().map_or_else(|| function.clone(), syn::LitStr::value);
        let level = format_ident!("{}", self.arguments.level.unwrap_or("Info"));
        let begin = self.begin_call();
        let site = self.site();
        let fields: Vec<_> = self
            .arguments
            .fields
            .iter()
            .map(|field| field.record(observed))
            .chain(self.recorded_arguments())
            .collect();
        let fields = (!fields.is_empty()).then(|| quote!(if #observed.is_recording() { #(#fields)* }));
        quote! {
            static __QUIPU_SITE: #library::observed::Site = #library::observed::Site::new(
                #kind,
                #name,
                ::core::concat!(::core::module_path!(), "::", #function),
                #library::Level::#level,
            )#site;
            #[allow(unused_mut, reason = "only some calls are changed")]
            let mut #observed = #begin;
            #fields
        }
    }

    /// Further calls that describe the site.
    fn site(&self) -> TokenStream {
        let metric = self.arguments.metric.as_ref().map(|name| quote!(.with_metric(#name)));
        let log = self.arguments.is_silent.then(|| quote!(.without_event()));
        let trace = self.arguments.is_untraced.then(|| quote!(.without_span()));
        quote!(#metric #log #trace)
    }

    fn begin_call(&self) -> TokenStream {
        let text = |given: &Option<(Span, syn::Expr)>| match given {
            Some((_, value)) => {
                let as_text = quote_spanned!(value.span()=> ::core::convert::AsRef::<str>::as_ref(&(#value)));
                quote!(::core::option::Option::Some(#as_text))
            }
            None => quote!(::core::option::Option::None),
        };
        if self.arguments.provider.is_none() && self.arguments.model.is_none() {
            return quote!(__QUIPU_SITE.begin());
        }
        let (provider, model) = (text(&self.arguments.provider), text(&self.arguments.model));
        quote!(__QUIPU_SITE.begin_model(#provider, #model))
    }

    /// Statements that record the function's arguments.
    fn recorded_arguments(&self) -> Vec<TokenStream> {
        let Some(chosen) = &self.arguments.args else { return Vec::new() };
        let Self { library, observed, .. } = self;
        let wanted = |name: &&Ident| {
            (chosen.is_empty() || chosen.contains(name))
                && !self.arguments.skip_all
                && !self.arguments.skip.contains(name)
        };
        let record = |name: &Ident| {
            let key = syn::ext::IdentExt::unraw(name).to_string();
            quote_spanned! {name.span()=> {
                #[allow(unused_imports, reason = "the type decides which of the traits is used")]
                use #library::observed::{OfDebug as _, OfMeasured as _};
                (&&#library::observed::Probe(&#name)).record(&mut #observed, #key);
            }}
        };
        let names = check::names_of(self.function);
        // `self` only if it is named, because it rarely describes the call.
        names
            .iter()
            .filter(|name| *name != "self" || chosen.contains(name))
            .filter(wanted)
            .map(record)
            .collect()
    }

    fn body(&self) -> TokenStream {
        let Self { library, observed, answer, entered, function, .. } = self;
        let ends = self.ends();
        let block = &function.block;
        match shape(function) {
            Shape::Never => quote! {
                let #entered = #observed.enter();
                #block
            },
            Shape::Plain => {
                let (call, of) = (closure(library, function), returned(function));
                quote! {
                    let #entered = #observed.enter();
                    #[allow(
                        clippy::let_unit_value,
                        clippy::let_with_type_underscore,
                        reason = "the returned type may be the unit type, or unknown here"
                    )]
                    let #answer: #of = #call;
                    ::core::mem::drop(#entered);
                    #ends
                    #answer
                }
            }
            Shape::Async => awaited(library, observed, answer, &future(library, function), &ends),
            Shape::Future => {
                let (call, ends) =
                    (closure(library, function), awaited(library, observed, answer, &quote!(inner), &ends));
                quote!(let inner = #call; async move { #ends })
            }
            Shape::Boxed => {
                let (call, ends) =
                    (closure(library, function), awaited(library, observed, answer, &quote!(inner), &ends));
                quote!(let inner = #call; ::std::boxed::Box::pin(async move { #ends }))
            }
        }
    }

    /// End of the call: records the result.
    fn ends(&self) -> TokenStream {
        let Self { library, observed, answer, .. } = self;
        let captures = [self.captured_return(), self.captured_error()];
        let captures = captures.iter().flatten();
        quote! {
            #(#captures)*
            {
                #[allow(unused_imports, reason = "the type decides which of the traits is used")]
                use #library::observed::{OfAny as _, OfAnything as _, OfDisplay as _};
                #observed.finish((&&&#library::observed::Probe(&#answer)).failure());
            }
        }
    }

    fn captured_return(&self) -> Option<TokenStream> {
        let Self { library, observed, answer, .. } = self;
        let format = self.arguments.ret?.format();
        let of = self.output();
        let span = of.span();
        Some(if is_result(&of) {
            quote_spanned! {span=>
                if let ::core::option::Option::Some(value) = #library::observed::value_of(&#answer) {
                    #observed.shown("quipu.return", ::core::format_args!(#format, value));
                }
            }
        } else {
            quote_spanned!(span=> #observed.shown("quipu.return", ::core::format_args!(#format, &#answer));)
        })
    }

    fn captured_error(&self) -> Option<TokenStream> {
        let Self { library, observed, answer, .. } = self;
        let (span, capture) = self.arguments.err?;
        // An error about the return type is reported at `err`.
        let library: TokenStream = library
            .clone()
            .into_iter()
            .map(|mut token| {
                token.set_span(token.span().located_at(span));
                token
            })
            .collect();
        let mut answer = answer.clone();
        answer.set_span(answer.span().located_at(span));
        let format = capture.format();
        Some(quote_spanned! {span=>
            if let ::core::option::Option::Some(error) = #library::observed::error_of(&#answer) {
                #observed.shown("quipu.error", ::core::format_args!(#format, error));
            }
        })
    }

    /// The type that the caller finally gets: for a future its output, if the signature names it.
    fn output(&self) -> syn::Type {
        match shape(self.function) {
            Shape::Future | Shape::Boxed => crate::body::output(self.function),
            _ => returned(self.function),
        }
    }
}

fn awaited(
    library: &TokenStream,
    observed: &Ident,
    answer: &Ident,
    future: &TokenStream,
    ends: &TokenStream,
) -> TokenStream {
    quote! {
        #[allow(clippy::let_unit_value, reason = "the returned type may be the unit type")]
        let #answer = #library::observed::within(&#observed, #future).await;
        #ends
        #answer
    }
}

impl Capture {
    const fn format(self) -> &'static str {
        match self {
            Self::Display => "{}",
            Self::Debug => "{:?}",
        }
    }
}
