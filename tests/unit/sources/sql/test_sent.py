"""An event is sent when it is new or says something else; after a restart, as later revisions."""

from __future__ import annotations

from stream.sources.sql.sent import Sent

CALL = {"id": "a", "type": "call.ended", "talk_s": 10}


def test_the_same_is_sent_once() -> None:
    sent = Sent(again=False)
    assert sent.news(CALL, 5) == CALL
    sent.note(CALL)
    assert sent.news(dict(CALL), 6) is None


def test_what_says_something_else_is_a_later_revision() -> None:
    sent = Sent(again=False)
    sent.note(CALL)
    assert sent.news({**CALL, "talk_s": 11}, 6) == {**CALL, "talk_s": 11, "revision": 6}


def test_after_a_restart_all_are_later_revisions_for_what_was_sent_is_not_known() -> None:
    assert Sent(again=True).news(CALL, 7) == {**CALL, "revision": 7}


def test_a_revision_that_the_reader_gives_stands_where_it_is_later() -> None:
    assert Sent(again=True).news({**CALL, "revision": 9}, 7) == {**CALL, "revision": 9}


def test_a_revision_alone_is_no_news() -> None:
    sent = Sent(again=False)
    sent.note({**CALL, "revision": 1})
    assert sent.news({**CALL, "revision": 2}, 2) is None
