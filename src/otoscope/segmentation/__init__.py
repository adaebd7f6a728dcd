"""How well attention finds phones: methods tuned on some speakers, compared on others."""
