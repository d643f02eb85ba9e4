"""What surrounds the tabs: the header with the language switch and sign-out, and the footer."""

from __future__ import annotations

from vnclone.models import User
from vnclone.ui.markup import button, e
from vnclone.ui.words import say


def header(language: str, user: User | None) -> str:
    """The logo, who is signed in, the switches. `data-language` is what the script sets the page's language to."""
    person = heading = ""
    if user:
        who = e(say("signed_in_as", language, name=user.full_name))
        person = f'<span class="v-person" title="{e(user.email)}"><span class="v-hidden">{who}</span>'
        person += f'<span aria-hidden="true">{e(user.full_name)}</span></span>'
        person += button(say("sign_out", language), kind="quiet", sign_out="")
        heading = f'<h1 class="v-hidden">vnclone – {e(say("tagline", language))}</h1>'
    other = "vi" if language == "en" else "en"
    switch = (
        f'<button type="button" class="v-button v-quiet" data-action="language" data-set-language="{other}"'
        f' lang="{other}" title="{e(say("switch_hint", language))}">{e(say("switch", language))}</button>'
    )
    theme = (
        f'<button type="button" class="v-button v-quiet v-round" data-theme-switch'
        f' aria-label="{e(say("theme", language))}" title="{e(say("theme", language))}">◐</button>'
    )
    brand = '<a class="v-brand" href="./"><img src="/assets/logo.svg" alt="" width="36" height="36">'
    brand += f"<span><strong>vnclone</strong><small>{e(say('tagline', language))}</small></span></a>"
    offline, lost = e(say("offline", language)), e(say("lost", language))
    return (
        f'<header class="v-header" data-language="{language}" data-offline="{offline}" data-lost="{lost}">'
        f'{heading}{brand}<nav class="v-nav">{person}{theme}{switch}</nav></header>'
    )


def footer(language: str, source_url: str) -> str:
    return (
        f'<footer class="v-footer"><p>{e(say("private", language))}</p>'
        f'<p><a href="{e(source_url)}" rel="noreferrer" target="_blank">{e(say("source", language))}</a></p></footer>'
    )
