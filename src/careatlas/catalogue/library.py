"""Reads the content folder, once, and speaks only when every file has been looked at.

``load_catalogue()`` gives a `Catalogue`, or raises every fault it found (file, what, remedy) together. What
one file must hold is in indicator.py, covariate.py, area.py, programme.py, target.py and population.py; what
files must agree on is in checks.py and covariate_checks.py. Nothing here reads a clock: the same content is right
or wrong on any day.
"""

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import TypeAdapter, ValidationError

from careatlas.catalogue import (
    area_change,
    checks,
    collection,
    compartment,
    counting_change,
    covariate_checks,
    gates,
    pathway,
    rebase,
    reproduction,
)
from careatlas.catalogue.area import Alias, AreaType
from careatlas.catalogue.area_change import AreaChanges
from careatlas.catalogue.collection import Collection
from careatlas.catalogue.compartment import Compartment
from careatlas.catalogue.completeness import CompletenessRules
from careatlas.catalogue.counting_change import CountingChanges
from careatlas.catalogue.covariate import Covariate
from careatlas.catalogue.definition import Definition
from careatlas.catalogue.gates import Gates
from careatlas.catalogue.indicator import Indicator
from careatlas.catalogue.method_guide import MethodGuide
from careatlas.catalogue.pathway import Pathway
from careatlas.catalogue.population import StandardPopulation
from careatlas.catalogue.programme import Programme
from careatlas.catalogue.rebase import Rebase
from careatlas.catalogue.reproduction import Reproduction
from careatlas.catalogue.target import Target
from careatlas.engine.tables import TIDIED
from careatlas.errors import AtlasError, DefinitionError, raise_all

CONTENT = Path(__file__).parent.parent / "content"
Kind = TypeVar("Kind", bound=Definition)


@dataclass(frozen=True)
class Catalogue:
    """All definitions by id. ``aliases`` and ``area_changes`` are of real areas: a build keeps those it holds."""

    indicators: dict[str, Indicator]
    covariates: dict[str, Covariate]
    area_types: dict[str, AreaType]
    programmes: dict[str, Programme]
    pathways: dict[str, Pathway]
    compartments: dict[str, Compartment]
    collections: dict[str, Collection]
    targets: dict[str, Target]
    standard_populations: dict[str, StandardPopulation]
    aliases: list[Alias]
    area_changes: AreaChanges
    completeness: CompletenessRules
    gates: Gates
    rebases: dict[str, Rebase]
    counting_changes: CountingChanges
    reproductions: dict[str, Reproduction]

    @property
    def themes(self) -> dict[str, dict[str, str]]:
        """The folders of ``content/indicators``: an id and the words for it."""
        ids = sorted({indicator.theme for indicator in self.indicators.values()})
        return {theme: {"title": theme.replace("_", " ").capitalize()} for theme in ids}

    def as_dict(self) -> dict[str, Any]:
        """What a release keeps of the catalogue, in words that JSON can hold. Worked examples stay behind."""
        return {
            "indicators": {
                id: indicator.model_dump(mode="json", exclude={"examples"})
                for id, indicator in sorted(self.indicators.items())
            },
            "covariates": _as_json(self.covariates),
            "area_types": _as_json(self.area_types),
            "programmes": _as_json(self.programmes),
            "pathways": _as_json(self.pathways),
            "compartments": _as_json(self.compartments),
            "collections": _as_json(self.collections),
            "themes": self.themes,
            "targets": _as_json(self.targets),
            "standard_populations": _as_json(self.standard_populations),
            "rebases": _as_json(self.rebases),
            "counting_changes": self.counting_changes.model_dump(mode="json")["changes"],
            "reproductions": _as_json(self.reproductions),
        }


def load_catalogue(content: Path | None = None) -> Catalogue:
    """Every definition under ``content`` (the atlas's own by default); all faults at once where there are
    any.
    """
    content = Path(content) if content is not None else CONTENT
    if not (content / "indicators").is_dir():
        raise DefinitionError(
            content,
            "there is no folder indicators here.",
            "Give the folder that holds areas, indicators, ...",
        )
    faults: list[AtlasError] = []
    catalogue = Catalogue(
        indicators=_read_each(content, "indicators/*/*.yaml", Indicator, faults),
        covariates=_read_each(content, "covariates/*.yaml", Covariate, faults),
        area_types=_read_each(content, "areas/*.yaml", AreaType, faults, besides=("aliases", "changes")),
        programmes=_read_each(content, "programmes/*.yaml", Programme, faults),
        pathways=_read_each(content, "pathways/*.yaml", Pathway, faults),
        compartments=_read_each(content, "compartments/*.yaml", Compartment, faults),
        collections=_read_each(content, "collections/*.yaml", Collection, faults),
        targets=_read_each(content, "standards/targets/*.yaml", Target, faults),
        standard_populations=_read_each(content, "standards/populations/*.yaml", StandardPopulation, faults),
        aliases=_read_aliases(content, faults),
        area_changes=_read_area_changes(content, faults),
        completeness=_read_completeness(content, faults),
        gates=_read_gates(content, faults),
        rebases=_read_each(content, "rebases/*.yaml", Rebase, faults),
        counting_changes=_read_counting_changes(content, faults),
        reproductions=_read_each(content, "reproductions/*.yaml", Reproduction, faults),
    )
    for id, *fault in rebase.faults_in(catalogue.rebases, catalogue.indicators):
        faults.append(DefinitionError(f"{content.name}/rebases/{id}.yaml", *fault))
    for id, *fault in reproduction.faults_in(catalogue.reproductions.values()):
        faults.append(DefinitionError(f"{content.name}/reproductions/{id}.yaml", *fault))
    on_file = [
        {path.stem for path in content.glob(files)} for files in ("indicators/*/*.yaml", "programmes/*.yaml")
    ]
    for id, *fault in pathway.faults_in(catalogue.pathways, *on_file):
        faults.append(DefinitionError(f"{content.name}/pathways/{id}.yaml", *fault))
    for id, *fault in compartment.faults_in(catalogue.compartments, catalogue.indicators, on_file[0]):
        faults.append(DefinitionError(f"{content.name}/compartments/{id}.yaml", *fault))
    for id, *fault in collection.faults_in(
        catalogue.collections, catalogue.indicators, catalogue.programmes, *on_file
    ):
        faults.append(DefinitionError(f"{content.name}/collections/{id}.yaml", *fault))
    faults += checks.faults_between(catalogue, content)
    faults += covariate_checks.faults_between(catalogue, content)
    for path in sorted(content.glob("methods/*.yaml")):
        _read_one(path, path.relative_to(content.parent), TypeAdapter(MethodGuide), faults)
    raise_all(faults)
    return catalogue


def load_method_guide(method: str, content: Path = CONTENT) -> MethodGuide | None:
    """The worked examples and the chart of a method's page; None where nobody wrote them."""
    path = content / "methods" / f"{method}.yaml"
    if not path.exists():
        return None
    faults: list[AtlasError] = []
    guide = _read_one(path, path.relative_to(content.parent), TypeAdapter(MethodGuide), faults)
    raise_all(faults)
    return guide


def load_for_library(name: str, kind: Any, content: Path = CONTENT) -> Any:
    """One file of ``content/library``, which belongs to what people write and to no release. ``kind``: what it
    holds, such as ``list[Setting]``."""
    path = content / "library" / f"{name}.yaml"
    faults: list[AtlasError] = []
    found = _read_one(path, path.relative_to(content.parent), TypeAdapter(kind), faults)
    raise_all(faults)
    return found


def load_for_delivery(name: str, kind: Any, content: Path = CONTENT) -> Any:
    """The same for ``content/delivery``, which belongs to plans."""
    path = content / "delivery" / f"{name}.yaml"
    faults: list[AtlasError] = []
    found = _read_one(path, path.relative_to(content.parent), TypeAdapter(kind), faults)
    raise_all(faults)
    return found


@cache
def load_gates(content: Path = CONTENT) -> Gates:
    """How the library's examples are scored and rated; every fault at once where there are any."""
    faults: list[AtlasError] = []
    found = _read_gates(content, faults)
    raise_all(faults)
    return found


def new_indicator(id: str, theme: str, content: Path | None = None) -> Path:
    """Start an indicator: a file with every field, its choices in comments, for an author to fill in."""
    content = Path(content) if content is not None else CONTENT
    for word, what in ((id, "indicator id"), (theme, "theme")):
        if not re.fullmatch(r"[a-z][a-z0-9_]*", word):
            raise DefinitionError(
                f"{what} {word!r}",
                "is not a name for a file.",
                "Use small letters, digits and underscores, such as waiting_list.",
            )
    taken = next((content / "indicators").glob(f"*/{id}.yaml"), None)
    if taken is not None:
        raise DefinitionError(
            taken.relative_to(content.parent), "is there already.", "Choose another id, or edit it."
        )
    template = (CONTENT / "templates" / "indicator.yaml").read_text(encoding="utf-8")
    path = content / "indicators" / theme / f"{id}.yaml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(template.format(id=id, theme=theme), encoding="utf-8")
    return path


def _read_each(
    content: Path, pattern: str, kind: type[Kind], faults: list[AtlasError], besides: tuple[str, ...] = ()
) -> dict[str, Kind]:
    found: dict[str, Kind] = {}
    for path in sorted(content.glob(pattern)):
        if path.stem in besides:
            continue
        where = path.relative_to(content.parent)
        definition = _read_one(path, where, TypeAdapter(kind), faults)
        if definition is None:
            continue
        if definition.id != path.stem:
            faults.append(
                DefinitionError(
                    where,
                    f'id is "{definition.id}".',
                    f'A file\'s name is its id: make it "{path.stem}", or rename the file.',
                )
            )
        elif definition.id in found:
            faults.append(
                DefinitionError(where, f'a second file has the id "{definition.id}".', "Rename one of them.")
            )
        found[definition.id] = definition
    return found


def _read_aliases(content: Path, faults: list[AtlasError]) -> list[Alias]:
    path = content / "areas" / "aliases.yaml"
    if not path.exists():
        return []
    return _read_one(path, path.relative_to(content.parent), TypeAdapter(list[Alias]), faults) or []


def _read_area_changes(content: Path, faults: list[AtlasError]) -> AreaChanges:
    path = content / "areas" / "changes.yaml"
    if not path.exists():
        return AreaChanges()
    where = path.relative_to(content.parent)
    changes = _read_one(path, where, TypeAdapter(AreaChanges), faults) or AreaChanges()
    faults += [DefinitionError(where, *fault) for fault in area_change.faults_in(changes)]
    return changes


def _read_counting_changes(content: Path, faults: list[AtlasError]) -> CountingChanges:
    path = content / "counting" / "changes.yaml"
    if not path.exists():
        return CountingChanges()
    where = path.relative_to(content.parent)
    changes = _read_one(path, where, TypeAdapter(CountingChanges), faults) or CountingChanges()
    faults += [DefinitionError(where, *fault) for fault in counting_change.faults_in(changes, set(TIDIED))]
    return changes


def _read_completeness(content: Path, faults: list[AtlasError]) -> CompletenessRules:
    """The thresholds in content, or the documented ones where a content folder of one's own has none."""
    path = content / "standards" / "completeness.yaml"
    path = path if path.exists() else CONTENT / "standards" / "completeness.yaml"
    return _read_one(path, Path(*path.parts[-3:]), TypeAdapter(CompletenessRules), faults)


def _read_gates(content: Path, faults: list[AtlasError]) -> Gates:
    """Those in content, or the documented ones where a content folder of one's own has none."""
    path = content / "library" / "gates.yaml"
    path = path if path.exists() else CONTENT / "library" / "gates.yaml"
    where = Path(*path.parts[-3:])
    found = _read_one(path, where, TypeAdapter(Gates), faults)
    if found is not None:
        faults += [DefinitionError(where, *fault) for fault in gates.faults_in(found)]
    return found


def _read_one(path: Path, where: Path, adapter: TypeAdapter, faults: list[AtlasError]) -> Any:
    try:
        return adapter.validate_python(yaml.load(path.read_text(encoding="utf-8"), _Loader))
    except yaml.YAMLError as fault:
        faults.append(_in_plain_yaml(where, fault))
    except UnicodeDecodeError:
        faults.append(DefinitionError(where, "the text is not UTF-8.", "Save the file as UTF-8."))
    except ValidationError as fault:
        faults += [_in_plain_words(where, error) for error in fault.errors()]
    return None


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """The safe loader, which in addition refuses a key that stands twice instead of keeping the last one."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict:
        keys = [key.value for key, _ in node.value]
        for (key, _), written in zip(node.value, keys, strict=True):
            if keys.count(written) > 1:
                raise yaml.MarkedYAMLError(problem=f'"{written}" stands twice', problem_mark=key.start_mark)
        return super().construct_mapping(node, deep)


def _in_plain_yaml(where: Path, fault: yaml.YAMLError) -> DefinitionError:
    mark, problem = getattr(fault, "problem_mark", None), getattr(fault, "problem", None) or str(fault)
    line = f"line {mark.line + 1}: " if mark else ""
    return DefinitionError(
        where, f"{line}{problem}.", "Mend the YAML there: indents, colons, quotes, repeated names."
    )


def _in_plain_words(where: Path, error: dict[str, Any]) -> DefinitionError:
    """One of pydantic's errors as a sentence about the field."""
    place = ".".join(str(part) for part in error["loc"]) or "the file"
    name = str(error["loc"][-1]) if error["loc"] else ""
    if error["type"] == "missing":
        return DefinitionError(where, f"{place} is missing.", "Add it; every field is in catalogue/.")
    if error["input"] is None:
        return DefinitionError(
            where, f"{place} is empty.", "Fill it in, or remove the field if it is not needed."
        )
    if error["type"] == "extra_forbidden":
        return DefinitionError(where, f"{place} is not a field.", checks.did_you_mean(name, _field_names()))
    if error["type"] == "literal_error":
        words = [word.strip(" '") for word in error["ctx"]["expected"].replace(" or ", ",").split(",")]
        return DefinitionError(
            where,
            f'{place} is "{error["input"]}".',
            f"{checks.did_you_mean(str(error['input']), words)} It is one of {', '.join(words)}.".strip(),
        )
    return DefinitionError(where, f'{place} is "{error["input"]}".'[:200], f"{error['msg']}.")


def _field_names() -> list[str]:
    kinds: list[type[Definition]] = [Definition]
    for kind in kinds:
        kinds += kind.__subclasses__()
    return sorted({name for kind in kinds for name in kind.model_fields})


def _as_json(definitions: dict[str, Kind]) -> dict[str, Any]:
    return {id: definition.model_dump(mode="json") for id, definition in sorted(definitions.items())}
