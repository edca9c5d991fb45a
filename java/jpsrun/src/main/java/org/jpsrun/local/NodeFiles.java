package org.jpsrun.local;

/** Touches files inside a node: names and links are resolved there, so nothing leads to the host. */
final class NodeFiles {
    private NodeFiles() {}

    /** Runs a short shell text as root on the node, the path as {@code $1}, and refuses failure. */
    static Command.Result require(LocalNode node, String path, byte[] input, String shell) {
        Command.Result result = run(node, path, input, shell);
        if (result.status != 0) {
            throw failure(node, path, result);
        }
        return result;
    }

    static Command.Result run(LocalNode node, String path, byte[] input, String shell) {
        if (!path.startsWith("/") || path.indexOf('\0') >= 0) {
            throw new Answers.Failure(Answers.BAD_PARAMETER, "path '" + path + "' is not absolute");
        }
        return node.command(input, "/bin/bash", "-c", shell, "file", path);
    }

    static Answers.Failure failure(LocalNode node, String path, Command.Result result) {
        return new Answers.Failure(Answers.FILE_FAILED, "file '" + path + "' on node " + node.node.id + ": " + result.errText());
    }
}
