"""Generators in other forms: ONNX, compiled packages, folders to share."""
