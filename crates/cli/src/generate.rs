//! `quipu generate`: configuration files with which other programs use Quipu.

use std::fs;
use std::io::Write as _;
use std::path::Path;

use anyhow::{Context, Result};
use quipu_provision::{File, ProvisionConfig, Thresholds, Tracing, grafana, prometheus};

use crate::args::{ClickhouseTables, GenerateWhat, Provision, TracesIn};

/// Writes the files, or prints them.
pub fn run(what: &GenerateWhat) -> Result<()> {
    let (provision, files) = match what {
        GenerateWhat::Prometheus(said) => (said, prometheus::files(&settings(said))),
        GenerateWhat::Grafana(said) => (said, grafana::files(&settings(said))),
        GenerateWhat::Clickhouse(said) => return clickhouse(said),
    };
    match &provision.out {
        Some(folder) => files.iter().try_for_each(|file| write(folder, file)),
        None => print(&files),
    }
}

/// Prints the statements, each with a semicolon, as `clickhouse-client --multiquery` reads them.
fn clickhouse(said: &ClickhouseTables) -> Result<()> {
    let statements = quipu::store_statements("clickhouse", &said.database, said.cluster.as_deref())?;
    let mut out = std::io::stdout().lock();
    statements.iter().try_for_each(|statement| writeln!(out, "{statement};\n"))?;
    Ok(())
}

fn settings(said: &Provision) -> ProvisionConfig {
    let ProvisionConfig {
        targets,
        scrape_seconds,
        prometheus_url,
        tracing_url,
        dashboards_folder,
        thresholds,
        ..
    } = ProvisionConfig::default();
    let or = |said: &Option<String>, otherwise: String| said.clone().unwrap_or(otherwise);
    ProvisionConfig {
        targets: if said.targets.is_empty() { targets } else { said.targets.clone() },
        key_file: said.scrape_key_file.clone(),
        tls: said.tls,
        ca_file: said.scrape_ca_file.clone(),
        scrape_seconds: said.scrape_seconds.unwrap_or(scrape_seconds),
        alertmanager: said.alertmanager.clone(),
        prometheus_url: or(&said.prometheus_url, prometheus_url),
        tracing: match said.tracing {
            TracesIn::Jaeger => Tracing::Jaeger,
            TracesIn::Tempo => Tracing::Tempo,
        },
        tracing_url: or(&said.tracing_url, tracing_url),
        dashboards_folder: or(&said.dashboards_folder, dashboards_folder),
        thresholds: Thresholds {
            error_ratio: said.error_ratio.unwrap_or(thresholds.error_ratio),
            coverage: said.coverage.unwrap_or(thresholds.coverage),
            quota_errors: said.quota_errors.unwrap_or(thresholds.quota_errors),
            guardrail_triggers: said.guardrail_triggers.unwrap_or(thresholds.guardrail_triggers),
            slow_seconds: said.slow_seconds.unwrap_or(thresholds.slow_seconds),
            load: said.load.unwrap_or(thresholds.load),
        },
    }
}

fn write(folder: &Path, file: &File) -> Result<()> {
    let path = folder.join(&file.path);
    let within = path.parent().unwrap_or(folder);
    fs::create_dir_all(within).with_context(|| format!("cannot make {}", within.display()))?;
    fs::write(&path, &file.text).with_context(|| format!("cannot write {}", path.display()))?;
    Ok(writeln!(std::io::stdout(), "{}", path.display())?)
}

fn print(files: &[File]) -> Result<()> {
    let mut out = std::io::stdout().lock();
    for File { path, text } in files {
        writeln!(out, "# {path}\n{text}")?;
    }
    Ok(())
}
