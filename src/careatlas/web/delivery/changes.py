"""Changes of pools, claims and returns, as the history shows them: amounts to the penny, because three figures hide a
change."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from careatlas.improve.delivery.ledger.money import months_to_the_penny, to_the_penny
from careatlas.improve.delivery.planning.history import Change

AMOUNTS = {"pence": "amount", "unit_cost_pence": "unit cost"}


def with_amounts(changes: Iterable[Change]) -> list[Change]:
    return [
        replace(one, fields=_named(one) | dict(_told(*field) for field in one.fields.items()))
        for one in changes
    ]


def _named(one: Change) -> dict[str, tuple[Any, Any]]:
    """A claim or a cost that was made or taken out has no title: its amount stands for it."""
    if one.action == "changed" or one.kind not in ("claim", "cost"):
        return {}
    month = next((f" for {str(said)[:7]}" for said in one.fields.get("month", ()) if said), "")
    return {"title": tuple(each and f"{to_the_penny(each)}{month}" for each in one.fields["pence"])}


def figures_in_words(said: Mapping[str, Mapping[str, int | None]]) -> str:
    """Of a return, a claim each."""
    return "; ".join(
        f"claim {number}: " + ", ".join(f"{name} {_known(pence)}" for name, pence in figures.items())
        for number, figures in said.items()
    )


def _told(name: str, said: tuple[Any, Any]) -> tuple[str, tuple[Any, Any]]:
    if name in AMOUNTS:
        return AMOUNTS[name], tuple(None if each is None else to_the_penny(each) for each in said)
    if name == "phasing":
        return "months", tuple(None if each is None else months_to_the_penny(each) for each in said)
    if name == "figures":
        return name, tuple(None if each is None else figures_in_words(each) for each in said)
    if name == "excused":
        return "excused measures", tuple(", ".join(map(str, each or ())) or None for each in said)
    if name == "share":
        return name, tuple(None if each is None else f"{100 * each:.6g}%" for each in said)
    return name, said


def _known(pence: int | None) -> str:
    return "not known" if pence is None else to_the_penny(pence)
