"""The application: the command line, the composed settings, the embedded run and the demo."""
