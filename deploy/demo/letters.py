"""The messages and papers of the story. All texts are invented; they name offices and nobody else."""

from pathlib import Path

import msgspec

from deploy.demo.world import HEAD, KZ, KZ_RU, KZ_TM, RU, TM
from gateway.sdk import Attachment, Body, Draft, LocalFile, Signatory, Source

PURPOSE = "crime-solving"
_BY_HEAD = Signatory(HEAD, "head")
_RUSSIAN = {
    "requesting_authority": "Министерство внутренних дел Республики Казахстан",
    "requested_authority": "Министерство внутренних дел Российской Федерации",
    "circumstances": "Расследуется кража грузового автомобиля; он мог быть вывезен за границу.",
    "purpose": "Установить, где находится автомобиль.",
    "grounds": "Возбуждено уголовное дело о краже.",
    "content": "Просим проверить номера агрегатов из приложения по учётам.",
}
_KAZAKH = {
    "requesting_authority": "Қазақстан Республикасы Ішкі істер министрлігі",
    "requested_authority": "Сұрау салынатын тараптың Ішкі істер министрлігі",
    "circumstances": "Жүк көлігінің ұрлануы тергелуде; ол шетелге шығарылуы мүмкін.",
    "purpose": "Көліктің қайда екенін анықтау.",
    "grounds": "Ұрлық туралы қылмыстық іс қозғалды.",
    "content": "Қосымшадағы агрегат нөмірлерін есептер бойынша тексеруді сұраймыз.",
}
_PAPERS_NAMED = {
    "certified_copy": "Қаулының куәландырылған көшірмесі: 3-бөлік.",
    "legal_text": "Қылмыстық-процестік заң нормасының мәтіні қаулының соңында берілген.",
}


def request_to_russia(
    *, signed: bool = True, kazakh: bool = False, form: str = "numbered_items_search"
) -> Draft:
    """A request from kz/mia to ru/mia: lawful as it stands when signed."""
    return Draft(
        kind="request",
        agreement=KZ_RU,
        recipients=[RU],
        body=Body(elements=_KAZAKH if kazakh else _RUSSIAN),
        language="kk" if kazakh else "ru",
        subject=["property"],
        form=form,
        purpose=PURPOSE,
        level="restricted",
        signatory=_BY_HEAD if signed else None,
    )


def reply(kind: str, sender: str, case: str, answered: str) -> Draft:
    """A reply in the case with Russia, from either side."""
    texts = {
        "acknowledgement": Body(text="Запрос принят к исполнению."),
        "clarification_query": Body(text="Просим уточнить год выпуска автомобиля."),
        "clarification_answer": Body(text="Год выпуска указан в техническом паспорте: 2021."),
        "result": Body(text="Автомобиль обнаружен на охраняемой стоянке.", law_applied="Закон о полиции."),
    }
    return Draft(
        kind=kind,
        agreement=KZ_RU,
        recipients=[RU if sender == KZ else KZ],
        case=case,
        in_reply_to=answered,
        body=texts[kind],
        language="ru",
        purpose=PURPOSE,
        level="restricted",
    )


def request_to_turkmenistan(*, level: str = "restricted", sources: list[Source] | None = None) -> Draft:
    """A request from kz/mia to tm/mia in Kazakh; `papers_for_turkmenistan` go with it."""
    return Draft(
        kind="request",
        agreement=KZ_TM,
        recipients=[TM],
        body=Body(elements=_KAZAKH | _PAPERS_NAMED),
        language="kk",
        subject=["property"],
        form="operational_search_information",
        purpose=PURPOSE,
        level=level,
        sources=sources or [],
        signatory=_BY_HEAD,
    )


def with_attachments(draft: Draft, attachments: list[Attachment]) -> Draft:
    """The draft with completed uploads attached."""
    return msgspec.structs.replace(draft, attachments=attachments)


def annex(folder: Path) -> LocalFile:
    """The PDF annex of the first request."""
    return LocalFile(
        _paper(folder, "annex.pdf", "Annex: numbers of the engine and of the chassis"), language="ru"
    )


def papers_for_turkmenistan(folder: Path) -> list[LocalFile]:
    """Translations into Russian of both Kazakh texts, and the certified copy (part 3)."""
    body = _paper(folder, "request-ru.pdf", "Translation of the request into Russian")
    decision = _paper(folder, "decision-kk.pdf", "Certified copy of the decision, with the legal provision")
    translated = _paper(folder, "decision-ru.pdf", "Translation of the certified copy into Russian")
    return [
        LocalFile(body, role="translation", language="ru", translates=1),
        LocalFile(decision, role="certified-copy", language="kk"),
        LocalFile(translated, role="translation", language="ru", translates=3),
    ]


def _paper(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    if not path.exists():
        path.write_bytes(pdf(text))
    return path


def pdf(text: str) -> bytes:
    """A valid PDF 1.4 file of one page with a line of ASCII text (ISO 32000-1, 7.5).

    Raises:
        UnicodeEncodeError: the text is not ASCII.
    """
    shown = text.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)").encode("ascii")
    content = b"BT /F1 14 Tf 72 770 Td (" + shown + b") Tj ET"
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources 6 0 R >>",
        b"<< /Length %d >>\nstream\n%b\nendstream" % (len(content), content),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
        b"<< /Font << /F1 5 0 R >> >>",
    ]
    data = b"%PDF-1.4\n"
    offsets = []
    for number, one in enumerate(objects, 1):
        offsets.append(len(data))
        data += b"%d 0 obj\n%b\nendobj\n" % (number, one)
    count = len(objects) + 1
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    trailer = b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (count, len(data))
    return data + b"xref\n0 %d\n0000000000 65535 f \n%b" % (count, table) + trailer
