"""Work in a process of its own: requests, tasks, the worker and its clients."""
