# torch does not list is_tracing among its names.
