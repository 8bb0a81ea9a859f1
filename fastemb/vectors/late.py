"""Methods of KeyedVectors whose code stands in a room above this one, loaded when they are first used.

This table is the one place where a room names a room above it: `vectors` must not import `evaluate`, `explorer`,
`index`, `plots` and `spaces`, which are made of `vectors`, but people look for an evaluation on the vectors that they
want to evaluate. Type checkers see the functions themselves, and so do help() and inspect.signature.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from types import MethodType
from typing import TYPE_CHECKING, Any

from ..arguments import names_arguments

if TYPE_CHECKING:
    from ..evaluate import analogies, word_pairs
    from ..explorer import explorer
    from ..index import vector_index
    from ..plots import maps
    from ..spaces import axis as axes
    from ..spaces import embed as embedding
    from ..spaces import quantize as quantisation
    from ..spaces import reduce as reduction
    from ..spaces import static_model as static

    evaluate_word_analogies = analogies.evaluate_word_analogies
    log_accuracy = staticmethod(analogies.log_accuracy)
    evaluate_word_pairs = word_pairs.evaluate_word_pairs
    log_evaluate_word_pairs = staticmethod(word_pairs.log_evaluate_word_pairs)
    axis = axes.axis
    reduce = reduction.reduce
    quantize = quantisation.quantize
    dequantize = quantisation.dequantize
    quantization_loss = quantisation.quantization_loss
    embed = embedding.embed
    build_index = vector_index.build_index
    plot = maps.plot
    explore = explorer.explore
    save_sentence_transformers = static.save_sentence_transformers
else:

    @cache
    def _function(module: str, name: str) -> Any:
        """The function, which names arguments that are misspelt."""
        return names_arguments()(getattr(import_module(module, __package__), name))

    class _Late:
        """A method that is the function of the same name in another module."""

        def __init__(self, module: str, *, static: bool = False) -> None:
            self._module = module
            self._static = static

        def __set_name__(self, owner: type, name: str) -> None:
            self._name = name

        def __get__(self, of: object, owner: type | None = None) -> Any:
            """Return the function from a class, and the method that it makes from an object."""
            function = _function(self._module, self._name)
            return function if of is None or self._static else MethodType(function, of)

    evaluate_word_analogies = _Late("..evaluate.analogies")
    log_accuracy = _Late("..evaluate.analogies", static=True)
    evaluate_word_pairs = _Late("..evaluate.word_pairs")
    log_evaluate_word_pairs = _Late("..evaluate.word_pairs", static=True)
    axis = _Late("..spaces.axis")
    reduce = _Late("..spaces.reduce")
    quantize = _Late("..spaces.quantize")
    dequantize = _Late("..spaces.quantize")
    quantization_loss = _Late("..spaces.quantize")
    embed = _Late("..spaces.embed")
    build_index = _Late("..index.vector_index")
    plot = _Late("..plots.maps")
    explore = _Late("..explorer.explorer")
    save_sentence_transformers = _Late("..spaces.static_model")
