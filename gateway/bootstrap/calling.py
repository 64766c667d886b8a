"""Calling the node of a folder on its own API, for admins' commands."""

import http.client
import json
import ssl
from pathlib import Path
from typing import Any

from gateway.errors import GatewayError
from gateway.settings import Settings

TIMEOUT_S = 30


class CallFailed(GatewayError):
    """The node did not take the call; the text is its own explanation."""


def post(folder: Path, settings: Settings, path: str, body: bytes, media_type: str) -> dict[str, Any]:
    """POST to the running node over TLS, trusting the folder's own certificate authority only.

    Raises:
        CallFailed: the node does not run, or refuses.
    """
    context = ssl.create_default_context(cafile=str(folder / "tls" / "ca.crt"))
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    section = settings.api
    connection = http.client.HTTPSConnection(section.host, section.port, timeout=TIMEOUT_S, context=context)
    try:
        connection.request("POST", path, body, {"content-type": media_type})
        response = connection.getresponse()
        answer = json.loads(response.read() or b"{}")
    except (OSError, ValueError) as error:
        raise CallFailed(f"the node at {section.host}:{section.port} does not answer: {error}") from error
    finally:
        connection.close()
    if response.status >= http.client.BAD_REQUEST:
        raise CallFailed(_explained(answer))
    return dict(answer)


def _explained(problem: dict[str, Any]) -> str:
    lines = [f"{problem.get('title', 'refused')}: {problem.get('detail', '')}".rstrip(": ")]
    lines += [f"  {one.get('pointer', '')}: {one.get('detail', '')}" for one in problem.get("problems", [])]
    return "\n".join(lines)
