// Lists and calls every tool of the MCP server with the official TypeScript client, over lines and over HTTP.

import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';

const [url, binary, trace] = process.argv.slice(2);
const given = {
  trace: { id: trace },
  compare: { a: trace, b: 'status:error' },
  query: { from: 'calls', group_by: 'model' },
};

async function visit(transport) {
  // The transport keeps the version that was negotiated for its own headers.
  let version;
  const set = transport.setProtocolVersion?.bind(transport);
  transport.setProtocolVersion = (value) => {
    version = value;
    set?.(value);
  };
  const client = new Client({ name: 'suite', version: '1' });
  await client.connect(transport);
  const tools = {};
  for (const { name } of (await client.listTools()).tools) {
    const answer = await client.callTool({ name, arguments: given[name] ?? {} });
    tools[name] = answer.isError ? 'error' : answer.content[0].text;
  }
  await client.close();
  return { version, tools };
}

const lines = await visit(new StdioClientTransport({ command: binary, args: ['mcp', '--url', url] }));
const http = await visit(new StreamableHTTPClientTransport(new URL(`${url}/mcp`)));
console.log(JSON.stringify({ lines, http }));
