"""Claims of the paper: their ids, differences that decide them, and one module for each group of claims."""
