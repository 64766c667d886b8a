"""What runs beside the gateways: the demo, and checks of the project itself."""
