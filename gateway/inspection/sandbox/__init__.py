"""What a worker may not do: limits, namespaces, Landlock and system-call filter, all through the kernel."""
