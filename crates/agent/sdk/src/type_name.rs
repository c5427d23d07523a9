//! Short names of types in records.

/// A type's name without paths and parameters. For a boxed trait object or a reference it is the name of the
/// target type.
pub(crate) fn type_name<T>() -> &'static str {
    let name = std::any::type_name::<T>();
    let name = name.strip_prefix("alloc::boxed::Box<dyn ").unwrap_or(name);
    let name = name.trim_start_matches('&');
    let end = name.find(['<', ' ', '+', '>']).unwrap_or(name.len());
    name[..end].rsplit("::").next().map_or(name, |last| last)
}

#[cfg(test)]
mod tests {
    use super::type_name;

    #[test]
    fn a_name_is_one_word() {
        assert_eq!(type_name::<std::num::ParseIntError>(), "ParseIntError");
        assert_eq!(type_name::<Box<dyn std::error::Error + Send + Sync>>(), "Error");
        assert_eq!(type_name::<Option<Vec<u8>>>(), "Option");
        assert_eq!(type_name::<&'static str>(), "str");
    }
}
