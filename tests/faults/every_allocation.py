"""Let every allocation of some small work fail, one after the other: ``make faults``.

The k-th call of malloc, calloc or realloc fails, for each k that there is. Each time a child of this process does the
work, which must end well or with a MemoryError, and then does it again without a fault, which must end well. What was
there before must be as it was, and three faults at the same place must not hold more memory than two. It needs Linux,
and failing_malloc.so in LD_PRELOAD.

Some faults Python and NumPy themselves do not bear: a thread that has no memory to begin lets ``Thread.start`` wait
for ever, and NumPy crashes in some of its indexing. These are counted apart, where the stack says that it is theirs.
"""

from __future__ import annotations

import argparse
import ctypes
import faulthandler
import gc
import itertools
import os
import re
import signal
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from fastemb import Corpus, Item2Vec, KeyedVectors, Node2Vec, Phrases, Word2Vec, load_vectors, save_vectors
from fastemb.layers import Adagrad, Embedding

TEXTS = [["a", "b", "c", "d", f"w{number % 17}", "e"] for number in range(40)]
OPTIONS: dict[str, Any] = {"min_count": 1, "vector_size": 20, "workers": 1, "epochs": 1, "progress": False}
EDGES = [(number, (number * 7 + 1) % 30) for number in range(30)]
NOISE = 4096  # bytes that Python may keep of its own
SECONDS = 30  # for one child, after which it hangs
PATIENT = 4  # more faults, when memory has grown, before that is called a leak


class Work(NamedTuple):
    """What is done with a fault in it, and what is looked at afterwards."""

    do: Callable[[], object]
    state: Callable[[], Any] = lambda: None
    """What must not change by work that fails; of arrays a copy."""


def works(folder: Path) -> dict[str, Work]:
    """All work, by name."""
    model = Word2Vec(TEXTS, **OPTIONS)
    paths = Word2Vec(TEXTS, **OPTIONS, hs=1, sg=1, negative=0)
    items = Item2Vec(4, epochs=1, progress=False, workers=1).fit(TEXTS)
    text = folder / "text.txt"
    text.write_text("\n".join(" ".join(row) for row in TEXTS * 20))
    vectors = {name: folder / name for name in ("v.safetensors", "v.bin", "v.txt", "v.npy")}
    for path in vectors.values():
        save_vectors(model.wv, path)
    model.save(folder / "model")
    table = Embedding(50, 16, optimizer=Adagrad(0.1))

    def words() -> Any:
        return list(model.wv.index_to_key), model.wv.vectors.shape, model.syn1neg.shape, len(model.wv.expandos["count"])

    def saved(path: Path) -> Callable[[], Any]:
        return lambda: (path.read_bytes(), sorted(os.listdir(folder)))

    def query() -> None:
        model.wv.norms = None
        model.wv.most_similar("a", topn=5)
        model.wv.most_similar_batch(["a", "b", "c"], topn=3)
        model.wv.similarity("a", "b")

    (folder / "saved").write_bytes(b"")
    model.save(folder / "saved")
    before = words()
    return {
        "build and train": Work(lambda: Word2Vec(TEXTS, **OPTIONS)),
        "build and train, hs": Work(lambda: Word2Vec(TEXTS, **OPTIONS, hs=1)),
        "two threads": Work(lambda: Word2Vec(TEXTS * 50, **OPTIONS | {"workers": 2})),
        "train on": Work(lambda: model.train(TEXTS, total_examples=40, epochs=1, progress=False), words),
        "train on, hs": Work(
            lambda: paths.train(TEXTS, total_examples=40, epochs=1, progress=False), lambda: paths.syn1.shape
        ),
        "grow": Work(
            lambda: model.build_vocab([["new", "word"]] * 3, update=True), lambda: words() == before or words()
        ),
        "read text": Work(lambda: Corpus.from_file(text, workers=1)),
        "phrases": Work(lambda: Phrases(TEXTS, min_count=1, threshold=0.1)[TEXTS]),
        "ask": Work(query, lambda: (words(), model.wv.vectors.tobytes())),
        "held-out loss": Work(lambda: model.held_out_loss(TEXTS), lambda: model.wv.vectors.tobytes()),
        "save": Work(lambda: model.save(folder / "saved"), lambda: sorted(os.listdir(folder))),
        "load": Work(lambda: Word2Vec.load(folder / "model"), saved(folder / "model")),
        **{f"load {name}": Work(lambda path=path: load_vectors(path)) for name, path in vectors.items()},  # type: ignore[misc]
        "map": Work(lambda: KeyedVectors.load(vectors["v.safetensors"], mmap="r").most_similar("a")),
        "items": Work(lambda: Item2Vec(4, epochs=1, progress=False, workers=1).fit(TEXTS[:10])),
        "recommend": Work(lambda: items.recommend(["a", "b"]), lambda: items.wv.vectors.tobytes()),
        "nodes": Work(lambda: Node2Vec(4, epochs=1, num_walks=1, walk_length=5, progress=False, workers=1).fit(EDGES)),
        "layers": Work(lambda: table.update([1, 2, 2], np.ones((3, 16), np.float32)), lambda: table.weight.shape),
    }


class Faults:
    """The functions of failing_malloc.c."""

    def __init__(self) -> None:
        library = ctypes.CDLL(None)
        self.arm = library.fault_arm
        self.arm.argtypes = [ctypes.c_long]
        self.tell, self.calls, self.live = library.fault_tell, library.fault_calls, library.fault_live
        self.calls.restype = self.live.restype = ctypes.c_long


def quietly(do: Callable[[], object]) -> str:
    """The name of what it raises; nothing where it ends well."""
    try:
        do()
    except MemoryError:
        return "MemoryError"
    except RuntimeError as error:
        said = str(error)
        return "MemoryError" if "start new thread" in said or "allocate" in said else f"RuntimeError: {error}"
    except OSError as error:
        return "MemoryError" if error.errno == 12 else f"{type(error).__name__}: {error}"
    except BaseException as error:
        return f"{type(error).__name__}: {error}"
    return ""


def one_fault(faults: Faults, work: Work, k: int) -> str:
    """What is wrong with the work when its k-th allocation fails; nothing where all is well. For a child."""
    before = work.state()
    sizes = []

    def fault() -> str:
        faults.arm(k)
        said = quietly(work.do)
        faults.arm(0)
        gc.collect()
        sizes.append(faults.live())
        return said

    for _ in range(3):
        said = fault()
        if said not in ("", "MemoryError"):
            return said
    if said and work.state() != before:
        return "what was there has changed"
    if sizes[2] - sizes[1] > NOISE:
        for _ in range(PATIENT):
            fault()
        if all(later - earlier > NOISE for earlier, later in itertools.pairwise(sizes)):
            return f"leak: bytes held after each fault {sizes}"
    said = quietly(work.do)
    return f"afterwards: {said}" if said else ""


def in_child(faults: Faults, call: Callable[[], str]) -> str:
    """What a call says in a child of this process, or how the child ended."""
    reads, writes = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reads)
        faults.tell(writes)
        faulthandler.dump_traceback_later(SECONDS, exit=True, file=writes)
        try:
            os.write(writes, call().encode()[:4000])
        finally:
            os._exit(0)
    os.close(writes)
    said = b""
    while part := os.read(reads, 4096):
        said += part
    os.close(reads)
    _, status = os.waitpid(child, 0)
    text = said.decode(errors="replace")
    if os.WIFSIGNALED(status):
        return f"ends by {signal.Signals(os.WTERMSIG(status)).name}: {text}"
    return f"hangs: {text}" if text.startswith("Timeout") else text


def is_of_others(said: str) -> bool:
    """Whether Python or NumPy, by themselves, do not bear this fault."""
    if re.match(r"(afterwards: )?SystemError: .*(without exception set|numpy.* without setting an exception)", said):
        return True  # NumPy's, where it forgets to say MemoryError
    if said.endswith("the file is damaged, or holds no numbers: "):  # Python's parser says MemoryError of deep nesting
        return True
    if said.startswith("hangs"):
        return re.search(r'threading.py", line \d+ in start$', said, re.MULTILINE) is not None
    libraries = [name for name in said.partition("crash in ")[2].split() if "failing_malloc" not in name]
    mine = (number for number, name in enumerate(libraries) if "/fastemb/" in name)
    others = (number for number, name in enumerate(libraries) if "/numpy/" in name or "/bin/python" in name)
    return bool(libraries) and next(others, 99) < next(mine, 99)


def main() -> int:
    """Run, and say how many faults there were, and which were not borne."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--every", type=int, default=1, metavar="N", help="each N-th allocation alone (1)")
    parser.add_argument("--only", default="", metavar="NAME", help="work whose name has this in it")
    options = parser.parse_args()
    if "failing_malloc" not in os.environ.get("LD_PRELOAD", ""):
        parser.error("failing_malloc.so is not in LD_PRELOAD: run 'make faults'")
    warnings.simplefilter("ignore")
    faults, wrong, others, total = Faults(), 0, 0, 0
    with tempfile.TemporaryDirectory() as folder:
        for name, work in works(Path(folder)).items():
            if options.only not in name:
                continue
            start = time.monotonic()
            for _ in range(3):  # what is made once is made
                work.do()
            faults.arm(0)
            work.do()
            calls = faults.calls()
            tried = range(1, calls + 1, options.every)
            bad = [(k, said) for k in tried if (said := in_child(faults, partial(one_fault, faults, work, k)))]
            mine = [(k, said) for k, said in bad if not is_of_others(said)]
            total, wrong, others = total + len(tried), wrong + len(mine), others + len(bad) - len(mine)
            took = time.monotonic() - start
            print(
                f"{name}: {calls:,} allocations, {len(tried):,} faults, {len(mine)} not borne, {len(bad) - len(mine)} "
                f"not borne by Python or NumPy, {took:.0f} s",
                flush=True,
            )
            for k, said in mine[:5]:
                print(f"    allocation {k}: {said}", flush=True)
    print(f"{total:,} faults, {wrong} not borne, {others} not borne by Python or NumPy")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
