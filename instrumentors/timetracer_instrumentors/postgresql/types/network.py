"""``inet``, ``cidr`` and MAC addresses: their text, as the server writes it."""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import NamedTuple

from timetracer_instrumentors.postgresql.types.codec import Codec, through

_FAMILIES = {4: 2, 6: 3}
"""``PGSQL_AF_INET`` and ``PGSQL_AF_INET6`` (``src/include/utils/inet.h``)."""


class _Network(NamedTuple):
    address: IPv4Address | IPv6Address
    bits: int


def _parse(text: str) -> _Network:
    address, slash, bits = text.partition("/")
    found = ip_address(address)
    return _checked(_Network(found, int(bits) if slash else found.max_prefixlen))


def _checked(network: _Network) -> _Network:
    if not 0 <= network.bits <= network.address.max_prefixlen:
        raise ValueError("no such prefix")
    return network


def _address_text(address: IPv4Address | IPv6Address) -> str:
    """An IPv4 address within an IPv6 one keeps its points (``inet_net_ntop_ipv6``)."""
    packed = address.packed
    if len(packed) == 16 and not any(packed[:10]):
        if packed[10:12] == b"\xff\xff":
            return f"::ffff:{IPv4Address(packed[12:])}"
        if not any(packed[10:12]) and any(packed[12:14]):
            return f"::{IPv4Address(packed[12:])}"
    return address.compressed


def _network(*, is_cidr: bool) -> Codec:
    def show(network: _Network) -> str:
        whole = network.bits == network.address.max_prefixlen
        return _address_text(network.address) + ("" if whole and not is_cidr else f"/{network.bits}")

    def unpack(data: bytes) -> _Network:
        address = ip_address(data[4:])
        if (data[0], data[2], data[3]) != (_FAMILIES[address.version], int(is_cidr), len(data) - 4):
            raise ValueError("another kind of address")
        return _checked(_Network(address, data[1]))

    def pack(network: _Network) -> bytes:
        packed = network.address.packed
        return bytes((_FAMILIES[network.address.version], network.bits, int(is_cidr), len(packed))) + packed

    return through(_parse, show, unpack, pack)


INET, CIDR = _network(is_cidr=False), _network(is_cidr=True)


def mac(size: int) -> Codec:
    """``macaddr`` (6 bytes) and ``macaddr8``."""

    def sized(data: bytes) -> bytes:
        if len(data) != size:
            raise ValueError(f"not {size} bytes")
        return data

    parse: Callable[[str], bytes] = lambda text: sized(bytes.fromhex(text.replace(":", "")))  # noqa: E731
    return through(parse, lambda data: data.hex(":"), sized, sized)
