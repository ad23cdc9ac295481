"""Turns a checkpoint into ONNX, TFLite and Core ML files, and proves them."""
