"""`fastemb.layers` as modules of PyTorch: tables that are looked up and trained by fastemb's core, on the CPU.

`Embedding` and `EmbeddingBag` have torch's arguments and meaning and stand in a network where nn.Embedding and
nn.EmbeddingBag stand. Their Parameter ``weight`` and the layer of `fastemb.layers` inside (``module.layer``) are one
memory. Under torch.manual_seed a new table is drawn as torch draws it.

Training:
    A torch optimiser trains the table as usual. Gradients are dense, or with ``sparse=True`` coalesced COO tensors, for
    torch.optim.SparseAdam, SGD and Adagrad. (torch does not mark what it puts into ``.grad`` as coalesced; each row is
    there once all the same.) They add up over several calls of backward until ``zero_grad()``.
    Clipping works as with torch's modules; ``clip_grad_norm_`` and ``clip_grad_value_`` take dense gradients only.

    With ``optimizer=fastemb.layers.Adam(...)``, or one of its fellows, backward itself changes the rows that were
    looked up, and no gradient is kept: ``weight.grad`` stays None, so that a torch optimiser leaves the table alone.
    Each look-up then makes a step of its own, in each call of backward: gradients are not accumulated, clipped or
    scaled (torch.amp.GradScaler) before it. A gradient with NaN or infinite values is refused, and the table unchanged.
    A further use of ``weight`` in the network, such as tied output weights, gives it a ``.grad`` as usual.

What to know:
    - Under ``torch.no_grad()`` and ``torch.inference_mode()`` look-ups are not recorded.
      ``weight.requires_grad_(False)`` freezes the table.
    - ``max_norm`` shortens rows in the table before they are looked up. The gradient is that of the look-up of the
      shortened row. Look-ups can follow each other in a network; torch reports a table that was changed in place only
      where a row did become shorter after another operation used the whole ``weight``.
    - Tables stay on the CPU, as float32 or float64: ``.to("cuda")``, ``.cuda()``, ``.to("meta")``, ``.half()`` and
      ``.bfloat16()`` raise a RuntimeError, also of a network that holds the module (whose layers before it are then
      converted already). Move the other layers, and what this one returns. ``.double()`` and ``.float()`` convert the
      table, and the state of the optimiser with it.
    - Under torch.autocast it returns the table's dtype; gradients of any float dtype are taken.
    - ``copy.deepcopy``, pickle and ``torch.save`` of the module take the state of the optimiser with them.
      ``state_dict`` has the one name "weight", as torch's, and loads from and into nn.Embedding and nn.EmbeddingBag;
      for the state of the optimiser there are `optimizer_state_dict` and `load_optimizer_state_dict`.
    - Processes that fork, such as the workers of a DataLoader, may look up. ``share_memory()`` shares the table among
      processes; the state of ``optimizer=`` is then each process's own.
    - torch.compile leaves look-ups to fastemb, with one graph break; with ``fullgraph=True`` it raises its own error.
      torch.jit.trace, torch.export, torch.vmap and torch.func are refused with a RuntimeError: see ``to_torch()``.
    - There is no second derivative: it is refused with a RuntimeError.
    - Parametrizations and pruning compute the table anew for each look-up: they go without ``optimizer=`` only.
    - DistributedDataParallel adds up dense gradients of the table; it knows sparse ones of torch's own modules only.
      With ``optimizer=`` each process trains a table of its own.
    - Threads are those of ``torch.set_num_threads`` unless ``workers`` says otherwise.
"""

from __future__ import annotations

try:
    import torch  # noqa: F401
except ModuleNotFoundError as error:
    if error.name != "torch":
        raise
    raise ImportError("fastemb.torch needs PyTorch: pip install 'fastemb[torch]'") from None

from .bag import EmbeddingBag
from .embedding import Embedding

__all__ = ["Embedding", "EmbeddingBag"]
