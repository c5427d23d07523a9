//! Lists and calls every tool of the MCP server with the official Rust client, over lines and over HTTP.

use std::error::Error;

use rmcp::model::CallToolRequestParams;
use rmcp::service::RunningService;
use rmcp::transport::{ConfigureCommandExt, StreamableHttpClientTransport, TokioChildProcess};
use rmcp::{RoleClient, ServiceExt};
use serde_json::{Map, Value, json};
use tokio::process::Command;

type Found = Result<Value, Box<dyn Error>>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [url, binary, trace] = words.as_slice() else { return Err("expected URL BINARY TRACE".into()) };
    let lines = TokioChildProcess::new(Command::new(binary).configure(|command| {
        command.args(["mcp", "--url", url]);
    }))?;
    let lines = visit(().serve(lines).await?, trace).await?;
    let http = StreamableHttpClientTransport::from_uri(format!("{url}/mcp"));
    let http = visit(().serve(http).await?, trace).await?;
    println!("{}", json!({"lines": lines, "http": http}));
    Ok(())
}

async fn visit(client: RunningService<RoleClient, ()>, trace: &str) -> Found {
    let version = client.peer_info().map(|info| json!(info.protocol_version)).unwrap_or_default();
    let mut tools = Map::new();
    for tool in client.list_all_tools().await? {
        let arguments = match tool.name.as_ref() {
            "trace" => json!({"id": trace}),
            "compare" => json!({"a": trace, "b": "status:error"}),
            "query" => json!({"from": "calls", "group_by": "model"}),
            _ => json!({}),
        };
        let arguments = arguments.as_object().cloned().unwrap_or_default();
        let asked = CallToolRequestParams::new(tool.name.clone()).with_arguments(arguments);
        let answer = serde_json::to_value(client.call_tool(asked).await?)?;
        let failed = answer["isError"] == true;
        let text = if failed { json!("error") } else { answer["content"][0]["text"].clone() };
        tools.insert(tool.name.to_string(), text);
    }
    client.cancel().await?;
    Ok(json!({"version": version, "tools": tools}))
}
