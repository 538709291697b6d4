"""Carriers and their forms: public examples, outside vectors, names as people type them."""

import json
import os
import re
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from core.policy import carriers as carrier_file
from core.policy.shapes import options
from core.policy.tracking_forms import match
from core.policy.tracking_reasons import BIT, PATTERNS
from core.policy.values import PolicyError

CARRIERS = carrier_file.load()
VECTORS = "DESK48_TRACKING_VECTORS"
# carrier, public examples whose key (if any) is right
EXAMPLES = [
    ("post-any", "RR123456785CN LZ464222669CN CE500137339BE"),
    ("la-poste", "6A61031888418 8U01130342039 5N30053962734 8K00009775862 88000019255788Y 88000012680741A"),
    ("la-poste", "861011301731382 87000918244878 LU680211095FR LD156008025FR"),
    ("chronopost", "XU130420145JF XW295445484JF KU990760381FR XA547564856FR XY769000640200Y"),
    ("mondial-relay", "87778793 8561376870 887996564309 82547066970101107373021207 12123456780101006623123454"),
    ("relais-colis", "CC109000006501 1880000220"),
    ("colis-prive", "HS0000329755 WT0004403087 R99600071550 Q21400220470 HS000032975575001"),
    ("dpd-fr", "10084004615036 1595193512495 250123456789012"),
    ("dpd", "01015026003653C 01196812014637L 09980000020033F 008182709980000020033350276C"),
    ("gls", "123416227171 20189360332 ZBH2FY7Q"),
    ("gls-fr", "00IU9SEC 123416227171"),
    ("dhl-express", "3408372365 7633033634 JD014600011678034918"),
    ("dhl", "00340434633751428115 201298452277 186718204451 CG738165082DE CY730190157DE"),
    ("dhl-ecommerce", "GM2951173225174494"),
    ("ups", "1Z035CX1YN17845128 1ZG2242W6822298280 K1506235620"),
    ("fedex", "532981649667 279403051467 9611020987654312345672"),
    ("tnt", "403923212 403923214 1319298002846673"),
    ("china-post", "LZ430297212CN RP325552475CN"),
    ("cainiao", "LP00061214526423 CNG00798678939847 CNFR9010481599571HD"),
    ("yanwen", "UL494089685YP UK844354295YP BYS006086077"),
    ("yunexpress", "YT2621200705470145 YT2623100700785323 YT2229521272164446 YT2513421272203726 YT2121621236013143"),
    ("4px", "4PX3002555003946CN"),
    ("sf-express", "SF6047789135544 133938675660"),
    ("sunyou", "SYAE006809461"),
    ("j-and-t", "JX6284305075"),
    ("yodel", "JJD0002257639032011"),
    ("royal-mail", "OJ791502074GB ZW924750388GB"),
    ("evri", "H06R4A1011299623"),
    ("postnl", "CK089862199NL 3SABCD3427702"),
    ("bpost", "CE500137339BE 323245067847491492"),
    ("amazon", "TBA333656997000 DE5679225276"),
    ("usps", "9500113562366007585132"),
]
# Vectors of formats that data/carriers.toml leaves out, and why.
LEFT_OUT = {
    "canada_post": "no carrier of ours", "canpar_22": "no carrier of ours", "purolator_numeric": "no carrier of ours",
    "purolator_alpha": "no carrier of ours", "landmark_global": "no carrier of ours", "lasership_lx": "American",
    "lasership_1ls7": "American", "LaserShip 1LS7 (18)": "American", "lasership_1lscx": "American",
    "Old Dominion": "American freight", "Old Dominion Guaranteed Shipment": "American freight",
    "ontrac_c": "American", "ontrac_d": "American", "speedee": "American",
    "fedex_astra_32": "a barcode, not a number", "fedex_ground_sscc_18": "fits any SSCC",
    "fedex_ground_gsn": "a barcode of 34 digits with its own layout",
    "dhl_ecommerce": "swallows S10 numbers; GM only is kept",
}  # fmt: skip
LISTED = {
    "amazon_logistics": "amazon", "amazon_international": "amazon", "dhl_express": "dhl-express",
    "dhl_express_piece_id": "dhl-express", "dhl_ecommerce_14": "dhl-ecommerce", "dpd": "dpd", "dpd_14": "dpd",
    "fedex_12": "fedex", "fedex_34": "fedex", "fedex_ground": "fedex", "fedex_ground_96": "fedex",
    "gofo_us": "gofo", "s10": "post-any", "ups": "ups", "UPS Waybill": "ups", "usps_20": "usps",
    "usps_impb_n": "usps", "usps_legacy": "usps", "usps_impb_c": "usps", "yodel": "yodel", "yunexpress": "yunexpress",
}  # fmt: skip


def found(*numbers):
    return match(pl.Series(numbers, dtype=pl.String), CARRIERS)


def is_of(carrier, number):
    """Whether the number has a form of the carrier, its key right where it has one that we can tell by."""
    one = found(number)
    mask = np.uint64(CARRIERS.by_id[carrier].mask)
    return bool(((one.keyed | (one.shaped | one.inferred) & ~one.wrong) & mask)[0])


@pytest.mark.rule("XX-T2")
@pytest.mark.parametrize(("carrier", "number"), [(c, n) for c, numbers in EXAMPLES for n in numbers.split()])
def test_public_examples_have_a_form_of_their_carrier(carrier, number):
    one = found(number)
    theirs = (one.fits & np.uint64(CARRIERS.by_id[carrier].mask))[0]
    assert theirs
    assert ((one.wrong & np.uint64(CARRIERS.by_id[carrier].mask))[0] == 0) or is_of(carrier, number)


def test_every_carrier_of_the_file_stands_in_the_examples_or_has_one_plain_form():
    posts = {c.id for c in CARRIERS.carriers if all(form.key == "s10" for form in c.forms)}
    rest = {c.id for c in CARRIERS.carriers} - {c for c, _ in EXAMPLES} - posts
    assert rest == {"parcelforce", "yto", "geodis", "ciblex", "asendia", "gofo", "speedpak", "cne", "inpost"}


def vectors():
    folder = os.environ.get(VECTORS)
    if not folder:
        return []
    files = sorted(Path(folder).rglob("couriers/*.json"))
    return [form for file in files for form in json.loads(file.read_text("utf-8"))["tracking_numbers"]]


def plain(number):
    return re.sub(r"[\s\-]", "", number).upper()


@pytest.mark.skipif(not os.environ.get(VECTORS), reason=f"{VECTORS} names no copy of jkeen/tracking_number_data")
def test_the_outside_vectors_of_the_forms_we_list_are_right():
    seen, wrong = set(), []
    for form in vectors():
        name = form.get("id") or form["name"]
        seen.add(name)
        if name in LEFT_OUT:
            continue
        carrier = LISTED[name]
        wrong += [(name, n) for n in form["test_numbers"]["valid"] if not is_of(carrier, plain(n))]
        wrong += [(name, n) for n in form["test_numbers"]["invalid"] if is_of(carrier, plain(n))]
    assert seen == LISTED.keys() | LEFT_OUT.keys()
    assert wrong == []


@pytest.mark.rule("XX-T1")
@pytest.mark.skipif(not os.environ.get(VECTORS), reason=f"{VECTORS} names no copy of jkeen/tracking_number_data")
def test_the_patterns_strike_as_often_as_was_measured():
    numbers = [plain(n) for form in vectors() for n in form["test_numbers"]["valid"]]
    bits = found(*numbers).patterns
    hits = {code: int(((bits & np.uint64(BIT[code])) != 0).sum()) for code in PATTERNS}
    assert len(numbers) == 192
    assert list(hits.values()) == [4, 13, 2, 14, 5, 6, 15]


@pytest.mark.rule("XX-T1")
def test_real_numbers_hardly_ever_look_made_up():
    made_up = {"RR123456785CN", "12123456780101006623123454", "250123456789012", "9611020987654312345672"}
    real = [n for _, numbers in EXAMPLES for n in numbers.split() if n not in made_up]
    struck = [n for n, bits in zip(real, found(*real).patterns, strict=True) if bits]
    assert struck in ([], ["TBA333656997000"])
    placeholders = [
        "6A12345678901",
        "8R12345678901",
        "XW123456789FR",
        "1234567890123",
        "YT1234567890123456",
        "1111111111",
        "99999999",
        "00000000",
        "123456789012",
        "987654321098",
        "1Z999AA10123456784",
        "6A00000000000",
        "RR000000000CN",
        "1212121212",
        "123123123",
        "LP00123456789012",
        "555555555555",
        "6A11111111111",
        "100000000",
        "4PX3000000000000CN",
        "876543210",
        "1010101010",
        "789789789",
        "1100110011",
        "567890123456",
    ]
    assert all(found(*placeholders).patterns)


@pytest.mark.rule("CD-S3")
@pytest.mark.parametrize(
    ("typed", "status", "ids"),
    [
        ("Colissimo", "listed", ["la-poste"]),
        (" COLISSIMO ", "listed", ["la-poste"]),
        ("colis prive", "listed", ["colis-prive"]),
        ("燕文", "listed", ["yanwen"]),
        ("顺丰速运", "listed", ["sf-express"]),
        ("DPD", "listed", ["dpd-fr", "dpd"]),
        ("Autre : Yun Express", "listed", ["yunexpress"]),
        ("EMS", "listed", ["china-post"]),
        ("Evri", "listed", ["evri"]),
        ("Swiss Post", "unlisted", ["swiss-post"]),
        ("Colisimo", "near", []),
        ("Zorglub Express", "unknown", []),
        ("Med Africa", "formless", []),
        ("autre", "other", []),
        (None, "missing", []),
        ("  ", "missing", []),
    ],
)
def test_names_are_known_as_people_type_them_and_near_ones_are_only_proposed(typed, status, ids):
    rows = pl.DataFrame(
        {"marketplace": ["cdiscount"], "carrier": [typed]}, schema={"marketplace": pl.String, "carrier": pl.String}
    )
    named = CARRIERS.meant(rows).row(0, named=True)
    assert named["status"] == status
    assert [carrier.id for carrier in CARRIERS.members(named["stated"])] == ids
    if status == "near":
        assert named["meant"] == "Colissimo"


@pytest.mark.rule("CD-S3")
@pytest.mark.parametrize(
    ("typed", "proposed"),
    [
        *[("SFC", None), ("UPSS", "UPS"), ("SunYo", "SunYou"), ("DHLL", "DHL"), ("Colisimo", "Colissimo")],
        *[("顺风", "SF Express"), ("中国邮证", "China Post / EMS / ePacket"), ("圆通快递", "YTO Express")],
        *[("燕文物", "Yanwen"), ("中通", None), ("韩国邮政", None), ("顺", None)],
    ],
)
def test_short_names_are_close_to_their_own_carrier_and_to_no_other(typed, proposed):
    named = CARRIERS.meant(pl.DataFrame({"marketplace": ["cdiscount"], "carrier": [typed]})).row(0, named=True)
    assert (named["status"], named["meant"]) == (("near", proposed) if proposed else ("unknown", None))


def test_codes_of_amazon_and_aliexpress_are_known_on_their_own_list():
    rows = pl.DataFrame({"marketplace": ["amazon", "aliexpress", "aliexpress"], "carrier": ["UPS", "CPAM", "OTHER_FR"]})
    named = CARRIERS.meant(rows)
    assert named["status"].to_list() == ["listed", "listed", "other"]


def test_a_broken_carrier_file_names_itself(tmp_path):
    text = carrier_file.FILE.read_text("utf-8")
    for old, new in [('key = "s10"', 'key = "s11"'), ("closed = true", "closd = true"), ("[A-Z]{2}", "(?=[A-Z]{2}")]:
        broken = tmp_path / "carriers.toml"
        broken.write_text(text.replace(old, new, 1), "utf-8")
        with pytest.raises(PolicyError, match=r"carriers\.toml"):
            carrier_file.load(broken)


def test_a_shape_stands_for_every_row_of_classes():
    assert options("(?:LP|C[1-2])[0-9]{1,2}") == [
        ("L", "P", "0123456789"), ("L", "P", "0123456789", "0123456789"),
        ("C", "12", "0123456789"), ("C", "12", "0123456789", "0123456789"),
    ]  # fmt: skip
