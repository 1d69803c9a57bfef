"""The server's own types by OID (``src/include/catalog/pg_type.dat``). They are the same everywhere."""

from __future__ import annotations

from timetracer_instrumentors.postgresql.types import geometry, network, numbers, scalars, times
from timetracer_instrumentors.postgresql.types.arrays import array, vector
from timetracer_instrumentors.postgresql.types.codec import STRING, TEXT_ONLY, Codec
from timetracer_instrumentors.postgresql.types.composites import Composites
from timetracer_instrumentors.postgresql.types.ranges import multirange_of, range_of

_INT2, _INT4, _INT8, _OID = (numbers.integer(form) for form in ("!h", "!i", "!q", "!I"))
_BOX = 603

CODECS: dict[int, Codec] = {
    16: scalars.BOOL,
    17: scalars.BYTEA,
    18: scalars.CHAR,
    19: STRING,  # name
    20: _INT8,
    21: _INT2,
    22: vector(21, _INT2),
    23: _INT4,
    25: STRING,  # text
    26: _OID,
    27: scalars.TID,
    28: _OID,  # xid
    29: _OID,  # cid
    30: vector(26, _OID),
    114: STRING,  # json: its text, to the letter
    142: STRING,  # xml
    600: geometry.POINT,
    601: geometry.LSEG,
    602: geometry.PATH,
    603: geometry.BOX,
    604: geometry.POLYGON,
    628: geometry.LINE,
    650: network.CIDR,
    700: numbers.FLOAT4,
    701: numbers.FLOAT8,
    705: STRING,  # unknown
    718: geometry.CIRCLE,
    774: network.mac(8),
    829: network.mac(6),
    869: network.INET,
    1042: STRING,  # char(n)
    1043: STRING,  # varchar
    1082: times.DATE,
    1083: times.TIME,
    1114: times.TIMESTAMP,
    1184: times.TIMESTAMPTZ,
    1186: times.INTERVAL,
    1266: times.TIMETZ,
    1560: scalars.BITS,
    1562: scalars.BITS,
    1700: numbers.NUMERIC,
    1790: STRING,  # refcursor
    2275: STRING,  # cstring
    2278: STRING,  # void
    2950: scalars.UUIDS,
    3220: scalars.LSN,
    3802: scalars.versioned(1),  # jsonb: its text, to the letter
    4072: scalars.versioned(1),  # jsonpath
    5069: numbers.integer("!Q"),  # xid8
}
"""By OID."""

_BY_NAME = (24, 2202, 2203, 2204, 2205, 2206, 3734, 3769, 4089, 4096, 4191)
"""``regproc`` and its kin: names in text, numbers in binary, and only the server knows which is which."""
_NOT_TAKEN_APART = (194, 790, 1033, 2970, 3361, 3402, 3614, 3615, 4600, 4601, 5017, 5038)
"""``money`` (its text depends on the locale), ``aclitem``, snapshots, ``tsvector``, ``tsquery`` and statistics."""
CODECS.update(dict.fromkeys((*_BY_NAME, *_NOT_TAKEN_APART), TEXT_ONLY))

_OVER = {
    # range, multirange: what it is over
    (3904, 4451): 23,
    (3906, 4532): 1700,
    (3908, 4533): 1114,
    (3910, 4534): 1184,
    (3912, 4535): 1082,
    (3926, 4536): 20,
}
for (_range, _multirange), _bound in _OVER.items():
    CODECS[_range], CODECS[_multirange] = range_of(CODECS[_bound]), multirange_of(CODECS[_bound])

COMPOSITES = Composites(CODECS)
CODECS[2249] = COMPOSITES.record

ARRAYS = {
    143: 142,
    199: 114,
    271: 5069,
    629: 628,
    651: 650,
    719: 718,
    775: 774,
    791: 790,
    1000: 16,
    1001: 17,
    1002: 18,
    1003: 19,
    1005: 21,
    1006: 22,
    1007: 23,
    1008: 24,
    1009: 25,
    1010: 27,
    1011: 28,
    1012: 29,
    1013: 30,
    1014: 1042,
    1015: 1043,
    1016: 20,
    1017: 600,
    1018: 601,
    1019: 602,
    1020: 603,
    1021: 700,
    1022: 701,
    1027: 604,
    1028: 26,
    1034: 1033,
    1040: 829,
    1041: 869,
    1115: 1114,
    1182: 1082,
    1183: 1083,
    1185: 1184,
    1187: 1186,
    1231: 1700,
    1263: 2275,
    1270: 1266,
    1561: 1560,
    1563: 1562,
    2201: 1790,
    2207: 2202,
    2208: 2203,
    2209: 2204,
    2210: 2205,
    2211: 2206,
    2287: 2249,
    2949: 2970,
    2951: 2950,
    3221: 3220,
    3643: 3614,
    3645: 3615,
    3735: 3734,
    3770: 3769,
    3807: 3802,
    3905: 3904,
    3907: 3906,
    3909: 3908,
    3911: 3910,
    3913: 3912,
    3927: 3926,
    4073: 4072,
    4090: 4089,
    4097: 4096,
    4192: 4191,
    5039: 5038,
    6150: 4451,
    6151: 4532,
    6152: 4533,
    6153: 4534,
    6155: 4535,
    6157: 4536,
}
"""An array's OID: that of its elements."""
for _array, _element in ARRAYS.items():
    CODECS[_array] = array(_element, CODECS[_element], ";" if _element == _BOX else ",")
