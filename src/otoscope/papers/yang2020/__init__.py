"""Reproduction of Yang, Liu and Lee 2020: Understanding Self-Attention of Self-Supervised Audio Transformers."""
