"""Charts: the costs of one network by stage and layer (`costs`), and the points of a sweep as a scatter plot
(`scatter`), with the axes, bars, marks and places for labels that they need.
"""
