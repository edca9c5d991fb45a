package org.jpsrun.placeholder;

import java.util.ArrayList;
import java.util.List;

/**
 * Parses the text between a placeholder's braces.
 *
 * <p>What does not fit the grammar is no placeholder: shells and scripts use the same braces for their own
 * purposes, so there are no errors here, only null.
 */
final class ExpressionParser {
    // Deeper nesting than this is no manifest; the limit keeps hostile text from exhausting the stack.
    private static final int MAX_DEPTH = 32;

    private final String text;
    private final int depth;
    private int at;

    private ExpressionParser(String text, int depth) {
        this.text = text;
        this.depth = depth;
    }

    /** The expression, or null when the text is none. */
    static Expression parse(String text) {
        return parse(text, 0);
    }

    private static Expression parse(String text, int depth) {
        return depth > MAX_DEPTH ? null : new ExpressionParser(text.stripLeading(), depth).expression();
    }

    private Expression expression() {
        List<Expression.Step> steps = new ArrayList<>();
        boolean needsName = true;
        while (at < text.length() && text.charAt(at) != ':') {
            char c = text.charAt(at);
            if (Character.isWhitespace(c)) {
                // Blanks may stand only before the colon or the end.
                if (!restIsBlank()) {
                    return null;
                }
                at++;
            } else if (c == '.') {
                if (needsName) {
                    return null;
                }
                at++;
                needsName = true;
            } else if (c == '[') {
                Expression.Step step = bracket();
                if (step == null || steps.isEmpty() && step.kind() == Expression.Step.Kind.INDEX) {
                    return null;
                }
                steps.add(step);
                needsName = false;
            } else if (c == '(') {
                if (steps.isEmpty() || needsName || steps.get(steps.size() - 1).kind() != Expression.Step.Kind.FIELD) {
                    return null;
                }
                String arguments = enclosed('(', ')');
                if (arguments == null) {
                    return null;
                }
                steps.add(Expression.Step.call(arguments));
            } else {
                if (!needsName) {
                    return null;
                }
                String name = name();
                if (name.isEmpty()) {
                    return null;
                }
                steps.add(Expression.Step.field(name));
                needsName = false;
            }
        }
        if (steps.isEmpty() || needsName) {
            return null;
        }
        return new Expression(steps, at < text.length() ? text.substring(at + 1) : null);
    }

    private boolean restIsBlank() {
        String rest = text.substring(at).stripLeading();
        return rest.isEmpty() || rest.charAt(0) == ':';
    }

    private Expression.Step bracket() {
        String inner = enclosed('[', ']');
        if (inner == null) {
            return null;
        }
        String trimmed = inner.trim();
        if (trimmed.matches("\\d{1,9}")) {
            return Expression.Step.index(trimmed);
        }
        Expression nested = parse(trimmed, depth + 1);
        return nested == null ? null : Expression.Step.nested(nested);
    }

    private String name() {
        int start = at;
        while (at < text.length() && isNameCharacter(text.charAt(at))) {
            at++;
        }
        return text.substring(start, at);
    }

    private static boolean isNameCharacter(char c) {
        return Character.isLetterOrDigit(c) || c == '_' || c == '-' || c == '@' || c == '$';
    }

    /** The text up to the bracket that closes the one here, which is skipped; null when none does. */
    private String enclosed(char open, char close) {
        int start = ++at;
        int level = 1;
        for (; at < text.length(); at++) {
            char c = text.charAt(at);
            if (c == '\\') {
                at++;
            } else if (c == open) {
                level++;
            } else if (c == close && --level == 0) {
                return text.substring(start, at++);
            }
        }
        return null;
    }
}
