"""What every HTTP server of Ringboard shares."""
