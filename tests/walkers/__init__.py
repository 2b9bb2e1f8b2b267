"""People of every role, things of every stage in two places, and what each person may reach: told here a second time,
in its own words, so that the pages can be held against it.

`people` who walks; `world` what there is; `rights` what each may see and change; `rules` a line for each address;
`api_rules` the same of routes; `moves` requests and what was wrong with them. A new address is a line in `rules.RULES`.
"""

from walkers.api_rules import API_RULES as DELIVERY_API_RULES
from walkers.moves import MADE, Move, addresses, april_of, faults_of_words, first_of, moved, walked
from walkers.people import HERE, HOUSES, THERE, Person
from walkers.rights import sees
from walkers.rules import EDITS, EDITS_OPEN, RULES, everybody, nobody, of, published, whoever_is_in
from walkers.world import World

__all__ = [
    "DELIVERY_API_RULES",
    "EDITS",
    "EDITS_OPEN",
    "HERE",
    "HOUSES",
    "MADE",
    "RULES",
    "THERE",
    "Move",
    "Person",
    "World",
    "addresses",
    "april_of",
    "everybody",
    "faults_of_words",
    "first_of",
    "moved",
    "nobody",
    "of",
    "published",
    "sees",
    "walked",
    "whoever_is_in",
]
