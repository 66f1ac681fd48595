"""The numbers of a network: random ones from a documented stream (`stream`, `normal`), those of trained files
(`file`, `trained`), fitted to what a network wants (`fitting`) in whole or in part (`selection`), and written as
safetensors (`save`).
"""
