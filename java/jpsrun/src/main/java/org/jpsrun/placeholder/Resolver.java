package org.jpsrun.placeholder;

import static org.jpsrun.value.Undefined.UNDEFINED;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jpsrun.manifest.ManifestException;
import org.jpsrun.value.Values;

/**
 * Replaces placeholders in texts and in everything below maps and lists.
 *
 * <p>A text that was put in is not looked at again, so what a command printed or a user typed is never taken
 * for a placeholder in the same pass.
 */
public final class Resolver {
    /** The longest text that a substitution may give, in characters. */
    static final int MAX_LENGTH = 16 << 20;
    private static final int MAX_DEPTH = 32;

    private final Scope scope;
    private final Functions functions;

    /** Resolves names in this scope. */
    public Resolver(Scope scope, Functions functions) {
        this.scope = scope;
        this.functions = functions;
    }

    /** A copy of a value with all placeholders in its texts and keys replaced. */
    public Object resolve(Object value) {
        if (value instanceof String) {
            return resolveText((String) value);
        }
        if (value instanceof Map) {
            Map<String, Object> copy = new LinkedHashMap<>();
            Values.map(value).forEach((key, member) -> copy.put(text(key), resolve(member)));
            return copy;
        }
        if (value instanceof List) {
            List<Object> copy = new ArrayList<>();
            Values.list(value).forEach(element -> copy.add(resolve(element)));
            return copy;
        }
        return value;
    }

    /** The text with its placeholders replaced, always as text. */
    public String text(String template) {
        return Values.text(resolveText(template));
    }

    /** A text that is one single placeholder gives that placeholder's value with its type. */
    private Object resolveText(String template) {
        int open = template.indexOf("${");
        if (open < 0) {
            return template;
        }
        if (open == 0 && closing(template, 2) == template.length() - 1) {
            Expression expression = ExpressionParser.parse(template.substring(2, template.length() - 1));
            Object value = expression == null ? UNDEFINED : evaluate(expression, 0);
            return value == UNDEFINED ? template : value;
        }
        StringBuilder out = new StringBuilder(template.length() + 64);
        int from = 0;
        while (open >= 0) {
            int close = closing(template, open + 2);
            if (close < 0) {
                open = template.indexOf("${", open + 2);
                continue;
            }
            Expression expression = ExpressionParser.parse(template.substring(open + 2, close));
            Object value = expression == null ? UNDEFINED : evaluate(expression, 0);
            if (value != UNDEFINED) {
                append(out, template.substring(from, open));
                append(out, Values.text(value));
                from = close + 1;
            }
            open = template.indexOf("${", close + 1);
        }
        append(out, template.substring(from));
        return out.toString();
    }

    /** Where the brace opened before {@code from} closes; -1 when it does not, or another placeholder begins first. */
    private static int closing(String text, int from) {
        int level = 0;
        for (int i = from; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '{') {
                if (text.charAt(i - 1) == '$') {
                    return -1;
                }
                level++;
            } else if (c == '}' && level-- == 0) {
                return i;
            }
        }
        return -1;
    }

    private static void append(StringBuilder out, String text) {
        if (out.length() + (long) text.length() > MAX_LENGTH) {
            throw new ManifestException("placeholders make a text longer than " + MAX_LENGTH + " characters", null, null);
        }
        out.append(text);
    }

    /** The value of a path such as {@code nodes.cp}, or UNDEFINED. */
    public Object path(String path) {
        Expression expression = ExpressionParser.parse(path);
        return expression == null ? UNDEFINED : evaluate(expression, 0);
    }

    private Object evaluate(Expression expression, int depth) {
        if (depth > MAX_DEPTH) {
            return UNDEFINED;
        }
        Object value = follow(expression.steps(), depth);
        if (value == UNDEFINED && expression.defaultText() != null) {
            return nested(expression.defaultText(), depth);
        }
        return value;
    }

    private Object follow(List<Expression.Step> steps, int depth) {
        Object value = UNDEFINED;
        for (int i = 0; i < steps.size(); i++) {
            Expression.Step step = steps.get(i);
            boolean isMethod = i + 1 < steps.size() && steps.get(i + 1).kind() == Expression.Step.Kind.CALL;
            if (i == 0 && "fn".equals(step.text()) && steps.size() > 1 && steps.get(1).kind() == Expression.Step.Kind.FIELD) {
                boolean hasArguments = steps.size() > 2 && steps.get(2).kind() == Expression.Step.Kind.CALL;
                List<String> arguments = hasArguments ? arguments(steps.get(2).text(), depth) : List.of();
                value = functions.call(steps.get(1).text(), arguments);
                i += hasArguments ? 2 : 1;
            } else if (isMethod && i > 0) {
                value = Methods.call(value, step.text(), arguments(steps.get(i + 1).text(), depth));
                i++;
            } else if (isMethod) {
                return UNDEFINED;
            } else {
                value = step(value, step, i == 0, depth);
            }
        }
        return value;
    }

    private Object step(Object value, Expression.Step step, boolean first, int depth) {
        switch (step.kind()) {
            case INDEX:
                List<Object> list = Values.list(value);
                int index = Integer.parseInt(step.text());
                return list != null && index < list.size() ? list.get(index) : UNDEFINED;
            case NESTED:
                Object name = evaluate(step.nested(), depth + 1);
                if (name == UNDEFINED) {
                    return UNDEFINED;
                }
                return first ? path(Values.text(name)) : Methods.field(value, Values.text(name));
            default:
                return first ? scope.lookup(step.text()) : Methods.field(value, step.text());
        }
    }

    private List<String> arguments(String raw, int depth) {
        List<String> values = new ArrayList<>();
        for (String argument : Arguments.split(raw)) {
            values.add(Values.text(nested(argument, depth)));
        }
        return values;
    }

    /** A default's or an argument's text with its {@code [expressions]} replaced. */
    private Object nested(String raw, int depth) {
        if (raw.indexOf('[') < 0 || depth >= MAX_DEPTH) {
            return Arguments.unescape(raw);
        }
        StringBuilder out = new StringBuilder();
        int from = 0;
        for (int open = raw.indexOf('['); open >= 0; open = raw.indexOf('[', open + 1)) {
            int close = Arguments.closingBracket(raw, open);
            if (close < 0) {
                break;
            }
            Expression expression = ExpressionParser.parse(raw.substring(open + 1, close));
            Object value = expression == null ? UNDEFINED : evaluate(expression, depth + 1);
            if (value != UNDEFINED) {
                if (open == 0 && close == raw.length() - 1) {
                    return value;
                }
                append(out, Arguments.unescape(raw.substring(from, open)));
                append(out, Values.text(value));
                from = close + 1;
                open = close;
            }
        }
        append(out, Arguments.unescape(raw.substring(from)));
        return out.toString();
    }
}
