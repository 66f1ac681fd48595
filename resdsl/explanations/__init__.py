"""What every kind of problem means, with a text that has it and the same text mended: `explanation` finds it by its
code, and the files beside it, in `cases`, have the texts and the answer, which the tests compare word for word.
"""
