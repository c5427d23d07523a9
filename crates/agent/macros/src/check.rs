//! Checks of the function under the attribute.

use proc_macro2::TokenStream;
use syn::visit::{Visit, visit_pat};
use syn::{Error, FnArg, Ident, ItemFn, Pat, PatIdent, Result};

use crate::arguments::Arguments;

/// Parses the function; the error names the item that was found instead.
pub(crate) fn function(item: TokenStream) -> Result<ItemFn> {
    let function: ItemFn =
        syn::parse2(item.clone()).map_err(|error| match syn::parse2::<syn::Item>(item.clone()) {
            Ok(item) if !matches!(item, syn::Item::Fn(_)) => {
                Error::new_spanned(item, "`observe` requires a function or method with a body")
            }
            _ if is_bodiless(&item) => Error::new_spanned(
                &item,
                "`observe` requires a function or method with a body: this one has none",
            ),
            _ => error,
        })?;
    if let Some(constant) = &function.sig.constness {
        let message = "`observe` cannot record a `const fn`: it may run at compile time";
        return Err(Error::new_spanned(constant, message));
    }
    Ok(function)
}

fn is_bodiless(item: &TokenStream) -> bool {
    syn::parse2::<syn::TraitItemFn>(item.clone()).is_ok_and(|item| item.default.is_none())
}

/// Rejects names that are no arguments of the function. A field can also name other items in scope, such as a
/// constant.
pub(crate) fn names(arguments: &Arguments, function: &ItemFn) -> Result<()> {
    let known = names_of(function);
    let args = arguments.args.iter().flatten().map(|name| ("args", name));
    let skipped = arguments.skip.iter().map(|name| ("skip", name));
    match args.chain(skipped).find(|(_, name)| !known.contains(name)) {
        Some((list, name)) => Err(Error::new(
            name.span(),
            format!("`{list}` names `{name}`, which is not an argument of `{}`", function.sig.ident),
        )),
        None => Ok(()),
    }
}

/// Names of the function's arguments, including those in patterns.
pub(crate) fn names_of(function: &ItemFn) -> Vec<Ident> {
    let mut names = Names(Vec::new());
    for argument in &function.sig.inputs {
        match argument {
            FnArg::Receiver(receiver) => names.0.push(Ident::new("self", receiver.self_token.span)),
            FnArg::Typed(typed) => names.visit_pat(&typed.pat),
        }
    }
    names.0
}

struct Names(Vec<Ident>);

impl<'ast> Visit<'ast> for Names {
    fn visit_pat(&mut self, pat: &'ast Pat) {
        if let Pat::Ident(PatIdent { ident, .. }) = pat {
            self.0.push(ident.clone());
        }
        visit_pat(self, pat);
    }
}
