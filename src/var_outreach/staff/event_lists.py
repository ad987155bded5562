"""Make the lists of one event.

*Reads*: the event with its people. *Writes*: nothing. *Next*: ``cli`` and the console show them.
"""

from __future__ import annotations

from var_outreach.agenda.store import find_event
from var_outreach.app import App
from var_outreach.audiences.store import get_audience
from var_outreach.errors import NotFound
from var_outreach.reporting.lists import Circumstances, EventList, ListName, make_list


def make_event_list(
    app: App,
    name: ListName,
    key: str,
    *,
    by_organisation: bool = False,
    with_names: bool = False,
) -> EventList:
    """Return list ``name`` of event ``key``; raises NotFound if there is no such event."""
    with app.database.reading() as session:
        event = find_event(session, key)
        try:
            meant = app.rules.of_kind(event.kind).audience_key
            audience = get_audience(session, event.audience_key or meant)
        except NotFound:
            # An audience that is gone names nobody; who was invited is on the list all the same.
            audience = None
        circumstances = Circumstances(
            now=app.clock.now(),
            zone=app.settings.zone,
            signer=app.signer,
            audience=audience,
            by_organisation=by_organisation,
            with_names=with_names,
        )
        return make_list(session, name, event, circumstances)
