"""What an answering rule can do with a call: one file an action.

Each says how its setting is written as state (`stored`, below the rule's own prefix) and
which nodes of a line's flow go by it.
"""
