"""Executors map a function over parts of a plan: in this process, or in several processes on this machine.

The parts are the same for every executor, and so are their results: a run may begin on one executor and be resumed on
another. Executors return results in any order; the caller stores each one when it comes.
"""
