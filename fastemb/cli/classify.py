"""``fastemb classify``: labels of texts, learned, tested and predicted."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from itertools import islice
from typing import Any

from ..classify import Measures, TextClassifier
from ..classify.asking import least_probability
from ..classify.files import read_state
from ..classify.quantised_labels import QuantisedLabels
from ..classify.settings import ClassifierSettings
from ..io.atomic import atomic_write
from ..io.kinds import kind_of
from .fields import add_fields, fields_of
from .learning import learn_and_save
from .outputs import check_writable
from .saying import add_quiet, progress_of, tell
from .settings import add_settings, settings_of
from .values import STDIN, STDOUT, Commands, file_path, positive

_SETTINGS: dict[str, str | None] = {
    name: None for name in ClassifierSettings.declared() if name not in ("shuffle", "workers")
}
_FASTTEXT = (".bin", ".ftz")
_TOGETHER = 1000  # lines of standard input, where nobody types them


def add_classify(parser: argparse.ArgumentParser) -> None:
    """Add ``classify`` with its commands."""
    parser.description = (
        "Learn the labels of texts, as fastText does. A text is a line of a file, with its labels among its words, "
        "__label__ before each; or a row of a table."
    )
    parts = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for add in (_add_train, _add_test, _add_predict):
        add(parts)


def _add_columns(parser: argparse.ArgumentParser, prefix: str | None) -> None:
    group = parser.add_argument_group("texts with labels")
    group.add_argument(
        "--label-prefix", metavar="TEXT", default=prefix, help="with which labels begin in a line (__label__)"
    )
    group.add_argument("--text", metavar="NAME", help="column of the texts, of a CSV, TSV or Parquet table")
    group.add_argument("--labels", metavar="NAME", help="column of the labels")
    add_fields(group)


def _columns(options: argparse.Namespace) -> dict[str, Any]:
    return {
        "label_prefix": options.label_prefix,
        "text": options.text,
        "labels": options.labels,
        **fields_of(options),
    }


# ---- train ----


def _add_train(commands: Commands) -> None:
    parser = commands.add_parser(
        "train",
        help="learn labels",
        description="Learn labels. Ctrl-C, SIGTERM and SIGHUP end the training and save what was learned.",
    )
    parser.add_argument("texts", type=file_path, help="file of texts with labels, also compressed")
    parser.add_argument(
        "-o",
        "--output",
        type=file_path,
        required=True,
        help="where to save the model; with the ending .bin as a file of fastText",
    )
    _add_columns(parser, "__label__")
    group = parser.add_argument_group("model")
    add_settings(group, ClassifierSettings, _SETTINGS)
    group.add_argument("--workers", type=positive, metavar="N", help="threads (default: all CPUs)")
    group.add_argument("--keep-order", action="store_true", help="take the texts as they come, in each pass")
    group.add_argument("--balanced", action="store_true", help="weigh labels by how rare they are")
    group.add_argument("--vectors", type=file_path, metavar="FILE", help="vectors from which words start")
    group = parser.add_argument_group("watching")
    group.add_argument(
        "--validation", type=file_path, metavar="FILE", help="texts that are held out: ends when the loss on them rises"
    )
    group.add_argument("--patience", type=positive, metavar="N", default=2, help="after so many passes (%(default)s)")
    add_quiet(parser)
    parser.set_defaults(run=_train)


def _train(options: argparse.Namespace) -> int:
    if options.output.endswith(".ftz"):
        raise ValueError(f"{options.output}: a model is trained first, and made smaller then: save it as .bin")
    read = [options.texts, *(one for one in (options.validation, options.vectors) if one is not None)]
    check_writable(read, options.output)
    model = TextClassifier(
        **settings_of(options, _SETTINGS),
        workers=options.workers,
        shuffle=not options.keep_order,
        class_weight="balanced" if options.balanced else None,
        vectors=options.vectors,
        progress=progress_of(options),
    )
    return learn_and_save(
        lambda: model.fit_file(
            options.texts, **_columns(options), validation=options.validation, patience=options.patience
        ),
        model.__sklearn_is_fitted__,
        lambda: _save(model, options),
    )


def _save(model: TextClassifier, options: argparse.Namespace) -> None:
    if options.output.endswith(_FASTTEXT):
        model.save_fasttext(options.output)
    else:
        model.save(options.output)
    tell(options, f"saved a model of {len(model.classes_):,} labels to {options.output}")


# ---- a model ----


def _add_model(parser: argparse.ArgumentParser, files: str) -> None:
    parser.add_argument("model", type=file_path, help=f"what 'classify train' saved, or {files} of fastText")


def _model(path: str) -> TextClassifier:
    return TextClassifier.load_fasttext(path) if _is_fasttexts(path) else TextClassifier.load(path)


def _is_fasttexts(path: str) -> bool:
    with open(path, "rb") as file:
        start = file.read(1 << 12)
    is_tensors = start[8:9] == b"{" or (kind_of(start) or "").startswith("safetensors")
    return not is_tensors and b'"fastemb.TextClassifier"' not in start


def _add_given(parser: argparse.ArgumentParser, k: int) -> None:
    parser.add_argument("-k", type=positive, metavar="N", default=k, help="labels a text at most (%(default)s)")
    parser.add_argument(
        "--threshold", type=float, metavar="P", default=0.0, help="least probability of a label (%(default)s)"
    )


# ---- test ----


def _add_test(commands: Commands) -> None:
    parser = commands.add_parser(
        "test",
        help="precision and recall on texts with labels",
        description="Compare predicted labels with those of a file. With --precision: the threshold that gives it.",
    )
    _add_model(parser, "a .bin file")
    parser.add_argument("texts", type=file_path, help="file of texts with labels")
    _add_columns(parser, None)
    _add_given(parser, 1)
    parser.add_argument("--per-label", action="store_true", help="show the scores of labels, the most frequent first")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.set_defaults(run=_test)


def _test(options: argparse.Namespace) -> int:
    model = _model(options.model)
    found = model.evaluate_file(options.texts, **_columns(options), k=options.k, threshold=options.threshold)
    if options.json:
        print(json.dumps(asdict(found) | {"labels": {str(key): asdict(one) for key, one in found.labels.items()}}))
        return 0
    print(f"texts      {found.texts:,}")
    print(f"precision  {found.precision:.4f}")
    print(f"recall     {found.recall:.4f}")
    print(f"F1         {found.f1:.4f}")
    if options.per_label:
        _print_labels(found)
    return 0


def _print_labels(found: Measures) -> None:
    print(f"\n{'precision':>9} {'recall':>9} {'F1':>9} {'texts':>9}  label")
    for label, one in sorted(found.labels.items(), key=lambda item: -item[1].texts):
        print(f"{one.precision:9.4f} {one.recall:9.4f} {one.f1:9.4f} {one.texts:9,}  {label}")


# ---- predict ----


def _add_predict(commands: Commands) -> None:
    parser = commands.add_parser(
        "predict",
        help="the labels of texts",
        description="Print the labels of each line, parted by tabs, the most probable first; an empty line for none.",
    )
    _add_model(parser, "a .bin or .ftz file")
    parser.add_argument("texts", type=file_path, nargs="?", default=STDIN, help="file of texts (standard input)")
    parser.add_argument("-o", "--output", type=file_path, default=STDOUT, help="where to write them (standard output)")
    _add_given(parser, 1)
    parser.add_argument("--probabilities", action="store_true", help="print the probability of a label after it")
    parser.set_defaults(run=_predict)


def _asked(path: str) -> TextClassifier | QuantisedLabels:
    """A model that need not be trained on."""
    state = read_state(path, mmap=True) if _is_fasttexts(path) else None
    return _model(path) if state is None or not state.is_quantised else QuantisedLabels(state, path)


def _predict(options: argparse.Namespace) -> int:
    least_probability(options.threshold)
    if options.output != STDOUT:
        if options.texts == STDIN:
            raise ValueError("--output is for a file of texts; redirect what standard input gives, as by >")
        check_writable([options.model, options.texts], options.output)
    model, shown = _asked(options.model), options.probabilities
    if options.texts == STDIN:
        together = 1 if sys.stdin.isatty() else _TOGETHER
        while lines := list(islice(sys.stdin, together)):
            sys.stdout.writelines(model._lines_of_texts(lines, options.k, options.threshold, probabilities=shown))
            sys.stdout.flush()
        return 0
    found = model._lines_of_file(options.texts, options.k, options.threshold, probabilities=shown)
    if options.output == STDOUT:
        sys.stdout.writelines(found)
        return 0
    with atomic_write(options.output) as file:
        file.writelines(text.encode() for text in found)
    return 0
