/**
 * The language of residual networks, for editors. grammar/resdsl.lark is the grammar of the compiler; this one accepts
 * what that accepts, and what is being written.
 *
 * As in the compiler, a word is a keyword only where the grammar allows one, line ends within ( ) and [ ] mean nothing,
 * and a bracket that follows a name opens a call or an index.
 */

/// <reference types="tree-sitter-cli/dsl" />
// @ts-check


const CALL = alias(token(prec(1, "(")), "(");
const INDEX = alias(token(prec(1, "[")), "[");

/** Items with commas between them, and one behind the last if there is one. */
const listed = (item) => optional(seq(item, repeat(seq(",", item)), optional(",")));
/** At least one item, with commas between them. */
const several = (item) => seq(item, repeat(seq(",", item)));
/** What stands on lines of its own, or between semicolons. */
const lines = (ends, line) => seq(optional(ends), repeat(seq(line, ends)), optional(line));

module.exports = grammar({
  name: "resdsl",

  word: ($) => $.name,
  extras: ($) => [$.comment, /\s/],

  rules: {
    source_file: ($) => lines($._ends, $._item),

    _ends: () => repeat1(choice(";", "\n")),

    _item: ($) => choice($.version, $.import, $.network, $.variant, $.block, $.shortcut, $.sweep),

    version: ($) => seq("resdsl", $.number),
    import: ($) => seq("import", field("path", $.string), "as", field("name", $.name)),
    network: ($) => seq("network", field("name", $.name), optional($.parameters), field("body", $.body)),
    variant: ($) =>
      seq(
        "network",
        field("name", $.name),
        optional($.parameters),
        "=",
        field("base", $.reference),
        optional($.arguments),
        field("body", optional($.body)),
      ),
    block: ($) => seq("block", field("name", $.name), optional($.parameters), field("body", $.body)),
    shortcut: ($) => seq("shortcut", field("name", $.name), optional($.parameters), field("body", $.body)),

    parameters: ($) => seq(CALL, listed($.parameter), ")"),
    parameter: ($) => seq(field("name", $.name), optional(seq("=", field("default", $._expression)))),

    body: ($) => seq("{", lines($._ends, $._statement), "}"),

    // Statements

    _statement: ($) =>
      choice(
        $.input,
        $.let,
        $.require,
        $.expect,
        $.apply,
        $.stage,
        $.residual,
        $.gate,
        $.parallel,
        $.if,
        $.for,
        $.as,
        $.from,
        $.tap,
        $.output,
        $.drop,
      ),

    input: ($) => seq("input", choice($._expression, seq(field("name", $.name), $._postfix))),
    let: ($) => seq("let", field("name", $.name), "=", field("value", $._expression)),
    require: ($) => seq("require", field("condition", $._expression), optional($.string)),
    expect: ($) =>
      seq(
        "expect",
        field("quantity", $.name),
        choice("=", "<=", "<", ">=", ">"),
        field("value", $._sum),
        optional(seq("when", field("condition", $._expression))),
      ),

    apply: ($) =>
      seq(
        optional(seq(optional("shared"), $.label, ":")),
        field("op", $.reference),
        optional(choice($.arguments, alias($.bare_arguments, $.arguments))),
        optional($.shape),
      ),
    label: ($) => seq(choice($.name, $.string, "output", "shared"), optional($._after)),
    _after: ($) => seq("after", $.path),
    path: ($) => choice(seq($.name, repeat(seq(".", $.name))), $.string),
    shape: ($) => seq("->", $._expression),

    stage: ($) =>
      seq(
        optional("shared"),
        "stage",
        field("name", choice($.name, $.string)),
        field("title", optional($.string)),
        optional($._after),
        ":",
        field("unit", choice($.unit, $.bracket)),
        optional($.repeat),
        repeat(seq(",", $._argument)),
        optional($.shape),
      ),
    unit: ($) => seq(field("block", $.reference), optional($.arguments)),
    // `x3` is a name to the lexer, which reads whole words.
    repeat: ($) => choice(seq("x", $._expression), alias(token(/x[0-9][0-9_]*/), $.number)),
    bracket: ($) => seq("[", $.row, repeat(seq(";", $.row)), "]"),
    row: ($) => several($._argument),

    residual: ($) => seq("residual", optional("identity"), $.body, optional($.shape)),
    gate: ($) => seq("gate", $.body, optional($.shape)),
    parallel: ($) => seq("parallel", field("join", $.name), $.body, repeat1($.body), optional($.shape)),
    if: ($) =>
      seq(
        "if",
        field("condition", $._expression),
        field("then", $.body),
        optional(seq("else", field("else", choice($.body, $.if)))),
      ),
    for: ($) => seq("for", $._targets, "in", field("items", $._expression), $.body),
    as: ($) => seq("as", field("name", $.name), repeat(seq(INDEX, $._expression, "]"))),
    from: ($) => seq("from", $._expression, optional($.shape)),
    tap: ($) =>
      seq("tap", field("name", choice($.name, $.string)), optional($._after), optional(seq("in", "training"))),
    output: ($) => seq("output", field("name", choice($.name, $.string))),
    drop: ($) => seq("drop", $.path),

    _targets: ($) => seq($._target, optional(seq(",", $._target))),
    _target: ($) => choice($.name, $.targets),
    targets: ($) => seq("(", $._target, repeat1(seq(",", $._target)), ")"),

    // Sweeps

    sweep: ($) => seq("sweep", field("name", $.name), "{", lines($._line_ends, $._line), "}"),
    _line_ends: () => repeat1(choice(";", "\n")),
    _line: ($) => choice($.swept, $.over, $.together, $.draw, $.when, $.keep, $.sample, $.solve, $.named),

    swept: ($) => seq("network", $.reference),
    over: ($) => seq("over", several($.axis)),
    together: ($) => seq("together", several($.axis)),
    axis: ($) => seq(field("name", choice($.name, "network")), "=", field("values", $._expression)),
    draw: ($) => seq("draw", several($.drawn)),
    drawn: ($) =>
      seq(
        field("name", $.name),
        "=",
        optional(seq(optional("sorted"), field("count", $._sum), "of")),
        field("values", $._expression),
        optional(seq("by", field("step", $._sum))),
        optional("log"),
      ),
    when: ($) => seq("when", $._expression),
    keep: ($) => seq("keep", $._expression),
    sample: ($) => seq("sample", $.number, optional(seq("seed", $.number)), optional(seq("within", $.number))),
    solve: ($) =>
      seq(
        "solve",
        field("name", $.name),
        "in",
        field("values", $._expression),
        "for",
        field("quantity", $.name),
        choice("=", "<=", ">="),
        field("aim", $._sum),
        optional(seq("within", $.number, optional("%"))),
      ),
    named: ($) => seq("name", $.string),

    // Calls

    reference: ($) => seq($.name, repeat(seq(".", $.name))),
    arguments: ($) => seq(CALL, listed($._argument), ")"),
    bare_arguments: ($) => several($._argument),
    _argument: ($) => choice($.stride, $.keyword_argument, $._expression),
    stride: ($) => seq("/", $._postfix),
    keyword_argument: ($) => seq(field("name", $.name), "=", field("value", $._expression)),

    // Expressions

    _expression: ($) => choice($.conditional, $._disjunction),
    conditional: ($) =>
      seq(
        "if",
        field("condition", $._expression),
        "then",
        field("then", $._expression),
        "else",
        field("else", $._expression),
      ),

    _disjunction: ($) => choice(alias($.or, $.binary), $._conjunction),
    or: ($) => seq($._disjunction, "or", $._conjunction),
    _conjunction: ($) => choice(alias($.and, $.binary), $._negation),
    and: ($) => seq($._conjunction, "and", $._negation),
    _negation: ($) => choice($.not, $._comparison),
    not: ($) => seq("not", $._negation),
    _comparison: ($) => choice(alias($.comparison, $.binary), $._range),
    comparison: ($) => seq($._range, choice("==", "!=", "<=", "<", ">=", ">"), $._range),
    _range: ($) => choice($.range, $._sum),
    range: ($) => seq($._sum, "..", $._sum),
    _sum: ($) => choice(alias($.sum, $.binary), $._product),
    sum: ($) => seq($._sum, choice("+", "-"), $._product),
    _product: ($) => choice(alias($.product, $.binary), $._unary),
    product: ($) => seq($._product, choice("*", "/", "//", "%"), $._unary),
    _unary: ($) => choice($.negative, $._power),
    negative: ($) => seq("-", $._unary),
    _power: ($) => choice(alias($.power, $.binary), $._postfix),
    power: ($) => seq($._postfix, "**", $._unary),
    _postfix: ($) => choice($.index, $.call, $._atom),
    index: ($) => seq($._postfix, INDEX, $._expression, "]"),
    call: ($) => seq(field("function", $.reference), $.arguments),
    _atom: ($) =>
      choice($.number, $.dims, $.string, $.boolean, $.none, $.reference, $.list, $.comprehension, $.group),

    boolean: () => choice("true", "false"),
    none: () => "none",
    list: ($) => seq("[", listed($._expression), "]"),
    comprehension: ($) =>
      seq(
        "[",
        $._expression,
        "for",
        $._targets,
        "in",
        $._expression,
        optional(seq("if", $._expression)),
        "]",
      ),
    group: ($) => seq("(", $._expression, ")"),

    // Words

    dims: () => token(prec(2, /[0-9]+(x[0-9]+)+/)),
    number: () => token(prec(1, /[0-9][0-9_]*(\.[0-9]+)?([eE][+-]?[0-9]+)?[kMGT]?/)),
    name: () => /[A-Za-z_][A-Za-z0-9_]*/,

    string: ($) =>
      seq('"', repeat(choice($._characters, $.escape, $.interpolation)), token.immediate('"')),
    _characters: () => token.immediate(prec(1, /[^"\\{}\n]+/)),
    escape: () => token.immediate(choice(/\\[^\n]/, "{{", "}}")),
    interpolation: ($) => seq(token.immediate("{"), $._expression, "}"),

    comment: () => token(/#[^\n]*/),
  },
});
