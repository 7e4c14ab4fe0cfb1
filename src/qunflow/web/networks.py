"""Where a client is: which forwarding headers are believed, and which addresses many honest people share."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass

from qunflow.domain.errors import InvalidInput

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Address = ipaddress.IPv4Address | ipaddress.IPv6Address

#: Addresses that a carrier hands to many at once (RFC 6598).
CARRIER_NAT = "100.64.0.0/10"
MAX_NETWORKS = 200
#: Hops of a forwarding header that are looked at, from the nearest.
_MAX_HOPS = 10
_SITE_V6 = 64


@dataclass(frozen=True, slots=True)
class Networks:
    """Whose word about a client's address counts, and which addresses many honest people share."""

    proxies: tuple[Network, ...] = ()
    shared: tuple[Network, ...] = (ipaddress.ip_network(CARRIER_NAT),)

    def client(self, peer: str, forwarded: Sequence[str]) -> Address | None:
        """The nearest address that is none of our proxies; None for what is no address."""
        hops = [hop.strip() for line in forwarded for hop in line.split(",")][-_MAX_HOPS:]
        for hop in (peer, *reversed(hops)):
            found = _address(hop)
            if found is None or not _within(found, self.proxies):
                return found
        return None

    def site(self, address: Address) -> tuple[str, bool]:
        """The address that stands for one line (of IPv6 its /64), and whether many share it.

        Empty for addresses that are not of the open internet: a proxy that nobody named is not everybody behind it.
        """
        many = _within(address, self.shared)
        if not many and not address.is_global:
            return "", False
        line = address if address.version == 4 else ipaddress.ip_network((address, _SITE_V6), strict=False)
        return str(line), many


def read_networks(field: str, text: str) -> tuple[Network, ...]:
    """Networks like ``10.0.0.0/8, 2001:db8::/32``. Raises InvalidInput naming ``field``."""
    found: list[Network] = []
    for part in filter(None, (part.strip() for part in text.split(","))):
        try:
            found.append(ipaddress.ip_network(part))
        except ValueError as error:
            rule = f"{part[:60]} is no network"
            raise InvalidInput("setting", rule, field=field, way_out="Write it like 10.0.0.0/8.") from error
    if len(found) > MAX_NETWORKS:
        raise InvalidInput("setting", f"at most {MAX_NETWORKS} networks", field=field)
    return tuple(found)


def _address(text: str) -> Address | None:
    try:
        found = ipaddress.ip_address(text)
    except ValueError:
        return None
    return (found.ipv4_mapped or found) if isinstance(found, ipaddress.IPv6Address) else found


def _within(address: Address, networks: Sequence[Network]) -> bool:
    return any(address.version == network.version and address in network for network in networks)
