"""Training by recipe: batches, the schedule, the loop, checkpoints, and what a run leaves behind.

Whatever is random is a function of the seed, the epoch and the image, so that nothing random has to be saved, and a
run that goes on is the same run, bit for bit.
"""
