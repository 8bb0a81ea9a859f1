"""The engine of training: settings, sampling tables, matrices, threads and progress. It knows no model."""
