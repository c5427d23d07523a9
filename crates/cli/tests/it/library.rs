//! A server on the data folder of a library in another process.

use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;

use crate::server::{Server, wait_for};

fn library(folder: &TempDir) -> quipu::Quipu {
    let builder = quipu::builder().detached().without_env().without_file().system_metrics(false);
    builder.data_dir(folder.path()).delay(Duration::from_millis(20)).init().unwrap()
}

fn call(quipu: &quipu::Quipu) {
    let agent = quipu.context().agent("planner");
    agent.llm("openai", "gpt-5").usage((1_000, 100)).end();
    drop(agent);
    quipu.flush(Duration::from_secs(10)).unwrap();
}

fn until_calls(server: &Server, expected: u64) -> Value {
    wait_for("a call in the server", || {
        let usage = server.get("/api/v1/usage");
        (usage["total"]["llm_calls"].as_u64() == Some(expected)).then_some(usage)
    })
}

#[test]
fn a_server_shows_the_library_of_its_folder_whoever_starts_first() {
    let folder = TempDir::new().unwrap();
    let quipu = library(&folder);
    call(&quipu);
    let server = Server::start(folder.path());
    until_calls(&server, 1);
    call(&quipu);
    until_calls(&server, 2);
    let second = library(&folder);
    call(&second);
    let usage = until_calls(&server, 3);
    assert_eq!(usage["total"]["cost_usd"], "0.00675", "{usage}");
    drop(server);
    // The library takes the store back.
    call(&quipu);
    wait_for("the store of the library", || {
        let usage = crate::server::run(&["usage", "--json", "--data-dir", folder.path().to_str().unwrap()]).1;
        let usage: Value = serde_json::from_str(&usage).ok()?;
        (usage["total"]["llm_calls"] == 4).then_some(())
    });
}
