//! The bill of materials: CycloneDX 1.5, written and checked by the official library.

use std::str::FromStr as _;

use anyhow::{Context, Result, anyhow, bail};
use cyclonedx_bom::external_models::date_time::DateTime;
use cyclonedx_bom::external_models::uri::Purl;
use cyclonedx_bom::models::bom::{Bom, SpecVersion, UrnUuid};
use cyclonedx_bom::models::component::{Classification, Component, Components, Scope};
use cyclonedx_bom::models::dependency::{Dependencies, Dependency};
use cyclonedx_bom::models::hash::{Hash, HashAlgorithm, HashValue, Hashes};
use cyclonedx_bom::models::license::{LicenseChoice, Licenses};
use cyclonedx_bom::models::metadata::Metadata;
use cyclonedx_bom::models::tool::{Tool, Tools};
use cyclonedx_bom::validation::Validate as _;

use super::linked::{Crate, Id, Linked, WebPackage};
use super::{Release, digest};

/// The bill of a binary, as JSON.
///
/// # Errors
/// It does not follow its format, which would be a bug.
pub fn text(release: &Release, linked: &Linked, sha256: &str) -> Result<Vec<u8>> {
    let components = components(linked)?;
    let made = jiff::Timestamp::from_second(release.made)?.to_string();
    let mut binary =
        component(Classification::Application, "quipu", &release.version, reference(&linked.root));
    binary.hashes = Some(sha(HashAlgorithm::SHA_256, sha256));
    binary.licenses = licence(Some("Apache-2.0"));
    let bom = Bom {
        spec_version: SpecVersion::V1_5,
        serial_number: Some(serial(sha256)?),
        metadata: Some(Metadata {
            timestamp: Some(DateTime::try_from(made).map_err(|error| anyhow!("{error}"))?),
            tools: Some(Tools::List(vec![Tool::new("Quipu", "cargo xtask dist", env!("CARGO_PKG_VERSION"))])),
            component: Some(binary),
            ..Metadata::default()
        }),
        components: Some(Components(components)),
        dependencies: Some(dependencies(linked)),
        ..Bom::default()
    };
    let checked = bom.validate_version(SpecVersion::V1_5);
    if !checked.passed() {
        bail!("the bill of materials is not valid: {checked:?}");
    }
    let mut text = Vec::new();
    bom.output_as_json(&mut text, SpecVersion::V1_5)?;
    text.push(b'\n');
    Ok(text)
}

fn components(linked: &Linked) -> Result<Vec<Component>> {
    let mut all = Vec::new();
    for (id, one) in linked.crates.iter().filter(|(id, _)| **id != linked.root) {
        let mut component = of_crate(id, one)?;
        let within = linked
            .bundled
            .iter()
            .filter(|(of, ..)| of == id)
            .map(|(_, name, version)| of_library(name, version));
        let within: Vec<Component> = within.collect::<Result<_>>()?;
        component.components = (!within.is_empty()).then_some(Components(within));
        all.push(component);
    }
    for package in &linked.web {
        all.push(of_web(package)?);
    }
    Ok(all)
}

fn of_crate(id: &Id, one: &Crate) -> Result<Component> {
    let mut component = component(Classification::Library, &id.0, &id.1, reference(id));
    component.scope = Some(if one.inside { Scope::Required } else { Scope::Excluded });
    component.licenses = licence(one.package.license.as_deref());
    component.hashes = one.checksum.as_deref().map(|sum| sha(HashAlgorithm::SHA_256, sum));
    // Ours is nowhere to be had by this name.
    if one.package.source.is_some() {
        component.purl = Some(Purl::new("cargo", &id.0, &id.1).context("the address of a crate")?);
    }
    Ok(component)
}

fn of_library(name: &str, version: &str) -> Result<Component> {
    let mut component = component(Classification::Library, name, version, format!("c:{name}@{version}"));
    component.purl = Some(Purl::new("generic", name, version).context("the address of a library")?);
    Ok(component)
}

fn of_web(package: &WebPackage) -> Result<Component> {
    let (name, version) = (&package.name, &package.version);
    let mut component = component(Classification::Library, name, version, format!("npm:{name}@{version}"));
    component.scope = Some(Scope::Required);
    component.licenses = licence(package.license.as_deref());
    component.hashes = package.sha512.as_deref().map(|sum| sha(HashAlgorithm::SHA_512, sum));
    // The library writes no scopes.
    // <https://github.com/package-url/purl-spec/blob/main/types-doc/npm-definition.md>
    let address = format!("pkg:npm/{}@{version}", name.replace('@', "%40"));
    component.purl = Purl::from_str(&address).ok();
    Ok(component)
}

fn component(kind: Classification, name: &str, version: &str, reference: String) -> Component {
    Component::new(kind, name, version, Some(reference))
}

/// Reference of a crate within the bill.
fn reference((name, version): &Id) -> String {
    format!("cargo:{name}@{version}")
}

/// Older crates write a slash where SPDX has `OR`.
fn licence(said: Option<&str>) -> Option<Licenses> {
    let expression = said?.replace(" / ", " OR ").replace('/', " OR ");
    Some(Licenses(vec![LicenseChoice::expression(&expression)]))
}

fn sha(alg: HashAlgorithm, content: &str) -> Hashes {
    Hashes(vec![Hash { alg, content: HashValue(content.to_owned()) }])
}

fn dependencies(linked: &Linked) -> Dependencies {
    let of = |(id, one): (&Id, &Crate)| Dependency {
        dependency_ref: reference(id),
        dependencies: one.uses.iter().map(reference).collect(),
    };
    Dependencies(linked.crates.iter().map(of).collect())
}

/// A serial number that the same binary gets again: 16 bytes of its digest as a UUID, version 8 (RFC 9562,
/// 5.8).
fn serial(sha256: &str) -> Result<UrnUuid> {
    let digits = digest(format!("quipu sbom {sha256}").as_bytes());
    let (a, b, c, d, e) = (&digits[..8], &digits[8..12], &digits[13..16], &digits[17..20], &digits[20..32]);
    UrnUuid::new(format!("urn:uuid:{a}-{b}-8{c}-8{d}-{e}")).map_err(|error| anyhow!("{error:?}"))
}
