"""Sample data: readers, generators, and the binder that fits arrays to inputs."""
