"""What a scene is written as: SVG, TikZ, DOT, HTML, and pictures made of pixels. A module here knows the scene and
nothing of networks.
"""
