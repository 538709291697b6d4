"""The record: what was done here, by whom, when, from where, and why. Appended by ``core.desk.acting``."""

from typing import Final

from core.policy.words import N_

WHAT: Final = {
    "order_decided": N_("Decided about an order"),
    "facts_typed": N_("Typed facts of an order"),
    "file_imported": N_("Imported a file"),
    "import_undone": N_("Undid an import"),
    "state_word_mapped": N_("Gave a state word its meaning"),
    "mapping_saved": N_("Saved a mapping of files"),
    "mapping_forgotten": N_("Took a mapping of files away"),
    "file_question_answered": N_("Answered a question about files"),
    "shop_added": N_("Added a shop"),
    "shop_saved": N_("Changed a shop"),
    "setting_saved": N_("Changed a setting"),
    "returns_typed": N_("Typed return requests"),
    "return_decided": N_("Decided a return"),
    "return_event": N_("Recorded an event of a return"),
    "return_facts": N_("Recorded facts of a return"),
    "return_value_saved": N_("Saved a cost or an offer of a shop"),
    "return_rule_saved": N_("Saved a rule for returns"),
    "return_rule_ended": N_("Ended a rule for returns"),
    "shipments_typed": N_("Typed shipments"),
    "proposal_taken": N_("Took a proposal for a shipment"),
    "word_given": N_("Gave a word for a shipment"),
    "shipment_file_handed_out": N_("Handed out a shipment file"),
    "workbook_saved": N_("Saved a marketplace's workbook"),
}
"""Code -> what was done, in words."""
