"""Pictures from an exported generator by onnxruntime and NumPy alone: python standalone.py MODEL.onnx FOLDER [COUNT]"""

import json
import sys
from pathlib import Path

import numpy as np
import onnxruntime
from PIL import Image

path, folder, count = sys.argv[1], Path(sys.argv[2]), int((*sys.argv, 16)[3])
session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
said = session.get_modelmeta().custom_metadata_map
inputs, codec = json.loads(said["inputs"]), json.loads(said["decode"])["codec"]
random = np.random.default_rng(0)
given = {"z": random.standard_normal((count, inputs[0]["axes"][0]["size"]), dtype=np.float32)}
if len(inputs) > 1:  # classes, one number each: drawn as often as the training data had them
    shares = np.array(codec["shares"])
    given["c"] = np.eye(len(shares), dtype=np.float32)[random.choice(len(shares), count, p=shares / shares.sum())]
x = session.run(None, given)[0]  # (N, C, H, W) in -1..1
top, _, left, _ = codec["padding"]
x = x[:, :, top : top + codec["height"], left : left + codec["width"]].transpose(0, 2, 3, 1)
pictures = np.clip(np.rint((x + 1) * 127.5), 0, 255).astype(np.uint8)
folder.mkdir(parents=True, exist_ok=True)
for number, picture in enumerate(pictures):
    Image.fromarray(picture.squeeze()).save(folder / f"{number:06d}.png")
print(f"{count} pictures in {folder}, of the model {said['name']} ({said['sha256'][:12]}); all of them synthetic")
