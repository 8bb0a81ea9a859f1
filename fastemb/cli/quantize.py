"""``fastemb quantize``: a model of fastText made smaller."""

from __future__ import annotations

import argparse
import os

from ..fasttext import load_model
from .outputs import check_writable
from .saying import say
from .values import file_path, positive


def add_quantize(parser: argparse.ArgumentParser) -> None:
    """Add ``quantize``."""
    parser.description = (
        "Make a model of fastText smaller (.bin to .ftz): a byte in place of two floats, and only the words and "
        "n-grams that matter most, if asked for. Models with labels and without are taken; fastText reads what is "
        "written."
    )
    parser.add_argument("model", type=file_path, help="a .bin file")
    parser.add_argument("-o", "--output", required=True, metavar="FILE", help="the file to write, as a rule .ftz")
    parser.add_argument("--dsub", type=positive, default=2, metavar="N", help="floats that a byte stands for (2)")
    parser.add_argument("--qnorm", action="store_true", help="quantise the lengths of rows by themselves")
    parser.add_argument("--qout", action="store_true", help="quantise the rows of labels, too")
    parser.add_argument(
        "--cutoff", type=positive, metavar="N", help="keep so many words and n-grams, those with the longest rows (all)"
    )
    parser.add_argument(
        "--retrain", type=file_path, metavar="FILE", help="texts with labels, to train on what --cutoff keeps"
    )
    parser.add_argument("--epochs", type=positive, metavar="N", help="passes of that (the model's)")
    parser.add_argument("--alpha", type=float, metavar="RATE", help="first learning rate of that (0.1)")
    parser.add_argument("--workers", type=positive, metavar="N", help="threads (all CPUs)")
    parser.set_defaults(run=_quantize)


def _quantize(options: argparse.Namespace) -> None:
    if options.retrain and not options.cutoff:
        raise ValueError("--retrain trains what --cutoff keeps: give both, or neither")
    check_writable([options.model, *filter(None, [options.retrain])], options.output)
    model = load_model(options.model)
    model.quantize(
        input=options.retrain,
        qout=options.qout,
        cutoff=options.cutoff or 0,
        retrain=options.retrain is not None,
        epoch=options.epochs,
        lr=options.alpha,
        thread=options.workers,
        dsub=options.dsub,
        qnorm=options.qnorm,
    )
    model.save_model(options.output)
    before, after = os.path.getsize(options.model), os.path.getsize(options.output)
    say(f"{options.output}: {after:,} bytes, {before / max(after, 1):.1f} times smaller than {options.model}")
