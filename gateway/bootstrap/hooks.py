"""The secrets of webhooks, read when a node starts and by `kelisim check-config`."""

from pathlib import Path

from gateway.errors import ConfigError
from gateway.settings import Settings
from gateway.wire.hooks import HttpHookTransport
from keys.errors import KeysError
from keys.webhooks import WebhookSecret


def read_hook_secrets(folder: Path, settings: Settings) -> dict[str, WebhookSecret]:
    """The webhook secret of every client that has webhooks; raises `ConfigError` naming the client."""
    secrets = {}
    for name, client in settings.clients.items():
        if client.webhooks is None:
            continue
        try:
            secrets[name] = WebhookSecret.read(folder / client.webhooks.secret)
        except KeysError as error:
            raise ConfigError(f"clients.{name}.webhooks.secret: {error}") from error
    return secrets


def check_hooks(folder: Path, settings: Settings) -> str:
    """Check secrets and certificate authorities; returns what was found. Raises `ConfigError`."""
    secrets = read_hook_secrets(folder, settings)
    HttpHookTransport(settings.webhooks, folder)
    if settings.webhooks.loopback_http or settings.webhooks.allowed_networks:
        networks = ", ".join(map(str, settings.webhooks.allowed_networks)) or "none"
        return f"{len(secrets)} client(s); addresses allowed although not public: {networks}"
    return f"{len(secrets)} client(s), public addresses only"
