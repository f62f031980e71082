"""Clients of the official SDK that can be asked everything, and nothing, and what they were asked and told."""

from typing import Any

import mcp_types as types
from mcp.client import Client, ClientRequestContext

ROOTS = [types.Root(uri="file:///home/ada", name="home")]
PERSON = {"name": "Ada", "age": 36}


class Clients:
    """The clients of one run, on one server."""

    def __init__(self, url: str, mode: str) -> None:
        self.url = url
        self.mode = mode
        self.asked: list[str] = []
        self.logged: list[Any] = []
        self.able = Client(
            f"{url}/mcp",
            mode=mode,
            log_level="warning",
            client_info=types.Implementation(name="python-sdk-client", version="1.0.0"),
            elicitation_callback=self._elicit,
            sampling_callback=self._sample,
            list_roots_callback=self._list_roots,
            logging_callback=self._log,
        )
        # Shares its child with all of its kind.
        self.silent = Client(f"{url}/mcp", mode=mode)

    async def _elicit(
        self, _: ClientRequestContext, params: types.ElicitRequestParams
    ) -> types.ElicitResult:
        if isinstance(params, types.ElicitRequestURLParams):
            self.asked.append(f"url {params.url}")
            return types.ElicitResult(action="accept")
        self.asked.append(f"form {params.message}")
        return types.ElicitResult(action="accept", content=PERSON)

    async def _sample(
        self, _: ClientRequestContext, params: types.CreateMessageRequestParams
    ) -> types.CreateMessageResult:
        self.asked.append(f"sampling {params.max_tokens}")
        content = types.TextContent(type="text", text="Hello")
        return types.CreateMessageResult(
            role="assistant", model="test-model", content=content
        )

    async def _list_roots(self, _: ClientRequestContext) -> types.ListRootsResult:
        self.asked.append("roots")
        return types.ListRootsResult(roots=ROOTS)

    async def _log(self, params: types.LoggingMessageNotificationParams) -> None:
        self.logged.append([params.level, params.data, params.logger])
