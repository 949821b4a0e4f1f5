"""Where everything comes from that Ringboard installs, fetches or runs: locks with hashes, and a bill of materials."""
