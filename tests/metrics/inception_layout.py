"""The convolutions of the 2015 Inception network by the names and shapes that public weights have, block by block."""

STEM = """
Conv2d_1a_3x3 32x3x3x3
Conv2d_2a_3x3 32x32x3x3
Conv2d_2b_3x3 64x32x3x3
Conv2d_3b_1x1 80x64x1x1
Conv2d_4a_3x3 192x80x3x3
"""
BLOCKS = {
    "Mixed_5b": """branch1x1 64x192x1x1  branch5x5_1 48x192x1x1  branch5x5_2 64x48x5x5  branch3x3dbl_1 64x192x1x1
        branch3x3dbl_2 96x64x3x3  branch3x3dbl_3 96x96x3x3  branch_pool 32x192x1x1""",
    "Mixed_5c": """branch1x1 64x256x1x1  branch5x5_1 48x256x1x1  branch5x5_2 64x48x5x5  branch3x3dbl_1 64x256x1x1
        branch3x3dbl_2 96x64x3x3  branch3x3dbl_3 96x96x3x3  branch_pool 64x256x1x1""",
    "Mixed_5d": """branch1x1 64x288x1x1  branch5x5_1 48x288x1x1  branch5x5_2 64x48x5x5  branch3x3dbl_1 64x288x1x1
        branch3x3dbl_2 96x64x3x3  branch3x3dbl_3 96x96x3x3  branch_pool 64x288x1x1""",
    "Mixed_6a": """branch3x3 384x288x3x3  branch3x3dbl_1 64x288x1x1  branch3x3dbl_2 96x64x3x3
        branch3x3dbl_3 96x96x3x3""",
    "Mixed_6b": """branch1x1 192x768x1x1  branch7x7_1 128x768x1x1  branch7x7_2 128x128x1x7  branch7x7_3 192x128x7x1
        branch7x7dbl_1 128x768x1x1  branch7x7dbl_2 128x128x7x1  branch7x7dbl_3 128x128x1x7
        branch7x7dbl_4 128x128x7x1  branch7x7dbl_5 192x128x1x7  branch_pool 192x768x1x1""",
    "Mixed_6c": """branch1x1 192x768x1x1  branch7x7_1 160x768x1x1  branch7x7_2 160x160x1x7  branch7x7_3 192x160x7x1
        branch7x7dbl_1 160x768x1x1  branch7x7dbl_2 160x160x7x1  branch7x7dbl_3 160x160x1x7
        branch7x7dbl_4 160x160x7x1  branch7x7dbl_5 192x160x1x7  branch_pool 192x768x1x1""",
    "Mixed_6d": """branch1x1 192x768x1x1  branch7x7_1 160x768x1x1  branch7x7_2 160x160x1x7  branch7x7_3 192x160x7x1
        branch7x7dbl_1 160x768x1x1  branch7x7dbl_2 160x160x7x1  branch7x7dbl_3 160x160x1x7
        branch7x7dbl_4 160x160x7x1  branch7x7dbl_5 192x160x1x7  branch_pool 192x768x1x1""",
    "Mixed_6e": """branch1x1 192x768x1x1  branch7x7_1 192x768x1x1  branch7x7_2 192x192x1x7  branch7x7_3 192x192x7x1
        branch7x7dbl_1 192x768x1x1  branch7x7dbl_2 192x192x7x1  branch7x7dbl_3 192x192x1x7
        branch7x7dbl_4 192x192x7x1  branch7x7dbl_5 192x192x1x7  branch_pool 192x768x1x1""",
    "Mixed_7a": """branch3x3_1 192x768x1x1  branch3x3_2 320x192x3x3  branch7x7x3_1 192x768x1x1
        branch7x7x3_2 192x192x1x7  branch7x7x3_3 192x192x7x1  branch7x7x3_4 192x192x3x3""",
    "Mixed_7b": """branch1x1 320x1280x1x1  branch3x3_1 384x1280x1x1  branch3x3_2a 384x384x1x3
        branch3x3_2b 384x384x3x1  branch3x3dbl_1 448x1280x1x1  branch3x3dbl_2 384x448x3x3
        branch3x3dbl_3a 384x384x1x3  branch3x3dbl_3b 384x384x3x1  branch_pool 192x1280x1x1""",
    "Mixed_7c": """branch1x1 320x2048x1x1  branch3x3_1 384x2048x1x1  branch3x3_2a 384x384x1x3
        branch3x3_2b 384x384x3x1  branch3x3dbl_1 448x2048x1x1  branch3x3dbl_2 384x448x3x3
        branch3x3dbl_3a 384x384x1x3  branch3x3dbl_3b 384x384x3x1  branch_pool 192x2048x1x1""",
}


def layout() -> dict[str, tuple[int, ...]]:
    """Every tensor of the file, those of normalisation among them, and the last layer's 1,008 classes."""
    convolutions = dict(line.split() for line in STEM.strip().splitlines())
    for block, text in BLOCKS.items():
        words = text.split()
        convolutions |= {f"{block}.{name}": shape for name, shape in zip(words[::2], words[1::2], strict=True)}
    tensors: dict[str, tuple[int, ...]] = {"fc.weight": (1008, 2048), "fc.bias": (1008,)}
    for name, shape in convolutions.items():
        sides = tuple(map(int, shape.split("x")))
        tensors[f"{name}.conv.weight"] = sides
        for each in ("weight", "bias", "running_mean", "running_var"):
            tensors[f"{name}.bn.{each}"] = sides[:1]
    return tensors
