"""The sample month: three made-up shops, the same for everybody, dated relative to now."""

import csv
import datetime as dt
import io
import random
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from core.policy.words import Marketplace

PARIS: Final = ZoneInfo("Europe/Paris")
SEED: Final = 48
PREAMBLE: Final = (
    "Rapport des commandes",
    "Vendeur : {shop}",
    "Canal de vente : Cdiscount",
    "Période : {first} - {last}",
    "",
)
HEADER: Final = (
    "Référence commande",
    "Enseigne",
    "Date de commande",
    "Statut commande",
    "Détail produit",
    "EAN",
    "SKU Cdiscount",
    "Quantité",
    "Prix Total (€ TTC) hors frais de traitement",
    "Montant Frais de livraison (€ TTC)",
    "Prénom",
    "Nom",
    "Adresse",
    "Code postal de livraison",
    "Ville de livraison",
    "Pays de livraison",
    "Nom et Adresse de facturation",
    "Code postal de facturation",
    "Ville de facturation",
    "Pays de facturation",
)
ARTICLES: Final = (
    ("Lampe de bureau LED pliable", "LUM-014", "3760212410142", 2490),
    ("Guirlande lumineuse 10 m", "LUM-021", "3760212410213", 1290),
    ("Housse de coussin 45 x 45 cm", "TEX-003", "3760212410036", 890),
    ("Perceuse-visseuse 18 V", "BRI-118", "3760212411187", 6990),
    ("Jeu de 40 douilles", "BRI-140", "3760212411408", 3450),
    ("Coque de téléphone transparente", "ACC-007", "3760212410074", 690),
    ("Câble USB-C tressé 2 m", "ACC-019", "3760212410197", 990),
    ("Balance de cuisine", "CUI-032", "3760212410326", 1790),
)
BUYERS: Final = (
    ("Camille", "Durand", "12 rue des Lilas", "69003", "Lyon"),
    ("Hugo", "Lefèvre", "4 place du Marché", "01000", "Bourg-en-Bresse"),
    ("Inès", "Moreau", "27 avenue Foch", "59000", "Lille"),
    ("Léo", "Garnier", "8 impasse du Moulin", "33000", "Bordeaux"),
    ("Zoé", "Petit", "51 boulevard Voltaire", "75011", "Paris"),
    ("Noël", "Béranger", "3 quai de la Loire", "44000", "Nantes"),
)
SETTLED: Final = ("Expédiée",) * 16 + ("Livrée",) * 10 + ("Annulée", "Refusée", "Annulée automatiquement")


@dataclass(frozen=True, slots=True)
class SampleFile:
    """One made-up export: which shop it belongs to, its file name and its bytes."""

    marketplace: Marketplace
    shop: str
    name: str
    data: bytes


@dataclass(frozen=True, slots=True)
class _Order:
    number: str
    created: dt.datetime
    state: str
    articles: tuple[tuple[str, str, str, int], ...]
    buyer: tuple[str, str, str, str, str]


def sample_month(now: dt.datetime) -> list[SampleFile]:
    """The files of a month that ends at ``now``: two Cdiscount exports and one of our own templates."""
    paris = now.astimezone(PARIS).replace(second=0, microsecond=0)
    lumina = _orders(random.Random(SEED), paris, per_day=9, hours_open=(0.3, 5, 11, 21, 26, 33, 44.5, 46.8, 47.6, 53))
    brico = _orders(random.Random(SEED + 1), paris, per_day=4, hours_open=(2, 16, 31, 45.2))
    star = _orders(random.Random(SEED + 2), paris, per_day=3, hours_open=())
    return [
        SampleFile(Marketplace.CDISCOUNT, "Lumina Maison", "lumina-maison.csv", _cdiscount("Lumina Maison", lumina)),
        SampleFile(Marketplace.CDISCOUNT, "Brico Étoile", "brico-etoile.csv", _cdiscount("Brico Étoile", brico)),
        SampleFile(Marketplace.ALIEXPRESS, "XinXing 星星", "xinxing-desk48.csv", _template(star, paris)),
    ]


def write_samples(folder: Path, now: dt.datetime) -> list[tuple[SampleFile, Path]]:
    """Write the sample month into ``folder`` (made if absent). Raises ``OSError`` where it cannot."""
    folder.mkdir(parents=True, exist_ok=True)
    written = [(file, folder / file.name) for file in sample_month(now)]
    for file, path in written:
        path.write_bytes(file.data)
    return written


def _orders(rng: random.Random, now: dt.datetime, per_day: int, hours_open: tuple[float, ...]) -> list[_Order]:
    """A month of orders, oldest first: settled ones, some under way, and those still to accept."""
    ages = [(hour, "En attente d'acceptation") for hour in hours_open]
    for day in range(2, 31):
        for _ in range(rng.randint(per_day - 2, per_day + 2)):
            ages.append((24 * day + rng.uniform(3, 20), _state_after(rng, day)))
    ages += [(rng.uniform(5, 40), "Paiement en cours"), (rng.uniform(20, 47), "Paiement en cours")]
    return [_order(rng, now - dt.timedelta(hours=age), state) for age, state in sorted(ages, reverse=True)]


def _state_after(rng: random.Random, day: int) -> str:
    if day <= 4 and rng.random() < 0.5:
        return "À expédier"
    if day == 9 and rng.random() < 0.2:
        return "En cours d'étude"
    return rng.choice(SETTLED)


def _order(rng: random.Random, created: dt.datetime, state: str) -> _Order:
    tail = "".join(rng.choices("ABCDEFGHJKLMNPQRSTUVWXYZ0123456789", k=5))
    return _Order(
        number=f"{created:%y%m%d%H%M}{tail}",
        created=created,
        state=state,
        articles=tuple(rng.sample(ARTICLES, k=rng.choice((1, 1, 1, 2)))),
        buyer=rng.choice(BUYERS),
    )


def _euro(minor: int) -> str:
    return f"{minor // 100},{minor % 100:02d}"


def _cdiscount(shop: str, orders: list[_Order]) -> bytes:
    """An order export as the Cdiscount back office writes it: preamble, semicolons, Windows-1252."""
    out = io.StringIO(newline="")
    period = {"first": f"{orders[0].created:%d/%m/%Y}", "last": f"{orders[-1].created:%d/%m/%Y}"}
    for line in PREAMBLE:
        out.write(line.format(shop=shop, **period) + "\r\n")
    table = csv.writer(out, delimiter=";", quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    table.writerow(HEADER)
    for order in orders:
        # Name and address arrive only after the buyer was debited.
        known = order.state not in {"En attente d'acceptation", "Paiement en cours"}
        first, last, street, postcode, city = order.buyer if known else ("",) * 5
        billing = f"{first} {last}, {street}" if known else ""
        for place, (title, sku, ean, price) in enumerate(order.articles):
            table.writerow(
                [
                    order.number,
                    "CDISCOUNT",
                    f"{order.created:%d/%m/%Y %H:%M:%S}",
                    order.state,
                    title,
                    ean,
                    sku,
                    1,
                    f"{_euro(price)} €",
                    f"{_euro(0 if place else 399)} €",
                    *(first, last, street, postcode, city, "FRANCE" if known else ""),
                    *(billing, postcode, city, "FRANCE" if known else ""),
                ]
            )
    return out.getvalue().encode("cp1252")


TEMPLATE: Final[tuple[tuple[str, Callable[[_Order, tuple[str, str, str, int]], str]], ...]] = (
    ("order_number", lambda order, _: "81" + order.number[:10] + "0048"),
    ("created_at", lambda order, _: order.created.isoformat()),
    ("sku", lambda _, article: article[1]),
    ("title", lambda _, article: article[0]),
    ("quantity", lambda *_: "1"),
    ("price", lambda _, article: f"{article[3] / 100:.2f}"),
    ("shipping", lambda *_: "0.00"),
    ("currency", lambda *_: "EUR"),
    ("delivery_mode", lambda *_: "tracked"),
)


def _template(orders: list[_Order], now: dt.datetime) -> bytes:
    """Our own template as a small AliExpress team fills it: with latest shipping dates."""
    out = io.StringIO(newline="")
    table = csv.writer(out, lineterminator="\r\n")
    table.writerow([*(name for name, _ in TEMPLATE), "state", "latest_ship_at"])
    recent = now - dt.timedelta(days=6)
    for order in orders:
        to_ship = order.created > recent
        latest = (order.created + dt.timedelta(days=7)).isoformat() if to_ship else ""
        for article in order.articles[:1]:
            cells = [value(order, article) for _, value in TEMPLATE]
            table.writerow([*cells, "to_ship" if to_ship else "shipped", latest])
    return out.getvalue().encode("utf-8")
