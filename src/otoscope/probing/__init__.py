"""Probes: small nets, and the model's own prediction head, on its final hidden states. What can still be read there?"""
