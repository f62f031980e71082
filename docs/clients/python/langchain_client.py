"""`langchain_client.py URL` lists a server's tools, then calls those that it reads from standard input.

A line is a tool's name and its arguments, such as `echo {"message": "hi"}`; an empty line lists the tools.
"""

import json
import sys

import anyio
from langchain_mcp_adapters.callbacks import Callbacks
from langchain_mcp_adapters.client import MultiServerMCPClient


def say(**what):
    print(json.dumps(what), flush=True)


async def report(progress, total, message, context):
    say(progress=progress)


async def main(url):
    transport = "sse" if url.endswith("/sse") else "streamable_http"
    # Opens a session for each list and each call.
    client = MultiServerMCPClient(
        {"everything": {"transport": transport, "url": url}},
        callbacks=Callbacks(on_progress=report),
    )
    # What an agent is given.
    tools = {tool.name: tool for tool in await client.get_tools()}
    async for line in anyio.wrap_file(sys.stdin):
        name, _, arguments = line.strip().partition(" ")
        try:
            if name == "":
                say(tools=[tool.name for tool in await client.get_tools()])
            else:
                content = await tools[name].ainvoke(json.loads(arguments))
                say(text=content[0]["text"])
        except Exception as error:
            say(error=repr(error))


anyio.run(main, sys.argv[1])
