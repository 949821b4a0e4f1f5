"""The cases of the alerts on Ringboard itself."""

from __future__ import annotations

from typing import Final

from grafana.rules.case import Case

CASES: Final = (
    Case(
        "RingboardFloorClosed",
        {'ringboard_floor_open{instance="a"}': "1x10 0x60"},
        {},
        "0",
        {'ringboard_floor_open{instance="a"}': "0x10 1x60"},
        "it has opened",
    ),
    Case(
        "RingboardNoEvents",
        {
            'ringboard_events_total{type="call.ended",instance="a"}': "5+1x10 15x60",
            'ringboard_floor_open{instance="a"}': "1x80",
        },
        {},
        "0",
        {'ringboard_events_total{type="call.ended",instance="a"}': "5+1x60"},
        "events come",
        at="40m",
    ),
    Case(
        "RingboardLagHigh",
        {
            'ringboard_lag_records{topic="ringboard.events.v1",partition="0",instance="a"}': "4000x60",
            'ringboard_lag_records{topic="ringboard.events.v1",partition="1",instance="b"}': "2000x60",
        },
        {},
        "6000",
        {'ringboard_lag_records{topic="ringboard.events.v1",partition="1",instance="b"}': "10x60"},
        "a batch on its way",
    ),
    Case(
        "RingboardEventsRejected",
        {
            'ringboard_events_total{type="call.ended",instance="a"}': "0+10x60",
            'ringboard_events_rejected_total{reason="missing_field",instance="a"}': "0+2x60",
        },
        {"reason": "missing_field"},
        "30",
        {'ringboard_events_total{type="call.ended",instance="a"}': "0+1000x60"},
        "a few among many",
        at="30m",
    ),
    Case(
        "RingboardCallsLeftOut",
        {
            'ringboard_source_calls_total{source="asterisk-ami",fate="counted",instance="c"}': "0+2x90",
            'ringboard_source_calls_total{source="asterisk-ami",fate="internal",instance="c"}': "0+1x90",
            'ringboard_source_calls_total{source="asterisk-ami",fate="unknown",instance="c"}': "0+1x90",
            'ringboard_source_calls_total{source="asterisk-ami",fate="refused",instance="c"}': "0x90",
        },
        {"source": "asterisk-ami"},
        "50%",
        {
            'ringboard_source_calls_total{source="asterisk-ami",fate="internal",instance="c"}': "0x90",
            'ringboard_source_calls_total{source="asterisk-ami",fate="unknown",instance="c"}': "0+0.1x90",
        },
        "one call in twenty goes nowhere",
        at="80m",
    ),
    Case(
        "RingboardCallsLeftOut",
        {
            'ringboard_source_calls_total{source="freeswitch",fate="counted",instance="c"}': "0x90",
            'ringboard_source_calls_total{source="freeswitch",fate="unknown",instance="c"}': "0+1x90",
        },
        {"source": "freeswitch"},
        "100%",
        {'ringboard_source_calls_total{source="freeswitch",fate="unknown",instance="c"}': "0+0.1x90"},
        "a few calls say nothing yet",
        at="80m",
    ),
    Case(
        "RingboardWebhookUnused",
        {
            'ringboard_gateway_unused_total{source="crm",instance="g"}': "0x40 0+1x60",
            'ringboard_gateway_events_total{source="crm",type="lead.requested",instance="g"}': "0+1x40 40x60",
        },
        {"source": "crm"},
        "100%",
        {
            'ringboard_gateway_unused_total{source="crm",instance="g"}': "0+2x100",
            'ringboard_gateway_events_total{source="crm",type="lead.requested",instance="g"}': "0+1x100",
        },
        "its mapping has always passed over as much",
        at="100m",
    ),
    Case(
        "RingboardWebhookUnused",
        {'ringboard_gateway_unused_total{source="crm",instance="g"}': "0x30 0+1x90"},
        {"source": "crm"},
        "100%",
        {
            'ringboard_gateway_unused_total{source="crm",instance="g"}': "0x60 4x30",
            'ringboard_gateway_events_total{source="crm",type="lead.requested",instance="g"}': "0x90",
        },
        "a few test calls were posted",
        at="90m",
    ),
    Case(
        "RingboardInternalFault",
        {'ringboard_events_rejected_total{reason="internal",instance="a"}': "0x10 1x60"},
        {"instance": "a"},
        "1",
        {'ringboard_events_rejected_total{reason="internal",instance="a"}': "1x60"},
        "it was long ago",
    ),
    Case(
        "RingboardInternalFault",
        {'ringboard_gateway_refused_total{reason="internal",source="twilio",instance="g"}': "0x10 1x60"},
        {"instance": "g"},
        "1",
        {'ringboard_gateway_refused_total{reason="internal",source="twilio",instance="g"}': "0x60"},
        "there is none",
    ),
    Case(
        "RingboardInternalFault",
        {'ringboard_source_refused_total{reason="internal",source="asterisk",instance="c"}': "0x10 1x60"},
        {"instance": "c"},
        "1",
        {'ringboard_source_refused_total{reason="internal",source="asterisk",instance="c"}': "7x60"},
        "they are of the day before",
    ),
    Case(
        "RingboardWorkerDown",
        {'up{job="ringboard",instance="a:6066"}': "1x10 0x60"},
        {"job": "ringboard", "instance": "a:6066"},
        "0",
        {'up{job="ringboard",instance="a:6066"}': "1x17 0x0 1x60"},
        "it was away for a moment",
    ),
    Case(
        "RingboardWorkersDown",
        {'up{job="ringboard",instance="a:6066"}': "1x10 0x60"},
        {},
        "1",
        {'up{job="ringboard",instance="b:6066"}': "1x60"},
        "the other one is there",
    ),
    Case(
        "RingboardPartitionsMissing",
        {
            'ringboard_partitions_expected{group="events",instance="a"}': "8x60",
            'ringboard_partitions_expected{group="events",instance="b"}': "8x60",
            'ringboard_partitions_ready{group="events",instance="a"}': "4x60",
            'ringboard_partitions_ready{group="events",instance="b"}': "4x5 1x60",
        },
        {"group": "events"},
        "3",
        {'ringboard_partitions_ready{group="events",instance="b"}': "4x60"},
        "all are ready",
    ),
    Case(
        "RingboardClockOff",
        {'ringboard_clock_seconds{instance="a"}': "30+60x60"},
        {"instance": "a"},
        "30s",
        {'ringboard_clock_seconds{instance="a"}': "1+60x60"},
        "a second is how long a scrape may take",
    ),
    Case(
        "RingboardLeadAlertsFailing",
        {
            'ringboard_lead_alerts_failed_total{instance="a"}': "0x5 0+20x60",
            'ringboard_lead_alerts_last_success_seconds{instance="a"}': "0+60x5 300x60",
        },
        {"instance": "a"},
        "200",
        {'ringboard_lead_alerts_last_success_seconds{instance="a"}': "0+60x60"},
        "it was away for a moment",
    ),
    Case(
        "RingboardLeadAlertsFailing",
        {
            'ringboard_lead_alerts_failed_total{instance="a"}': "0+20x60",
            'ringboard_lead_alerts_last_success_seconds{instance="a"}': "0x60",
            'process_start_time_seconds{instance="a"}': "60x60",
        },
        {"instance": "a"},
        "1140",
        {'process_start_time_seconds{instance="a"}': "1000x60"},
        "it has only just started",
    ),
    Case(
        "RingboardForgedRecords",
        {
            'ringboard_peers_refused_total{what="record",reason="forged",instance="a"}': "0x10 1x50",
            'ringboard_peers_refused_total{what="request",reason="unsigned",instance="a"}': "4x60",
        },
        {"what": "record", "reason": "forged"},
        "1",
        {'ringboard_peers_refused_total{what="record",reason="forged",instance="a"}': "1x60"},
        "it was long ago",
    ),
    Case(
        "RingboardWrongTokens",
        {
            'ringboard_page_requests_refused_total{reason="wrong_token",instance="a"}': "0+2x60",
            'ringboard_page_requests_refused_total{reason="slowed_down",instance="a"}': "0+3x60",
        },
        {"instance": "a"},
        "50",
        {
            'ringboard_page_requests_refused_total{reason="wrong_token",instance="a"}': "0+1x60",
            'ringboard_page_requests_refused_total{reason="slowed_down",instance="a"}': "0x60",
            'ringboard_page_requests_refused_total{reason="no_token",instance="a"}': "0+50x60",
        },
        "somebody mistypes, and walls ask for their token",
        at="30m",
    ),
)
