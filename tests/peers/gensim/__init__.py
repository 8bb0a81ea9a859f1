"""gensim: questions, what it answered, and the tests that hold fastemb to it."""
