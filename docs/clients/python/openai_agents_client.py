"""`openai_agents_client.py URL` lists a server's tools, then calls those that it reads from standard input.

A line is a tool's name and its arguments, such as `echo {"message": "hi"}`; an empty line lists the tools.
"""

import asyncio
import json
import sys

from agents.mcp import MCPServerSse, MCPServerStreamableHttp


def say(**what):
    print(json.dumps(what), flush=True)


async def main(url):
    connect = MCPServerSse if url.endswith("/sse") else MCPServerStreamableHttp
    # An agent gets it by Agent(…, mcp_servers=[server]).
    async with connect({"url": url}, client_session_timeout_seconds=60) as server:
        while line := await asyncio.to_thread(sys.stdin.readline):
            name, _, arguments = line.strip().partition(" ")
            try:
                if name == "":
                    say(tools=[tool.name for tool in await server.list_tools()])
                else:
                    result = await server.call_tool(name, json.loads(arguments))
                    say(text=result.content[0].text)
            except Exception as error:
                say(error=repr(error))


asyncio.run(main(sys.argv[1]))
