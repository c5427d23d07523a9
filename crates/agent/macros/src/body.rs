//! The function's return shape, which decides how its body is wrapped.

use proc_macro2::TokenStream;
use quote::quote;
use syn::visit::{Visit, visit_path_segment};
use syn::visit_mut::VisitMut;
use syn::{
    GenericArgument, ItemFn, PathArguments, PathSegment, ReturnType, Type, TypeImplTrait, TypeParamBound,
    parse_quote,
};

/// Return shape of a function.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    /// It returns a value.
    Plain,
    /// It never returns.
    Never,
    /// It is an `async fn`.
    Async,
    /// It returns a future.
    Future,
    /// It returns a boxed future.
    Boxed,
}

/// Return shape of this function.
pub(crate) fn shape(function: &ItemFn) -> Shape {
    if function.sig.asyncness.is_some() {
        return Shape::Async;
    }
    match &function.sig.output {
        ReturnType::Type(_, returned) => shape_of(returned),
        ReturnType::Default => Shape::Plain,
    }
}

fn shape_of(returned: &Type) -> Shape {
    match returned {
        Type::Never(_) => Shape::Never,
        Type::ImplTrait(opaque) if opaque.bounds.iter().any(is_future) => Shape::Future,
        Type::Paren(inner) => shape_of(&inner.elem),
        Type::Group(inner) => shape_of(&inner.elem),
        Type::Path(path) => match path.path.segments.last() {
            Some(last) if last.ident == "BoxFuture" || last.ident == "LocalBoxFuture" => Shape::Boxed,
            Some(last) if last.ident == "Pin" && first_type(&last.arguments).is_some_and(is_boxed_future) => {
                Shape::Boxed
            }
            _ => Shape::Plain,
        },
        _ => Shape::Plain,
    }
}

fn first_type(arguments: &PathArguments) -> Option<&Type> {
    let PathArguments::AngleBracketed(list) = arguments else { return None };
    list.args.iter().find_map(|argument| match argument {
        GenericArgument::Type(of) => Some(of),
        _ => None,
    })
}

/// Whether a type is `Box<dyn Future …>`.
fn is_boxed_future(of: &Type) -> bool {
    let Type::Path(path) = of else { return false };
    let Some(last) = path.path.segments.last().filter(|last| last.ident == "Box") else { return false };
    match first_type(&last.arguments) {
        Some(Type::TraitObject(object)) => object.bounds.iter().any(is_future),
        _ => false,
    }
}

fn is_future(bound: &TypeParamBound) -> bool {
    let TypeParamBound::Trait(bound) = bound else { return false };
    bound.path.segments.last().is_some_and(|last| last.ident == "Future")
}

/// The return type for a closure; opaque types become `_`.
pub(crate) fn returned(function: &ItemFn) -> Type {
    let mut returned = match &function.sig.output {
        ReturnType::Default => parse_quote!(()),
        ReturnType::Type(_, returned) => (**returned).clone(),
    };
    Erase.visit_type_mut(&mut returned);
    returned
}

/// Output type of the returned future; `_` if the signature does not name it.
pub(crate) fn output(function: &ItemFn) -> Type {
    let mut found = Output(None);
    if let ReturnType::Type(_, returned) = &function.sig.output {
        found.visit_type(returned);
    }
    found.0.unwrap_or_else(|| parse_quote!(_))
}

struct Output(Option<Type>);

impl<'ast> Visit<'ast> for Output {
    fn visit_path_segment(&mut self, segment: &'ast PathSegment) {
        let PathArguments::AngleBracketed(list) = &segment.arguments else { return };
        let named = list.args.iter().find_map(|argument| match argument {
            GenericArgument::AssocType(output) if output.ident == "Output" => Some(&output.ty),
            _ => None,
        });
        let of_box = ["BoxFuture", "LocalBoxFuture"].iter().any(|name| segment.ident == name);
        let last = first_type(&segment.arguments).filter(|_| of_box);
        if self.0.is_none() {
            self.0 = named.or(last).cloned();
        }
        if self.0.is_none() {
            visit_path_segment(self, segment);
        }
    }
}

struct Erase;

impl VisitMut for Erase {
    fn visit_type_mut(&mut self, of: &mut Type) {
        if let Type::ImplTrait(TypeImplTrait { .. }) = of {
            *of = parse_quote!(_);
        } else {
            syn::visit_mut::visit_type_mut(self, of);
        }
    }
}

/// Whether a type is named `Result`.
pub(crate) fn is_result(returned: &Type) -> bool {
    match returned {
        Type::Path(path) => path.path.segments.last().is_some_and(|last| last.ident == "Result"),
        Type::Paren(inner) => is_result(&inner.elem),
        Type::Group(inner) => is_result(&inner.elem),
        _ => false,
    }
}

/// The body as a closure that is called once.
pub(crate) fn closure(library: &TokenStream, function: &ItemFn) -> TokenStream {
    let (block, returned) = (&function.block, returned(function));
    // The explicit return type lets type inference work for `?` and `into` in the body.
    quote!(#library::observed::call(move || -> #returned { #block }))
}

/// The body as a future.
pub(crate) fn future(library: &TokenStream, function: &ItemFn) -> TokenStream {
    let (statements, returned) = (&function.block.stmts, returned(function));
    // Dead code that states the return type, so type inference works for `?` and `into` in the body.
    let hint = (!matches!(returned, Type::Never(_))).then(|| {
        quote! {
            if false {
                return #library::observed::never::<#returned>();
            }
        }
    });
    quote! {
        async move {
            #hint
            #(#statements)*
        }
    }
}
