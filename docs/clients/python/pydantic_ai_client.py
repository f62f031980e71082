"""`pydantic_ai_client.py URL` lists a server's tools, then calls those that it reads from standard input.

A line is a tool's name and its arguments, such as `echo {"message": "hi"}`; an empty line lists the tools.
"""

import json
import sys

import anyio
from pydantic_ai.mcp import MCPToolset


def say(**what):
    print(json.dumps(what), flush=True)


async def report(progress, total, message):
    say(progress=progress)


async def main(url):
    # An agent gets it by Agent(…, toolsets=[server]). A URL that ends with /sse is HTTP+SSE.
    async with MCPToolset(url, progress_handler=report) as server:
        async for line in anyio.wrap_file(sys.stdin):
            name, _, arguments = line.strip().partition(" ")
            try:
                if name == "":
                    say(tools=[tool.name for tool in await server.list_tools()])
                else:
                    result = await server.direct_call_tool(name, json.loads(arguments))
                    say(text=result)
            except Exception as error:
                say(error=repr(error))


anyio.run(main, sys.argv[1])
