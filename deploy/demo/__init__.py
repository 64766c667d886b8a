"""The demo: three real gateways on loopback run one story, and every step of it is checked."""
