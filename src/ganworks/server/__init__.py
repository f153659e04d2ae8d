"""The service: generators behind HTTP, and the studio page."""
