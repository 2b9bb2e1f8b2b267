"""What is asked of people who come in: each form says in words what is wrong, and keeps what was typed."""

from django import forms
from django.contrib.auth.password_validation import validate_password

from careatlas.errors import NotKnownError
from careatlas.improve.people import organisations
from careatlas.improve.people.models import Organisation, Role, User

LONGEST_PASSWORD = 256  # hashing a book would be an outage


class OrganisationField(forms.CharField):
    """A code, or the name as the atlas writes it."""

    def clean(self, value: str) -> Organisation | None:
        text = super().clean(value)
        if not text:
            return None
        named = Organisation.objects.filter(name__iexact=text.strip(), is_current=True)
        if len(named) == 1:
            return named[0]
        try:
            return organisations.organisation(text)
        except NotKnownError as fault:
            raise forms.ValidationError(f"{fault.found} {fault.remedy}") from None


class NewPassword(forms.CharField):
    """A password somebody chooses; ``user`` is set where it is known whose."""

    user: User | None = None

    def __init__(self) -> None:
        super().__init__(
            label="Password",
            strip=False,
            max_length=LONGEST_PASSWORD,
            help_text="12 characters or more; a sentence of 15 or more is better. Nothing else is asked of it.",
            widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        )

    def clean(self, value: str) -> str:
        password = super().clean(value)
        validate_password(password, self.user)
        return password


class SignIn(forms.Form):
    email = forms.EmailField(
        label="E-mail address", widget=forms.EmailInput(attrs={"autocomplete": "username"})
    )
    password = forms.CharField(
        strip=False,
        max_length=LONGEST_PASSWORD,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )


class Code(forms.Form):
    code = forms.CharField(
        label="Code of six figures",
        max_length=12,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "one-time-code"}),
    )


class Register(forms.Form):
    name = forms.CharField(label="Your name", max_length=120)
    email = forms.EmailField(label="E-mail address at work", max_length=254)
    organisation = OrganisationField(
        label="Your organisation",
        help_text="Its code or name: a board, a sub-area, a trust or another provider.",
    )


class Forgotten(forms.Form):
    email = forms.EmailField(label="E-mail address", max_length=254)


class Join(forms.Form):
    name = forms.CharField(label="Your name", max_length=120)
    password = NewPassword()


class ChoosePassword(forms.Form):
    password = NewPassword()


class Invite(forms.Form):
    email = forms.EmailField(label="E-mail address", max_length=254)
    role = forms.ChoiceField(choices=Role.choices)
    organisation = OrganisationField(
        label="For which organisation", help_text="The role reaches all below it."
    )
