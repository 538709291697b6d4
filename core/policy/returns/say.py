"""Codes of a return's decision in words; templates are msgids, translated where they are shown."""

from typing import Final

from core.policy.words import N_

OPTIONS: Final = {
    "home_address": N_("Return address in the buyer's country"),
    "prepaid_label": N_("Prepaid label"),
    "keep_refund": N_("Full refund, no return"),
    "exchange": N_("Exchange"),
    "refuse": N_("Refuse"),
}
BUYER_GETS: Final = {
    "home_address": N_("Sends it to an address in the country; all sums back once it is there or proved sent."),
    "prepaid_label": N_("Sends it with a label that costs nothing; all sums back once it is there or proved sent."),
    "keep_refund": N_("Keeps the article and gets all sums back."),
    "exchange": N_("Gets a new article, as agreed."),
    "refuse": N_("Keeps the article; no refund."),
}
ACTIONS: Final = {
    "home_address": N_("Amazon: authorise. The buyer is mailed the address; no money moves."),
    "prepaid_label": N_("Amazon: authorise with your label. The buyer is mailed it; no money moves."),
    "keep_refund": N_("Amazon: refund. The money goes back at once and the buyer keeps the article."),
    "refuse": N_("Amazon: close, after agreeing with the buyer, who is mailed the reason. Only the buyer can cancel."),
}
REASONS: Final = {
    "withdrawal": N_("Withdrawal"),
    "not_as_described": N_("Not as described"),
    "wrong_size": N_("Wrong size"),
    "defective": N_("Defective"),
    "damaged_in_transit": N_("Damaged in transit"),
    "wrong_article": N_("Wrong article"),
    "missing_part": N_("Missing part"),
    "not_received": N_("Not received"),
    "changed_mind_late": N_("Changed mind after the window"),
    "buyer_damage": N_("Damaged by the buyer"),
    "other": N_("Other reason"),
}
STATUSES: Final = {
    "lawful": N_("Lawful"),
    "not_allowed": N_("Kept from by the shop's rule"),
    "unlawful": N_("Not possible"),
    "cannot_tell": N_("Cannot tell"),
}
WHY: Final = {
    "address_offered": N_("The shop has an address there."),
    "no_address": N_("The shop has no address there."),
    "has_address": N_("Nobody has said whether the shop has an address there."),
    "label_offered": N_("The shop can send a prepaid label."),
    "no_label": N_("The shop has no contract for prepaid labels."),
    "has_label": N_("Nobody has said whether the shop can send prepaid labels."),
    "nothing_to_send_back": N_("Nothing was received, so nothing can be sent back."),
    "amazon_refunds": N_("Below the limit and without an address there, Amazon refunds by itself."),
    "always_offered": N_("It may always be offered."),
    "not_delivered": N_("Nothing shows that it was delivered."),
    "agreed": N_("The buyer agreed to it."),
    "not_agreed": N_("The buyer did not agree to it."),
    "buyer_agrees": N_("Only if the buyer agrees: ask first."),
    "not_on_amazon": N_("Not among the answers to a return request on Amazon."),
    "delivery_proof": N_("The file says delivered: ask the carrier for the proof."),
    "seller_at_fault": N_("The cause is not the buyer's, within the time of conformity."),
    "conformity_over": N_("The time of conformity is over."),
    "when_delivered": N_("Not known when it was delivered."),
    "in_policy": N_("It is inside Amazon's return policy."),
    "excluded": N_("This kind of article is excluded from withdrawal."),
    "within_withdrawal": N_("The buyer is within the days of withdrawal."),
    "fifteenth_day": N_("One source gives a day more than the law: never refuse on it."),
    "window_over": N_("The days of withdrawal are over and nothing is wrong with it."),
    "damage_shown": N_("The buyer's damage is shown, and the days of withdrawal are over."),
    "evidence": N_("Nothing shows yet who damaged it."),
    "what_differs": N_("Not known what is wrong with it."),
    "shop_rule": N_("A rule of the shop keeps from it."),
}
QUESTIONS: Final = {
    "marketplace": N_("Returns of this marketplace are not decided here."),
    "when_requested": N_("Cannot tell until the day of the buyer's notice is known. When did it come?"),
    "what_differs": N_("Cannot tell until the reason is known. Ask the buyer what differs from the description."),
    "when_delivered": N_("Cannot tell until the delivery is known. On which day did the buyer receive it?"),
    "delivery_proof": N_("Cannot tell until the delivery is proved. What does the carrier's proof say?"),
    "evidence": N_("Cannot tell until the damage is shown. Is there a photo or an inspection?"),
    "has_address": N_("Cannot tell until it is known: has the shop a return address in the buyer's country?"),
    "has_label": N_("Cannot tell until it is known: can the shop send prepaid labels?"),
    "buyer_informed": N_("Cannot tell who pays until it is known: was the buyer told before the order that he does?"),
    "currency": N_("Cannot tell what it costs until the currency is euro or pound."),
    "price": N_("Cannot tell what it costs until the price and the delivery paid are known."),
    "weight": N_("Cannot tell what the label costs: heavier than every weight of its table."),
    "buyer_agrees": N_("Cannot tell until the buyer is asked: does he agree to an exchange?"),
}
LINES: Final = {
    "refund": N_("Refund of the article"),
    "shipping": N_("Outward shipping"),
    "commission": N_("Commission given back"),
    "label": N_("Return label"),
    "customs": N_("Customs"),
    "handling": N_("Taking it in"),
    "inspection": N_("Inspection"),
    "resale": N_("Sold again"),
    "disposal": N_("Disposal"),
    "late": N_("Lateness"),
    "replacement": N_("Replacement"),
    "dispute": N_("Dispute lost"),
}
PAYERS: Final = {
    "buyer": N_("The buyer pays the way back."),
    "seller": N_("The seller pays the way back."),
    "nobody": N_("Nothing goes back."),
    "cannot_tell": N_("Cannot tell who pays the way back."),
}
REPLY_STATES: Final = {
    "running": N_("To be answered"),
    "overdue": N_("Not answered in time"),
    "answered": N_("Answered in time"),
    "answered_late": N_("Answered late"),
}
REFUND_STATES: Final = {
    "running": N_("To be refunded"),
    "waits_for_goods": N_("May wait for the goods or for proof that they were sent"),
    "overdue": N_("Refund is late"),
    "paid": N_("Refunded in time"),
    "paid_late": N_("Refunded late"),
    "none": N_("No refund"),
}
CONFLICTS: Final = {
    "unknown_effect": N_("The rule has no effect that is known."),
    "unknown_option": N_("The rule names no option that is known."),
    "unknown_reason": N_("The rule names no reason that is known."),
    "empty_range": N_("No price fits the rule: its lowest is above its highest."),
    "empty_days": N_("The rule ends before it begins."),
    "same_position": N_("Two rules at the same position fit the same case and disagree."),
    "never_decides": N_("The rule never decides: one before it fits whenever it does."),
    "leaves_none": N_("Together with others, the rule leaves no option."),
    "leaves_none_there": N_("Where these rules fit together, they leave no option."),
}
