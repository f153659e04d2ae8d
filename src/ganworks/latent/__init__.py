"""What a trained generator's latents do: walked, steered, truncated, found again for a picture, and measured.

Imports nothing by itself: the command line asks for one tool at a time.
"""
