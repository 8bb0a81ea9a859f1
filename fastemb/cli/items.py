"""``fastemb items``: recommendations from a table of who took what."""

from __future__ import annotations

import argparse
import json
import warnings
from collections.abc import Hashable, Iterable
from contextlib import suppress
from dataclasses import asdict
from functools import partial
from typing import Any

import numpy as np

from ..corpus.inputs import UTF8
from ..items import Interactions, Item2Vec, evaluate, leave_one_out, read_titles, split_by_time, split_random
from ..items.lookup import Lookup, unknown_item
from ..items.model_file import check_storable
from ..items.parameters import Parameters, check_parameters
from ..models.callbacks import Interrupted
from ..train.checkpoint import Target
from .checkpoints import Held, add_checkpoints, go_on_later, refuse_beside_resume
from .outputs import check_writable, require_model_name
from .ranked import check_format, write_ranked
from .saying import add_quiet, progress_of, say, tell
from .settings import add_settings, settings_of
from .stopping import hear_again, raise_again, raising, status_of
from .values import STDOUT, Commands, file_path, positive
from .wording import in_options

_SETTINGS = dict.fromkeys(Parameters.declared())  # none has a short name
_BESIDE_RESUME = ("output", "no_histories", "workers")
_NO_USERS = "the model was saved without users (--no-histories)"


def add_items(parser: argparse.ArgumentParser) -> None:
    """Add ``items`` with its commands."""
    parser.description = (
        "Learn item vectors from a CSV or Parquet table with a row for each event, and recommend items."
    )
    parts = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for add in (_add_train, _add_similar, _add_recommend, _add_eval):
        add(parts)


def _add_table(parser: argparse.ArgumentParser, *, may_lack: bool = False) -> None:
    parser.add_argument(
        "table",
        nargs="?" if may_lack else None,
        type=file_path,
        help="CSV (.tsv, .tab or .txt: parted by tabs), also compressed, or Parquet (.parquet, .pq); folders and "
        "patterns of them; or with --baskets a text with a basket a line",
    )
    group = parser.add_argument_group("columns of the table")
    group.add_argument("--session", metavar="NAME", help="basket, session or user")
    group.add_argument("--item", metavar="NAME", help="item")
    group.add_argument(
        "--time", metavar="NAME", help="time: a number, or as in 2024-05-17 or '2024-05-17 12:30:00 UTC'"
    )
    group.add_argument("--weight", metavar="NAME", help="weight of the event; 0 drops it")
    group.add_argument(
        "--gap",
        metavar="TIME",
        help="begin a new session after a pause longer than this: seconds, or as in 30min, 1h30m or 2d",
    )
    group.add_argument(
        "--columns", metavar="A,B,...", help="names of all columns, for a text whose first line has none"
    )
    group = parser.add_argument_group("text")
    group.add_argument("--sep", metavar="TEXT", help="what stands between fields, such as ';', '|' or '::'")
    group.add_argument(
        "--quotechar", metavar="C", help="around quoted fields; '' where quotes are text (with tabs: '')"
    )
    group.add_argument("--encoding", metavar="NAME", default=UTF8, help="of the text (%(default)s)")
    group.add_argument(
        "--baskets", action="store_true", help="a line is a basket of items, parted by --sep (white space)"
    )
    group.add_argument("--keyed", action="store_true", help="with --baskets: the first field is the basket's key")


def _read(options: argparse.Namespace) -> Interactions:
    sep = _separator(options.sep)
    columns = ("session", "item", "time", "weight", "gap", "columns", "quotechar")
    if options.baskets:
        given = [name for name in columns if getattr(options, name) is not None]
        if given:
            raise ValueError(f"--baskets has no columns: leave --{given[0]} out")
        return Interactions.from_basket_file(options.table, keyed=options.keyed, sep=sep, encoding=options.encoding)
    if options.keyed:
        raise ValueError("--keyed is for --baskets")
    if options.session is None or options.item is None:
        raise ValueError("name the columns by --session and --item, or give --baskets for a text with a basket a line")
    return Interactions.from_file(
        options.table,
        columns=options.columns.split(",") if options.columns else None,
        sep=sep,
        quotechar=options.quotechar,
        encoding=options.encoding,
        session=options.session,
        item=options.item,
        time=options.time,
        weight=options.weight,
        gap=options.gap,
    )


def _separator(given: str | None) -> str | None:
    """A separator as the command line names it, where a tab is hard to type."""
    return None if given is None else given.replace("\\t", "\t")


def _add_settings(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("model (what has no default here depends on --sg)")
    add_settings(group, Parameters, _SETTINGS)
    add_quiet(parser, "results and errors")


def _model(options: argparse.Namespace) -> Item2Vec:
    """The model as it is asked for, checked before anything is read."""
    settings = settings_of(options, _SETTINGS)
    check_parameters(settings)
    return Item2Vec(**settings, progress=progress_of(options))


def _add_train(commands: Commands) -> None:
    parser = commands.add_parser(
        "train",
        help="learn item vectors from a table",
        description="Learn item vectors from a table. Ctrl-C, SIGTERM and SIGHUP end the training and save what was "
        "learned.",
    )
    _add_table(parser, may_lack=True)
    parser.add_argument("-o", "--output", type=file_path, required=True, help="where to save the model (safetensors)")
    parser.add_argument("--no-histories", action="store_true", help="do not keep who took what in the file")
    titles = parser.add_argument_group("titles, which are shown beside items")
    titles.add_argument("--titles", metavar="FILE", help="text whose first two fields are an item and its title")
    titles.add_argument("--titles-sep", metavar="TEXT", help="what stands between its fields (as for tables)")
    titles.add_argument("--titles-encoding", metavar="NAME", default=UTF8, help="of this file (%(default)s)")
    add_checkpoints(parser, "1000000w for events")
    _add_settings(parser)
    parser.set_defaults(run=partial(_train, parser))


def _train(parser: argparse.ArgumentParser, options: argparse.Namespace) -> int:
    if options.resume is None and options.table is None:
        parser.error("the following arguments are required: table (or --resume)")
    sources = [path for path in (options.table, options.titles, options.resume) if path is not None]
    check_writable(sources, options.output, options.checkpoint)
    require_model_name(options.output, "models of items")
    if options.resume is not None:
        return _resume(parser, options)
    Target.of(options.checkpoint, options.checkpoint_every)
    model = _model(options)
    titles = _read_titles(options)
    data = _read(options)
    tell(options, f"read {len(data.items):,} events of {len(data.item_keys):,} items in {len(data):,} sessions")
    check_storable(data, histories=not options.no_histories)
    model.titles = titles
    try:
        with suppress(Interrupted), raising(Interrupted):
            model.fit(data, checkpoint=options.checkpoint, checkpoint_every=options.checkpoint_every)
        raise_again()
        _save(model, titles, options)
    except KeyboardInterrupt as error:
        if not model.__sklearn_is_fitted__():  # before training began
            raise
        return _save_interrupted(model, titles, options, error, options.checkpoint)
    return 0


def _resume(parser: argparse.ArgumentParser, options: argparse.Namespace) -> int:
    refuse_beside_resume(parser, options, _BESIDE_RESUME)
    held = Held()
    try:
        with raising(Interrupted):
            held.model = Item2Vec.resume(
                options.resume,
                workers=options.workers,
                callbacks=[held],
                progress=progress_of(options),
                checkpoint_every=options.checkpoint_every,
            )
        raise_again()
        _save(held.model, {}, options)
    except (KeyboardInterrupt, Interrupted) as error:
        if held.model is None or not isinstance(error, KeyboardInterrupt):  # before training began
            raise_again()
            raise
        return _save_interrupted(held.model, {}, options, error, options.resume)
    return 0


def _save_interrupted(
    model: Item2Vec,
    titles: dict[Hashable, str],
    options: argparse.Namespace,
    error: KeyboardInterrupt,
    checkpoint: str | None,
) -> int:
    hear_again()  # a second one ends the saving, too
    say("interrupted; saving what was learned so far")
    _save(model, titles, options)
    if checkpoint is not None:
        tell(options, go_on_later("items train", checkpoint, options.output))
    return status_of(error)


def _save(model: Item2Vec, titles: dict[Hashable, str], options: argparse.Namespace) -> None:
    if titles and not any(model.title(item) != str(item) for item in model.wv.index_to_key):
        first = ", ".join(map(str, [*titles][:3]))
        say(f"fastemb: {options.titles}: names no item of the table; its first items are {first}")
    model.save(options.output, histories=not options.no_histories)
    tell(options, f"saved vectors of {len(model.wv):,} items to {options.output}")


def _read_titles(options: argparse.Namespace) -> dict[Hashable, str]:
    if options.titles is None:
        if options.titles_sep is not None or options.titles_encoding != UTF8:
            raise ValueError("--titles-sep and --titles-encoding are for --titles")
        return {}
    try:
        return read_titles(options.titles, sep=_separator(options.titles_sep), encoding=options.titles_encoding)
    except ValueError as error:
        raise ValueError(in_options(str(error), [options.titles], prefix="titles-")) from None


def _add_similar(commands: Commands) -> None:
    parser = commands.add_parser("similar", help="items like an item")
    parser.add_argument("model", type=file_path, help="file that 'items train' saved")
    parser.add_argument("items", nargs="+", help="items")
    parser.add_argument("-n", "--topn", type=positive, default=10, metavar="N", help="how many (10)")
    parser.add_argument("--json", action="store_true", help="print a line of JSON for each item")
    parser.set_defaults(run=_similar)


def _similar(options: argparse.Namespace) -> int:
    model = Item2Vec.load(options.model)
    status = 0
    for name in options.items:
        if _unknown(model, name):
            say(f"fastemb: {unknown_item(name, model.wv.index_to_key)}")
            status = 1
            continue
        found = model.similar_items(name, options.topn)
        if options.json:
            _print_json({"item": name, "neighbours": _scored(model, found)})
            continue
        print(_titled(model, name))
        for near, cosine in found:
            print(f"  {cosine:.4f}  {_titled(model, near)}")
    return status


def _add_recommend(commands: Commands) -> None:
    parser = commands.add_parser(
        "recommend",
        help="items for a history, a user or all users",
        description="Recommend items for a history, for some users of the table, or for all of them.",
    )
    parser.add_argument("model", type=file_path, help="file that 'items train' saved")
    whom = parser.add_mutually_exclusive_group(required=True)
    whom.add_argument("--history", nargs="+", action="extend", metavar="ITEM", help="items someone has taken")
    whom.add_argument(
        "--users",
        nargs="+",
        action="extend",
        metavar="USER",
        help="users (sessions) of the table; after --gap USER#0, USER#1, ... are sessions of a user, and USER is the "
        "latest of them",
    )
    whom.add_argument("--all", action="store_true", help="all of them; needs -o or --json")
    parser.add_argument("-n", "--topn", type=positive, default=10, metavar="N", help="how many (10)")
    parser.add_argument(
        "--exclude", nargs="+", action="extend", default=[], metavar="ITEM", help="items not to recommend"
    )
    parser.add_argument("--candidates", nargs="+", action="extend", metavar="ITEM", help="recommend only these")
    parser.add_argument("--with-history", action="store_true", help="also recommend items of the history")
    parser.add_argument(
        "-o",
        "--output",
        type=file_path,
        help="write user, rank, item, score and more to a file instead of printing: .csv, .tsv, .jsonl (a line of JSON "
        "for each) or .parquet; - is CSV on standard output",
    )
    parser.add_argument("--json", action="store_true", help="print a line of JSON for each user")
    parser.set_defaults(run=_recommend)


def _recommend(options: argparse.Namespace) -> int:
    if options.json and options.output is not None:
        raise ValueError("--json prints and -o writes a file: give one; a file whose name ends in .jsonl is JSON, too")
    if options.all and options.output is None and not options.json:
        raise ValueError("--all writes to a file: name it with -o, give -o - for standard output, or --json")
    if options.output is not None:
        check_format(options.output)
    check_writable([options.model], None if options.output == STDOUT else options.output)
    model = Item2Vec.load(options.model)

    def known(names: list[str]) -> list[Hashable]:
        for name in names:
            if _unknown(model, name):
                say(f"fastemb: {unknown_item(name, model.wv.index_to_key)}")
        return [*names]

    users: list[Hashable] | None = None
    if options.users:
        users = _named_users(model, options.users)
    elif options.all:
        users = list(model.histories.session_keys)
        if not users:
            raise KeyError(f"{options.model}: no users to recommend for: {_NO_USERS}; train it without that option")
    names: list[Hashable] = ["history"] if users is None else users
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "the model knows no item")  # which was said
        found = model.recommend_many(
            [known(options.history)] if users is None else None,
            options.topn,
            users=users,
            exclude=[known(options.exclude)] * len(names) if options.exclude else None,
            candidates=None if options.candidates is None else known(options.candidates),
            exclude_history=not options.with_history,
        )
    if options.output is not None:
        write_ranked(options.output, [*map(_user_name, names)], found, model.titles)
        return 0
    for name, row, values, popular in zip(names, found.items, found.scores, found.popular, strict=True):
        shown = _user_name(name)
        ranking = [pair for pair in zip(row.tolist(), values.tolist(), strict=True) if pair[1] > -np.inf]
        if options.json:
            basis = "popularity" if popular else "history"
            named = {} if users is None else {"user": shown}
            _print_json({**named, "basis": basis, "recommendations": _scored(model, ranking)})
            continue
        print(f"{shown} (nothing is known of it: the most popular items)" if popular else shown)
        for item, score in ranking:
            print(f"  {score:.4f}  {_titled(model, item)}")
    return 0


def _named_users(model: Item2Vec, names: list[str]) -> list[Hashable]:
    """The keys of users by what the command line calls them; of a user with several sessions the latest."""
    keys: dict[str, Hashable] = {}
    for key in model.histories.session_keys:
        if isinstance(key, tuple):  # after --gap; the sessions of a user follow each other
            keys[str(_user_name(key[0]))] = key
    for key in model.histories.session_keys:
        keys[str(key)] = key
        keys[str(_user_name(key))] = key
    for name in names:
        if name not in keys:
            some = ", ".join(repr(str(_user_name(key))) for key in model.histories.session_keys[:3])
            raise KeyError(f"unknown user {name!r}: {f'the first ones are {some}' if some else _NO_USERS}")
    return [keys[name] for name in names]


def _user_name(key: Hashable) -> Hashable:
    """What the command line calls a user: after --gap ``NAME#0``, ``NAME#1``, ... for each session."""
    if isinstance(key, tuple) and len(key) == 2 and isinstance(key[1], int):
        return f"{_user_name(key[0])}#{key[1]}"
    return key


def _add_eval(commands: Commands) -> None:
    parser = commands.add_parser(
        "eval",
        help="train on a part, and judge the recommendations by the rest",
        description="Hold out a part of the table, train on the rest, and compare recommendations with what was held "
        "out, beside recommending the most popular items.",
    )
    _add_table(parser)
    how = parser.add_argument_group("what is held out")
    how.add_argument(
        "--split",
        choices=("last", "one", "random", "time"),
        help="the last event of each session, one at random, a random share of each, or the latest share of all (last)",
    )
    how.add_argument("--share", type=float, metavar="X", help="share to hold out, for random and time (0.2)")
    how.add_argument(
        "--test", type=file_path, metavar="TABLE", help="instead: a table of what is held out, with the same columns"
    )
    parser.add_argument("-k", type=positive, default=20, metavar="K", help="recommendations for each session (20)")
    _add_settings(parser)
    parser.add_argument("--json", action="store_true", help="print the measures as a line of JSON")
    parser.set_defaults(run=_eval)


def _eval(options: argparse.Namespace) -> int:
    if options.test is not None and options.split is not None:
        raise ValueError("--test names what is held out: leave --split out")
    if options.share is not None and options.split not in ("random", "time"):
        raise ValueError("--share is for --split random and --split time")
    share = 0.2 if options.share is None else options.share
    model = _model(options)
    data = _read(options)
    if options.window is None:
        data = data.merged()
    if options.test is not None:
        train = data
        test = _read(argparse.Namespace(**vars(options) | {"table": options.test}))
    elif options.split == "time":
        train, test = split_by_time(data, share)
    elif options.split == "random":
        train, test = split_random(data, share, seed=options.random_state)
    else:
        train, test = leave_one_out(data, last=options.split != "one", seed=options.random_state)
    tell(options, f"training on {len(train.items):,} events, {len(test.items):,} held out")
    found = evaluate(model.fit(train), train, test, options.k)
    if options.json:
        _print_json(asdict(found))
    else:
        print(found)
    return 0


def _unknown(model: Item2Vec, name: str) -> bool:
    """Whether the model has no item of this name, which may also be a number there."""
    return Lookup(model.wv.key_to_index).get(name, -1) < 0


def _scored(model: Item2Vec, ranking: Iterable[tuple[Hashable, float]]) -> list[dict[str, Any]]:
    """Items with their scores, and their titles if there are any, as JSON has them."""
    return [
        {"item": item, "score": float(f"{score:.6g}")}
        | ({} if model.title(item) == str(item) else {"title": model.title(item)})
        for item, score in ranking
    ]


def _print_json(found: dict[str, Any]) -> None:
    print(
        json.dumps(
            found, ensure_ascii=False, default=lambda one: one.item() if isinstance(one, np.generic) else str(one)
        )
    )


def _titled(model: Item2Vec, item: Hashable) -> str:
    """An item, with its title if there is one."""
    title = model.title(item)
    return title if title == str(item) else f"{item}  {title}"
