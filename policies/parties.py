"""Whether sender and recipient are the two sides of an agreement, from the pack's own data."""

from policies.packs import Pack


def parties_match(pack: Pack, sender: str, sender_state: str, recipient: str, recipient_state: str) -> bool:
    """Tell whether a message runs between two different parties of an agreement.

    Args:
        pack: the agreement's pack.
        sender, recipient: authority ids. A unit `x/y/unit` belongs to the authority `x/y`.
        sender_state, recipient_state: ISO 3166 alpha-2.

    Returns:
        True if both states are parties, they differ, and where the agreement itself names a party's
        authorities the one concerned is among them. Who else is competent is the trust list's matter.
    """
    if sender_state == recipient_state:
        return False
    return _belongs(pack, sender, sender_state) and _belongs(pack, recipient, recipient_state)


def _belongs(pack: Pack, authority: str, state: str) -> bool:
    named = [party.authorities for party in pack.parties if party.state == state]
    if not named:
        return False
    return not named[0] or any(authority == one or authority.startswith(f"{one}/") for one in named[0])
