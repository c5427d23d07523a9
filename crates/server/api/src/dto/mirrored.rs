//! Answer types that have the fields of a type of the alert engine.

/// Declares an answer type with the fields of a type of the alert engine, and the conversion.
macro_rules! mirrored {
    ($($(#[doc = $about:literal])* $name:ident of $from:ident {
        $($(#[doc = $doc:literal])* $field:ident: $kind:ty,)*
    })*) => {$(
        $(#[doc = $about])*
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
        pub struct $name { $($(#[doc = $doc])* pub $field: $kind,)* }

        impl From<$from> for $name {
            fn from(row: $from) -> Self {
                Self { $($field: row.$field.into(),)* }
            }
        }
    )*};
}
pub(super) use mirrored;
