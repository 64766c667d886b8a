"""The written form of a pack's `authorities.yaml`: who is competent, under which name, since when.

Authorities keep their id when they are renamed; a successor is another authority and needs a notice. Lists
that their source does not hold are declared as such, and nobody of that state is competent until notified.
"""

from datetime import date

from policies.documents_base import Doc
from policies.facts import Role as RoleName


class Wording(Doc, frozen=True):
    """A change of a list that takes effect some days after its publication.

    Args:
        id: machine name, to which an admin's statement of the publication refers.
        provision: provision without the agreement's id.
        state: whose list it changes.
        days_after_publication: full calendar days between the day of publication and its effect.
        reference: the act that made the change.
        published: day of the first official publication; None where the source does not give it, so that it
            has no effect until two admins state it.
    """

    id: str
    provision: str
    state: str
    days_after_publication: int
    reference: str
    published: date | None = None


class AuthorityName(Doc, frozen=True):
    """A name, and while it stands: from `since` or a wording's effect, before `until` or another's effect.

    Args:
        language: ISO 639 code.
        name: the name.
        since: first civil date, if the source gives one.
        until: first civil date on which it stands no longer.
        since_wording: id of the wording that introduced it.
        until_wording: id of the wording that replaced it.
    """

    language: str
    name: str
    since: date | None = None
    until: date | None = None
    since_wording: str | None = None
    until_wording: str | None = None


class AuthorityDoc(Doc, frozen=True):
    """A competent authority named by the agreement.

    Args:
        id: authority id, kept through renamings.
        state: its state.
        provision: provision without the agreement's id that names it.
        names: its names; it is listed on a day on which one of them stands.
        functions: its field, where the agreement ties its competence to one.
        renamed_from: earlier ids of this same authority.
        successor_of: ids of authorities whose functions it took over; it is competent once notified.
        note: what the source leaves open.
    """

    id: str
    state: str
    provision: str
    names: tuple[AuthorityName, ...]
    functions: str | None = None
    renamed_from: tuple[str, ...] = ()
    successor_of: tuple[str, ...] = ()
    note: str | None = None


class Unlisted(Doc, frozen=True):
    """A state whose list, or a part of it, is not in the source: unlisted until notified.

    Args:
        state: the state.
        provision: provision without the agreement's id.
        note: what the source says instead.
        complete: nobody of the state is named; else these are further bodies beside those named.
    """

    state: str
    provision: str
    note: str
    complete: bool = True


class Role(Doc, frozen=True):
    """A part that an authority, unit or body plays under the agreement (address book).

    Args:
        role: which part.
        provision: provision without the agreement's id.
        name: name of the unit.
        state: its state; None for a body of all parties.
        authority: authority id, where it is one.
    """

    role: RoleName
    provision: str
    name: str
    state: str | None = None
    authority: str | None = None


class AuthorityLists(Doc, frozen=True):
    """authorities.yaml.

    Args:
        authorities: those the source names.
        unlisted: states whose list it does not hold, or not wholly.
        wordings: changes of the lists that wait for their publication.
        changes: provision without the agreement's id on changing a list by notice.
    """

    authorities: tuple[AuthorityDoc, ...] = ()
    unlisted: tuple[Unlisted, ...] = ()
    wordings: tuple[Wording, ...] = ()
    changes: str | None = None
