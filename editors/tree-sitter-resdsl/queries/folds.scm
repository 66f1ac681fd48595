[(body) (sweep) (arguments) (list) (comprehension) (bracket)] @fold
