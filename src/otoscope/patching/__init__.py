"""Activation patching: which heads, restored from a clean utterance, restore the answer on a corrupted one."""
