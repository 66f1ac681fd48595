; What names stand for, and where.

[(network) (variant) (block) (shortcut) (for) (comprehension)] @local.scope

(parameter name: (name) @local.definition)
(let name: (name) @local.definition)
(as name: (name) @local.definition)
(for (name) @local.definition)
(comprehension (name) @local.definition)
(targets (name) @local.definition)

(reference . (name) @local.reference)
