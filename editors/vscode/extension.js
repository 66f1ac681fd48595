// Starts `resdsl lsp`, and the commands of the extension.

const path = require("path");
const { commands, window, workspace } = require("vscode");
const { LanguageClient } = require("vscode-languageclient/node");

/** @type {LanguageClient | undefined} */
let client;

/** The command that the settings name; a path is taken from the folder that is open. */
function command() {
  const named = workspace.getConfiguration("resdsl").get("command") || "resdsl";
  const folder = workspace.workspaceFolders?.[0]?.uri.fsPath;
  const isRelative = /[\\/]/.test(named) && !path.isAbsolute(named);
  return isRelative && folder ? path.join(folder, named) : named;
}

/** The settings of the server; those of the extension are not its business. */
function preferences() {
  const { shapes, shares, lens, delay, points, importPath } = workspace.getConfiguration("resdsl");
  return { shapes, shares, lens, delay, points, importPath };
}

async function start() {
  if (!workspace.getConfiguration("resdsl").get("server")) return;
  const server = { command: command(), args: ["lsp"] };
  client = new LanguageClient("resdsl", "resdsl", server, {
    documentSelector: [{ language: "resdsl" }],
    initializationOptions: preferences(),
    synchronize: { fileEvents: workspace.createFileSystemWatcher("**/*.res") },
  });
  try {
    await client.start();
  } catch (error) {
    client = undefined;
    const hint = "Install resdsl with its extra `lsp`, or name the command in the setting resdsl.command.";
    const chosen = await window.showWarningMessage(`\`${server.command} lsp\` does not start. ${hint}`, "Settings");
    if (chosen) await commands.executeCommand("workbench.action.openSettings", "resdsl.");
  }
}

async function stop() {
  const running = client;
  client = undefined;
  await running?.stop();
}

/** Opens the page that draws the file anew at each save, in a terminal that ends it when it is closed. */
function watch() {
  const file = window.activeTextEditor?.document;
  if (file?.languageId !== "resdsl" || file.uri.scheme !== "file") {
    window.showInformationMessage("resdsl: open a spec that is saved as a file first");
    return;
  }
  const name = `resdsl watch ${path.basename(file.fileName)}`;
  const running = window.terminals.find((terminal) => terminal.name === name && !terminal.exitStatus);
  const made = { name, shellPath: command(), shellArgs: ["watch", file.fileName, "--open"] };
  (running ?? window.createTerminal(made)).show(true);
}

async function activate(context) {
  context.subscriptions.push(
    commands.registerCommand("resdsl.watch", watch),
    commands.registerCommand("resdsl.restart", async () => {
      await stop();
      await start();
    }),
    workspace.onDidChangeConfiguration(async (change) => {
      if (["resdsl.command", "resdsl.server"].some((setting) => change.affectsConfiguration(setting))) {
        await stop();
        await start();
      } else if (change.affectsConfiguration("resdsl")) {
        await client?.sendNotification("workspace/didChangeConfiguration", { settings: { resdsl: preferences() } });
      }
    }),
  );
  await start();
}

module.exports = { activate, deactivate: stop };
