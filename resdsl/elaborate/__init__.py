"""From the syntax tree to the network: definitions are linked, names checked, parameters bound, and bodies run until
only ops are left. `session` is what is remembered of a text, `building` one network under construction.
"""
