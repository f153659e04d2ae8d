"""Generators in other forms."""
