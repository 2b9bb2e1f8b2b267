"""A plan's spreadsheet brought back: every difference, what cannot be kept, and keeping all of it at once or nothing.

Looking is keeping, undone: the same rows go through the same functions as on the pages, in a transaction that is taken
back, so that what was shown is what will be. A row that somebody changed since the file was taken out is refused with
both their words. Nothing is removed: a row that is not in the file stays.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from django.db import transaction

from careatlas.engine.release import Release
from careatlas.errors import AtlasError, NotKnownError
from careatlas.improve.delivery.models import Initiative, Plan
from careatlas.improve.delivery.planning import answers, history, plans, who
from careatlas.improve.delivery.planning.initiatives import NotOpen
from careatlas.improve.delivery.reporting import spreadsheet_keeping as keepers
from careatlas.improve.delivery.reporting.spreadsheet_reading import Brought, Fault, Row
from careatlas.improve.delivery.reporting.spreadsheet_sheets import (
    NUMBER,
    SHEETS,
    VERSION,
    Column,
    Sheet,
    rows_of,
    text_in,
    written_by_people,
)
from careatlas.improve.evidence.writing.answers import Wrong
from careatlas.improve.people.models import User
from careatlas.improve.record import keeping
from careatlas.improve.record.models import Kept

MOST_CHANGES = 500  # of one file: they are kept together, in seconds, while others wait
LONGEST_WHY = 300
LOOKED_AT = "looked at"
MOVED = "A row stays where it is: add a new one there."
KNOWN_BY = ("title", "month", "began_on", "pool")  # what people know a row by


class Difference(NamedTuple):
    column: str
    was: str
    now: str


class Change(NamedTuple):
    """A row that differs, or a new one (``number`` empty, and nothing was)."""

    sheet: str
    line: int
    number: str
    title: str
    differences: tuple[Difference, ...]


@dataclass(frozen=True)
class Preview:
    """``left_out``: by sheet, how many rows the file has not; ``passed_over``: sheets of somebody's own."""

    changed: tuple[Change, ...]
    new: tuple[Change, ...]
    faults: tuple[Fault, ...]
    left_out: dict[str, int]
    passed_over: tuple[str, ...]

    @property
    def differs(self) -> bool:
        return bool(self.changed or self.new or self.faults)

    @property
    def fingerprint(self) -> str:
        """What a person says yes to: other words, or others' words that it would replace, make another."""
        return hashlib.sha256(json.dumps([self.changed, self.new]).encode()).hexdigest()


class Otherwise(Exception):
    """Something else would be kept than the person was shown: nothing was."""

    def __init__(self, seen: Preview) -> None:
        self.seen = seen
        super().__init__("the plan has changed since the file was looked at")


def may_bring(plan: Plan, user: User) -> bool:
    """Whoever writes on the plan, or on one of its initiatives; which rows, is asked of each."""
    return plans.may_write(plan, user) or who.written_by(user).filter(plan=plan).exists()


def preview(plan: Plan, brought: Brought, user: User, release: Release) -> Preview:
    """Raises AtlasError where the file is another plan's."""
    with transaction.atomic():
        seen = _Carrying(plan, brought, user, release, LOOKED_AT).carry()
        transaction.set_rollback(True)
    return seen


@transaction.atomic
def keep(plan: Plan, brought: Brought, user: User, release: Release, why: str, shown: str) -> Preview:
    """``shown``: the fingerprint of what the person was shown. Raises Wrong; Otherwise."""
    said = answers.read_why(why)
    if not said or len(said) > LONGEST_WHY:
        raise Wrong(
            {"why": f"Say why, in at most {LONGEST_WHY} characters: the record keeps it with every change."}
        )
    seen = _Carrying(plan, brought, user, release, f"from a spreadsheet: {said}").carry()
    if seen.faults or seen.fingerprint != shown:
        raise Otherwise(seen)
    return seen


class _Carrying:
    """One file on its way in. ``made``: the word of a new row -> the number that it was given."""

    def __init__(self, plan: Plan, brought: Brought, user: User, release: Release, why: str) -> None:
        self.plan, self.brought = plan, brought
        self.by = keepers.By(user, release, why, plan)
        self.faults = list(brought.faults)
        self.unreadable = {(fault.sheet, fault.line) for fault in brought.faults}
        self.changed: list[Change] = []
        self.new: list[Change] = []
        self.named: set[tuple[str, str]] = set()
        self.by_title: dict[str, dict[str, list[Kept]]] = {}

    def carry(self) -> Preview:
        self._check_plan()
        there = self._held()
        for sheet in SHEETS:
            for row in self.brought.rows:
                if row.sheet is sheet and (sheet.title, row.line) not in self.unreadable:
                    self._take(row, there[sheet.key])
        return Preview(
            tuple(self.changed),
            tuple(self.new),
            tuple(sorted(self.faults, key=_in_order)),
            self._left_out(there),
            tuple(self.brought.passed_over),
        )

    def _check_plan(self) -> None:
        of = [row.cells[NUMBER] for row in self.brought.rows if row.sheet.key == "plan" and row.cells[NUMBER]]
        if of and of != [str(self.plan.pk)]:
            found = f"is of plan {', '.join(of)[:80]}, and this is plan {self.plan.pk}."
            raise AtlasError("The file", found, "Bring it on the page of its own plan.")

    def _held(self) -> dict[str, dict[str, Kept]]:
        """By sheet and number, what the person sees, held until the end of the transaction."""
        held = plans.initiatives_seen(self.plan, self.by.user).order_by("pk").values_list("pk", flat=True)
        list(Initiative.objects.select_for_update().filter(pk__in=list(held)).order_by("pk"))
        self.plan = plans.plan_seen(self.plan.pk, self.by.user)
        self.by.rows = {
            key: {str(row.pk): row for row in rows} for key, rows in rows_of(self.plan, self.by.user).items()
        }
        return self.by.rows

    def _take(self, row: Row, there: dict[str, Kept]) -> None:
        number = row.cells[NUMBER]
        if number and (row.sheet.key, number.casefold()) in self.named:
            return self._refuse(row, NUMBER, "It stands twice: take one of the two rows out.")
        self.named.add((row.sheet.key, number.casefold()))
        if number in there:
            return self._take_changed(row, there[number])
        if number.isdecimal():
            words = f"No {row.sheet.one} of this plan that you see has this number. A new row has none."
            return self._refuse(row, NUMBER, words)
        return self._take_new(row, there)

    def _take_changed(self, row: Row, now: Kept) -> None:
        differing = [column for column in _compared(row.sheet) if _differs(row, column, now)]
        differences = tuple(_difference(row, column, now) for column in differing)
        if not differing:
            return
        if row.cells[VERSION] != str(now.version):
            was = history.at_version(now, row.cells[VERSION])
            if was is None or any(_differs(row, column, was) for column in differing):
                self._refuse(row, VERSION, _meanwhile(now, differences))
            return  # else only somebody else has changed it: what the file says is older
        for column in differing:
            if column.kind in ("fixed", "row"):
                back = f"{column.note} Put “{text_in(column, now)}” back."
                self._refuse(row, column.field, back if column.kind == "fixed" else MOVED)
        asked = [column.field for column in differing if column.kind not in ("fixed", "row")]
        if len(asked) == len(differing) and self._is_kept(
            row, lambda: keepers.change(self.by, row, now, asked)
        ):
            self.changed.append(
                Change(row.sheet.title, row.line, str(now.pk), _title(row.cells), differences)
            )

    def _take_new(self, row: Row, there: dict[str, Kept]) -> None:
        if row.cells[VERSION]:
            return self._refuse(row, NUMBER, "It has a version and no number. A new row has neither.")
        alike = self._alike(row.sheet, there).get(_title(row.cells), [])
        same = next((now for now in alike if _says_the_same(row, now)), None)
        if same is not None:
            return self._refuse(
                row, "", f"It is there already, as number {same.pk}. Take the plan out again."
            )
        if self._is_kept(row, lambda: keepers.add(self.by, row)):
            said = ((column, row.cells.get(column.field, "")) for column in _compared(row.sheet))
            told = tuple(Difference(column.heading, "", text) for column, text in said if text)
            self.new.append(Change(row.sheet.title, row.line, "", _title(row.cells), told))

    def _is_kept(self, row: Row, do: keepers.Do) -> bool:
        """Whether it could be; else every fault is told in its cell."""
        if len(self.changed) + len(self.new) >= MOST_CHANGES:
            return self._too_many(row)
        try:
            with transaction.atomic():
                do()
        except Wrong as fault:
            for field, words in fault.faults.items():
                self._refuse(row, keepers.CELL_OF.get(field, field), words)
        except NotOpen as fault:
            standing = fault.initiative.get_status_display().lower()
            self._refuse(row, "", f"The initiative is {standing}: what it says stands.")
        except NotKnownError as fault:
            self._refuse(row, "", f"{fault.where} {fault.found} {fault.remedy}")
        except keeping.EditedMeanwhile as fault:
            self._refuse(row, VERSION, _meanwhile(fault.now, ()))
        else:
            return True
        return False

    def _refuse(self, row: Row, field: str, words: str) -> None:
        column = row.sheet.named(field)
        heading, said = (column.heading, row.cells.get(field, "")) if column else ("", "")
        self.faults.append(Fault(row.sheet.title, row.line, heading, said, words))

    def _too_many(self, row: Row) -> bool:
        words = (
            f"More than {MOST_CHANGES:,} rows differ. Bring some sheets, or some rows, by themselves first."
        )
        if not any(fault.words == words for fault in self.faults):
            self.faults.append(Fault(row.sheet.title, row.line, "", "", words))
        return False

    def _alike(self, sheet: Sheet, there: dict[str, Kept]) -> dict[str, list[Kept]]:
        """Rows that are there, by what people know them by."""
        if sheet.key not in self.by_title:
            columns = [column for name in KNOWN_BY if (column := sheet.named(name))]
            self.by_title[sheet.key] = found = {}
            for now in there.values():
                title = _title({column.field: text_in(column, now) for column in columns})
                found.setdefault(title, []).append(now)
        return self.by_title[sheet.key]

    def _left_out(self, there: dict[str, dict[str, Kept]]) -> dict[str, int]:
        brought = {(row.sheet.key, row.cells[NUMBER]) for row in self.brought.rows}
        missing = Counter(
            {
                sheet.title: sum((sheet.key, each) not in brought for each in there[sheet.key])
                for sheet in SHEETS
            }
        )
        return {title: count for title, count in missing.items() if count}


def _compared(sheet: Sheet) -> list[Column]:
    asked = set(written_by_people(sheet))
    return [column for column in sheet.columns if column in asked or column.kind in ("fixed", "row")]


def _differs(row: Row, column: Column, now: Kept) -> bool:
    return column.field in row.cells and row.cells[column.field] != text_in(column, now)


def _difference(row: Row, column: Column, now: Kept) -> Difference:
    return Difference(column.heading, text_in(column, now), row.cells[column.field])


def _says_the_same(row: Row, now: Kept) -> bool:
    """Whether it says nothing that a row of the atlas does not, so that a file brought twice doubles nothing."""
    asked = [
        column for column in _compared(row.sheet) if column.kind != "fixed" and column.field in row.cells
    ]
    return all(not row.cells[column.field] or not _differs(row, column, now) for column in asked)


def _meanwhile(now: Kept, differences: tuple[Difference, ...]) -> str:
    both = "; ".join(
        f"{one.column}: here {_quoted(one.was)}, in the file {_quoted(one.now)}" for one in differences
    )
    return (
        f"Somebody changed it since the file was taken out (it is at version {now.version}). "
        f"{both + '. ' if both else ''}Take the plan out again and make your change there."
    )


def _quoted(text: str) -> str:
    return f"“{text}”" if text else "nothing"


def _title(cells: Mapping[str, str]) -> str:
    return next((cells[field] for field in KNOWN_BY if cells.get(field)), "")


def _in_order(fault: Fault) -> tuple[int, int]:
    return [sheet.title for sheet in SHEETS].index(fault.sheet), fault.line
