"""Generative adversarial networks, from your data to a generator you can trust."""
