"""Who is a competent authority under an agreement on a civil date, under which name, by which provision.

From the pack's own list, the publications that two admins have stated, and the notices on record. Nobody is
competent by inference: where the source holds no list, or not the wording of that day, the answer is no.
"""

from collections.abc import Iterable
from datetime import date
from typing import Literal

from msgspec import Struct

from policies.civil import after_publication
from policies.errors import PackError
from policies.facts import Role
from policies.listings import AuthorityDoc, AuthorityName
from policies.packs import Pack

Ground = Literal[
    "listed",
    "notified",
    "struck",
    "not_on_this_day",
    "publication_not_stated",
    "successor_without_notice",
    "unlisted_until_notified",
    "not_named",
]


class Notified(Struct, frozen=True):
    """A notice on record that changes a list.

    Args:
        agreement: agreement id.
        authority: authority id.
        since: civil date from which it counts.
        reference: the notice.
        name: the authority's name according to it.
        listed: false where the notice strikes the authority from the list.
    """

    agreement: str
    authority: str
    since: date
    reference: str
    name: str | None = None
    listed: bool = True


class Published(Struct, frozen=True):
    """Two administrators' statement of when a change of a list was first officially published.

    Args:
        agreement: agreement id.
        wording: id of the pack's wording.
        on_date: civil date of the publication.
        reference: where it was published.
    """

    agreement: str
    wording: str
    on_date: date
    reference: str


class Listing(Struct, frozen=True):
    """The answer about one authority on one day; true or false in a condition.

    Args:
        authority: its id; of an authority that was renamed, the present one.
        listed: the answer.
        ground: why.
        provision: provision id that rules on it.
        name: name on that day, if it is listed.
        reference: the notice it rests on, if one does.
    """

    authority: str
    listed: bool
    ground: Ground
    provision: str
    name: str | None = None
    reference: str | None = None

    def __bool__(self) -> bool:
        """Return the answer."""
        return self.listed


def listing(
    pack: Pack,
    authority: str,
    on_date: date,
    notices: Iterable[Notified] = (),
    published: Iterable[Published] = (),
    language: str = "en",
) -> Listing:
    """Tell whether an authority is listed on a civil date.

    Args:
        pack: the agreement's pack.
        authority: authority id; an id that it bore before a renaming means the same authority.
        on_date: civil date in the pack's zone.
        notices: all on record; those of other agreements are ignored, the latest before the day counts.
        published: all statements of publications on record.
        language: ISO 639 code of the name wanted; another one's name where there is none.

    Raises:
        PackError: the pack is the baseline, which has no list.
    """
    if pack.in_force is None:
        raise PackError(pack.id, "has no list of authorities")
    named = _named(pack, authority)
    ids = {authority, *((named.id, *named.renamed_from) if named else ())}
    here = [one for one in notices if one.agreement == pack.id and one.authority in ids]
    notice = max((one for one in here if one.since <= on_date), key=lambda one: one.since, default=None)
    name = _standing(pack, named, on_date, published, language) if named else None
    if notice is not None:
        return _by_notice(pack, named.id if named else authority, notice, name)
    if named is None:
        return _unnamed(pack, authority)
    provision = pack.cite(named.provision)
    if named.successor_of:
        return Listing(named.id, listed=False, ground="successor_without_notice", provision=provision)
    if name is None:
        return Listing(named.id, listed=False, ground=_why_not(pack, named, published), provision=provision)
    return Listing(named.id, listed=True, ground="listed", provision=provision, name=name)


def competent(
    pack: Pack,
    on_date: date,
    notices: Iterable[Notified] = (),
    published: Iterable[Published] = (),
    language: str = "en",
) -> tuple[Listing, ...]:
    """Give the list of an agreement as of a civil date: those the pack names first, in its order.

    Args:
        pack, on_date, notices, published, language: as for `listing`.
    """
    notices, published = tuple(notices), tuple(published)
    named = [one.id for one in pack.authorities.authorities]
    noticed = sorted({one.authority for one in notices if one.agreement == pack.id})
    answers = [listing(pack, one, on_date, notices, published, language) for one in (*named, *noticed)]
    return tuple({answer.authority: answer for answer in answers if answer}.values())


def role_of(pack: Pack, authority: str) -> Role:
    """Part that the agreement's address book gives an authority or body; `none` if it gives none."""
    for role in pack.roles:
        if role.authority == authority:
            return role.role
    return "none"


def _named(pack: Pack, authority: str) -> AuthorityDoc | None:
    for one in pack.authorities.authorities:
        if authority == one.id or authority in one.renamed_from:
            return one
    return None


def _by_notice(pack: Pack, authority: str, notice: Notified, name: str | None) -> Listing:
    lists = pack.authorities
    state = authority.partition("/")[0].upper()
    open_lists = [one.provision for one in lists.unlisted if one.state == state]
    terms = pack.in_force.provision if pack.in_force else ""
    provision = pack.cite(lists.changes or next(iter(open_lists), terms))
    if not notice.listed:
        return Listing(
            authority, listed=False, ground="struck", provision=provision, reference=notice.reference
        )
    told = notice.name or name
    return Listing(
        authority, listed=True, ground="notified", provision=provision, name=told, reference=notice.reference
    )


def _unnamed(pack: Pack, authority: str) -> Listing:
    state = authority.partition("/")[0].upper()
    for one in pack.authorities.unlisted:
        if one.state == state:
            provision = pack.cite(one.provision)
            return Listing(authority, listed=False, ground="unlisted_until_notified", provision=provision)
    named = [one.provision for one in pack.authorities.authorities if one.state == state]
    terms = pack.in_force.provision if pack.in_force else ""
    provision = pack.cite(next(iter(named), pack.authorities.changes or terms))
    return Listing(authority, listed=False, ground="not_named", provision=provision)


def _standing(
    pack: Pack, named: AuthorityDoc, on_date: date, published: Iterable[Published], language: str
) -> str | None:
    """The name that stands on a day, in the language asked for if there is one."""
    effects = _effects(pack, published)
    standing = [name for name in named.names if _stands(name, on_date, effects)]
    wanted = [name.name for name in standing if name.language == language]
    return next(iter([*wanted, *(name.name for name in standing)]), None)


def _stands(name: AuthorityName, on_date: date, effects: dict[str, date | None]) -> bool:
    if name.since_wording is not None:
        begins = effects[name.since_wording]
        if begins is None or on_date < begins:
            return False
    if name.until_wording is not None:
        ends = effects[name.until_wording]
        if ends is not None and on_date >= ends:
            return False
    return (name.since is None or name.since <= on_date) and (name.until is None or on_date < name.until)


def _effects(pack: Pack, published: Iterable[Published]) -> dict[str, date | None]:
    """First day of effect of each wording; None where its publication is not known."""
    stated = {one.wording: one.on_date for one in published if one.agreement == pack.id}
    effects: dict[str, date | None] = {}
    for wording in pack.authorities.wordings:
        day = wording.published or stated.get(wording.id)
        effects[wording.id] = None if day is None else after_publication(day, wording.days_after_publication)
    return effects


def _why_not(pack: Pack, named: AuthorityDoc, published: Iterable[Published]) -> Ground:
    effects = _effects(pack, published)
    waits = any(name.since_wording and effects[name.since_wording] is None for name in named.names)
    return "publication_not_stated" if waits else "not_on_this_day"
