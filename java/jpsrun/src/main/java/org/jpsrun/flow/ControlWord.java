package org.jpsrun.flow;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A key that steers the flow: {@code if}, {@code elif}, {@code else}, {@code forEach}. */
final class ControlWord {
    /** Which word it is. */
    enum Kind { IF, ELIF, ELSE, FOREACH }

    private static final Pattern WORD = Pattern.compile("^(if|elif)(?=[\\s(]|$)(.*)$|^(else)$", Pattern.DOTALL);
    private static final Pattern LOOP = Pattern.compile("^(?i:forEach)\\s*\\((.*)\\)$", Pattern.DOTALL);

    private final Kind kind;
    private final String expression;

    private ControlWord(Kind kind, String expression) {
        this.kind = kind;
        this.expression = expression;
    }

    /** The control word that a key is, or null. */
    static ControlWord parse(String key) {
        String text = key.trim();
        Matcher word = WORD.matcher(text);
        if (word.matches()) {
            return word.group(3) != null ? new ControlWord(Kind.ELSE, "")
                    : new ControlWord(word.group(1).equals("if") ? Kind.IF : Kind.ELIF, word.group(2).trim());
        }
        Matcher loop = LOOP.matcher(text);
        return loop.matches() ? new ControlWord(Kind.FOREACH, loop.group(1).trim()) : null;
    }

    Kind kind() {
        return kind;
    }

    /** Everything after the word; for a loop what stands between its brackets. */
    String expression() {
        return expression;
    }
}
