"""What readers are told of how an example came about: who changed what, when and why, from the record of changes.

People are named, their addresses never. How the words changed while it was a draft is for those who wrote it: others
read when it was begun and handed in, and everything from the first publishing on. Scores are in the rounds, which say
who may see them.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from careatlas.improve.evidence.models import Example, Stage
from careatlas.improve.evidence.writing import examples
from careatlas.improve.evidence.writing.sections import QUESTIONS
from careatlas.improve.people.models import User
from careatlas.improve.record.keeping import kind_of
from careatlas.improve.record.models import Entry

FORMER = "somebody"  # whoever is not a person here: an address is never shown


@dataclass(frozen=True)
class Line:
    """``what``: the titles of the answers that changed; none where only the example's standing did."""

    day: date
    who: str
    why: str
    what: tuple[str, ...]


def history_of(example: Example, user: User) -> list[Line]:
    """Oldest first; what one person did for one reason on one day is one line."""
    entries = list(Entry.objects.filter(kind=kind_of(Example), key=str(example.pk)).order_by("number"))
    if not examples.worked_on_by(user).filter(pk=example.pk).exists():
        entries = list(_public(entries))
    names = dict(User.objects.filter(email__in={entry.who for entry in entries}).values_list("email", "name"))
    lines: list[Line] = []
    for entry in entries:
        changed = entry.after if entry.action == "changed" else {}
        what = tuple(question.label for name, question in QUESTIONS.items() if _column(name) in changed)
        who = names.get(entry.who) or (FORMER if "@" in entry.who else entry.who)
        line = Line(entry.at.date(), who, entry.why, what)
        last = lines[-1] if lines else None
        if last and (last.day, last.who, last.why) == (line.day, line.who, line.why):
            lines[-1] = Line(line.day, line.who, line.why, tuple(dict.fromkeys((*last.what, *what))))
        else:
            lines.append(line)
    return lines


def _public(entries: list[Entry]) -> Iterator[Entry]:
    is_out = False
    for entry in entries:
        is_out = is_out or entry.after.get("stage") == Stage.PUBLISHED
        if is_out or entry.action == "created" or "submitted_at" in entry.after:
            yield entry


def _column(name: str) -> str:
    return "owner_id" if name == "owner" else name
