//! Tests of the facade's cargo features.

#[test]
fn each_backend_switches_recording_on() {
    let manifest: toml::Table = toml::from_str(include_str!("../../Cargo.toml")).unwrap();
    let features = manifest["features"].as_table().unwrap();
    let named = |feature: &toml::Value, name: &str| {
        feature.as_array().unwrap().iter().any(|one| one.as_str() == Some(name))
    };
    let backends: Vec<_> = features.iter().filter(|(name, _)| name.starts_with("backend-")).collect();
    assert!(backends.len() > 9);
    for (name, feature) in backends {
        assert!(named(feature, "enable") || named(feature, "backend-jaeger"), "{name}");
    }
}
