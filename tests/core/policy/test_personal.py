"""What is left of a parcel's link when its order is wiped."""

import pytest

from core.desk import tracking
from core.policy.personal import bare_link

NUMBER = "6A61031888418"


@pytest.mark.rule("XX-P1")
@pytest.mark.parametrize(
    ("link", "left"),
    [
        (f"https://a.example/suivi?colis={NUMBER}&codePostal=97431", f"https://a.example/suivi?colis={NUMBER}"),
        (f"https://a.example/s?cp=97431&nom=Zylberstein&lang=fr&n={NUMBER}", f"https://a.example/s?lang=fr&n={NUMBER}"),
        (f"https://a.example/suivi/{NUMBER}/97431", f"https://a.example/suivi/{NUMBER}"),
        (f"https://a.example/97431/{NUMBER.lower()}", f"https://a.example/{NUMBER.lower()}"),
        (f"https://a.example/#/{NUMBER}/97431", f"https://a.example/#/{NUMBER}"),
        (f"https://me:97431@a.example/{NUMBER}", f"https://a.example/{NUMBER}"),
        (f"https://a.example/suivi?colis={NUMBER}97431", "https://a.example"),
        ("https://a.example/97431", "https://a.example"),
        ("ftp://a.example/97431", ""),
        ("97431", ""),
        ("https://[97431", ""),
    ],
)
def test_a_link_keeps_what_leads_to_the_parcel(link: str, left: str) -> None:
    assert bare_link(link, NUMBER) == left
    assert bare_link(left, NUMBER) == left
    assert "97431" not in bare_link(link, None)


def test_the_carriers_own_links_stay_as_they_are() -> None:
    own = [carrier.url for carrier in tracking.all_carriers().by_id.values() if carrier.url and "{n}" in carrier.url]
    assert len(own) > 20
    links = [url.replace("{n}", NUMBER) for url in own]
    changed = [link for link in links if bare_link(link, NUMBER) != link]
    assert [link.split("/")[2] for link in changed] == ["secure.extranet.ciblex.fr"]  # ?module=colis: it may be a name
