"""Who works on the open page, and what they are told when their session has ended meanwhile."""

from __future__ import annotations

import gradio as gr

from vnclone.ui.door import language
from vnclone.ui.markup import e
from vnclone.ui.words import say

HERE = "./"  # opening the page anew shows the form to sign in


def member(request: gr.Request) -> str:
    """The caller's id. Raises gr.Error, with a link that leads to signing in, when nobody is signed in any more."""
    if not request.username:
        chosen = language(request)
        raise gr.Error(
            f"{e(say('session_over', chosen))} {sign_in(chosen, 'link')}",
            duration=None,
            title=say("sign_in", chosen),
            print_exception=False,
        )
    return str(request.username)


def sign_in(chosen: str, kind: str = "primary") -> str:
    """The link that leads to signing in."""
    return f'<a class="v-button v-{kind}" href="{HERE}">{e(say("sign_in_again", chosen))}</a>'


def over(chosen: str) -> str:
    """What stands in place of a list whose owner is no longer signed in."""
    title, link = e(say("session_over", chosen)), sign_in(chosen)
    return f'<div class="v-empty"><p class="v-empty-title">{title}</p>{link}</div>'
