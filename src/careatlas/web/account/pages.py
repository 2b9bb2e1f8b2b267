"""Coming in and going out: registering, letters, signing in with or without a one-time code, one's own account, and,
for publishers, the people of their organisations.
"""

from typing import Any

from django.conf import settings
from django.contrib.auth import authenticate, logout
from django.core.mail import send_mail
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.http import url_has_allowed_host_and_scheme

from careatlas.improve.evidence.impartial import publishes
from careatlas.improve.evidence.notices import telling
from careatlas.improve.people import letters, one_time_codes, roles
from careatlas.improve.people.models import Grant, Role, User
from careatlas.web.account import forms
from careatlas.web.pages import crumb
from careatlas.web.policies import READ_AND_WRITE, WRITE, needs, public, signed_in
from careatlas.web.sign_in import PASSWORDS, begin, has_too_many_failures

HALF_IN, SECRET = "half_in", "one_time_secret"
ACCOUNT = "/account/"
LETTERS = {
    "join": (
        "Your account in Care Atlas",
        "You registered, or somebody invited you. Open this link within seven days to choose a password:\n\n{link}\n\n"
        "If you know nothing of it, do nothing.",
    ),
    "password": (
        "A new password for Care Atlas",
        "Open this link within two hours to choose a new password:\n\n{link}\n\nIf you did not ask for it, do nothing: "
        "your password stays as it is.",
    ),
}


def post_letter(email: str, kind: str, token: str) -> None:
    """The link's host is the one this atlas was told it has, never the one a request names."""
    subject, text = LETTERS[kind]
    link = f"{settings.CONFIGURATION.address.rstrip('/')}/account/letter/{token}/"
    send_mail(subject, text.format(link=link), None, [email])


@public(*READ_AND_WRITE)
def sign_in(request: HttpRequest) -> HttpResponse:
    form = forms.SignIn(request.POST or None)
    if request.method == "POST" and form.is_valid():
        if has_too_many_failures(request, PASSWORDS):
            return _page(
                request, "sign_in.html", form, 429, told="Too many attempts from here. Wait a minute."
            )
        user = authenticate(
            request, username=form.cleaned_data["email"].lower(), password=form.cleaned_data["password"]
        )
        if user is not None:
            return _let_in(request, user) if not user.one_time_secret else _ask_for_code(request, user)
        form.add_error(None, "The address and the password do not belong together.")
    return _page(request, "sign_in.html", form, next=_next(request))


@public(*READ_AND_WRITE)
def code(request: HttpRequest) -> HttpResponse:
    """The second step, for those who have set up one-time codes."""
    user = User.objects.filter(pk=request.session.get(HALF_IN), is_active=True).first()
    if user is None:
        return HttpResponseRedirect(settings.SIGN_IN_ADDRESS)
    form = forms.Code(request.POST or None)
    if request.method == "POST" and form.is_valid():
        # A wrong code counts as a wrong password does, so that a million cannot be tried.
        if authenticate(request, username=user.email, code=form.cleaned_data["code"]) is not None:
            return _let_in(request, user)
        form.add_error("code", "That is not the code of now, or it was used already.")
    return _page(request, "code.html", form, next=_next(request))


@signed_in(*WRITE)
def sign_out(request: HttpRequest) -> HttpResponse:
    logout(request)
    return HttpResponseRedirect("/")


@public(*READ_AND_WRITE)
def register(request: HttpRequest) -> HttpResponse:
    form = forms.Register(request.POST or None)
    domains = settings.CONFIGURATION.staff_domains
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        letters.register(said["email"], said["name"], said["organisation"], domains, post_letter)
        return _told(request, "If this address may register, a letter is on its way to it.")
    return _page(request, "register.html", form, domains=domains)


@public(*READ_AND_WRITE)
def forgotten(request: HttpRequest) -> HttpResponse:
    form = forms.Forgotten(request.POST or None)
    if request.method == "POST" and form.is_valid():
        letters.forgotten(form.cleaned_data["email"], post_letter)
        return _told(request, "If somebody here has this address, a letter is on its way to it.")
    return _page(request, "forgotten.html", form)


@public(*READ_AND_WRITE)
def letter(request: HttpRequest, token: str) -> HttpResponse:
    """Where a letter's link leads: choose a password, with a name where one joins."""
    found = letters.opened(token)
    user = User.objects.filter(email=found.email).first()
    kind = forms.ChoosePassword if user else forms.Join
    form = kind(request.POST or None, initial={"name": found.name})
    form.fields["password"].user = user or User(email=found.email)
    if request.method == "POST" and form.is_valid():
        user = letters.answer(token, form.cleaned_data["password"], form.cleaned_data.get("name", ""))
        return _ask_for_code(request, user) if user.one_time_secret else _let_in(request, user)
    return _page(request, "letter.html", form, email=found.email, joins=user is None)


@signed_in()
def account(request: HttpRequest) -> HttpResponse:
    grants = Grant.objects.filter(user=request.user).select_related("organisation").order_by("pk")
    return render(
        request,
        "account/account.html",
        {
            "grants": grants,
            "invites": roles.has(request.user, Role.PUBLISHER),
            "assesses": roles.has(request.user, Role.ASSESSOR),
            "decides": publishes(request.user),
            "unread": telling.unread(request.user),
            "crumbs": [],
        },
    )


@signed_in(*READ_AND_WRITE)
def one_time(request: HttpRequest) -> HttpResponse:
    """Set one-time codes up, or take them away, each by showing a code that is right."""
    user, form = request.user, forms.Code(request.POST or None)
    secret = request.session.setdefault(SECRET, one_time_codes.new_secret())
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data["code"]
        if user.one_time_secret and one_time_codes.is_right(user, given):
            user.refresh_from_db()
            one_time_codes.stop(user)
            return HttpResponseRedirect(ACCOUNT)
        if not user.one_time_secret and one_time_codes.start(user, secret, given):
            del request.session[SECRET]
            return HttpResponseRedirect(ACCOUNT)
        form.add_error("code", "That is not the code of now, or it was used already.")
    return _page(request, "one_time.html", form, secret=secret, has_codes=bool(user.one_time_secret))


@signed_in()
def one_time_picture(request: HttpRequest) -> HttpResponse:
    """The square of dots that an app reads, while codes are being set up."""
    if request.user.one_time_secret or SECRET not in request.session:
        raise Http404
    picture = one_time_codes.picture(request.user, request.session[SECRET])
    return HttpResponse(picture, content_type="image/svg+xml", headers={"Cache-Control": "no-store"})


@needs(Role.PUBLISHER, verbs=READ_AND_WRITE)
def people(request: HttpRequest) -> HttpResponse:
    """The people of a publisher's organisations, and an invitation."""
    form = forms.Invite(request.POST or None)
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        if roles.may(request.user, Role.PUBLISHER, said["organisation"]):
            letters.invite(
                said["email"], Role(said["role"]), said["organisation"], request.user.email, post_letter
            )
            return HttpResponseRedirect(request.path)
        form.add_error("organisation", "You are no publisher there.")
    return _page(request, "people.html", form, grants=_grants_seen_by(request.user))


@needs(Role.PUBLISHER, verbs=WRITE)
def withdraw(request: HttpRequest, number: int) -> HttpResponse:
    found = _grants_seen_by(request.user).filter(pk=number).first()
    if found is None:
        raise Http404
    roles.withdraw(found, request.user.email, request.POST.get("why", "").strip()[:400] or "no reason given")
    return HttpResponseRedirect("/account/people/")


def _grants_seen_by(user: User) -> Any:
    found = Grant.objects.filter(roles.within(user, Role.PUBLISHER, "organisation"))
    return found.select_related("user", "organisation").order_by("organisation__path", "user__name", "pk")


def _let_in(request: HttpRequest, user: User) -> HttpResponse:
    onward = _next(request)
    begin(request, user)
    request.session.pop(HALF_IN, None)
    return HttpResponseRedirect(onward or ACCOUNT)


def _ask_for_code(request: HttpRequest, user: User) -> HttpResponse:
    onward = _next(request)
    request.session[HALF_IN] = user.pk
    request.session["next"] = onward
    return HttpResponseRedirect("/account/code/")


def _next(request: HttpRequest) -> str:
    """Where the reader was going; only on this site."""
    wanted = request.POST.get("next") or request.GET.get("next") or request.session.get("next", "")
    ours = url_has_allowed_host_and_scheme(wanted, allowed_hosts=None) and wanted.startswith("/")
    return wanted if ours else ""


def locked_out(request: HttpRequest, response: object = None, credentials: object = None) -> HttpResponse:
    return _page(
        request,
        "sign_in.html",
        forms.SignIn(),
        429,
        told="This account has had five wrong attempts. It opens again a quarter of an hour after the last.",
    )


def _page(request: HttpRequest, template: str, form: Form, status: int = 200, **more: Any) -> HttpResponse:
    status = 422 if form.errors and status == 200 else status
    crumbs = [crumb("Account", ACCOUNT)] if request.user.is_authenticated else []
    return render(request, f"account/{template}", {"form": form, "crumbs": crumbs, **more}, status=status)


def _told(request: HttpRequest, words: str) -> HttpResponse:
    return render(request, "account/told.html", {"told": words, "crumbs": []})
