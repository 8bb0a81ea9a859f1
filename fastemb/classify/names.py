"""What other libraries call the parameters of a classifier: fastText, gensim before version 4, scikit-learn, Keras."""

from __future__ import annotations

PARAMETERS = {
    **dict.fromkeys(("dim", "size", "embedding_dim", "n_components"), "vector_size"),
    **dict.fromkeys(("lr", "learning_rate", "start_alpha", "eta0"), "alpha"),
    **dict.fromkeys(("epoch", "iter", "max_iter", "n_iter", "num_epochs"), "epochs"),
    **dict.fromkeys(("wordngrams", "ngram_range", "ngrams"), "word_ngrams"),
    **dict.fromkeys(("minn",), "min_n"),
    **dict.fromkeys(("maxn",), "max_n"),
    **dict.fromkeys(("buckets", "num_buckets"), "bucket"),
    **dict.fromkeys(("mincount", "min_df"), "min_count"),
    **dict.fromkeys(("mincountlabel",), "min_count_label"),
    **dict.fromkeys(("neg", "negatives", "n_negatives"), "negative"),
    **dict.fromkeys(("thread", "threads", "n_jobs", "num_threads"), "workers"),
    **dict.fromkeys(("seed", "random_seed"), "random_state"),
    **dict.fromkeys(("verbose", "show_progress"), "progress"),
    **dict.fromkeys(("pretrainedvectors", "pretrained_vectors", "pretrained", "embeddings"), "vectors"),
    **dict.fromkeys(("class_weights", "weights"), "class_weight"),
}

FIT = {
    **dict.fromkeys(("sample_weights", "weight", "weights"), "sample_weight"),
    **dict.fromkeys(("validation_data", "eval_set", "valid", "autotunevalidationfile"), "validation"),
    **dict.fromkeys(("label", "labels_column", "label_column", "target"), "labels"),
    **dict.fromkeys(("prefix", "labelprefix"), "label_prefix"),
    **dict.fromkeys(("text_column", "column"), "text"),
    **dict.fromkeys(("delimiter", "separator"), "sep"),
}
