"""Shared parts of all commands that run a model on speech: options, speech, plan, cache, progress."""
