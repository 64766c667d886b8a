import msgspec, pytest
from tests.support import drafts
from keys import b64
from keys.signatures import official_sign
pytestmark = pytest.mark.anyio

async def test_smoke(kz, ru):
    r = await kz.post("/v1/messages:prepare", json=msgspec.to_builtins(drafts.request()))
    print(r.status_code, r.text[:300])
    p = r.json()
    sig = official_sign(kz.member.head, b64.decode(p["manifest"]))
    r = await kz.submit({"manifest": p["manifest"], "body": p["body"], "official_signature": sig, "uploads": {}}, headers={"prefer": "wait=5"})
    print(r.status_code, r.text, r.headers)
    r = await ru.get("/v1/inbox"); print(r.text)
    item = r.json()["items"][0]["id"]
    r = await ru.post(f"/v1/inbox/{item}:collect", json={"purpose": "crime-solving"}); print(r.status_code, r.text)
    r = await kz.get(f"/v1/messages/{p['message']}"); print(r.text[:500])
    r = await kz.get("/v1/openapi.json", None); print(r.text[:200])
    r = await ru.get("/v1/agreements"); print(r.text[:200])
    r = await ru.get(f"/v1/cases/{kz.node.store.message('out', p['message']).case_id}") if False else None
