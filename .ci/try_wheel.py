"""Use an installed wheel as somebody would who has nothing else: train, look up, save, load, and call the command."""

from __future__ import annotations

import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path

import numpy as np

import fastemb
from fastemb.graphs import DeepWalk, Graph

HERE = Path(__file__).resolve().parent.parent
assert HERE not in Path(fastemb.__file__).parents or "site-packages" in fastemb.__file__, "this is not the wheel"

TEXT = [f"{animal} eats {food}".split() for animal in ("cat", "dog", "owl") for food in ("fish", "meat", "mice")] * 100
with tempfile.TemporaryDirectory() as folder:
    text, file = Path(folder, "text.txt"), Path(folder, "vectors.safetensors")
    text.write_text("".join(" ".join(line) + "\n" for line in TEXT), encoding="utf-8")
    model = fastemb.Word2Vec(corpus_file=str(text), vector_size=16, sg=1, min_count=1, epochs=5, workers=2)
    assert np.isfinite(model.wv.vectors).all()
    model.wv.save(file)
    again = fastemb.KeyedVectors.load(file, mmap="r")
    assert again.most_similar("cat") == model.wv.most_similar("cat")
    del again  # Windows removes no file that is mapped
    for command in (["--version"], ["similar", str(file), "cat", "-n", "2"]):
        subprocess.run([sys.executable, "-m", "fastemb", *command], check=True)
    script = Path(sysconfig.get_path("scripts"), "fastemb.exe" if sys.platform == "win32" else "fastemb")
    subprocess.run([script, "train", text, "-o", Path(folder, "more.safetensors")], check=True)
    assert len(DeepWalk(vector_size=8, num_walks=2, progress=False).fit(Graph.from_edges([(1, 2), (2, 3)])).wv) == 3
fastemb.show_config()
