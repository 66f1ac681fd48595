"""What shells offer while a command is being typed: `shells` has their scripts and answers them, `choices` has what can
stand at each option and argument, `specs` reads the names of the spec that the command line names. Nothing is compiled.
"""
