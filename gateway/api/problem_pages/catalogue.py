"""Every problem the API answers with. docs/problems/ and the pages under `/problems/` are printed from it."""

from msgspec import Struct


class ProblemType(Struct, frozen=True):
    """One problem type.

    Args:
        name: the last segment of its `type`.
        status: the HTTP status it comes with.
        title: the same for every occurrence.
        meaning: what has happened, and what has not.
        remedy: what a client can do.
        retry: whether the same request may succeed later, unchanged.
    """

    name: str
    status: int
    title: str
    meaning: str
    remedy: str
    retry: bool = False


_ALL = (
    ProblemType(
        "denied",
        403,
        "The agreement does not permit this",
        "The decision on the message, or on showing it, was a denial. Nothing of the message was kept; the "
        "denial is in the audit log. `provisions` names what it rests on, the decisive provision first; "
        "`reasons` says why for each, `missing` names facts that were not known, `recipient` the authority "
        "that may not have the message.",
        "`remedies` says for each ground what would make the act lawful, where anything can; `cure` is the "
        "smallest change that was found to, or names the channel to use instead. Prepare the message again; "
        "the same one will be denied again. `Accept-Language` (kk, ru, en) chooses the language.",
    ),
    ProblemType(
        "invalid",
        422,
        "A part of the request is wrong",
        "The request is well-formed but something in it is missing, unknown, of the wrong form or in "
        "contradiction with another part. `problems` lists every defect with a JSON pointer to its place "
        "(for parameters of the query: `/` and the name). Nothing was done.",
        "Correct what `problems` names and send the request again.",
    ),
    ProblemType(
        "malformed",
        400,
        "The request cannot be read",
        "The body is not JSON, writes a member twice or is nested too deeply, or a header or the query is "
        "malformed. Nothing was done.",
        "Correct the request; `detail` says what could not be read.",
    ),
    ProblemType(
        "idempotency-key-missing",
        400,
        "A submission needs an Idempotency-Key",
        "Without the header `Idempotency-Key` a repeated submission could send the message twice, so it is "
        "refused. The key is 1 to 255 visible ASCII characters.",
        "Choose a fresh key for every message, a UUID for instance, and keep it for every repetition.",
    ),
    ProblemType(
        "idempotency-key-reused",
        422,
        "This Idempotency-Key belongs to another message",
        "This client has used the key for another message before. Nothing was done.",
        "Use a fresh key for a new message. To repeat an earlier submission, send exactly what it sent.",
    ),
    ProblemType(
        "unauthenticated",
        401,
        "A valid access token is needed",
        "No access token came with the request, or it is not valid here or has expired.",
        "Get a token at `POST /v1/token` and send it as `Authorization: Bearer`.",
    ),
    ProblemType(
        "insufficient-scope",
        403,
        "The token lacks a scope",
        "The token is valid, but was issued without the scope that the route asks for.",
        "Ask for a token with that scope. If the token endpoint refuses, an admin must allow it first.",
    ),
    ProblemType(
        "forbidden",
        403,
        "Not allowed",
        "The caller is known, or the statement is signed, but not by somebody who may do this.",
        "Have it done, or signed, by somebody who may.",
    ),
    ProblemType(
        "not-found",
        404,
        "No such thing for this client",
        "There is none, or it is another client's, or it is above this client's clearance: these look alike.",
        "Check the id and which client it belongs to.",
    ),
    ProblemType(
        "method-not-allowed",
        405,
        "The path does not take this method",
        "The header `Allow` names the methods it takes.",
        "Use one of these.",
    ),
    ProblemType(
        "time-limit",
        503,
        "The time limit passed",
        "The answer was not ready within the configured time. What was asked for may or may not have been "
        "done.",
        "Repeat the request; a submission with the same Idempotency-Key.",
        retry=True,
    ),
    ProblemType(
        "slow-request",
        408,
        "The request took too long to arrive",
        "The body did not arrive within `request_timeout_s`, or an upload stood still for that long. Nothing "
        "was done; what had arrived of an upload is dropped.",
        "Repeat the request.",
        retry=True,
    ),
    ProblemType(
        "conflict",
        409,
        "This contradicts what is on record",
        "Something else is recorded under this id, or the state is not the one the request needs. A known "
        "message id with another manifest is also in the audit log.",
        "Look at the current state; prepare the message again if its id is taken.",
    ),
    ProblemType(
        "too-large",
        413,
        "Too large",
        "The request or the attachment passes a size limit of the configuration; `detail` names it.",
        "Send less; content over `max_request_bytes` goes in attachments by `POST /v1/uploads`.",
    ),
    ProblemType(
        "unsupported-media-type",
        415,
        "The body is of another media type",
        "`detail` names the media type that the route takes.",
        "Send it in that media type, and name it in `Content-Type`.",
    ),
    ProblemType(
        "too-many-requests",
        429,
        "Too many requests",
        "The client's rate limit, or that of unauthenticated calls from this address, is used up. Nothing "
        "was done and nothing was logged.",
        "Wait for as many seconds as `Retry-After` says.",
        retry=True,
    ),
    ProblemType(
        "log-unavailable",
        503,
        "The audit log cannot be written",
        "Nothing acts unlogged: as long as the log or the store cannot be written, requests are refused. "
        "Nothing of this one happened.",
        "Repeat the request later. If it lasts, an operator must look at the node.",
        retry=True,
    ),
    ProblemType(
        "peer-unreachable",
        502,
        "The other gateway does not answer",
        "The peer gave no usable answer.",
        "Repeat the request later. Messages accepted for delivery are retried by the gateway itself.",
        retry=True,
    ),
    ProblemType(
        "peer-frozen",
        503,
        "The exchange with this peer is stopped",
        "The peer's log contradicts what it showed before. Admins of both sides must look into it.",
        "Wait for the admins; nothing is sent meanwhile.",
    ),
    ProblemType(
        "internal",
        500,
        "Something went wrong here",
        "A defect or a wrong configuration of the node. The operators' log has the details under the id in "
        "`instance`; the answer has none.",
        "Tell the operators that id. A submission may be repeated with the same Idempotency-Key.",
        retry=True,
    ),
)

PROBLEM_TYPES: dict[str, ProblemType] = {row.name: row for row in _ALL}
