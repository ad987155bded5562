"""The page on which a speaker confirms a talk and says where the slides are.

*Reads*: a speaker, a form. *Writes*: what the speaker said, through ``programme/speaking``. *Next*:
the event page names who has confirmed; reminder and thanks follow from it.

As with the answer of an invitee, the secret in the address is the permission and a GET changes
nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from fastapi import APIRouter, Response

from var_outreach.composing.workshop_words import talk_words
from var_outreach.errors import Conflict, InputError
from var_outreach.programme.speaking import (
    checked_slides_url,
    record_speaker,
    speaker_by_token,
)
from var_outreach.registrations.store import counts_by_state
from var_outreach.web.event_view import EventView, topics, view, with_talks
from var_outreach.web.forms import Form, FormDep, SameOrigin
from var_outreach.web.site import Here, HereDep

router = APIRouter()
SAVED = "klaar"
YES, NO = "ja", "nee"


@dataclass(frozen=True)
class SpeakerView:
    """One talk as its speaker sees it."""

    token: str
    name: str
    talk: str
    choice: str
    """ja, nee, or empty while there is no answer."""
    slides_due_on: date | None
    slides_url: str
    remark: str
    event: EventView


@router.get("/spreker/{token}")
def show_talk(here: HereDep, token: str, bewaard: str = "") -> Response:
    """Show the talk and what the speaker said of it."""
    return _page(here, _load(here, token), Form.empty(), saved=bewaard == SAVED)


@router.post("/spreker/{token}", dependencies=[SameOrigin])
def answer_for_talk(here: HereDep, form: FormDep, token: str) -> Response:
    """Take what the speaker says, then show it."""
    speaker = _load(here, token)
    if speaker.event.is_off or speaker.event.is_past:
        return here.see(f"/spreker/{token}")
    choice = form.text("keuze") or speaker.choice
    if choice not in {YES, NO}:
        form.errors["keuze"] = here._("Kies of u komt spreken.")
    try:
        checked_slides_url(form.text("presentatie"))
    except InputError:
        form.errors["presentatie"] = here._("Vul een adres in dat met https:// begint.")
    remark = form.note("opmerking", too_long=here._("Maak uw tekst korter, tot 1000 tekens."))
    if form.errors:
        return _page(here, speaker, form, status=422)
    try:
        with here.app.database.writing() as session:
            record_speaker(
                session,
                speaker_by_token(session, token),
                confirms=choice == YES,
                slides_url=form.text("presentatie"),
                remark=remark,
                now=here.now,
            )
    except Conflict:
        # It has been since the page was opened: the page itself says so.
        return here.see(f"/spreker/{token}")
    return here.see(f"/spreker/{token}?bewaard={SAVED}")


def _load(here: Here, token: str) -> SpeakerView:
    zone = here.app.settings.zone
    with here.app.database.reading() as session:
        row = speaker_by_token(session, token)
        event = view(here, row.event, topics(session, here), counts_by_state(session, row.event_id))
        said = YES if row.confirmed_at is not None else NO if row.declined_at is not None else ""
        return SpeakerView(
            token=row.token,
            name=row.contact.name,
            talk=talk_words(row.title, row.starts_at, row.ends_at, zone, here.language),
            choice=said,
            slides_due_on=row.slides_due_on,
            slides_url=row.slides_url,
            remark=row.remark,
            event=with_talks(session, here, row.event, event),
        )


def _page(
    here: Here, speaker: SpeakerView, form: Form, *, saved: bool = False, status: int = 200
) -> Response:
    return here.page(
        "speaker.html",
        status=status,
        speaker=speaker,
        event=speaker.event,
        form=form,
        saved=saved,
    )
