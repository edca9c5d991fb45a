package org.jpsrun.local;

import java.util.LinkedHashMap;
import java.util.Map;

/** The forms in which the platform answers; the codes are those that manifests know. */
final class Answers {
    static final int UNKNOWN_METHOD = 99;
    static final int NO_ENVIRONMENT = 11;
    static final int BAD_PARAMETER = 3;
    static final int NO_NODE = 11022;
    static final int FILE_EXISTS = 4036;
    static final int FILE_FAILED = 4037;
    static final int COMMAND_FAILED = 4109;
    static final int FAILED = 4;

    private Answers() {}

    /** A call that cannot be answered as asked; becomes the platform's answer. */
    static final class Failure extends RuntimeException {
        final int code;

        Failure(int code, String message) {
            super(message);
            this.code = code;
        }
    }

    static Map<String, Object> success() {
        Map<String, Object> answer = new LinkedHashMap<>();
        answer.put("result", 0);
        return answer;
    }

    static Map<String, Object> success(String member, Object value) {
        Map<String, Object> answer = success();
        answer.put(member, value);
        return answer;
    }

    static Map<String, Object> failure(int code, String message) {
        Map<String, Object> answer = new LinkedHashMap<>();
        answer.put("result", code);
        answer.put("error", message);
        return answer;
    }
}
