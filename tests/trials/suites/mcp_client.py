"""Lists and calls every tool of the MCP server with the official Python client, 1.x or 2.x."""

import asyncio
import json
import sys

from mcp import ClientSession, StdioServerParameters
from mcp.client.stdio import stdio_client

URL, BINARY, TRACE = sys.argv[1:4]
ARGUMENTS = {
    "trace": {"id": TRACE},
    "compare": {"a": TRACE, "b": "status:error"},
    "query": {"from": "calls", "group_by": "model"},
}


def field(found, *names):
    """A field under the name of either major version of the client."""
    return next(getattr(found, name) for name in names if hasattr(found, name))


async def visit(session, version):
    listed = await session.list_tools()
    texts = {}
    for tool in listed.tools:
        answer = await session.call_tool(tool.name, ARGUMENTS.get(tool.name, {}))
        failed = field(answer, "isError", "is_error")
        texts[tool.name] = "error" if failed else answer.content[0].text
    return {"version": version, "tools": texts}


async def with_sessions(streams):
    async with ClientSession(streams[0], streams[1]) as session:
        hello = await session.initialize()
        return await visit(session, field(hello, "protocolVersion", "protocol_version"))


async def over_lines():
    server = StdioServerParameters(command=BINARY, args=["mcp", "--url", URL])
    async with stdio_client(server) as streams:
        return await with_sessions(streams)


async def over_http():
    try:
        from mcp import Client
    except ImportError:
        from mcp.client.streamable_http import streamablehttp_client

        async with streamablehttp_client(f"{URL}/mcp") as streams:
            return await with_sessions(streams)
    async with Client(f"{URL}/mcp") as client:
        return await visit(client, client.protocol_version)


async def main():
    print(json.dumps({"lines": await over_lines(), "http": await over_http()}))


asyncio.run(main())
