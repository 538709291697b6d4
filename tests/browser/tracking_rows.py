"""Forty rows as somebody may paste them: carriers, numbers and links of every kind, with the verdict they deserve.

The numbers are public examples of carriers' documents and of published cases, but for one made with a right key.
"""

from typing import Final, NamedTuple


class Row(NamedTuple):
    carrier: str
    number: str
    verdict: str
    link: str = ""


LA_POSTE: Final = "https://www.laposte.fr/outils/suivre-vos-envois?code="
ROWS: Final = (
    # Right by their check digit; one of them stands on two orders (see the last rows), which never goes.
    Row("Colissimo", "6A61031888418", "plausible"),
    Row("Colissimo", "5N30053962734", "plausible", LA_POSTE + "5N30053962734"),
    Row("La Poste", "8U01130342039", "impossible"),
    Row("colissimo", "6c 7301 8452 963", "plausible"),
    Row("Chronopost", "XU130420145JF", "plausible"),
    Row("Chronopost", "XW295445484JF", "plausible"),
    Row("UPS", "1Z035CX1YN17845128", "plausible"),
    Row("UPS", "1ZG2242W6822298280", "plausible", "https://www.ups.com/track?tracknum=1ZG2242W6822298280"),
    Row("DHL", "00340434633751428115", "plausible"),
    Row("China Post", "LZ430297212CN", "plausible"),
    Row("China EMS", "RP325552475CN", "plausible"),
    Row("Yanwen", "UL494089685YP", "plausible"),
    Row("Yanwen", "UK844354295YP", "plausible"),
    Row("GLS", "123416227171", "plausible"),
    Row("FedEx", "532981649667", "plausible"),
    Row("SF Express", "SF6047789135544", "plausible"),
    # Right by their shape: these carriers have no check digit.
    Row("Mondial Relay", "87778793", "plausible"),
    Row("Mondial Relay", "8561376870", "plausible"),
    Row("Relais Colis", "CC109000006501", "plausible"),
    Row("4PX", "4PX3002555003946CN", "plausible"),
    # Patterns and contradictions.
    Row("Colissimo", "ZW924750388GB", "suspect"),
    Row("China Post", "RR123456785CN", "suspect"),
    Row("Mondial Relay", "11111111", "suspect"),
    Row("Mondial Relay", "12345678", "suspect"),
    Row("Chronopost", "XA547564856FR", "suspect", "https://www.fedex.com/fedextrack/?trknbr=XA547564856FR"),
    Row("Mondial Relay", "94073116", "suspect", "https://www.mondialrelay.fr/"),
    Row(
        "Mondial Relay", "61376871", "suspect", "https://www.mondialrelay.fr/suivi-de-colis/?numeroExpedition=61376872"
    ),
    Row("Colissimo", "CG738165082DE", "suspect", "https://laposte.example/?n=CG738165082DE"),
    # Nobody can tell.
    Row("Foo Freight", "ZX88120457", "cannot_tell"),
    Row("Dachser", "77120458931", "cannot_tell"),
    Row("Colisimo", "6A61031888418X", "cannot_tell"),
    Row("", "LD156008025FR", "cannot_tell"),
    # Impossible on facts.
    Row("Colissimo", "6A61031888419", "impossible"),
    Row("UPS", "1Z035CX1YN17845129", "impossible"),
    Row("China Post", "LZ430297213CN", "impossible"),
    Row("Colissimo", "1.23457E+11", "impossible"),
    Row("UPS", "87778794", "impossible"),
    Row("Colissimo", "8U01130342039", "impossible"),
    Row("Mondial Relay", "61$76870", "impossible"),
    Row("Chronopost", "KU990760381FR", "impossible", "javascript:alert(1)"),
)
