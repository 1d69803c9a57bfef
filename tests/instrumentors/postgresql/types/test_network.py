"""Addresses: both forms, and the text as the server writes it."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from timetracer_instrumentors.postgresql.types.codec import TROUBLE
from timetracer_instrumentors.postgresql.types.network import CIDR, INET, mac


@given(st.ip_addresses(), st.data())
def test_addresses(address: IPv4Address | IPv6Address, data: st.DataObject) -> None:
    bits = data.draw(st.integers(0, address.max_prefixlen))
    for codec in (INET, CIDR):
        text = codec.read_text(f"{address}/{bits}")
        assert codec.read_binary(codec.write_binary(text)) == text == codec.read_text(text)


@pytest.mark.parametrize(
    ("loose", "inet", "cidr"),
    [
        ("10.0.0.1", "10.0.0.1", "10.0.0.1/32"),
        ("10.0.0.0/8", "10.0.0.0/8", "10.0.0.0/8"),
        ("2001:db8:0:0:0:0:0:1", "2001:db8::1", "2001:db8::1/128"),
        ("::ffff:10.0.0.1", "::ffff:10.0.0.1", "::ffff:10.0.0.1/128"),
        ("::10.0.0.1", "::10.0.0.1", "::10.0.0.1/128"),
        ("::7", "::7", "::7/128"),
    ],
)
def test_addresses_as_the_server_writes_them(loose: str, inet: str, cidr: str) -> None:
    assert (INET.read_text(loose), CIDR.read_text(loose)) == (inet, cidr)


@given(st.binary(min_size=6, max_size=6))
def test_mac_addresses(data: bytes) -> None:
    codec = mac(6)
    assert codec.write_binary(codec.read_text(codec.read_binary(data))) == data


@pytest.mark.parametrize("data", [b"", b"\2\x20\0\4abc", b"\3\x20\0\4abcd", b"\2\x21\0\4abcd", b"\2\x20\1\4abcd"])
def test_no_addresses(data: bytes) -> None:
    with pytest.raises(TROUBLE):
        INET.read_binary(data)
    with pytest.raises(TROUBLE):
        mac(6).read_binary(data)
