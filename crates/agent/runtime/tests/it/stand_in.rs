//! Tests of backends that open in place of those of a preset.

use std::sync::Arc;

use quipu_adapter_quipu::Quipu as Adapter;
use quipu_backend_memory::Memory;
use quipu_core::{Adapters, Error, ErrorKind};
use quipu_runtime::{Basis, Builder, Open, Opened, Quipu, Tables};

use crate::house::Failing;

/// A build without the backends of any preset.
struct Small;

impl Tables for Small {
    const ENABLED: bool = true;
    type Estimator = Basis;

    fn estimator(basis: Basis) -> Basis {
        basis
    }

    fn adapters() -> Adapters {
        Adapters::new(vec![Arc::new(Adapter)])
    }

    fn is_optional(_: &str) -> bool {
        false
    }

    fn backends() -> Vec<(&'static str, Open)> {
        vec![
            ("failing", |_| Ok(Opened::Exporter(Arc::new(Failing)))),
            ("prometheus", |_| Err(Error::new(ErrorKind::Denied, "open backend", "the port is taken"))),
            ("memory", |_| Ok(Opened::Store(Arc::new(Memory::new())))),
        ]
    }
}

fn library() -> Builder<Small> {
    Quipu::<Small>::builder().detached().without_env().without_file().system_metrics(false)
}

/// Names of the backends of a library, and whether it has a store and a problem.
fn opened(builder: Builder<Small>) -> (Vec<String>, bool, bool) {
    let quipu = builder.init().unwrap();
    let status = quipu.status();
    let names = status.backends.iter().map(|backend| backend.name.clone()).collect();
    (names, quipu.store().is_some(), !status.problems.is_empty())
}

#[test]
fn the_build_has_a_backend_in_place_of_those_of_the_preset() {
    assert_eq!(opened(library()), (vec!["memory".to_owned()], true, false));
    assert_eq!(opened(library().development()).0, ["memory"]);
}

#[test]
fn a_backend_of_the_config_has_no_stand_in() {
    assert_eq!(opened(library().backend("failing:")), (vec!["failing".to_owned()], false, false));
    assert_eq!(opened(library().exporter(Arc::new(Failing))).0, ["failing"]);
    assert_eq!(opened(library().store(Arc::new(Memory::new()))).0, ["memory"]);
    let folder = tempfile::tempdir().unwrap();
    let builder = library().data_dir(folder.path());
    assert_eq!(opened(builder.variables([("QUIPU_BACKENDS", "failing:")])).0, ["failing"]);
    let (names, has_store, has_problem) = opened(library().without_backends());
    assert_eq!((names.len(), has_store, has_problem), (0, false, true));
}

#[test]
fn a_backend_that_fails_to_open_has_no_stand_in() {
    let quipu = library().backend("prometheus:").init().unwrap();
    let status = quipu.status();
    assert!(quipu.store().is_none(), "{status}");
    let error = status.backend("prometheus").unwrap().last_error.clone().unwrap();
    assert!(error.contains("the port is taken"), "{error}");
}
