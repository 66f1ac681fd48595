// Prints the tokens that the grammar makes of each file named: one line of JSON per file, [start, text, scope] for each.

const fs = require("fs");
const path = require("path");
const { Registry, INITIAL, parseRawGrammar } = require("vscode-textmate");
const { loadWASM, OnigScanner, OnigString } = require("vscode-oniguruma");

const GRAMMAR = path.join(__dirname, "..", "syntaxes", "resdsl.tmLanguage.json");

async function grammar() {
  await loadWASM(fs.readFileSync(require.resolve("vscode-oniguruma/release/onig.wasm")));
  const registry = new Registry({
    onigLib: Promise.resolve({
      createOnigScanner: (patterns) => new OnigScanner(patterns),
      createOnigString: (text) => new OnigString(text),
    }),
    loadGrammar: async () => parseRawGrammar(fs.readFileSync(GRAMMAR, "utf8"), GRAMMAR),
  });
  return registry.loadGrammar("source.resdsl");
}

function tokens(language, text) {
  const found = [];
  let state = INITIAL;
  let start = 0;
  for (const line of text.split("\n")) {
    const read = language.tokenizeLine(line, state);
    for (const token of read.tokens) {
      const word = line.slice(token.startIndex, token.endIndex);
      if (word.trim()) found.push([start + token.startIndex, word, token.scopes.at(-1)]);
    }
    state = read.ruleStack;
    start += line.length + 1;
  }
  return found;
}

grammar().then((language) => {
  for (const file of process.argv.slice(2)) {
    console.log(JSON.stringify(tokens(language, fs.readFileSync(file, "utf8"))));
  }
});
