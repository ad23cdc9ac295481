"""Latency beside accuracy."""
