"""Masked reconstruction pre-training of Mockingjay models."""
