"""The front door: the command line, the composed settings, the embedded run and the demo."""
