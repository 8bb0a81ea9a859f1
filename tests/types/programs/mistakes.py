"""Mistakes that a type checker must find: every line that ends in "# error", and no other."""

from fastemb import KeyedVectors, Word2Vec

Word2Vec(5)  # error
Word2Vec(vector_size="100")  # error
Word2Vec(size=100)  # error
Word2Vec(corpus_file=["corpus.txt"])  # error
model = Word2Vec(corpus_file="corpus.txt")
model.train("corpus.txt", epoch=3)  # error
model.save()  # error
vectors = KeyedVectors.load("vectors", mmap=True)  # error
vectors.load_word2vec_format("vectors", binary=True).evaluate_word_pairs(3)  # error
vectors.most_simliar("king")  # error
