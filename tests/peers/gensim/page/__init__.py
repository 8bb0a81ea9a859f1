"""What docs/migrating-from-gensim.md says, line by line, as questions to gensim and to fastemb.

A case is named after the row of a table ("KeyedVectors.most_similar", further ones with a note after a colon) or after
the bold words of a paragraph ("Corpora: A generator is accepted"). It stands in one of four tables:

`SAME`: both answer alike. `DIFFERS`: the question, and what fastemb answers; gensim answers something else. `REPLACED`:
gensim's name that is absent here, and what the page names instead; both answer alike. `NOT_ASKED`: what no small
question can decide, and why.
"""

from peers.gensim.page import doc2vec, keyedvectors, modules, paragraphs, texts_and_phrases, word2vec
from peers.gensim.page.asked import Asked, Question

SAME = word2vec.SAME | doc2vec.SAME | keyedvectors.SAME | texts_and_phrases.SAME | modules.SAME | paragraphs.SAME
DIFFERS = (
    word2vec.DIFFERS
    | doc2vec.DIFFERS
    | keyedvectors.DIFFERS
    | texts_and_phrases.DIFFERS
    | modules.DIFFERS
    | paragraphs.DIFFERS
)
REPLACED = word2vec.REPLACED | keyedvectors.REPLACED | modules.REPLACED
NOT_ASKED = (
    word2vec.NOT_ASKED | doc2vec.NOT_ASKED | texts_and_phrases.NOT_ASKED | modules.NOT_ASKED | paragraphs.NOT_ASKED
)

__all__ = ["DIFFERS", "NOT_ASKED", "REPLACED", "SAME", "Asked", "Question"]
