"""`POST /v1/uploads`: an attachment streamed into the node, encrypted as it arrives."""

from gateway.api.call import Call
from gateway.api.replies import Reply, json_reply
from gateway.api.views import UploadView
from gateway.exchange.uploads import UploadSession

_CREATED = 201


async def upload(call: Call) -> Reply:
    """Take an attachment. Whatever ends it early, what had arrived is dropped.

    Raises:
        TooLarge, SlowRequest, ClientGone: the body is too large, stands still, or breaks off.
    """
    session = UploadSession(call.node, call.client.client_id)
    try:
        async for chunk in call.chunks():
            session.write(chunk)
        row = await session.finish()
    except BaseException:
        session.abandon()
        raise
    return json_reply(UploadView(row.upload_id, row.size, row.digest), _CREATED)
