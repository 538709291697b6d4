"""The sentences of the team screen, for the component that draws it, in every language."""

from typing import Final

from core.policy.words import N_
from ui import bands, labels
from ui.text import LANGUAGES, translations

SENTENCES: Final = {
    "question": N_("What is lost next?"),
    "next": N_("Next deadlines"),
    "nothing": N_("Nothing has to be done before a deadline."),
    "away": N_("The server has not answered since {time} ({age}). This is the last picture."),
    "no_answer": N_("The server does not answer. This screen comes back by itself."),
    "refused": N_("This link does not open the screen, or no longer. Ask for a new one."),
    "as_of": N_("{shop}: as of {time}, {age} ago"),
    "oldest": N_("oldest of {n} files: {shop}, {time}, {age} ago"),
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
    "surveillance": N_("{shop} is under surveillance: day {day} of {days}."),
    "cannot_tell": N_("Work whose deadline cannot be told: {n}."),
    "clock_ahead": N_("The clock of this computer is {time} fast. The times shown are the server’s."),
    "clock_behind": N_("The clock of this computer is {time} slow. The times shown are the server’s."),
    "days": N_("{days} d {hours} h"),
    "hours": N_("{hours} h {minutes}"),
    "minutes": N_("{minutes} min"),
}
"""What the component says, by the name it knows it under; it fills the places in."""


def all_texts() -> dict[str, dict[str, str]]:
    """Language -> name -> sentence; bands and kinds of work stand among them under their machine words."""
    named = SENTENCES | bands.WORDS | labels.KINDS
    return {
        lang: {str(name): str(translations(lang).gettext(said)) for name, said in named.items()} for lang in LANGUAGES
    }
