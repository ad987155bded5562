"""What a calendar says for an office that sends somebody else, or has just lost who would come."""

from __future__ import annotations

from datetime import timedelta

from tests.mailbox.conftest import Post
from tests.mailbox.test_calendar_answers import answer
from tests.registrations.scene import DOMAIN
from var_outreach.registrations.answers import Answer, record_answer
from var_outreach.registrations.model import Invitation, Registration, RegistrationState
from var_outreach.registrations.naming import Named
from var_outreach.registrations.offices import OfficeAnswer, take_office_answer

S = RegistrationState
EARLIER = timedelta(hours=1)


def send_somebody(post: Post, invitation: Invitation, number: int, *others: Named) -> None:
    """Answer on the page, an hour ago, that somebody else comes."""
    said = OfficeAnswer(Answer(S.ACCEPTED), Named("Bert Beleid"), others)
    with post.database.writing() as session:
        office = session.get_one(Registration, post.registrations(invitation)[number].id)
        take_office_answer(session, office, said, uid_domain=DOMAIN, now=post.now - EARLIER)


def states(post: Post, invitation: Invitation) -> list[RegistrationState]:
    return [state for state, _ in post.states(invitation)]


def test_who_tidies_up_the_own_entry_keeps_the_substitute(post: Post) -> None:
    invitation = post.invite(offices=1)
    send_somebody(post, invitation, 0, Named("Carla Collega"))
    for partstat, stamp in (("DECLINED", "20250106T085000Z"), ("TENTATIVE", "20250106T085100Z")):
        verdict = post.receive(answer(post, invitation, partstat=partstat, dtstamp=stamp))
        assert "represented" in verdict.verdict
        assert states(post, invitation) == [S.REPRESENTED, S.ACCEPTED, S.ACCEPTED]


def test_who_comes_after_all_takes_the_place_of_the_substitute(post: Post) -> None:
    invitation = post.invite(offices=1, capacity=2)
    send_somebody(post, invitation, 0, Named("Carla Collega"))
    post.receive(answer(post, invitation))
    assert states(post, invitation) == [S.ACCEPTED, S.CANCELLED, S.ACCEPTED]


def test_an_answer_older_than_the_page_changes_nothing(post: Post) -> None:
    invitation = post.invite(offices=1)
    send_somebody(post, invitation, 0)
    verdict = post.receive(answer(post, invitation, dtstamp="20250106T070000Z"))
    assert verdict.for_staff
    assert states(post, invitation) == [S.REPRESENTED, S.ACCEPTED]


def test_of_two_offices_the_one_that_lost_its_substitute_is_answered(post: Post) -> None:
    invitation = post.invite(offices=2)
    send_somebody(post, invitation, 0)
    first, second, bert = post.registrations(invitation)
    with post.database.writing() as session:
        for row in (second, bert):
            record_answer(
                session, session.get_one(Registration, row.id), Answer(S.DECLINED), via="page",
                now=post.now - EARLIER,
            )  # fmt: skip
    assert states(post, invitation) == [S.INVITED, S.DECLINED, S.CANCELLED]
    post.receive(answer(post, invitation))
    assert states(post, invitation) == [S.ACCEPTED, S.DECLINED, S.CANCELLED]
    assert post.registrations(invitation)[0].id == first.id
