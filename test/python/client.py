"""Runs the official SDK's client against a server: `client.py URL MODE [listen]`.

URL is the server's, without `/mcp`. Prints one line of JSON for each feature: its name and what was seen of it, or
the exception. With `listen` it prints `listening` once it listens for changes, and how that ended.
"""

import json
import sys
import traceback
from typing import Any

import anyio
from clients import Clients
from features import features
from mcp.client import Client


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


async def main() -> None:
    url, mode, *what = sys.argv[1:]
    try:
        await (listen if what == ["listen"] else run_features)(url, mode)
    except Exception as error:
        while hasattr(error, "exceptions"):
            error = error.exceptions[0]
        say("failed", f"{type(error).__name__}: {error}")


anyio.run(main)
