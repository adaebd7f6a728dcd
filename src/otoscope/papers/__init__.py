"""Reproductions of papers, one sub-package per paper, and what they share: stages, a scheduler, verdicts, HTML."""
