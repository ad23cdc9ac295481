"""Latency on an iPhone, three ways: our app's benchmark, coremltools' benchmarker, Xcode's performance report."""
