"""Word and item embeddings on a CPU: word2vec's models behind gensim's names."""
