"""Word times: choose heads of a decoder on labelled words, and align texts with audio by them."""
