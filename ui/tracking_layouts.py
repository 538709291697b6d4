"""What the layouts of a shipment file are called."""

from typing import Final

from core.desk.shipment_files import Ending, Layout
from core.policy.words import N_

LAYOUTS: Final[dict[str, str]] = {
    Layout.TEMPLATE: N_("The marketplace's own workbook"),
    Layout.AMAZON: N_("Amazon's shipping confirmation"),
    Layout.DESK48: N_("Desk48's own layout"),
}
ENDINGS: Final = {Ending.XLSX: "XLSX", Ending.CSV: "CSV", Ending.TXT: "TXT"}
"""Kinds of files: the same in every language."""
