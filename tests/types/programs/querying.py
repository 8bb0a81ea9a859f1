"""A typed program that asks vectors; checked, never run."""

from pathlib import Path
from typing import assert_type

import numpy as np
from numpy.typing import NDArray

import fastemb
from fastemb.models import KeyedVectors
from fastemb.spaces import align, stability, weat


class Own(KeyedVectors):
    pass


vectors = KeyedVectors.load(Path("vectors.safetensors"), mmap="r")
assert_type(vectors, KeyedVectors)
assert_type(Own.load("vectors"), Own)
assert_type(Own.load_word2vec_format("vectors.bin", binary=True, limit=10), Own)
assert_type(fastemb.load_vectors("vectors.txt"), KeyedVectors)

for key, score in vectors.most_similar(positive=["king", "woman"], negative=["man"], topn=3):
    print(f"{key:<10} {score:.3f}")
assert_type(vectors.most_similar_batch(["king", "queen"])[0][0][1], float)
rows, cosines = vectors.most_similar_rows(np.zeros((5, vectors.vector_size)), topn=3, workers=2)
assert_type(rows, NDArray[np.int64])
assert_type(cosines, NDArray[np.float32])
row: NDArray[np.float32] = vectors["king"]
several: NDArray[np.float32] = vectors[["king", "queen"]]
cosine: float = vectors.similarity("king", "queen")
assert_type(vectors.get_index("king"), int)
assert_type("king" in vectors, bool)
assert_type(vectors.rank("king", "queen"), int)
assert_type(vectors.add_vector("new", [0.0] * vectors.vector_size), int)
vectors["new"] = np.zeros(vectors.vector_size)
accuracy, sections = vectors.evaluate_word_analogies("questions-words.txt")
assert_type(accuracy, float)
print([len(section["correct"]) for section in sections])
pearson, spearman, unknown = vectors.evaluate_word_pairs("wordsim353.tsv")
assert_type(pearson[0], float)
assert_type(unknown, float)
print(vectors.axis(["she"], ["he"], method="pairs").ends(3)[0][0])
assert_type(vectors.axis("she", "he")["king"], float)
assert_type(vectors.reduce(50).neighbours_kept, float)
bags = vectors.embed({"ann": ["king", "queen"]}, weights="sif")
assert_type(bags.unknown_share, float)
assert_type(bags.most_similar_batch(["ann"])[0][0][1], float)
aligned = align([vectors, vectors], [vectors, vectors], anchors=["the", "of"])
assert_type(aligned.moved(3)[0].low, float)
assert_type(aligned.new, KeyedVectors)
assert_type(align(vectors, vectors)["king"].change, float)
assert_type(stability([vectors, vectors]).bands[0].overlap, float)
assert_type(weat(vectors, ["a", "b"], ["c", "d"], ["e"], ["f"]).p, float)
vectors.save_word2vec_format("vectors.txt")
