"""The Faust side: the application, its transport, its exact state, and its pages."""
