"""fastText: models that it trained, the vectors that it gives to their words, and ours in it."""
