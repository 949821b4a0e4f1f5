"""
Scenarios of our own on the lab's PBX: what is played, beside what it comes to, in the words of `ami_scenarios`.

They are of the kinds that a laboratory of a telephone provider has recorded, and lie in the same order.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.unit.sources.asterisk.ami_lab import CALLER, HOUSE, ME, MOBILE, OTHER, PROSPECT, THIRD, Lab, Way

if TYPE_CHECKING:
    from collections.abc import Callable

PLAYED: dict[str, tuple[Callable[[Lab], None], tuple[str, ...]]] = {}


def played(name: str, *calls: str) -> Callable[[Callable[[Lab], None]], Callable[[Lab], None]]:
    """Keep a scenario, with a line for each of its calls."""

    def keep(plays: Callable[[Lab], None]) -> Callable[[Lab], None]:
        PLAYED[name] = (plays, calls)
        return plays

    return keep


# telephones of one floor


def house_call(lab: Lab, *, by_caller: bool = False) -> tuple[str, Way]:
    caller = lab.lifts(ME, "202")
    way = lab.to_phone(caller, OTHER)
    lab.answers(way, by_caller=by_caller)
    return caller, way


@played("simple/the-caller-hangs-up", "internal - yes yes 4001 4002")
def caller_hangs_up(lab: Lab) -> None:
    caller, way = house_call(lab)
    lab.gone(caller, way.end)


@played("simple/the-one-called-hangs-up", "internal - yes yes 4001 4002")
def called_hangs_up(lab: Lab) -> None:
    caller, way = house_call(lab, by_caller=True)
    lab.gone(way.end, caller)


@played("simple/cancelled-while-it-rings", "internal - no no -")
def cancelled(lab: Lab) -> None:
    caller = lab.lifts(ME, "202")
    lab.refused(lab.to_phone(caller, OTHER), "CANCEL", 0)
    lab.gone(caller, cause=0)


@played("simple/refused-while-it-rings", "internal - no no -")
def refused(lab: Lab) -> None:
    caller = lab.lifts(ME, "202")
    lab.refused(lab.to_phone(caller, OTHER))
    lab.gone(caller, cause=17)


@played("simple/do-not-disturb", "internal - no no -")
def do_not_disturb(lab: Lab) -> None:
    caller = lab.lifts(ME, "202")
    lab.refused(lab.to_phone(caller, OTHER, rings=False))
    lab.gone(caller, cause=17)


@played("simple/a-group-of-telephones", "internal - yes yes 4001 4002")
def group_of_telephones(lab: Lab) -> None:
    caller = lab.lifts(ME, "401")
    ways = lab.group(caller, "401", OTHER, THIRD)
    lab.one_answers(ways)
    lab.gone(ways[0].end, caller)


@played("simple/a-group-that-nobody-answers", "internal - no no -")
def group_unanswered(lab: Lab) -> None:
    caller = lab.lifts(ME, "401")
    for way in lab.group(caller, "401", OTHER, THIRD):
        lab.refused(way, "NOANSWER", 19)
    lab.gone(caller, cause=19)


# to and from outside


@played("simple/a-caller-whom-nobody-answers", f"inbound {CALLER} no no -")
def caller_unanswered(lab: Lab) -> None:
    lab.gone(lab.comes_in(), cause=19)


@played("simple/a-caller-who-gives-up", f"inbound {CALLER} no no -")
def caller_gives_up(lab: Lab) -> None:
    line = lab.comes_in()
    lab.refused(lab.to_phone(line, ME, HOUSE), "CANCEL", 0)
    lab.gone(line, cause=0)


@played("simple/a-prospect-is-busy", f"outbound {PROSPECT} no no -")
def prospect_busy(lab: Lab) -> None:
    phone = lab.lifts(ME, PROSPECT)
    lab.refused(lab.to_line(phone, PROSPECT))
    lab.gone(phone, cause=17)


@played("simple/two-floors-on-one-pbx", f"outbound {HOUSE} yes yes 4002", f"inbound {CALLER} yes yes 4001")
def two_floors(lab: Lab) -> None:
    phone = lab.lifts(OTHER, HOUSE)
    out = lab.to_line(phone, HOUSE, rings=False)
    line = lab.comes_in()
    lab.rings(out)
    way = lab.to_phone(line, ME, HOUSE)
    lab.answers(way, by_caller=True)
    lab.answers(out, by_caller=True)
    lab.gone(way.end, line, out.end, phone)


@played("user-events/a-call-with-events-of-the-users-own", f"inbound {CALLER} yes yes 4001")
def user_events(lab: Lab) -> None:
    line = lab.comes_in()
    lab.tell("UserEvent", line, UserEvent="Notify", State="ringing")
    way = lab.to_phone(line, ME, HOUSE)
    lab.answers(way)
    lab.tell("UserEvent", way.end, UserEvent="Notify", State="talking")
    lab.gone(line, way.end)


# reps at mobile telephones, who press a key to accept


def to_mobile(lab: Lab, line: str) -> Way:
    before = lab.pair(line, "ID1", "to_fixed", HOUSE)
    return lab.to_line(before.two, MOBILE, before)


def asked_to_accept(lab: Lab, way: Way) -> Way:
    """Have the mobile pick up; the PBX asks it to press a key, on the last Local channel, and the caller waits."""
    last = way.pairs[-1]
    lab.state("6", way.end)
    lab.dial_end(last.two, way.end, "ANSWER")
    lab.state("6", last.two, last.one)
    lab.enters(way.end, last.two)
    return way


def accepted(lab: Lab, way: Way) -> None:
    first, last = way.pairs
    lab.dial_end(first.two, last.one, "ANSWER")
    lab.state("6", first.two, first.one)
    assert first.dialler is not None
    lab.dial_end(first.dialler, first.one, "ANSWER")
    lab.state("6", first.dialler)
    lab.enters(last.one, first.two)
    lab.enters(first.one, first.dialler)
    lab.shortens(way)


def not_accepted(lab: Lab, way: Way) -> None:
    first, last = way.pairs
    lab.gone(way.end, last.two)
    lab.dial_end(first.two, last.one, "CONTINUE")
    lab.gone(last.one, first.two)
    lab.dial_end(first.dialler, first.one, "NOANSWER")
    lab.gone(first.one)


@played("mobile/answered", f"inbound {CALLER} yes yes outside")
def mobile_answered(lab: Lab) -> None:
    line = lab.comes_in()
    way = to_mobile(lab, line)
    lab.answers(way)
    lab.gone(way.end, line)


@played("mobile/accepted", f"inbound {CALLER} yes yes outside")
def mobile_accepted(lab: Lab) -> None:
    line = lab.comes_in()
    way = asked_to_accept(lab, to_mobile(lab, line))
    accepted(lab, way)
    lab.gone(way.end, line)


@played("mobile/refused", f"inbound {CALLER} no no -")
@played("mobile/not-accepted-in-time", f"inbound {CALLER} no no -")
def mobile_refused(lab: Lab) -> None:
    line = lab.comes_in()
    not_accepted(lab, asked_to_accept(lab, to_mobile(lab, line)))
    lab.gone(line)


@played("mobile/a-group-of-which-one-accepts", f"inbound {CALLER} yes yes outside")
def mobile_group(lab: Lab) -> None:
    line = lab.comes_in()
    ways = [to_mobile(lab, line), to_mobile(lab, line)]
    not_accepted(lab, asked_to_accept(lab, ways[0]))
    accepted(lab, asked_to_accept(lab, ways[1]))
    lab.gone(line, ways[1].end)


# calls that are made by a click: the one who clicked is called first


def clicked(lab: Lab, account: str = ME) -> tuple[Way, str, str]:
    """Call whoever clicked; return the way to them, and the two halves of the channel that calls."""
    made = lab.pair(None, "ID77", "click", made=False)
    inside = lab.pair(made.two, "201", "to_inside")
    return lab.to_phone(inside.two, account, "201", inside), made.one, made.two


def clicker_answers(lab: Lab, way: Way, one: str, two: str, shows: str = HOUSE) -> None:
    lab.picks_up(way)
    lab.state("6", one)
    lab.dial_end(None, one, "ANSWER")
    lab.shortens(way)
    lab.set(one, CallerIDNum=shows, Context="click_on")
    assert way.dialler == two


@played("originate/a-click-to-a-prospect", f"outbound {PROSPECT} yes yes 4001")
def click_to_prospect(lab: Lab) -> None:
    phone, one, two = clicked(lab)
    clicker_answers(lab, phone, one, two)
    before = lab.pair(one, PROSPECT, "click_out", "ID77")
    way = lab.to_line(before.two, PROSPECT, before)
    lab.answers(way)
    lab.gone(way.end, one, two, phone.end)


@played("originate/a-click-whose-line-does-not-say-that-it-rings", f"outbound {PROSPECT} yes yes 4001")
def click_without_ringing(lab: Lab) -> None:
    phone, one, two = clicked(lab)
    clicker_answers(lab, phone, one, two)
    before = lab.pair(one, PROSPECT, "click_out", "ID77")
    way = lab.to_line(before.two, PROSPECT, before, rings=False)
    lab.answers(way)
    lab.gone(way.end, one, two, phone.end)


@played("originate/a-click-to-a-colleague", "internal - yes yes 4001 4002")
def click_to_colleague(lab: Lab) -> None:
    phone, one, two = clicked(lab)
    clicker_answers(lab, phone, one, two, "201")
    way = lab.to_phone(one, OTHER)
    lab.answers(way)
    lab.gone(way.end, one, two, phone.end)


@played("originate/a-click-that-the-clicker-refuses", "internal - no no -")
def click_refused(lab: Lab) -> None:
    phone, one, two = clicked(lab)
    lab.refused(phone)
    lab.gone(two, cause=17)
    lab.dial_end(None, one, "BUSY")
    lab.gone(one, cause=17)


@played("originate/a-click-to-a-busy-prospect", f"outbound {PROSPECT} no no -")
def click_to_busy(lab: Lab) -> None:
    phone, one, two = clicked(lab)
    clicker_answers(lab, phone, one, two)
    before = lab.pair(one, PROSPECT, "click_out", "ID77")
    lab.refused(lab.to_line(before.two, PROSPECT, before))
    lab.gone(one, cause=17)
    lab.gone(two, phone.end, cause=17)


def rep_outside(lab: Lab) -> tuple[Way, str, str]:
    """Call two numbers outside, one after the other: the first is a rep's own line."""
    made = lab.pair(None, "ID78", "connect", made=False)
    before = lab.pair(made.two, MOBILE, "click_out", "ID78")
    way = lab.to_line(before.two, MOBILE, before)
    lab.picks_up(way)
    lab.state("6", made.one)
    lab.dial_end(None, made.one, "ANSWER")
    lab.shortens(way)
    return way, made.one, made.two


@played("originate/two-numbers-outside-are-joined", f"outbound {PROSPECT} yes yes outside")
def two_outside(lab: Lab) -> None:
    rep, one, two = rep_outside(lab)
    before = lab.pair(one, PROSPECT, "click_out", "ID78")
    way = lab.to_line(before.two, PROSPECT, before)
    lab.answers(way)
    lab.gone(way.end, one, two, rep.end)


@played("originate/the-first-of-two-numbers-does-not-accept", f"outbound {MOBILE} yes no -")
def first_does_not_accept(lab: Lab) -> None:
    rep, one, two = rep_outside(lab)
    lab.gone(one)
    lab.gone(rep.end, two)


# queues


def in_queue(lab: Lab) -> str:
    line = lab.comes_in()
    lab.state("6", line)
    lab.set(line, Context="queue_step", Exten="ID55")
    return line


@played("queue/answered", f"inbound {CALLER} yes yes 4002")
def queue_answered(lab: Lab) -> None:
    line = in_queue(lab)
    busy, way = lab.to_phone(line, THIRD, HOUSE, rings=False), lab.to_phone(line, OTHER, HOUSE)
    lab.refused(busy, cause=19)
    lab.answers(way)
    lab.gone(way.end, line)


@played("queue/a-group-of-members", f"inbound {CALLER} yes yes 4003")
def queue_group(lab: Lab) -> None:
    line = in_queue(lab)
    ways = lab.group(line, HOUSE, OTHER, THIRD)
    lab.one_answers(ways, 1)
    lab.gone(line, ways[1].end)


@played("queue/the-caller-gives-up", f"inbound {CALLER} no no -")
def queue_gives_up(lab: Lab) -> None:
    line = in_queue(lab)
    lab.refused(lab.to_phone(line, OTHER, HOUSE), "CANCEL", 0)
    lab.tell("QueueCallerAbandon", line, Queue="4000-55", Position="1", OriginalPosition="1", HoldTime="7")
    lab.gone(line, cause=0)


def from_queue(lab: Lab) -> tuple[str, Way]:
    line = in_queue(lab)
    way = lab.to_phone(line, ME, HOUSE)
    lab.answers(way)
    return line, way


@played("queue/handed-on-after-asking", f"inbound {CALLER} yes yes 4001 4002", "internal - yes yes 4001 4002 outside")
def queue_attended(lab: Lab) -> None:
    line, way = from_queue(lab)
    second = lab.lifts(ME, "202")
    colleague = lab.to_phone(second, OTHER)
    lab.answers(colleague)
    lab.hands_over(way.end, second, line, colleague=colleague.end)
    lab.gone(colleague.end, line)


@played("queue/handed-on-without-asking", f"inbound {CALLER} yes yes 4001 4002")
def queue_blind(lab: Lab) -> None:
    line, way = from_queue(lab)
    lab.sends_on(way.end, line, "202")
    colleague = lab.to_phone(line, OTHER)
    lab.answers(colleague)
    lab.gone(colleague.end, line)


# a call is handed on after the colleague was asked


def from_outside(lab: Lab, *, by_caller: bool = False) -> tuple[str, Way]:
    line = lab.comes_in()
    way = lab.to_phone(line, ME, HOUSE)
    lab.answers(way, by_caller=by_caller)
    return line, way


ATTENDED = f"inbound {CALLER} yes yes 4001 4003"


@played("attended/a-caller-to-a-colleague", ATTENDED, "internal - yes yes 4001 4003 outside")
def attended(lab: Lab) -> None:
    line, way = from_outside(lab, by_caller=True)
    second = lab.lifts(ME, "203")
    colleague = lab.to_phone(second, THIRD)
    lab.answers(colleague)
    lab.hands_over(way.end, second, line)
    lab.gone(colleague.end, line)


@played("attended/the-colleague-to-the-caller", ATTENDED, "internal - yes yes 4001 4003 outside")
def attended_other_way(lab: Lab) -> None:
    line, way = from_outside(lab)
    second = lab.lifts(ME, "203")
    colleague = lab.to_phone(second, THIRD)
    lab.answers(colleague, by_caller=True)
    lab.hands_over(way.end, second, line, colleague=colleague.end)
    lab.gone(line, colleague.end)


@played("attended/a-colleague-by-who-called", "internal - yes yes 4001 4002 4003", "internal - yes yes 4001 4002 4003")
def attended_by_caller(lab: Lab) -> None:
    caller, way = house_call(lab)
    second = lab.lifts(ME, "203")
    colleague = lab.to_phone(second, THIRD)
    lab.answers(colleague)
    lab.hands_over(caller, second, way.end)
    lab.gone(colleague.end, way.end)


@played("attended/a-colleague-by-who-was-called", *["internal - yes yes 4001 4002 4003"] * 2)
def attended_by_called(lab: Lab) -> None:
    caller, way = house_call(lab)
    second = lab.lifts(OTHER, "203")
    colleague = lab.to_phone(second, THIRD)
    lab.answers(colleague)
    lab.hands_over(way.end, second, caller)
    lab.gone(caller, colleague.end)


@played(
    "attended/a-prospect-reached-by-a-click", f"outbound {PROSPECT} yes yes 4001 4003",
    "internal - yes yes 4001 4003 outside",
)  # fmt: skip
def attended_after_click(lab: Lab) -> None:
    phone, one, two = clicked(lab)
    clicker_answers(lab, phone, one, two)
    before = lab.pair(one, PROSPECT, "click_out", "ID77")
    way = lab.to_line(before.two, PROSPECT, before)
    lab.answers(way)
    second = lab.lifts(ME, "203")
    colleague = lab.to_phone(second, THIRD)
    lab.answers(colleague)
    lab.hands_over(phone.end, second, two, colleague=colleague.end)
    lab.gone(way.end, one, two, colleague.end)


@played("attended/a-colleague-reached-by-a-click", *["internal - yes yes 4001 4002 4003"] * 2)
def attended_after_click_to_colleague(lab: Lab) -> None:
    phone, one, two = clicked(lab)
    clicker_answers(lab, phone, one, two, "201")
    way = lab.to_phone(one, OTHER)
    lab.answers(way)
    second = lab.lifts(OTHER, "203")
    colleague = lab.to_phone(second, THIRD)
    lab.answers(colleague)
    lab.hands_over(way.end, second, one)
    lab.gone(one, two, phone.end, colleague.end)


# without asking


def sent_on(lab: Lab) -> tuple[str, Way]:
    line, way = from_outside(lab)
    lab.sends_on(way.end, line, "203")
    return line, way


@played("blind/a-caller-to-a-colleague", f"inbound {CALLER} yes yes 4001 4003")
def blind(lab: Lab) -> None:
    line, _ = sent_on(lab)
    colleague = lab.to_phone(line, THIRD)
    lab.answers(colleague)
    lab.gone(colleague.end, line)


@played("blind/by-who-called", "internal - yes yes 4001 4002 4003")
def blind_by_caller(lab: Lab) -> None:
    caller, way = house_call(lab)
    lab.sends_on(caller, way.end, "203")
    colleague = lab.to_phone(way.end, THIRD)
    lab.answers(colleague)
    lab.gone(way.end, colleague.end)


@played("blind/the-colleague-does-not-answer", f"inbound {CALLER} yes yes 4001")
def blind_unanswered(lab: Lab) -> None:
    line, _ = sent_on(lab)
    lab.refused(lab.to_phone(line, THIRD), "NOANSWER", 19)
    lab.gone(line, cause=19)


@played("blind/the-colleague-refuses", "internal - yes yes 4001 4002")
def blind_refused(lab: Lab) -> None:
    caller, way = house_call(lab)
    lab.sends_on(way.end, caller, "203")
    lab.refused(lab.to_phone(caller, THIRD))
    lab.gone(caller, cause=17)


@played("blind/to-a-group", f"inbound {CALLER} yes yes 4001 4003")
def blind_group(lab: Lab) -> None:
    line, _ = sent_on(lab)
    ways = lab.group(line, "401", OTHER, THIRD)
    lab.one_answers(ways, 1)
    lab.gone(ways[1].end, line)


@played("blind/to-a-group-that-nobody-answers", f"inbound {CALLER} yes yes 4001")
def blind_group_unanswered(lab: Lab) -> None:
    line, _ = sent_on(lab)
    for way in lab.group(line, "401", OTHER, THIRD):
        lab.refused(way, "NOANSWER", 19)
    lab.gone(line, cause=19)


# while the colleague is still rung


def handed_over_ringing(lab: Lab) -> tuple[str, Way]:
    line, way = from_outside(lab)
    second = lab.lifts(ME, "202")
    colleague = lab.to_phone(second, OTHER)
    lab.hands_over_ringing(way.end, second, line, colleague)
    return line, colleague


@played("blonde/a-caller-to-a-colleague", f"inbound {CALLER} yes yes 4001 4002", "internal - yes yes 4002 outside")
def blonde(lab: Lab) -> None:
    line, colleague = handed_over_ringing(lab)
    lab.answers(colleague, by_caller=True, dialler=line)
    lab.gone(line, colleague.end)


@played("blonde/the-colleague-refuses", f"inbound {CALLER} yes yes 4001", "internal - no no -")
def blonde_refused(lab: Lab) -> None:
    line, colleague = handed_over_ringing(lab)
    lab.refused(colleague, dialler=line)
    lab.gone(line, cause=17)


@played("blonde/by-who-called", "internal - yes yes 4001 4002 4003", "internal - yes yes 4002 4003")
def blonde_by_caller(lab: Lab) -> None:
    caller, way = house_call(lab)
    second = lab.lifts(ME, "203")
    colleague = lab.to_phone(second, THIRD)
    lab.hands_over_ringing(caller, second, way.end, colleague)
    lab.answers(colleague, dialler=way.end)
    lab.gone(way.end, colleague.end)


@played("blonde/a-prospect-to-a-colleague", f"outbound {PROSPECT} yes yes 4001 4002", "internal - yes yes 4002 outside")
def blonde_prospect(lab: Lab) -> None:
    phone = lab.lifts(ME, PROSPECT)
    way = lab.to_line(phone, PROSPECT)
    lab.answers(way)
    second = lab.lifts(ME, "202")
    colleague = lab.to_phone(second, OTHER)
    lab.hands_over_ringing(phone, second, way.end, colleague)
    lab.answers(colleague, dialler=way.end)
    lab.gone(way.end, colleague.end)


@played("blonde/a-caller-to-a-group", f"inbound {CALLER} yes yes 4001 4002", "internal - yes yes 4002 outside")
def blonde_group(lab: Lab) -> None:
    line, way = from_outside(lab)
    second = lab.lifts(ME, "401")
    ways = lab.group(second, "401", OTHER, THIRD)
    lab.refused(ways[1], "CANCEL", 26)
    lab.hands_over_ringing(way.end, second, line, ways[0])
    lab.answers(ways[0], dialler=line)
    lab.gone(line, ways[0].end)


# what else a telephone can do


@played("misc/forwarded-to-a-colleague", f"inbound {CALLER} yes yes 4002")
def forwarded(lab: Lab) -> None:
    line = lab.comes_in()
    (way,) = lab.forwarded(lab.to_phone(line, ME, HOUSE, rings=False), OTHER)
    lab.answers(way)
    lab.gone(line, way.end)


@played("misc/forwarded-to-a-group", f"inbound {CALLER} yes yes 4003")
def forwarded_to_group(lab: Lab) -> None:
    line = lab.comes_in()
    ways = lab.forwarded(lab.to_phone(line, ME, HOUSE, rings=False), OTHER, THIRD)
    lab.one_answers(ways, 1)
    lab.gone(line, ways[1].end)


@played("misc/picked-up-by-a-colleague", "internal - yes yes 4001 4003", "internal - yes yes 4001 4003")
def picked_up(lab: Lab) -> None:
    caller = lab.lifts(ME, "202")
    way = lab.to_phone(caller, OTHER)
    lab.taken_by(way, THIRD)
    lab.gone(way.end, caller)


@played("misc/a-caller-picked-up-by-a-colleague", f"inbound {CALLER} yes yes 4003", "internal - yes yes 4003 outside")
def caller_picked_up(lab: Lab) -> None:
    line = lab.comes_in()
    way = lab.to_phone(line, OTHER, HOUSE)
    lab.taken_by(way, THIRD)
    lab.gone(line, way.end)
