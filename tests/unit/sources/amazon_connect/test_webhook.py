"""Amazon Connect's contact events: documented samples, whole calls in any order, and what is turned away."""

from __future__ import annotations

import base64
import re
from itertools import permutations
from typing import TYPE_CHECKING, Any

import orjson
import pytest

from stream.events.refusal import Refused
from stream.gateway.confirming import confirm
from stream.sources.amazon_connect.contacts import AmazonConnect
from stream.web.http_refusal import HttpRefusalError
from tests.ports import free_port
from tests.shared_data import OURS, OUTSIDE, Recording, each

if TYPE_CHECKING:
    from tests.gateway_in_memory import Serve

SECRET = "a secret of the tests"  # noqa: S105
PATH = "/v1/amazon-connect"
QUEUE, AGENT = "11112222-3333-4444-5555-666677778888", "99992222-3333-4444-5555-666677778888"
READER = AmazonConnect({QUEUE: "support", AGENT: "rep-04"})
ARN = "arn:aws:connect:eu-west-3:123456789012:instance/12345678-1234-1234-1234-123456789012"


def at(second: int) -> str:
    return f"2026-01-05T08:{second // 60:02}:{second % 60:02}.000Z"


T = 1_767_600_000_000
WAITED = {"queueInfo": {"queueArn": f"{ARN}/queue/{QUEUE}", "queueType": "STANDARD", "enqueueTimestamp": at(5)}}
HANDLED = {"agentInfo": {"agentArn": f"{ARN}/agent/{AGENT}", "connectedToAgentTimestamp": at(25)}}


def contact(kind: str, **fields: Any) -> dict[str, Any]:
    """Return a contact event in EventBridge's envelope."""
    detail = {
        "eventType": kind,
        "contactId": "c-1",
        "channel": "VOICE",
        "initiationMethod": "INBOUND",
        "initiationTimestamp": at(0),
        **fields,
    }
    return {"source": "aws.connect", "detail-type": "Amazon Connect Contact Event", "time": at(0), "detail": detail}


def told(*payloads: dict[str, Any]) -> list[dict[str, Any]]:
    return [event for payload in payloads for event in READER.events(payload)]


def by_type(events: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Return what stands of each type: the first of an id, then of several the greatest id."""
    first = {one["id"]: one for one in reversed(events)}
    return {one["type"]: one for one in sorted(first.values(), key=lambda one: (one["at"], one["id"]))}


INBOUND = [
    contact("INITIATED"),
    contact("QUEUED", **WAITED),
    contact("CONNECTED_TO_AGENT", **WAITED, **HANDLED),
    contact("DISCONNECTED", disconnectTimestamp=at(100), **WAITED, **HANDLED),
    contact(
        "COMPLETED",
        disconnectTimestamp=at(100),
        **WAITED,
        agentInfo=HANDLED["agentInfo"]
        | {"afterContactWorkStartTimestamp": at(100), "afterContactWorkEndTimestamp": at(130)},
    ),
]


@pytest.mark.parametrize("order", permutations(range(5)))
def test_an_inbound_call_is_the_same_in_any_order_and_twice(order: tuple[int, ...]) -> None:
    payloads = [INBOUND[place] for place in (*order, order[0])]
    calls = by_type(told(*payloads))
    assert calls["queue.joined"] | {"id": ""} == {
        "id": "", "type": "queue.joined", "at": T + 5_000, "source": "amazon-connect", "call": "c-1",
        "queue": "support",
    }  # fmt: skip
    assert (calls["queue.left"]["outcome"], calls["queue.left"]["wait_s"]) == ("answered", 20.0)
    call = calls["call.ended"]
    assert (call["placed_at"], call["answered_at"], call["at"]) == (T, T + 25_000, T + 100_000)
    assert (call["talk_s"], call["wait_s"], call["wrap_s"], call["rep"]) == (75.0, 20.0, 30.0, "rep-04")
    assert call["number"] == "anonymous"  # the event has none: the call is a party of its own


def test_a_caller_to_whom_no_agent_came_has_given_up() -> None:
    calls = by_type(told(contact("DISCONNECTED", disconnectTimestamp=at(45), **WAITED)))
    assert (calls["queue.left"]["outcome"], calls["queue.left"]["wait_s"]) == ("abandoned", 40.0)
    assert "answered_at" not in calls["call.ended"]


def test_an_outbound_call_talks_from_when_both_are_there() -> None:
    event = contact(
        "DISCONNECTED",
        initiationMethod="OUTBOUND",
        connectedToSystemTimestamp=at(30),
        disconnectTimestamp=at(100),
        customerEndpoint={"type": "TELEPHONE_NUMBER", "address": "+33639980001"},
        tags={"lead": "L-1", "campaign": "Spring"},
        **WAITED,
        **HANDLED,
    )
    (call,) = told(event)
    assert (call["direction"], call["talk_s"], call["lead"], call["campaign"]) == ("outbound", 70.0, "L-1", "Spring")
    assert call["number"] == "+33639980001"
    assert "queue" not in call


@pytest.mark.parametrize(
    ("result", "amd", "disposition"),
    [
        ("HUMAN_ANSWERED", "human", None),
        ("VOICEMAIL_BEEP", "machine", None),
        ("FAX_MACHINE_DETECTED", "fax", None),
        ("AMD_UNRESOLVED", "unknown", None),
        ("SIT_TONE_INVALID_NUMBER", None, "wrong_number"),
        ("AMD_UNANSWERED", None, "no_answer"),
        ("AMD_NOT_APPLICABLE", None, None),
        ("SOMETHING_NEW", None, None),
    ],
)
def test_what_answered_is_told_by_the_detection(result: str, amd: str | None, disposition: str | None) -> None:
    event = contact(
        "DISCONNECTED",
        initiationMethod="API",
        disconnectTimestamp=at(20),
        answeringMachineDetectionStatus=result,
    )
    (call,) = told(event)
    assert (call.get("amd"), call.get("disposition")) == (amd, disposition)


def test_keys_may_begin_with_capitals_and_what_is_no_call_tells_nothing() -> None:
    capital = contact("DISCONNECTED", DisconnectTimestamp=at(100), AgentInfo={"AgentArn": f"x/agent/{AGENT}"})
    assert by_type(told(capital))["call.ended"]["rep"] == "rep-04"
    assert told(contact("DISCONNECTED", channel="CHAT"), contact("INITIATED", initiationMethod="MONITOR")) == []
    assert told(contact("CONTACT_DATA_UPDATED"), contact("AMD_DISABLED"), contact("A_NEW_ONE")) == []


@pytest.mark.parametrize(
    ("payload", "field"),
    [
        ([], "detail"),
        (5, "detail"),
        ({}, "contactId"),
        ({"detail-type": "Something else", "detail": {}}, "detail-type"),
        (contact("DISCONNECTED"), "disconnectTimestamp"),
        (contact("DISCONNECTED", disconnectTimestamp="06 39 98 00 01"), "disconnectTimestamp"),
        (contact("DISCONNECTED", contactId=7, disconnectTimestamp=at(1)), "contactId"),
    ],
)
def test_another_payload_is_refused_with_the_field_and_without_its_value(payload: Any, field: str) -> None:
    with pytest.raises(Refused) as caught:
        list(READER.events(payload))
    assert caught.value.field == field
    assert "39 98" not in caught.value.message


@each("amazon_connect_samples")
def test_the_samples_of_contact_events_are_read(recorded: Recording) -> None:
    """The second has a comma too many, as in the documentation, whose times contradict each other."""
    wait, last, ring_ms, talk = {
        OURS: (7.0, "aaaaaaaa-0000-4000-8000-000000000001", 6000, 45.0),
        OUTSIDE: (5.0, "11111111-1111-1111-1111-111111111111", 2000, 0.0),
    }[recorded.place]
    texts = recorded.read_text("contact-events.json.txt").split("\n}\n{")
    samples = [orjson.loads(re.sub(r",(\s*})", r"\1", text)) for text in (f"{texts[0]}}}", f"{{{texts[1]}")]
    told_of = {event["type"]: event for sample in samples for event in READER.events(sample)}
    assert told_of["queue.left"]["wait_s"] == wait
    assert told_of["call.answered"]["call"] == last
    ended = told_of["call.ended"]
    rang_ms = ended["answered_at"] - ended["placed_at"]
    assert (ended["direction"], rang_ms, ended["talk_s"]) == (
        "outbound",
        ring_ms,
        talk,
    )


@each("amazon_connect_samples")
def test_the_sample_of_agent_events_is_read_and_names_nobody(recorded: Recording) -> None:
    """It has comments, which are no JSON, and in the documentation it is a brace short."""
    rep, now, at, name = {
        OURS: ("aaaaaaaa-0000-4000-8000-00000000000b", "paused", 1_767_610_800_500, "Invented"),
        OUTSIDE: ("agent-ARN", "available", 1_565_729_550_704, "AgentEventStreamTest"),
    }[recorded.place]
    text = recorded.read_text("sample-agent-event-stream.json.txt")
    assert name in text
    text = re.sub(r",(\s*})", r"\1", re.sub(r'(?<=[\s,{"])//[^\n]*', "", text))
    sample = orjson.loads(text.replace('"Contacts": [ ]\n    },\n    "EventId"', '"Contacts": [ ],\n    "EventId"'))
    (state,) = told(sample)
    assert (state["type"], state["rep"], state["state"]) == ("rep.state", rep, now)
    assert state["at"] == at
    assert name not in str(state)


@pytest.mark.parametrize(
    ("kind", "status", "contacts", "state"),
    [
        ("STATE_CHANGE", "Available", [], "available"),
        ("STATE_CHANGE", "Lunch", [], "paused"),
        ("STATE_CHANGE", "Available", ["CONNECTED"], "talking"),
        ("STATE_CHANGE", "Available", ["ENDED", "CONNECTING"], "ringing"),
        ("STATE_CHANGE", "Available", ["ENDED"], "wrap_up"),
        ("LOGOUT", "Available", [], "offline"),
    ],
)
def test_a_rep_is_in_the_state_of_the_snapshot(kind: str, status: str, contacts: list[str], state: str) -> None:
    event = {
        "EventType": kind,
        "AgentARN": f"{ARN}/agent/{AGENT}",
        "EventTimestamp": at(50),
        "CurrentAgentSnapshot": {
            "AgentStatus": {"Name": status, "StartTimestamp": at(10)},
            "Contacts": [{"State": one, "StateStartTimestamp": at(40)} for one in contacts],
        },
    }
    (now,) = told(event)
    assert (now["rep"], now["state"]) == ("rep-04", state)
    assert now["at"] == T + 1000 * (50 if kind == "LOGOUT" else 40 if contacts else 10)
    assert told(event | {"EventType": "HEART_BEAT"})[0]["id"] == now["id"] or kind == "LOGOUT"


@pytest.mark.parametrize("contacts", [True, 7, "CONNECTED", {"State": "CONNECTED"}, [None, "CONNECTED"]])
def test_contacts_that_are_no_list_of_them_leave_the_rep_in_the_status(contacts: object) -> None:
    status = {"Name": "Available", "StartTimestamp": at(10)}
    snapshot = {"AgentStatus": status, "Contacts": contacts}
    event = {"EventType": "STATE_CHANGE", "AgentARN": f"{ARN}/agent/{AGENT}", "EventTimestamp": at(50)}
    assert [one["state"] for one in told(event | {"CurrentAgentSnapshot": snapshot})] == ["available"]


async def test_posted_with_the_key_an_event_is_taken_and_twice_it_counts_once(serve: Serve) -> None:
    gateway = await serve(gateway_connect_key=SECRET)
    body = orjson.dumps(INBOUND[3])
    assert (await gateway.post(PATH, body))[0] == 401
    for _ in range(2):
        assert await gateway.post(PATH, body, headers={"X-Api-Key": SECRET}) == (204, None)
    assert len({event["id"] for event in gateway.broker.of("events")}) == 1
    assert {event["type"] for event in gateway.broker.of("floor")} == {"queue.joined", "queue.left"}
    status, answer = await gateway.post(PATH, b'{"detail": {"contactId', headers={"X-Api-Key": SECRET})
    assert (status, answer["reason"]) == (422, "malformed_json")


async def test_what_sns_wraps_is_taken_and_its_subscription_confirmed(serve: Serve) -> None:
    gateway = await serve(gateway_connect_key=SECRET)
    keyed = {"Authorization": "Basic " + base64.b64encode(f"ringboard:{SECRET}".encode()).decode()}
    wrapped = {"Type": "Notification", "MessageId": "m-1", "Message": orjson.dumps(INBOUND[3]).decode()}
    assert await gateway.post(PATH, wrapped, headers=keyed) == (204, None)
    assert [event["type"] for event in gateway.broker.of("events")] == ["call.ended"]
    status, answer = await gateway.post(PATH, wrapped | {"Message": "hello"}, headers=keyed)
    assert (status, answer["reason"]) == (422, "malformed_json")

    url = "https://sns.eu-west-3.amazonaws.com/?Action=ConfirmSubscription&Token=t"
    asked = {"Type": "SubscriptionConfirmation", "SubscribeURL": url}
    assert (await gateway.post(PATH, asked, headers=keyed))[0] == 204
    assert gateway.confirmed == [url]


@pytest.mark.parametrize(
    "url",
    [
        "http://sns.eu-west-3.amazonaws.com/",
        "https://sns.eu-west-3.amazonaws.com.elsewhere.example/",
        "https://elsewhere.example/sns.eu-west-3.amazonaws.com",
        "https://x@sns.eu-west-3.amazonaws.com/",
        "https://sns.eu-west-3.amazonaws.com:8443/",
        "https://[::1/",
        None,
    ],
)
async def test_no_address_is_asked_but_those_of_sns(serve: Serve, url: str | None) -> None:
    gateway = await serve(gateway_connect_key=SECRET)
    asked = {"Type": "SubscriptionConfirmation", "SubscribeURL": url}
    assert (await gateway.post(PATH, asked, headers={"X-Api-Key": SECRET}))[0] == 422
    assert gateway.confirmed == []


async def test_what_is_no_address_of_anything_cannot_be_confirmed() -> None:
    with pytest.raises(HttpRefusalError):
        await confirm(f"http://127.0.0.1:{free_port()}/")
