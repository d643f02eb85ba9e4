"""What a guest sees: one sentence, three steps, and the forms to sign in or register.

The forms are plain HTML sent by the script to /api/auth, so that a password never enters Gradio's queue and
password managers know the fields.
"""

from __future__ import annotations

from vnclone.services.accounts import MAX_PASSWORD, MIN_PASSWORD
from vnclone.ui.markup import e
from vnclone.ui.words import say


def landing(language: str, registration_open: bool) -> str:
    steps = "".join(f"<li>{e(say(key, language))}</li>" for key in ("step_voice", "step_document", "step_listen"))
    forms = sign_in_form(language, registration_open) + (register_form(language) if registration_open else "")
    return (
        f'<div class="v-landing"><section class="v-hero"><h1>{e(say("hero", language))}</h1>'
        f'<p class="v-pitch">{e(say("pitch", language))}</p><ol class="v-steps">{steps}</ol></section>'
        f'<section class="v-card v-auth" aria-label="{e(say("account_forms", language))}">{forms}</section></div>'
    )


def sign_in_form(language: str, registration_open: bool) -> str:
    fields = email_field("sign-in", language) + password_field("sign-in", language, new=False)
    ask = swap("no_account", "register", "register", language) if registration_open else ""
    return _form("sign-in", "/api/auth/login", "sign_in", fields, ask, language, shown=True)


def register_form(language: str) -> str:
    label = e(say("full_name", language))
    fields = (
        f'<div class="v-field"><label for="register-name">{label}</label><input id="register-name" name="full_name"'
        f' type="text" autocomplete="name" required maxlength="200"'
        f"{wrong('register-name', 'name_missing', language)}</div>"
    )
    fields += email_field("register", language) + password_field("register", language, new=True)
    return _form(
        "register",
        "/api/auth/register",
        "register",
        fields,
        swap("have_account", "sign-in", "sign_in", language),
        language,
        shown=False,
    )


def email_field(form: str, language: str) -> str:
    return (
        f'<div class="v-field"><label for="{form}-email">{e(say("email", language))}</label>'
        f'<input id="{form}-email" name="email" type="email" autocomplete="username" inputmode="email" required'
        ' maxlength="254" autocapitalize="none" spellcheck="false"'
        f"{wrong(f'{form}-email', 'email_missing', language, invalid=say('email_wrong', language))}</div>"
    )


def password_field(form: str, language: str, new: bool) -> str:
    """A new password is checked for length by the browser too; an old one is only compared by the server."""
    limits = f' minlength="{MIN_PASSWORD}" maxlength="{MAX_PASSWORD}"' if new else ""
    short = say("password_short", language, shortest=MIN_PASSWORD) if new else ""
    slot = wrong(f"{form}-password", "password_missing", language, invalid=short, also=f"{form}-hint" if new else "")
    hint = f'<p class="v-hint" id="{form}-hint">{e(say("password_hint", language))}</p>' if new else ""
    kind = "new-password" if new else "current-password"
    return (
        f'<div class="v-field"><label for="{form}-password">{e(say("password", language))}</label>'
        f'<input id="{form}-password" name="password" type="password" autocomplete="{kind}" required{limits}{slot}'
        f'{hint}<label class="v-check v-small"><input type="checkbox" data-show-password>'
        f"<span>{e(say('show_password', language))}</span></label></div>"
    )


def wrong(name: str, missing: str, language: str, invalid: str = "", also: str = "") -> str:
    """Ends the tag of the input called `name`: what the script says below it when it is empty, or `invalid`."""
    return (
        f' data-missing="{e(say(missing, language))}" data-invalid="{e(invalid)}"'
        f' aria-describedby="{f"{name}-wrong {also}".strip()}">'
        f'<p class="v-error" id="{name}-wrong" data-wrong hidden></p>'
    )


def swap(question: str, form: str, label: str, language: str) -> str:
    """The line under a form that shows the other one."""
    return (
        f'<p class="v-swap">{e(say(question, language))} <button type="button" class="v-link" data-show-form="{form}">'
        f"{e(say(label, language))}</button></p>"
    )


def _form(name: str, url: str, title: str, fields: str, ask: str, language: str, shown: bool) -> str:
    hidden, heading = "" if shown else " hidden", e(say(title, language))
    busy = e(say("busy", language))
    return (
        f'<form id="{name}-form" class="v-form" data-auth="{url}" method="post" novalidate'
        f' aria-labelledby="{name}-title"{hidden}><h2 id="{name}-title">{heading}</h2>{fields}'
        '<p class="v-notice v-bad" role="alert" data-error hidden></p>'
        f'<button type="submit" class="v-button v-primary v-wide" data-busy="{busy}">{heading}</button>{ask}</form>'
    )
