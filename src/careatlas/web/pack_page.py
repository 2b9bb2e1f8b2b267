"""An area's pack: the same document as a page and as a PDF."""

from django.http import HttpRequest, HttpResponse

from careatlas.engine.release import Release
from careatlas.errors import NotKnownError
from careatlas.present.document import Picture
from careatlas.present.pack import pack
from careatlas.present.pack_facts import PackFacts
from careatlas.present.pack_look import spend_beside_outcome, where_to_look
from careatlas.present.theme import Spec
from careatlas.present.typeset import to_pdf
from careatlas.web import reading
from careatlas.web.current import current_release
from careatlas.web.document_parts import section_parts
from careatlas.web.pages import crumb, show

PICTURES = {"opportunities": where_to_look, "spend": spend_beside_outcome}


def page(request: HttpRequest, code: str) -> HttpResponse:
    """``/areas/<code>/pack/``"""
    release = current_release()
    own = reading.area(release, code)
    document = pack(release, own["code"])
    address = f"/areas/{own['code']}/pack/"
    return show(
        request,
        "pack.html",
        {
            "document": document,
            "sections": [section_parts(release, own["code"], one, address) for one in document.sections],
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
