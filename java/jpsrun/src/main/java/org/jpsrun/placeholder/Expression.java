package org.jpsrun.placeholder;

import java.util.List;

/** What stands between the braces of a placeholder: a path and perhaps a default. */
final class Expression {
    private final List<Step> steps;
    private final String defaultText;

    /** One step of a path. */
    static final class Step {
        /** What a step does. */
        enum Kind { FIELD, INDEX, NESTED, CALL }

        private final Kind kind;
        private final String text;
        private final Expression nested;

        private Step(Kind kind, String text, Expression nested) {
            this.kind = kind;
            this.text = text;
            this.nested = nested;
        }

        static Step field(String name) {
            return new Step(Kind.FIELD, name, null);
        }

        static Step index(String digits) {
            return new Step(Kind.INDEX, digits, null);
        }

        /** A field whose name another expression gives. */
        static Step nested(Expression expression) {
            return new Step(Kind.NESTED, null, expression);
        }

        /** A method with the raw text of its arguments; the name is that of the FIELD step before it. */
        static Step call(String arguments) {
            return new Step(Kind.CALL, arguments, null);
        }

        Kind kind() {
            return kind;
        }

        String text() {
            return text;
        }

        Expression nested() {
            return nested;
        }
    }

    Expression(List<Step> steps, String defaultText) {
        this.steps = List.copyOf(steps);
        this.defaultText = defaultText;
    }

    List<Step> steps() {
        return steps;
    }

    /** The raw text after the colon, or null when there is no colon. */
    String defaultText() {
        return defaultText;
    }
}
