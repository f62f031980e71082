"""`sdk_1.py URL` lists a server's tools, then calls those that it reads from standard input.

A line is a tool's name and its arguments, such as `echo {"message": "hi"}`; an empty line lists the tools.
"""

import json
import sys

import anyio
from mcp import ClientSession
from mcp.client.sse import sse_client
from mcp.client.streamable_http import streamablehttp_client


def say(**what):
    print(json.dumps(what), flush=True)


async def report(progress, total, message):
    say(progress=progress)


async def main(url):
    connect = sse_client if url.endswith("/sse") else streamablehttp_client
    async with connect(url) as (read, write, *_), ClientSession(read, write) as session:
        await session.initialize()
        async for line in anyio.wrap_file(sys.stdin):
            name, _, arguments = line.strip().partition(" ")
            try:
                if name == "":
                    tools = (await session.list_tools()).tools
                    say(tools=[tool.name for tool in tools])
                else:
                    result = await session.call_tool(
                        name, json.loads(arguments), progress_callback=report
                    )
                    say(text=result.content[0].text)
            except Exception as error:
                say(error=repr(error))


anyio.run(main, sys.argv[1])
