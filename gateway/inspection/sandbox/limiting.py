"""Resource limits of a worker: they hold for everything it starts, too."""

import resource

_OPEN_FILES = 64


def limit_resources(max_memory_bytes: int) -> None:
    """Bound address space and open files, forbid growing files and core dumps. Raises OSError."""
    for kind, value in (
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NOFILE, _OPEN_FILES),
        (resource.RLIMIT_AS, max_memory_bytes),
    ):
        resource.setrlimit(kind, (value, value))


def limit_cpu(seconds: float) -> None:
    """Let this process use so much more processor time from now; then the kernel ends it. Raises OSError."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (int(used.ru_utime + used.ru_stime + seconds) + 1, hard))
