"""What other libraries call the parameters of this room."""

from __future__ import annotations

PARAMETERS = {
    **dict.fromkeys(("size", "factors", "embedding_dim", "dim", "n_components", "no_components"), "vector_size"),
    **dict.fromkeys(("iter", "iterations", "n_iter", "niter", "max_iter"), "epochs"),
    **dict.fromkeys(("seed", "random_seed"), "random_state"),
    **dict.fromkeys(("learning_rate", "lr", "start_alpha"), "alpha"),
    **dict.fromkeys(("num_threads", "n_jobs", "threads", "num_workers"), "workers"),
    **dict.fromkeys(("negatives", "neg", "n_negatives"), "negative"),
    **dict.fromkeys(("subsample", "downsample"), "sample"),
    **dict.fromkeys(("window_size", "context_size"), "window"),
    **dict.fromkeys(("verbose", "show_progress"), "progress"),
}
"""What other libraries and gensim before version 4 call the parameters of Item2Vec."""

COLUMNS = {
    **dict.fromkeys(("user", "users", "basket", "session_id", "user_id", "order", "sessions"), "session"),
    **dict.fromkeys(("items", "item_id", "product", "film", "movie"), "item"),
    **dict.fromkeys(("timestamp", "date", "times", "datetime", "when"), "time"),
    **dict.fromkeys(("rating", "ratings", "weights", "value", "score", "count"), "weight"),
    **dict.fromkeys(("delimiter", "separator"), "sep"),
    **dict.fromkeys(("quote", "quoting"), "quotechar"),
    **dict.fromkeys(("names", "header"), "columns"),
}
"""What people call the columns of a table of interactions, and pandas its options."""

HOW_MANY: dict[str, str] = dict.fromkeys(("topn", "top_n", "k", "top_k"), "n")
"""What people call the number of items that are asked for."""
