//! The commands of the guide run, over a folder and a server with a few traces.

use std::path::Path;
use std::process::{Command, Output};

use crate::server::{Server, export};

/// Pages whose commands run as they are written.
const RUN: [&str; 5] = ["sql.md", "terminal.md", "mcp.md", "query-language.md", "benchmark.md"];

/// A page of the guide.
fn page(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/guide").join(name);
    std::fs::read_to_string(path).unwrap()
}

/// Commands of `quipu` in the shell examples of a page. A quoted text may have several lines.
fn commands(page: &str) -> Vec<String> {
    let (mut found, mut within, mut open) = (Vec::<String>::new(), false, false);
    for line in page.lines() {
        if line.starts_with("```") {
            within = line == "```sh";
        } else if within && open {
            let last = found.last_mut().unwrap();
            last.push('\n');
            last.push_str(line);
            open = last.matches('\'').count() % 2 == 1;
        } else if within && line.starts_with("quipu ") {
            open = line.matches('\'').count() % 2 == 1;
            found.push(line.to_owned());
        }
    }
    found
}

/// The command as a test can run it: it ends, and needs no other program.
fn runnable(command: &str, url: &str, data: &Path) -> Option<String> {
    // The suite `grafana` runs this one with Prometheus.
    if command.starts_with("quipu grafana-check") {
        return None;
    }
    let mut command = command.replace("http://127.0.0.1:8080", url);
    // A server owns the folder meanwhile.
    if command.starts_with("quipu import") {
        command.push_str(&format!(" --url {url}"));
    }
    let store = format!("--seconds 1 --json --data-dir {}", data.display());
    let short = command.replace(" --follow", "").replace("--seconds 20", "--seconds 1");
    Some(short.replace("--json --data-dir ./data", &store))
}

fn run_in(folder: &Path, data: &Path, command: &str) -> Output {
    let script = format!("\"$0\" {}", command.trim_start_matches("quipu "));
    let mut shell = Command::new("sh");
    shell.args(["-c", &script, env!("CARGO_BIN_EXE_quipu")]).current_dir(folder);
    shell.env("HOME", folder).env_remove("QUIPU_URL").env_remove("QUIPU_DATA_DIR");
    if !command.contains("--url") && !command.contains("--data-dir") {
        shell.env("QUIPU_DATA_DIR", data);
    }
    shell.output().unwrap()
}

#[test]
fn the_commands_of_the_guide_run() {
    let folder = tempfile::tempdir().unwrap();
    let (data, here) = (folder.path().join("store"), folder.path().join("here"));
    std::fs::create_dir_all(&here).unwrap();
    let server = Server::start(&data);
    for trace in [7, 8] {
        assert_eq!(server.post_json(&export(trace)).0, 200);
    }
    let mut count = 0;
    for name in RUN {
        for written in commands(&page(name)) {
            let Some(command) = runnable(&written, server.url("http"), &data) else { continue };
            let output = run_in(&here, &data, &command);
            let error = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "{name}: {written}: {error}");
            count += 1;
        }
    }
    assert!(count > 25, "{count}");
}

#[test]
fn the_page_of_commands_names_commands_and_flags_that_exist() {
    let page = page("commands.md");
    let cells = page.lines().filter(|line| line.starts_with("| `quipu ")).flat_map(|line| line.split('`'));
    let mut count = 0;
    for cell in cells.filter(|cell| cell.starts_with("quipu ")) {
        // The program's own words, and of several the first.
        let words = cell.replace("\\|", "|");
        let words = words.split(" -- ").next().unwrap().split_whitespace().skip(1);
        let words: Vec<&str> = words
            .filter(|word| !word.contains(['[', ']']))
            .map(|word| word.split('|').next().unwrap())
            .collect();
        let script = format!("exec \"$0\" {} --help", words.join(" "));
        let output = Command::new("sh").args(["-c", &script, env!("CARGO_BIN_EXE_quipu")]).output().unwrap();
        assert!(output.status.success(), "{cell}: {}", String::from_utf8_lossy(&output.stderr));
        count += 1;
    }
    assert!(count > 35, "{count}");
}
