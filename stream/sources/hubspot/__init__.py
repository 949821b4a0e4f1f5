"""HubSpot: its webhooks."""
