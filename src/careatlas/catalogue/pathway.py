"""A pathway on a page: what is done about a condition from prevention to outcome, and which indicators show it.

``content/pathways/<id>.yaml``. A step without an indicator on file is shown empty, with what is missing in words.
"""

from collections.abc import Collection, Iterator, Mapping

from pydantic import Field

from careatlas.catalogue.definition import Definition


class Step(Definition):
    """``indicators``: ids in the order to read them. ``not_on_file``: what else belongs here and is not published, or
    not yet read."""

    title: str
    indicators: list[str] = Field(default_factory=list)
    not_on_file: str = ""


class Pathway(Definition):
    id: str
    title: str
    programme: str
    steps: list[Step]


def faults_in(
    pathways: Mapping[str, Pathway], indicators: Collection[str], programmes: Collection[str]
) -> Iterator[tuple[str, str, str]]:
    """Pathway, what is wrong, what to do. ``indicators``, ``programmes``: names of all files, readable or not."""
    for pathway in pathways.values():
        if pathway.programme not in programmes:
            yield pathway.id, f"programme {pathway.programme} is not known.", "See content/programmes."
        for step in pathway.steps:
            for indicator in step.indicators:
                if indicator not in indicators:
                    yield (
                        pathway.id,
                        f"step {step.title!r} names {indicator}, which is no indicator.",
                        "See content/indicators, or leave it out and say so in not_on_file.",
                    )
            if not step.indicators and not step.not_on_file:
                yield pathway.id, f"step {step.title!r} is empty.", "Say in not_on_file what is missing."
