"""The courier: signed, thin, at least once, with an end, and never about what a client may not know of."""

import asyncio
import base64
import json
import shutil
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from gateway.bootstrap.checking import check
from gateway.bootstrap.serving import serve
from gateway.errors import ConfigError
from gateway.exchange.firing import fire_due
from gateway.ports.hooks import HookFailed, HookGone
from gateway.settings import Settings, load_settings
from gateway.worker.courier import Courier
from keys.webhooks import WebhookSecret
from policies.loading import load_packs
from tests.support.agreements import DAY_S, to_execute_in
from tests.support.exchanges import delivered, first_item
from tests.support.node_fixture import LiveNode, Town, moved
from tests.support.world import CLIENT, World, make_world

pytestmark = pytest.mark.anyio

SECRET = "whsec_" + base64.b64encode(bytes(range(32))).decode()
URL = "https://hooks.example/in"


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module")
def founded(tmp_path_factory: pytest.TempPathFactory) -> World:
    return make_world(tmp_path_factory.mktemp("world"))


@pytest.fixture
def world(founded: World, tmp_path: Path) -> World:
    shutil.copytree(founded.folder, tmp_path / "world")
    return moved(founded, tmp_path / "world")


def configure(folder: Path, *, clearance: str = "confidential", more: str = "", secret: str = SECRET) -> None:
    """Give the client webhooks, in the node's own file."""
    file = folder / "kelisim.toml"
    text = file.read_text().replace('clearance = "confidential"', f'clearance = "{clearance}"')
    hook = folder / "secrets" / "hook"
    hook.write_text(secret)
    hook.chmod(0o600)
    file.write_text(
        f'{text}\n[webhooks]\nallowed_origins = ["https://hooks.example"]\ngive_up_after_s = 3600\n'
        f'[clients.{CLIENT}.webhooks]\nurl = "{URL}"\nsecret = "secrets/hook"\n{more}\n'
    )


class Receiver:
    """A `HookTransport` that keeps what it takes; `fails` says what goes wrong before that."""

    def __init__(self) -> None:
        self.taken: list[tuple[dict[str, str], bytes]] = []
        self.tries: list[str] = []
        self.fails: list[Exception] = []
        self.down = False

    async def post(self, url: str, headers: Mapping[str, str], body: bytes) -> None:
        assert url == URL
        self.tries.append(headers["webhook-id"])
        if self.down:
            raise HookFailed("down")
        if self.fails:
            raise self.fails.pop(0)
        self.taken.append((dict(headers), body))

    @property
    def types(self) -> list[str]:
        return [json.loads(body)["type"] for _, body in self.taken]


class Post:
    """A courier at work beside a live node."""

    def __init__(self, node: LiveNode) -> None:
        self.receiver = Receiver()
        self.courier = Courier(node.node, self.receiver, {CLIENT: WebhookSecret(SECRET)})
        self._node = node
        node.node.journal.committed = self._committed
        self._running = asyncio.ensure_future(self.courier.run())

    def _committed(self) -> None:
        self._node.dispatcher.wake()
        self.courier.wake()

    async def rest(self) -> None:
        for _ in range(6):
            await asyncio.sleep(0.004)

    async def stop(self) -> None:
        await self.courier.stop()
        self._running.cancel()
        await asyncio.gather(self._running, return_exceptions=True)


@pytest.fixture
async def town(world: World, tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[Town]:
    configure(world["ru/mia"].folder, **getattr(request, "param", {}))
    async with Town(world, to_execute_in(tmp_path, 5)) as live:
        yield live


@pytest.fixture
async def post(town: Town) -> AsyncIterator[Post]:
    made = Post(town["ru/mia"])
    yield made
    await made.stop()


async def test_a_message_that_came_is_told_signed_and_thin(town: Town, post: Post) -> None:
    ru = town["ru/mia"]
    sent = await delivered(town["kz/mia"])
    await post.rest()
    assert sorted(post.receiver.types) == ["case.changed", "message.received"]
    for headers, body in post.receiver.taken:
        WebhookSecret(SECRET).verify(headers, body, ru.clock.now_ms() // 1000)
        assert set(json.loads(body)) == {"type", "timestamp", "data"}
    told = {json.loads(body)["type"]: json.loads(body)["data"] for _, body in post.receiver.taken}
    item = await first_item(ru)
    assert told["message.received"] == {"case": sent["case"], "message": sent["message"], "item": item}
    assert told["case.changed"] == {"case": sent["case"], "message": sent["message"]}
    logged = ru.events("webhook.delivered")
    assert {(one["client"], one["act"], one["attempts"]) for one in logged} == {
        (CLIENT, "message.received", 1),
        (CLIENT, "case.changed", 1),
    }


@pytest.mark.parametrize("town", [{"more": 'events = ["clock.overdue"]'}], indirect=True)
async def test_a_fired_clock_is_told_to_whom_asked_for_it(town: Town, post: Post) -> None:
    ru = town["ru/mia"]
    sent = await delivered(town["kz/mia"])
    await ru.clock.advance(5 * DAY_S)
    assert await fire_due(ru.node) == 1
    await post.rest()
    assert post.receiver.types == ["clock.overdue"]
    [notice] = ru.node.store.notices(0, 9)
    [(_, body)] = post.receiver.taken
    assert json.loads(body)["data"] == {"case": sent["case"], "notice": notice.notice.notice_id}


@pytest.mark.parametrize("town", [{"clearance": "open"}], indirect=True)
async def test_nothing_is_told_about_a_case_above_the_clients_clearance(town: Town, post: Post) -> None:
    ru = town["ru/mia"]
    await delivered(town["kz/mia"])
    await ru.clock.advance(5 * DAY_S)
    await fire_due(ru.node)
    await post.rest()
    assert post.receiver.tries == []
    # The clock's webhook was written before anybody looked at the case; it ends here and tells nobody.
    assert {one["reason"] for one in ru.events("webhook.failed")} <= {"not_cleared"}
    assert ru.node.store.hooked_clients() == []


async def test_what_is_not_taken_is_tried_again_with_the_same_id_and_body(town: Town, post: Post) -> None:
    ru = town["ru/mia"]
    post.receiver.fails = [HookFailed("503")] * 3
    await delivered(town["kz/mia"])
    await post.rest()
    for _ in range(40):
        await ru.clock.advance(30)
    assert sorted(post.receiver.types) == ["case.changed", "message.received"]
    assert len(set(post.receiver.tries)) == 2
    assert len(post.receiver.tries) == 5
    assert sum(int(one["attempts"]) for one in ru.events("webhook.delivered")) == 5


async def test_one_that_is_never_taken_does_not_hold_up_the_others(town: Town, post: Post) -> None:
    ru = town["ru/mia"]
    post.receiver.fails = [HookFailed("400")]
    await delivered(town["kz/mia"])
    await post.rest()
    assert len(post.receiver.taken) == 1
    assert len(ru.node.store.waiting_webhooks(CLIENT, 9)) == 1


async def test_the_tries_end_and_the_log_says_so(town: Town, post: Post) -> None:
    ru = town["ru/mia"]
    post.receiver.down = True
    await delivered(town["kz/mia"])
    for _ in range(125):
        await ru.clock.advance(30)
    await post.rest()
    assert ru.node.store.hooked_clients() == []
    failed = ru.events("webhook.failed")
    assert [one["reason"] for one in failed] == ["expired", "expired"]
    assert 2 <= len(post.receiver.tries) < 60


async def test_gone_ends_it_at_once(town: Town, post: Post) -> None:
    ru = town["ru/mia"]
    post.receiver.fails = [HookGone("410"), HookGone("410")]
    await delivered(town["kz/mia"])
    await post.rest()
    assert [one["reason"] for one in ru.events("webhook.failed")] == ["gone", "gone"]
    assert ru.node.store.hooked_clients() == []


async def test_what_waits_survives_a_restart(town: Town, world: World, tmp_path: Path) -> None:
    ru = town["ru/mia"]
    await delivered(town["kz/mia"])
    waiting = ru.node.store.waiting_webhooks(CLIENT, 9)
    assert len(waiting) == 2
    first, second = Post(ru), Post(ru)
    await first.stop()
    await second.rest()
    await second.stop()
    taken = {headers["webhook-id"]: body for headers, body in second.receiver.taken}
    assert {row.webhook_id: row.payload for row in waiting}.items() >= taken.items()
    assert len(first.receiver.taken) + len(second.receiver.taken) >= 2


async def test_webhooks_of_a_client_that_has_none_any_more_end(town: Town) -> None:
    ru = town["ru/mia"]
    await delivered(town["kz/mia"])
    post = Post(ru)
    post.courier._secrets = {}
    await post.rest()
    await post.stop()
    assert post.receiver.tries == []
    assert {one["reason"] for one in ru.events("webhook.failed")} == {"not_configured"}


async def test_the_evidence_of_a_clients_own_message_is_told_to_it(world: World, tmp_path: Path) -> None:
    configure(world["kz/mia"].folder, more='events = ["evidence.received"]')
    async with Town(world, load_packs()) as live:
        kz = live["kz/mia"]
        post = Post(kz)
        sent = await delivered(kz)
        await post.rest()
        await post.stop()
        assert set(post.receiver.types) == {"evidence.received"}
        datas = [json.loads(body)["data"] for _, body in post.receiver.taken]
        assert {one["message"] for one in datas} == {sent["message"]}


# Configuration


def test_a_missing_or_exposed_secret_is_found_before_the_start(world: World) -> None:
    folder = world["ru/mia"].folder
    configure(folder)
    assert [one.text for one in check(folder) if one.text.startswith("webhooks")] == [
        "webhooks: 1 client(s), public addresses only"
    ]
    hook = folder / "secrets" / "hook"
    hook.chmod(0o644)
    for _ in range(2):
        [finding] = [one for one in check(folder) if not one.ok]
        assert finding.text.startswith(f"webhooks: clients.{CLIENT}.webhooks.secret: hook ")
        with pytest.raises(ConfigError, match=rf"clients\.{CLIENT}\.webhooks\.secret"):
            asyncio.run(serve(folder))
        hook.unlink(missing_ok=True)
    hook.write_text("whsec_short")
    hook.chmod(0o600)
    assert not all(one.ok for one in check(folder))


def settings(world: World, url: str, origins: list[str], **webhooks: Any) -> Settings:
    base = load_settings(world["kz/mia"].folder).model_dump(mode="json")
    base["webhooks"] = {"allowed_origins": origins} | webhooks
    base["clients"][CLIENT]["webhooks"] = {"url": url, "secret": "s"}
    return Settings.model_validate(base)


@pytest.mark.parametrize(
    ("url", "origins"),
    [
        (URL, []),
        (URL, ["https://hooks.example:8443"]),
        (URL, ["https://example"]),
        (URL, ["http://hooks.example"]),
        (URL, ["https://*.example"]),
        (URL, ["https://hooks.example/in"]),
        ("https://hooks.example.evil/in", ["https://hooks.example"]),
        ("https://hooks.example@evil/in", ["https://hooks.example"]),
        ("https://user:pass@hooks.example/in", ["https://hooks.example"]),
        ("https://hooks.example/in#x", ["https://hooks.example"]),
        ("http://127.0.0.1:80/in", ["http://127.0.0.1"]),
        ("file:///etc/passwd", ["https://hooks.example"]),
        ("https://hooks.exämple/in", ["https://hooks.exämple"]),
    ],
)
def test_a_target_outside_the_allowed_origins_is_refused_by_the_settings(
    world: World, url: str, origins: list[str]
) -> None:
    with pytest.raises(ValueError, match=r"allowed_origins|https|origin|must not"):
        settings(world, url, origins)


def test_an_allowed_target_is_taken(world: World) -> None:
    assert settings(world, URL, ["https://hooks.example:443"]).clients[CLIENT].webhooks is not None
    local = settings(world, "http://127.0.0.1:8080/x", ["http://127.0.0.1:8080"], loopback_http=True)
    assert local.webhooks.loopback_http
