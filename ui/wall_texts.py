"""The sentences of the team screen, for the component that draws it, in every language."""

from typing import Final

from core.policy.words import Kind, N_
from ui import bands, labels
from ui.text import LANGUAGES, translations

SENTENCES: Final = {
    "question": N_("What is lost next?"),
    "next": N_("Next deadlines"),
    "empty": N_("No file was imported yet."),
    "nothing": N_("Nothing has to be done before a deadline."),
    "away": N_("The server has not answered since {time} ({age}). This is the last picture."),
    "no_answer": N_("The server does not answer. This screen comes back by itself."),
    "refused": N_("This link does not open the screen, or no longer. Ask for a new one."),
    "as_of": N_("as of {time}, {age} ago"),
    "oldest": N_("{shop}, the oldest of {n}"),
    "old": N_("old"),
    "typed": N_("typed by hand"),
    "no_fresh_data": N_("no fresh data"),
    "unknown": N_("no data yet"),
    "kind": N_("{kind}: {band}"),
    "passed": N_("Up to {n} deadlines may have passed unseen since {time}."),
    "stale": N_("No fresh data of {shop} since {time}: it is left out of the figures."),
    "no_file": N_("No file of {shop} yet: nothing is known of it."),
    "staffed": N_("staffed until {time}"),
    "staffed_gone": N_("last staffed hour is gone"),
    "row": N_("{band}, {staffed}"),
    "surveillance": N_("{shop} is under surveillance: day {day} of {days}."),
    "cannot_tell": N_("Work whose deadline cannot be told: {n}."),
    "clock_ahead": N_("The clock of this computer is {time} fast. The times shown are the server’s."),
    "clock_behind": N_("The clock of this computer is {time} slow. The times shown are the server’s."),
    "days": N_("{days} d {hours} h"),
    "hours": N_("{hours} h {minutes}"),
    "minutes": N_("{minutes} min"),
}
"""What the component says, by the name it knows it under; it fills the places in."""

SHORT: Final = {
    Kind.CARRY_OUT: N_("Carry out"),
    Kind.ANSWER_CANCELLATION: N_("Answer cancellation"),
    Kind.CHECK_CANCELLED: N_("Cancelled or not?"),
    Kind.AWAIT_MARKETPLACE: N_("Marketplace’s turn"),
    Kind.ANSWER_RETURN: N_("Answer the return"),
}
"""Kinds of work that have to be said in fewer words to be read from afar."""


def all_texts() -> dict[str, dict[str, str]]:
    """Language -> name -> sentence; bands and kinds of work stand among them under their machine words."""
    named = SENTENCES | bands.WORDS | labels.KINDS | SHORT
    return {
        lang: {str(name): str(translations(lang).gettext(said)) for name, said in named.items()} for lang in LANGUAGES
    }
