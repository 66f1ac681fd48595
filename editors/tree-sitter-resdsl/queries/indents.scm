; Neovim reads @indent.begin and @indent.branch, Helix @indent and @outdent.

[(body) (sweep) (parameters) (arguments) (list) (comprehension) (bracket)] @indent.begin @indent

["}" ")" "]"] @indent.branch @outdent
