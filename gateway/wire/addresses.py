"""Which addresses a webhook may be sent to: public ones, and those the settings name."""

from collections.abc import Iterator, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import TypeAlias

Address: TypeAlias = IPv4Address | IPv6Address
Network: TypeAlias = IPv4Network | IPv6Network
_NAT64 = IPv6Network("64:ff9b::/96")
_COMPATIBLE = IPv6Network("::/96")
_PROTOCOLS = IPv4Network("192.0.0.0/24")
_LOW_32 = 0xFFFFFFFF


def may_be_called(text: str, allowed: Sequence[Network]) -> bool:
    """Whether an address is public, or in a network that is allowed explicitly.

    An IPv4 address inside an IPv6 one (mapped, compatible, 6to4, Teredo, NAT64) must itself be so:
    it is where the packets may end.

    Args:
        text: as the resolver gives it; one with a scope is never called.
        allowed: networks that may be called although they are not public.
    """
    try:
        address = ip_address(text)
    except ValueError:
        return False
    if isinstance(address, IPv6Address) and address.scope_id is not None:
        return False
    return all(_is_public(one) or any(one in network for network in allowed) for one in _meant(address))


def is_loopback(text: str) -> bool:
    """Whether an address is this very machine."""
    try:
        return ip_address(text).is_loopback
    except ValueError:
        return False


def _is_public(address: Address) -> bool:
    special = address in _PROTOCOLS if isinstance(address, IPv4Address) else address.is_site_local
    return address.is_global and not (address.is_multicast or address.is_reserved or special)


def _meant(address: Address) -> Iterator[Address]:
    """The address, or instead of it or beside it the IPv4 addresses it stands for."""
    if isinstance(address, IPv4Address):
        yield address
    elif address.ipv4_mapped is not None:
        yield address.ipv4_mapped
    elif address.sixtofour is not None:
        yield from (address, address.sixtofour)
    elif address.teredo is not None:
        yield from (address, *address.teredo)
    elif address in _NAT64 or (address in _COMPATIBLE and not address.is_loopback):
        yield IPv4Address(int(address) & _LOW_32)
    else:
        yield address
