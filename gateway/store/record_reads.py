"""Reading the small records: cases, evidence, what clients did, agreements and peers."""

from collections.abc import Sequence

from sqlalchemy import bindparam, literal_column, select

from gateway.ports.rows import (
    ActivationRow,
    CaseEventRow,
    CaseRow,
    EvidenceRow,
    IdempotencyRow,
    PeerRow,
    Row,
    UploadRow,
)
from gateway.store.database import Source
from gateway.store.statements import IdsQuery, Query, columns_of, table_of, to_row, to_rows
from gateway.store.tables import activation, case_event, case_file, disclosure, evidence, peer


class RecordReads:
    """Point reads by key, and the short lists that hang on one."""

    def __init__(self, source: Source) -> None:
        self._case = _by_key(source, CaseRow, "case_id", "counterpart")
        self._idempotency = _by_key(source, IdempotencyRow, "client", "idempotency_key")
        self._upload = _by_key(source, UploadRow, "upload_id", "client")
        shown = disclosure.c
        self._disclosed = Query(
            source,
            select(literal_column("1"))
            .select_from(disclosure)
            .where(shown.client == bindparam("client"), shown.envelope_id == bindparam("envelope_id")),
            "client",
            "envelope_id",
        )
        self._case_events = Query(
            source,
            select(*columns_of(CaseEventRow))
            .where(
                case_event.c.case_id == bindparam("case_id"),
                case_event.c.counterpart == bindparam("counterpart"),
            )
            .order_by(case_event.c.version),
            "case_id",
            "counterpart",
        )
        self._prepare_lists(source)

    def _prepare_lists(self, source: Source) -> None:
        about = ("message_id", "authority", "manifest_digest")
        self._evidence = Query(
            source,
            select(*columns_of(EvidenceRow))
            .where(*(evidence.c[name] == bindparam(name) for name in about))
            .order_by(evidence.c.at_ms, evidence.c.cursor),
            *about,
        )
        self._cases_under = Query(
            source,
            select(*columns_of(CaseRow))
            .where(case_file.c.agreement == bindparam("agreement"))
            .order_by(case_file.c.case_id, case_file.c.counterpart),
            "agreement",
        )
        self._activations = Query(
            source,
            select(*columns_of(ActivationRow)).order_by(
                activation.c.at_ms, activation.c.agreement, activation.c.statement_digest, activation.c.admin
            ),
        )
        self._evidenced = IdsQuery(
            source,
            select(evidence.c.message_id).where(evidence.c.authority == bindparam("authority")),
            evidence.c.message_id,
            "authority",
        )
        self._cases = Query(
            source,
            select(*columns_of(CaseRow))
            .where(case_file.c.case_id == bindparam("case_id"))
            .order_by(case_file.c.counterpart),
            "case_id",
        )
        self._peers = Query(source, select(*columns_of(PeerRow)).order_by(peer.c.origin))

    def evidence(self, authority: str, message_id: str, manifest_digest: str) -> list[EvidenceRow]:
        """See `gateway.ports.store.Store.evidence`; what has one time keeps the order it was written in."""
        return to_rows(EvidenceRow, self._evidence(message_id, authority, manifest_digest))

    def evidenced(self, authority: str, ids: Sequence[str]) -> set[str]:
        """See `gateway.ports.store.Store.evidenced`."""
        return {row[0] for row in self._evidenced(ids, authority)}

    def case(self, case_id: str, counterpart: str) -> CaseRow | None:
        """The case with one counterpart, as it stands."""
        found = self._case(case_id, counterpart)
        return to_row(CaseRow, found[0]) if found else None

    def cases_under(self, agreement: str) -> list[CaseRow]:
        """See `gateway.ports.store.Store.cases_under`."""
        return to_rows(CaseRow, self._cases_under(agreement))

    def cases(self, case_id: str) -> list[CaseRow]:
        """The case with each of its counterparts."""
        return to_rows(CaseRow, self._cases(case_id))

    def case_events(self, case_id: str, counterpart: str) -> list[CaseEventRow]:
        """The case's history with one counterpart, by version."""
        return to_rows(CaseEventRow, self._case_events(case_id, counterpart))

    def idempotency(self, client: str, key: str) -> IdempotencyRow | None:
        """What that client's key was used for."""
        found = self._idempotency(client, key)
        return to_row(IdempotencyRow, found[0]) if found else None

    def disclosed(self, client: str, envelope_id: str) -> bool:
        """Whether that client was shown that content before."""
        return bool(self._disclosed(client, envelope_id))

    def upload(self, client: str, upload_id: str) -> UploadRow | None:
        """The upload, if it is that client's."""
        found = self._upload(upload_id, client)
        return to_row(UploadRow, found[0]) if found else None

    def activations(self) -> list[ActivationRow]:
        """Every admin's statement, in order of time."""
        return to_rows(ActivationRow, self._activations())

    def peers(self) -> list[PeerRow]:
        """Every peer's log as last seen, by origin."""
        return to_rows(PeerRow, self._peers())


def _by_key(source: Source, kind: type[Row], *names: str) -> Query:
    columns = table_of(kind).c
    key = [columns[name] == bindparam(name) for name in names]
    return Query(source, select(*columns_of(kind)).where(*key), *names)
