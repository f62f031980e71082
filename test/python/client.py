"""Runs the official SDK's client against a server: `client.py URL MODE [listen | sse]`.

URL is the server's, without `/mcp`. Prints one line of JSON for each feature: its name and what was seen of it, or
the exception. With `listen` it prints `listening` once it listens for changes, and how that ended; with `sse` it calls
one tool over HTTP+SSE.
"""

import json
import sys
import traceback
from typing import Any

import anyio
from clients import Clients
from features import features
from mcp.client import Client
from mcp.client.sse import sse_client


def say(feature: str, seen: Any) -> None:
    print(json.dumps({"feature": feature, "seen": seen}), flush=True)


async def run_features(url: str, mode: str) -> None:
    clients = Clients(url, mode)
    async with clients.able, clients.silent:
        for name, feature in features.items():
            try:
                say(name, await feature(clients))
            except Exception:
                say(name, {"exception": traceback.format_exc()})


async def listen(url: str, mode: str) -> None:
    async with Client(f"{url}/mcp", mode=mode) as client:
        async with client.listen(tools_list_changed=True) as subscription:
            say("listening", True)
            async for event in subscription:
                say("event", str(event))
        say("ended", "in good order")


async def call_over_sse(url: str, mode: str) -> None:
    async with Client(sse_client(f"{url}/sse"), mode=mode) as client:
        result = await client.call_tool("echo", {"message": "hello"})
        say("called", result.content[0].text)


runs = {"listen": listen, "sse": call_over_sse}


async def main() -> None:
    url, mode, *what = sys.argv[1:]
    try:
        await runs.get("".join(what), run_features)(url, mode)
    except Exception as error:
        while hasattr(error, "exceptions"):
            error = error.exceptions[0]
        say("failed", f"{type(error).__name__}: {error}")


anyio.run(main)
