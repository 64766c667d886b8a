"""Sensitivity labels: what the sender's office software, mail system or guard said about a document.

Sources: [MS-OFFCRYPTO] LabelInfo (docMetadata/LabelInfo.xml); `MSIP_Label_*` custom properties;
Australian PSPF Email Protective Marking Standard 2018.4 (X-Protective-Marking); STANAG 4774 (NATO XML
confidentiality label); US IC-ISM attributes. A label means what the partner's table says; one that the table
does not know is held.
"""

import re
from collections.abc import Iterable

from gateway.inspection.formats.xml_events import local, namespace
from gateway.inspection.gathering import Gathering
from gateway.inspection.reasons import Reason
from gateway.inspection.verdict import Finding, Verdict

_GUID = r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
_MSIP = re.compile(rf"MSIP_Label_({_GUID})_(\w+)", re.IGNORECASE)
_MSIP_PAIR = re.compile(rf"MSIP_Label_({_GUID})_(\w+)\s*=\s*([^;\r\n]*)", re.IGNORECASE)
_PSPF = re.compile(r"\bSEC\s*=\s*([^,;\r\n]+)", re.IGNORECASE)
_OFF = frozenset({"0", "false", "no"})
_STANAG = "urn:nato:stanag:4774:confidentialitymetadatalabel:1:0"
_ISM_NAMESPACE = re.compile(r"ic(:|/|-).*ism|urn:us:gov:ic:ism")
_MAX_ID = 200
_WATCHED = frozenset({"label", "property", "user-defined", "PolicyIdentifier", "Classification"})

# STANAG 4774 and ADatP-4774 annex; IC-ISM CVEnumISMClassificationAll; PSPF policy 8. What is above
# restricted may not pass; what an authority sees otherwise it says in its settings.
DEFAULT_LABELS: dict[str, Verdict] = {
    "pspf:unofficial": "none",
    "pspf:official": "restricted",
    "pspf:official:sensitive": "restricted",
    "pspf:protected": "state_secret",
    "pspf:secret": "state_secret",
    "pspf:top-secret": "state_secret",
    "pspf:top secret": "state_secret",
    "stanag4774:nato:unclassified": "none",
    "stanag4774:nato:nato unclassified": "restricted",
    "stanag4774:nato:restricted": "restricted",
    "stanag4774:nato:nato restricted": "restricted",
    "stanag4774:nato:confidential": "state_secret",
    "stanag4774:nato:nato confidential": "state_secret",
    "stanag4774:nato:secret": "state_secret",
    "stanag4774:nato:nato secret": "state_secret",
    "stanag4774:nato:cosmic top secret": "state_secret",
    "stanag4774:nato:top secret": "state_secret",
    "ism:u": "none",
    "ism:r": "restricted",
    "ism:c": "state_secret",
    "ism:s": "state_secret",
    "ism:ts": "state_secret",
}


def judge_labels(ids: Iterable[str], into: Gathering, place: str) -> None:
    """Turn label ids into findings, or into a problem where the table does not know one."""
    table = {**DEFAULT_LABELS, **{key.lower(): verdict for key, verdict in into.reading.labels.items()}}
    for label in dict.fromkeys(one.lower()[:_MAX_ID] for one in ids):
        verdict = table.get(label)
        if verdict is None:
            into.problem(Reason.UNKNOWN_LABEL, f"{place} {label}")
        elif verdict != "none":
            into.into.labels.append(Finding(label, "any", into.place(place), "label", verdict, "label"))


def header_labels(name: str, value: str) -> list[str]:
    """Return the ids of the labels in a mail header."""
    if name.lower() == "msip_labels":
        return msip_ids(_MSIP_PAIR.findall(value)) or ["msip:unreadable"]
    if name.lower() == "x-protective-marking":
        found = _PSPF.search(value)
        return [f"pspf:{found.group(1).strip()}"] if found else ["pspf:unreadable"]
    return []


def msip_ids(parts: Iterable[tuple[str, str, str]]) -> list[str]:
    """Return the ids of enabled labels from (guid, property, value); without `Enabled` it is enabled."""
    enabled: dict[str, bool] = {}
    for guid, name, value in parts:
        enabled.setdefault(guid, True)
        if name.lower() == "enabled":
            enabled[guid] = value.strip().lower() not in _OFF
    return [f"msip:{guid}" for guid, on in enabled.items() if on]


def property_labels(properties: Iterable[tuple[str, str]]) -> list[str]:
    """Return the ids of the labels among a document's (name, value) properties."""
    parts = []
    for name, value in properties:
        match = _MSIP.fullmatch(name.lstrip("/"))
        if match:
            parts.append((match.group(1), match.group(2), value))
    return msip_ids(parts)


class LabelReader:
    """Watches the elements of an XML document for labels of every kind that is known here."""

    def __init__(self) -> None:
        self.ids: list[str] = []
        self._properties: list[tuple[str, str]] = []
        self._property: str | None = None
        self._collecting: str | None = None
        self._text: list[str] = []
        self._policy = ""

    @property
    def listening(self) -> bool:
        """Whether character data matter now."""
        return self._property is not None or self._collecting is not None

    def watches(self, name: str) -> bool:
        """Whether elements of this name matter."""
        return local(name) in _WATCHED

    def element(self, name: str, attributes: dict[str, str]) -> None:
        """An element begins."""
        tag = local(name)
        if tag == "label" and "mipLabelMetadata" in name and attributes.get("enabled", "1") not in _OFF:
            self.ids.append(f"msip:{attributes.get('id', '').strip('{}')}")
        elif tag in ("property", "user-defined"):
            self._property = next((v for k, v in attributes.items() if local(k) == "name"), None)
            self._text.clear()
        elif namespace(name).lower() == _STANAG and tag in ("PolicyIdentifier", "Classification"):
            self._collecting = tag
            self._text.clear()

    def attribute(self, name: str, value: str) -> None:
        """An attribute called `classification`, in whatever namespace."""
        if local(name) == "classification" and _ISM_NAMESPACE.search(namespace(name).lower()):
            self.ids.append(f"ism:{value}")

    def text(self, text: str) -> None:
        """Character data."""
        if self.listening:
            self._text.append(text)

    def ended(self, name: str) -> None:
        """An element ends."""
        tag = local(name)
        value = "".join(self._text).strip()
        if self._property is not None and tag in ("property", "user-defined"):
            self._properties.append((self._property, value))
            self._property = None
        elif tag == self._collecting:
            self._collecting = None
            if tag == "PolicyIdentifier":
                self._policy = value
            else:
                self.ids.append(f"stanag4774:{self._policy}:{value}")

    def judge(self, into: Gathering, place: str) -> None:
        """Judge everything that was seen."""
        judge_labels([*self.ids, *property_labels(self._properties)], into, place)
