"""The closed types of the fields of a leaf: ids, codes, digests and counts; nothing can hold free text.

A field name has one type wherever it occurs, so a reader of the log never has to ask which event it is in.
"""

import re
from collections.abc import Callable

import msgspec

from audit.errors import EventRefused

FieldValue = str | int | list[str]

MAX_INT = (1 << 53) - 1
MAX_ITEMS = 256
_REMEMBERED = 4096


class FieldType(msgspec.Struct, frozen=True, kw_only=True):
    """What a field may hold: a string, a list of 1 to 256 strings, or (no pattern) 0..2**53-1.

    `common` values come again and again (authorities, codes), so those accepted once are remembered.
    """

    title: str
    pattern: str | None = None
    many: bool = False
    common: bool = True

    def checker(self) -> Callable[[object], bool]:
        """A compiled test of one value."""
        if self.pattern is None:
            return _is_count
        one = _string_checker(re.compile(self.pattern, re.ASCII).fullmatch, _REMEMBERED if self.common else 0)
        return _list_checker(one) if self.many else one


def _is_count(value: object) -> bool:
    return type(value) is int and 0 <= value <= MAX_INT


def _string_checker(
    fullmatch: Callable[[str], "re.Match[str] | None"], room: int
) -> Callable[[object], bool]:
    accepted: set[str] = set()

    def check(value: object) -> bool:
        if type(value) is not str:
            return False
        if value in accepted:
            return True
        if fullmatch(value) is None:
            return False
        if len(accepted) < room:
            accepted.add(value)
        return True

    return check


def _list_checker(one: Callable[[object], bool]) -> Callable[[object], bool]:
    def check(value: object) -> bool:
        return type(value) is list and 0 < len(value) <= MAX_ITEMS and all(map(one, value))

    return check


_UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
_SHA256 = r"[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]"
_AGREEMENT = r"[a-z0-9][a-z0-9-]{0,63}"
_PROVISION = rf"{_AGREEMENT}/[0-9a-z][0-9a-z.()-]{{0,63}}"
_AUTHORITY = r"[a-z]{2,8}/[a-z0-9][a-z0-9-]{0,63}(?:/[a-z0-9][a-z0-9-]{0,63})?"
_CODE = r"[a-z][a-z0-9._:-]{0,63}"
_KID = r"[A-Za-z0-9_-]{16,43}"

UUID = FieldType(title="UUID in lower case", pattern=_UUID, common=False)
DIGEST = FieldType(title="SHA-256 or HMAC-SHA-256, 43 characters of base64url", pattern=_SHA256, common=False)
AUTHORITY = FieldType(title="authority id such as `kz/mia`", pattern=_AUTHORITY)
AUTHORITIES = FieldType(title="list of authority ids", pattern=_AUTHORITY, many=True)
AGREEMENT = FieldType(title="agreement id such as `kz-tm-2024`", pattern=_AGREEMENT)
PROVISIONS = FieldType(title="list of provision ids such as `kz-tm-2024/4.4`", pattern=_PROVISION, many=True)
PACK = FieldType(
    title="pack as `<agreement>@<version>#<hash prefix>`",
    pattern=rf"{_AGREEMENT}@[0-9A-Za-z][0-9A-Za-z.-]{{0,31}}#[A-Za-z0-9_-]{{8,64}}",
)
CASE = FieldType(
    title="case id: letters, digits and `._/-`, at least one digit, at most 64 characters",
    pattern=rf"{_UUID}|(?=[^0-9]{{0,63}}[0-9])[0-9A-Za-z][0-9A-Za-z._/-]{{0,63}}",
    common=False,
)
CLIENT = FieldType(title="client id", pattern=r"[a-z0-9][a-z0-9._/-]{0,63}")
CODE = FieldType(title="code: words in lower case", pattern=_CODE)
CODES = FieldType(title="list of codes", pattern=_CODE, many=True)
KID = FieldType(title="key id (thumbprint, base64url)", pattern=_KID)
KIDS = FieldType(title="list of key ids", pattern=_KID, many=True)
ORIGIN = FieldType(
    title="origin of a log", pattern=r"(?=.{1,255}\Z)[a-z0-9][a-z0-9.-]*(?::[0-9]{1,5})?(?:/[a-z0-9-]+){1,4}"
)
DATE = FieldType(title="civil date", pattern=r"[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])")
PARTY = FieldType(title="party of the trust list, such as `KZ`", pattern=r"[A-Z]{2,8}")
VERSION = FieldType(title="version of the software", pattern=r"[0-9]+(?:\.[0-9]+){1,3}(?:[a-z]+[0-9]+)?")
EVIDENCE = FieldType(
    title="evidence event name (ETSI EN 319 522)",
    pattern="(?:Submission|Relay)(?:Acceptance|Rejection)|ContentConsignment(?:Failure)?|ContentHandover",
)
COUNT = FieldType(title="number from 0")
INSTANT = FieldType(title="instant, Unix milliseconds")

FIELDS: dict[str, FieldType] = {
    "act": CODE,
    "admins": KIDS,
    "agreement": AGREEMENT,
    "attempts": COUNT,
    "authority": AUTHORITY,
    "bytes": COUNT,
    "case": CASE,
    "client": CLIENT,
    "clock": CODE,
    "config": DIGEST,
    "content": DIGEST,
    "count": COUNT,
    "decision": DIGEST,
    "due": INSTANT,
    "duty": CODE,
    "envelope": UUID,
    "evidence": EVIDENCE,
    "expires": INSTANT,
    "first": COUNT,
    "found_in": CODE,
    "from_date": DATE,
    "from_state": CODE,
    "in_reply_to": UUID,
    "index": COUNT,
    "key": KID,
    "kind": CODE,
    "last": COUNT,
    "level": CODE,
    "list_version": COUNT,
    "manifest": DIGEST,
    "message": UUID,
    "minute": INSTANT,
    "moment": CODE,
    "missing": CODES,
    "notice": UUID,
    "not_after": INSTANT,
    "not_before": INSTANT,
    "offered": DIGEST,
    "origin": ORIGIN,
    "outcome": CODE,
    "owner": AUTHORITY,
    "pack": PACK,
    "pack_named": PACK,
    "part": COUNT,
    "party": PARTY,
    "peer": AUTHORITY,
    "provisions": PROVISIONS,
    "purpose": CODE,
    "reason": CODE,
    "recipient": AUTHORITY,
    "recipients": AUTHORITIES,
    "reference": DIGEST,
    "root": DIGEST,
    "scopes": CODES,
    "since": INSTANT,
    "size": COUNT,
    "to_state": CODE,
    "token": DIGEST,
    "upload": UUID,
    "version": VERSION,
    "webhook": UUID,
}
CHECKERS = {name: field.checker() for name, field in FIELDS.items()}


def refuse(
    event: str, fields: dict[str, object], allowed: frozenset[str], required: frozenset[str]
) -> EventRefused:
    """The error that says what is wrong with an event's fields, without repeating their values."""
    unknown = sorted(set(fields) - allowed)
    missing = sorted(required - set(fields))
    wrong = sorted(name for name in set(fields) & allowed if not CHECKERS[name](fields[name]))
    parts = [
        f"{what} {', '.join(names)}"
        for what, names in (("unknown", unknown), ("missing", missing), ("wrong", wrong))
        if names
    ]
    return EventRefused(f"{event}: {'; '.join(parts)}")
