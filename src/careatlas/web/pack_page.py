"""An area's pack: the same document as a page and as a PDF."""

from typing import Any

from django.http import HttpRequest, HttpResponse

from careatlas.engine.release import Release
from careatlas.errors import NotKnownError
from careatlas.present.document import Picture, Section
from careatlas.present.pack import pack
from careatlas.present.pack_facts import PackFacts
from careatlas.present.pack_look import spend_beside_outcome, where_to_look
from careatlas.present.theme import Spec
from careatlas.present.typeset import to_pdf
from careatlas.web import reading
from careatlas.web.current import current_release
from careatlas.web.pages import crumb, show
from careatlas.web.pictures import pictures

PICTURES = {"opportunities": where_to_look, "spend": spend_beside_outcome}


def page(request: HttpRequest, code: str) -> HttpResponse:
    """``/areas/<code>/pack/``"""
    release = current_release()
    own = reading.area(release, code)
    document = pack(release, own["code"])
    return show(
        request,
        "pack.html",
        {
            "document": document,
            "sections": [_section(release, own["code"], section) for section in document.sections],
            "area": own,
            "crumbs": [crumb("Areas", "/areas/"), crumb(own["name"], f"/areas/{own['code']}/")],
        },
    )


def pdf(request: HttpRequest, code: str) -> HttpResponse:
    """``/areas/<code>/pack.pdf``"""
    release = current_release()
    own = reading.area(release, code)
    response = HttpResponse(to_pdf(pack(release, own["code"])), content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="care-atlas-pack-{own["code"]}.pdf"'
    response.keep = True
    return response


def spec(release: Release, code: str, name: str, width: int) -> Spec:
    """One of the pack's charts, for the chart routes: made from its own section alone."""
    section = PICTURES[name](PackFacts.of(release, code))
    drawn = [block for block in section.blocks if isinstance(block, Picture)]
    if not drawn:
        raise NotKnownError(
            f"{code}, {name}", "the pack of this area has no such chart.", f"See /areas/{code}/pack/."
        )
    return drawn[0].draw(width)


def _section(release: Release, code: str, section: Section) -> dict[str, Any]:
    return {
        "id": section.id,
        "title": section.title,
        "blocks": [
            {"kind": block.kind, "is": block}
            | ({"figure": _figure(release, code, block)} if isinstance(block, Picture) else {})
            for block in section.blocks
        ],
    }


def _figure(release: Release, code: str, picture: Picture) -> dict[str, Any]:
    return {
        "name": picture.name,
        "alt": picture.alternative,
        **pictures(f"/charts/{release.id}/areas/{code}/{picture.name}", width="desk"),
        "csv": f"/data/{picture.table}.csv?area={code}",
        "link": f"/areas/{code}/pack/",
    }
