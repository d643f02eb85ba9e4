"""When recordings will be deleted: told on each card, and above the list while it is about to happen."""

from __future__ import annotations

from datetime import UTC, datetime

from vnclone.models import Generation
from vnclone.ui.formatting import VIETNAM, day, number
from vnclone.ui.markup import e, warnings
from vnclone.ui.words import say
from vnclone.wire import Services

SOON_DAYS = 3
MOST = 1000  # recordings that are counted


def days_left(moment: str, now: datetime) -> int:
    """Nights between now and that moment, by the calendar in Vietnam; 0 for today and for what is overdue."""
    there = datetime.fromisoformat(moment).astimezone(VIETNAM).date()
    return max(0, (there - now.astimezone(VIETNAM).date()).days)


def told(moment: str | None, language: str) -> str:
    """A quiet line, a loud one in the last days, nothing where it is kept. HTML."""
    if moment is None:
        return ""
    left, on = days_left(moment, datetime.now(UTC)), day(moment, language)
    if left > SOON_DAYS:
        return f'<p class="v-hint v-expires">{e(say("expires_on", language, day=on))}</p>'
    if not left:
        return warnings([say("expires_today", language)])
    return warnings([say("expires_soon", language, day=on, count=left)])


def soon(services: Services, user_id: str) -> list[tuple[str, Generation]]:
    """(when, what) of a user's recordings that will be deleted within days, the first one first."""
    retention = services.retention
    return [(retention.expires_at(g) or "", g) for g in retention.soon(user_id, SOON_DAYS, MOST)]


def banner(services: Services, user_id: str, language: str) -> str:
    """How many go soon, and which first; empty while none does. HTML."""
    found = soon(services, user_id) if user_id else []
    if not found:
        return ""
    moment, first = found[0]
    count = number(len(found), language)
    return warnings([say("expiring", language, count=count, day=day(moment, language), title=first.title)])
