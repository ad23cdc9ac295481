"""Latency on an Android phone, through adb: Google's benchmark_model and our own app's instrumentation."""
