"""Writes records of FreeSWITCH's legs: the same variables as JSON, as XML, or as rows of CSV."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

T = 1_780_300_800  # 2026-06-01 08:00:00 UTC
NUMBER = "0639980001"
A, B, C, D = (f"{digit * 8}-0000-4000-8000-000000000000" for digit in "abcd")


def leg(uuid: str, start: float, answer: float | None, end: float, *, call: str = A, **more: Any) -> dict[str, Any]:
    """Return a record as mod_json_cdr writes it; `more` are its caller, called, context, apps and `variables`."""
    variables = {
        "uuid": uuid, "call_uuid": call, "direction": more.pop("direction", "inbound" if uuid == call else "outbound"),
        "start_epoch": str(int(T + start)), "start_uepoch": str(int(1e6 * (T + start))),
        "answer_epoch": str(int(T + answer)) if answer is not None else "0",
        "answer_uepoch": str(int(1e6 * (T + answer))) if answer is not None else "0",
        "end_epoch": str(int(T + end)), "end_uepoch": str(int(1e6 * (T + end))),
        "hangup_cause": more.pop("cause", "NORMAL_CLEARING"), "hangup_cause_q850": more.pop("code", "16"),
        **more.pop("variables", {}),
    }  # fmt: skip
    profile = {
        "caller_id_number": more.pop("caller", "1002"),
        "destination_number": more.pop("called", NUMBER),
        "context": more.pop("context", "default"),
    }
    apps = [{"app_name": name, "app_data": ""} for name in more.pop("apps", ())]
    assert not more
    return {
        "core-uuid": C,
        "switchname": "here",
        "variables": {name: quote(value) for name, value in variables.items()},
        "app_log": {"applications": apps},
        "callflow": {"caller_profile": profile},
    }


def xml(record: dict[str, Any], *, declared: bool = True) -> str:
    """Return the same record as mod_xml_cdr writes it."""
    variables = "".join(f"    <{name}>{value}</{name}>\n" for name, value in record["variables"].items())
    apps = "".join(
        f'    <application app_name="{one["app_name"]}" app_data="" app_stamp="1780300801000000"></application>\n'
        for one in record["app_log"]["applications"]
    )
    flow = record["callflow"]
    flows = "".join(
        '  <callflow dialplan="XML" profile_index="1">\n    <caller_profile>\n'
        + "".join(f"      <{name}>{value}</{name}>\n" for name, value in one["caller_profile"].items())
        + "    </caller_profile>\n    <times>\n"
        + "".join(f"      <{name}>{value}</{name}>\n" for name, value in one.get("times", {}).items())
        + "    </times>\n  </callflow>\n"
        for one in (flow if isinstance(flow, list) else [flow])
    )
    return (
        ('<?xml version="1.0"?>\n' if declared else "")
        + f'<cdr core-uuid="{record["core-uuid"]}" switchname="{record["switchname"]}">\n'
        + f"  <channel_data>\n    <state>CS_REPORTING</state>\n  </channel_data>\n  <variables>\n{variables}"
        + f"  </variables>\n  <app_log>\n{apps}  </app_log>\n{flows}</cdr>\n"
    )
