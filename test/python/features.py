"""One function for each feature of the protocol: it gives what a client has seen of it."""

import json
from collections.abc import Awaitable, Callable
from typing import Any

import anyio
import mcp_types as types
from clients import Clients
from mcp.client import Client
from mcp.shared.exceptions import MCPError

features: dict[str, Callable[[Clients], Awaitable[Any]]] = {}


def feature(function: Callable[[Clients], Awaitable[Any]]) -> None:
    features[function.__name__] = function


async def text(client: Client, tool: str, **arguments: Any) -> str:
    """The text of the first content block of a tool's result."""
    result = await client.call_tool(tool, arguments)
    return result.content[0].text


async def error_of(call: Awaitable[Any]) -> Any:
    try:
        return {"result": str(await call)}
    except MCPError as error:
        return {"code": error.error.code, "data": error.error.data}


async def names(list_page: Callable[..., Awaitable[Any]], member: str) -> list[str]:
    """The names on all pages of a list."""
    found: list[str] = []
    cursor = None
    while True:
        page = await list_page(cursor=cursor)
        found += [entry.name for entry in getattr(page, member)]
        cursor = page.next_cursor
        if cursor is None:
            return found


@feature
async def identity(clients: Clients) -> Any:
    client = clients.able
    if clients.mode != "auto":
        # A client that is told the revision asks nobody who the server is.
        return {"revision": client.protocol_version}
    server = client.server_info
    return {
        "revision": client.protocol_version,
        "server": server and [server.version, server.title],
        "subscribe": client.server_capabilities.resources.subscribe,
        "instructions": client.instructions,
    }


@feature
async def lists(clients: Clients) -> Any:
    client = clients.able
    return {
        "tools": await names(client.list_tools, "tools"),
        "resources": await names(client.list_resources, "resources"),
        "templates": await names(client.list_resource_templates, "resource_templates"),
        "prompts": await names(client.list_prompts, "prompts"),
    }


@feature
async def tools(clients: Clients) -> Any:
    content = await clients.able.call_tool("content")
    return {
        "echo": await text(clients.able, "echo", message="é, 漢, 🙂"),
        "content": [block.type for block in content.content],
    }


@feature
async def structured_output(clients: Clients) -> Any:
    # The client checks it by the schema that the list has brought.
    listed = await names(clients.able.list_tools, "tools")
    calls = {"add": {"a": 1, "b": 2}, "count": {"to": 3}}
    return {
        name: (await clients.able.call_tool(name, arguments)).structured_content
        for name, arguments in calls.items()
        if name in listed
    }


@feature
async def errors(clients: Clients) -> Any:
    client = clients.able
    failed = await client.call_tool("fail", {"message": "oh"})
    refuse = client.call_tool("refuse", {"code": 4242, "data": {"why": [1]}})
    return {
        "failed": [failed.is_error, failed.content[0].text],
        "unknown tool": (await error_of(client.call_tool("nobody")))["code"],
        "refused": await error_of(refuse),
        "unknown resource": await error_of(client.read_resource("nowhere:1")),
    }


@feature
async def resources(clients: Clients) -> Any:
    uris = ["fixture://text/1", "fixture://user/größe 漢", "fixture://pixel"]
    contents = [(await clients.able.read_resource(uri)).contents[0] for uri in uris]
    return [getattr(one, "text", one.mime_type) for one in contents]


@feature
async def prompts(clients: Clients) -> Any:
    arguments = {"name": "Ada", "style": "formal"}
    prompt = await clients.able.get_prompt("greet", arguments)
    return [message.content.text for message in prompt.messages]


@feature
async def completion(clients: Clients) -> Any:
    reference = types.PromptReference(name="greet")
    argument = {"name": "style", "value": "f"}
    return (await clients.able.complete(reference, argument)).completion.values


@feature
async def progress(clients: Clients) -> Any:
    steps: list[Any] = []

    async def note(*step: Any) -> None:
        steps.append(step)

    await clients.able.call_tool("progress", {"steps": 3}, progress_callback=note)
    return steps


@feature
async def cancellation(clients: Clients) -> Any:
    # A child that has been told to cancel something is nobody's for a while.
    url = f"{clients.url}-cancelled/mcp"
    name = f"python {clients.mode}"
    started = anyio.Event()

    async def note(*_: Any) -> None:
        started.set()

    async with Client(url, mode=clients.mode) as client:

        async def wait() -> None:
            await client.call_tool("wait", {"name": name}, progress_callback=note)

        async def waits() -> Any:
            return json.loads(await text(client, "waits"))

        async with anyio.create_task_group() as group:
            group.start_soon(wait)
            await started.wait()
            was_running = name in (await waits())["running"]
            group.cancel_scope.cancel()
        with anyio.fail_after(15):
            while name not in [one["name"] for one in (await waits())["cancellations"]]:
                await anyio.sleep(0.01)
        is_running = name in (await waits())["running"]
    return {"was running": was_running, "is running": is_running}


@feature
async def logging(clients: Clients) -> Any:
    for level in ["info", "warning", "error"]:
        await text(clients.able, "log", level=level, data=level, logger="l")
        await text(clients.silent, "log", level=level, data="unwanted", logger="l")
    return clients.logged


@feature
async def questions(clients: Clients) -> Any:
    able = clients.able
    answers = [
        await text(able, "elicit-form", message="Who?"),
        await text(able, "elicit-url", url="https://example.com/"),
        await text(able, "sample", prompt="Hi"),
        await text(able, "roots"),
    ]
    return {
        "asked": clients.asked.copy(),
        "answers": [json.loads(answer) for answer in answers],
    }


@feature
async def several_rounds(clients: Clients) -> Any:
    return json.loads(await text(clients.able, "interview"))


@feature
async def undeclared_question(clients: Clients) -> Any:
    return await error_of(clients.silent.call_tool("roots"))


@feature
async def subscriptions(clients: Clients) -> Any:
    client = clients.silent
    uri = "fixture://text/1"
    events: list[str] = []
    async with client.listen(
        tools_list_changed=True, resource_subscriptions=[uri]
    ) as subscription:
        await client.call_tool("change-lists")
        await client.call_tool("touch-resource", {"uri": uri})
        async for event in subscription:
            events.append(f"{type(event).__name__} {getattr(event, 'uri', '')}".strip())
            if len(events) == 2:
                break
    honored = subscription.honored.model_dump(by_alias=True, exclude_none=True)
    return {"honored": honored, "events": sorted(events)}


@feature
async def marked_parameters(clients: Clients) -> Any:
    arguments = {"region": "größe 漢", "where": {"zone": " b "}, "count": -7}
    seen = []
    for knows_list in [True, False]:
        async with Client(f"{clients.url}-marked/mcp", mode=clients.mode) as client:
            if knows_list:
                await names(client.list_tools, "tools")
            seen.append(json.loads(await text(client, "route", **arguments)))
    return [one == arguments for one in seen]
