"""The only place that puts parts together: settings, wiring, logging, processes."""
