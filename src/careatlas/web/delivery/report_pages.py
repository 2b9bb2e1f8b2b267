"""Report cards: as they stand now, as a page and as files; kept, signed, and printed again as they were."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from careatlas.improve.delivery.planning import who
from careatlas.improve.delivery.reporting import card_choice, card_files, kept
from careatlas.improve.delivery.reporting.card import Card, card, month_in_words
from careatlas.improve.delivery.reporting.card_choice import Choice
from careatlas.improve.delivery.reporting.card_words import Mark, document
from careatlas.improve.evidence.writing.answers import Wrong
from careatlas.improve.evidence.writing.sections import workstreams
from careatlas.improve.people.models import Kind, Organisation, User
from careatlas.improve.record import keeping
from careatlas.web.current import current_release
from careatlas.web.delivery.forms import NOTHING, Sent, fresh_key
from careatlas.web.delivery.pages import DELIVERY
from careatlas.web.document_parts import section_parts
from careatlas.web.library.example_pages import key_of
from careatlas.web.pages import crumb
from careatlas.web.policies import WRITE, needs, signed_in
from careatlas.web.sent import see_other, version_seen

REPORTS = crumb("Kept reports", "/delivery/reports/")
UPPER = (
    Kind.NATIONAL,
    Kind.REGION,
    Kind.BOARD,
)  # offered to whoever has a role above them; others by their link


@signed_in()
def report(request: HttpRequest) -> HttpResponse:
    """``/delivery/report/[?organisation=&month=&workstream=]``"""
    return _page(request, _chosen(request.GET, request.user))


@signed_in()
def report_file(request: HttpRequest, kind: str) -> HttpResponse:
    """``/delivery/report.<pdf|csv|json>?organisation=&month=&workstream=``"""
    choice = _chosen(request.GET, request.user)
    return _file(kind, card(current_release(), *choice, user=request.user))


@needs(*who.SEE_DRAFTS, verbs=WRITE)
def keep(request: HttpRequest) -> HttpResponse:
    """``/delivery/report/keep/``"""
    choice = _chosen(request.POST, request.user)._replace(workstream=None)  # what is kept is whole

    def kept_now() -> str:
        found = kept.keep(request.user, current_release(), choice.organisation, choice.month)
        return _address(found.pk)

    try:
        return see_other(keeping.once(request.user.email, key_of(request), kept_now))
    except Wrong as fault:
        return _page(request, choice, Sent(request.POST.dict(), fault.faults))


@signed_in()
def reports(request: HttpRequest) -> HttpResponse:
    """``/delivery/reports/``"""
    found = kept.visible_reports(request.user).defer("content").order_by("-month", "-pk")
    return render(request, "delivery/reports.html", {"reports": found, "crumbs": [DELIVERY]})


@signed_in()
def kept_report(request: HttpRequest, number: int) -> HttpResponse:
    """``/delivery/reports/<number>/``"""
    return _kept_page(request, number)


@signed_in()
def kept_file(request: HttpRequest, number: int, kind: str) -> HttpResponse:
    """``/delivery/reports/<number>.<pdf|csv|json>``"""
    found = kept.report_seen(number, request.user)
    return _file(kind, found.content, kept.mark_of(found))


@needs(*who.SIGNERS, verbs=WRITE)
def sign(request: HttpRequest, number: int) -> HttpResponse:
    """``/delivery/reports/<number>/sign/``"""
    said = request.POST.dict()
    try:
        kept.sign(number, request.user, version_seen(request), said.get("post", ""), said.get("words", ""))
    except Wrong as fault:
        return _kept_page(request, number, Sent(said, fault.faults))
    except keeping.EditedMeanwhile as meanwhile:
        return _kept_page(request, number, Sent(said, now=meanwhile.now))
    return see_other(_address(number))


def _page(request: HttpRequest, choice: Choice, sent: Sent = NOTHING) -> HttpResponse:
    release = current_release()
    found = card(release, *choice, user=request.user)
    page = {
        **_shown(found, None, "/delivery/report/"),
        "choice": choice,
        "organisations": _offered(request.user, choice.organisation),
        "months": [
            {"id": f"{day:%Y-%m}", "title": month_in_words(f"{day:%Y-%m}"), "chosen": day == choice.month}
            for day in card_choice.months_offered(choice.month, timezone.now().date())
        ],
        "workstreams": [
            {"id": id, "title": name, "chosen": id == choice.workstream}
            for id, name in workstreams(release).items()
        ],
        "files": _files(f"/delivery/report.{{}}?{_query(choice)}"),
        "keeps": choice.workstream is None and kept.may_keep(request.user, choice.organisation),
        "sent": sent,
        "key": fresh_key(sent),
        "crumbs": [DELIVERY],
    }
    return render(request, "delivery/report.html", page, status=sent.status)


def _kept_page(request: HttpRequest, number: int, sent: Sent = NOTHING) -> HttpResponse:
    found = kept.report_seen(number, request.user)
    page = {
        **_shown(found.content, kept.mark_of(found), _address(number)),
        "report": found,
        "files": _files(f"/delivery/reports/{number}.{{}}"),
        "signs": found.signed_at is None and kept.may_sign(request.user, found.organisation),
        "sent": sent,
        "crumbs": [DELIVERY, REPORTS],
    }
    return render(request, "delivery/report_kept.html", page, status=sent.status)


def _shown(found: Card, mark: Mark | None, address: str) -> dict[str, Any]:
    shown = document(found, mark)
    code = found["organisation"]["code"]
    return {
        "card": found,
        "document": shown,
        "sections": [section_parts(current_release(), code, one, address) for one in shown.sections],
    }


def _file(kind: str, found: Card, mark: Mark | None = None) -> HttpResponse:
    if kind not in card_files.FILES:
        raise Http404
    response = HttpResponse(card_files.FILES[kind](found, mark), content_type=card_files.TYPES[kind])
    response["Content-Disposition"] = f'attachment; filename="{card_files.name_of(found, kind)}"'
    return response


def _chosen(said: Mapping[str, str], user: User) -> Choice:
    asked = [said.get(name, "").strip()[:80] for name in ("organisation", "month", "workstream")]
    other = None if asked[0] else _own(user).first()
    return card_choice.chosen(current_release(), *asked, timezone.now().date(), other)


def _own(user: User) -> Any:
    """Where the person has a role, the highest first."""
    return who.reached_by(user, *who.READERS).filter(is_current=True).order_by("path")


def _offered(user: User, shown: Organisation) -> list[dict[str, Any]]:
    granted = user.grants.filter(is_claimed=False).values("organisation")
    found = list(_own(user).filter(Q(kind__in=UPPER) | Q(pk__in=granted)))
    found += [shown] if shown not in found else []
    return [
        {"id": one.pk, "title": f"{one.name} ({one.get_kind_display()})", "chosen": one == shown}
        for one in found
    ]


def _files(address: str) -> list[dict[str, str]]:
    return [{"kind": kind.upper(), "address": address.format(kind)} for kind in card_files.FILES]


def _query(choice: Choice) -> str:
    said = {"organisation": choice.organisation.pk, "month": f"{choice.month:%Y-%m}"}
    return urlencode(said | ({"workstream": choice.workstream} if choice.workstream else {}))


def _address(number: int) -> str:
    return f"/delivery/reports/{number}/"
