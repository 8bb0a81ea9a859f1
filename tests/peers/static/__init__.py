"""sentence-transformers and model2vec: folders that both load, what they made of texts, and their own folders."""
