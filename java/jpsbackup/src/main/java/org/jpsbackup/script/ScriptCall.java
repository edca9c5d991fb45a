package org.jpsbackup.script;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jpsbackup.AwsAccount;
import org.jpsbackup.AwsOptions;
import org.jpsbackup.AzureAccounts;
import org.jpsbackup.AzureOptions;
import org.jpsbackup.Catalog;
import org.jpsbackup.Decryption;
import org.jpsbackup.Encryption;
import org.jpsbackup.JpsBackupException;
import org.jpsbackup.Store;
import org.jpsbackup.script.StoreArguments.CatalogPlace;

/** One call of a script: its arguments, the stores and accounts that it opens, and its answer, in the platform's form. */
final class ScriptCall implements AutoCloseable {
    /** Failures answer this much more than the code's number, so that they do not look like the platform's own codes. */
    private static final int RESULT_BASE = 100;
    /** Shorter ones are not looked for in messages: they would be found in ordinary words. */
    private static final int SECRET_MINIMUM = 4;

    /** What a call does once its arguments are read. */
    @FunctionalInterface
    interface Work {
        /** Puts what it has to say into {@code answer}. */
        void run(ScriptCall call, Map<String, Object> answer) throws Exception;
    }

    private final Arguments arguments;
    private final Deque<Runnable> closings = new ArrayDeque<>(2);
    /** Those of accounts and keys; stores keep their own. */
    private final List<String> otherSecrets = new ArrayList<>();
    private StoreArguments store;
    private CatalogPlace catalog;
    private AwsOptions aws;
    private AzureOptions azure;

    private ScriptCall(Object arguments) {
        this.arguments = new Arguments("arguments", PlainValues.isMissing(arguments) ? Collections.emptyMap() : arguments);
    }

    /** Runs it and answers; never throws. */
    static Map<String, Object> answer(Object arguments, Work work) {
        Map<String, Object> answer = new LinkedHashMap<>();
        answer.put("result", 0L);
        List<String> secrets = new ArrayList<>();
        try {
            try (ScriptCall call = new ScriptCall(arguments)) {
                try {
                    work.run(call, answer);
                } finally {
                    call.collectSecrets(secrets);
                }
            }
            return answer;
        } catch (JpsBackupException e) {
            return failure(e.code(), e.getMessage(), e.hint(), e, secrets);
        } catch (LinkageError e) {
            return failure(JpsBackupException.Code.UNSUPPORTED, e.getMessage(),
                    "name the library's file with the system property jpsbackup.library", null, secrets);
        } catch (OutOfMemoryError e) {
            return failure(JpsBackupException.Code.MEMORY, "the JVM is out of memory: " + e.getMessage(), "give it more", null, secrets);
        } catch (Exception e) {
            return failure(JpsBackupException.Code.FAILED, e.getClass().getSimpleName() + ": " + e.getMessage(), "", null, secrets);
        }
    }

    Arguments arguments() {
        return arguments;
    }

    /** Reads the arguments' store; {@link #open()} opens it. */
    ScriptCall readStore() {
        store = new StoreArguments(arguments.nested("store"));
        return this;
    }

    ScriptCall readCatalog() {
        Arguments nested = arguments.optionalNested("catalog");
        catalog = nested == null ? null : new CatalogPlace(nested);
        return this;
    }

    /** After all arguments were asked for: what is left is refused, then the work may start. */
    Store open() {
        arguments.refuseOthers();
        return keep(store);
    }

    /** {@code null} where the arguments hold none. */
    Catalog catalog(Store own) {
        if (catalog == null) {
            return null;
        }
        return catalog.in(catalog.store == null ? own : keep(catalog.store));
    }

    /** Reads who asks AWS; {@link #openAws()} opens it. */
    ScriptCall readAws() {
        aws = AccountArguments.aws(arguments.optionalNested("aws"), otherSecrets);
        return this;
    }

    AwsAccount openAws() {
        arguments.refuseOthers();
        AwsAccount made = AwsAccount.open(aws);
        closings.push(made::close);
        return made;
    }

    /** Reads who asks Azure; {@link #openAzure()} opens it. */
    ScriptCall readAzure() {
        azure = AccountArguments.azure(arguments.optionalNested("azure"), otherSecrets);
        return this;
    }

    AzureAccounts openAzure() {
        arguments.refuseOthers();
        AzureAccounts made = AzureAccounts.open(azure);
        closings.push(made::close);
        return made;
    }

    /** {@code null} where the arguments hold no encryption. It is the call's to close. */
    Encryption encryption() {
        Arguments keys = arguments.optionalNested("encryption");
        if (keys == null) {
            return null;
        }
        Encryption made = KeyArguments.encryption(keys, otherSecrets);
        closings.push(made::close);
        return made;
    }

    /** {@code null} where the arguments hold no decryption. It is the call's to close. */
    Decryption decryption() {
        Arguments keys = arguments.optionalNested("decryption");
        if (keys == null) {
            return null;
        }
        Decryption made = KeyArguments.decryption(keys, otherSecrets);
        closings.push(made::close);
        return made;
    }

    /** A required text that no message may repeat. */
    char[] secret(String name) {
        String text = arguments.text(name);
        otherSecrets.add(text);
        return text.toCharArray();
    }

    @Override
    public void close() {
        closings.forEach(Runnable::run);
    }

    private Store keep(StoreArguments which) {
        Store made = which.open();
        closings.push(made::close);
        return made;
    }

    private void collectSecrets(List<String> secrets) {
        secrets.addAll(otherSecrets);
        if (store != null) {
            secrets.addAll(store.secrets());
        }
        if (catalog != null && catalog.store != null) {
            secrets.addAll(catalog.store.secrets());
        }
    }

    private static Map<String, Object> failure(JpsBackupException.Code code, String text, String hint, JpsBackupException details,
            List<String> secrets) {
        Map<String, Object> answer = new LinkedHashMap<>();
        answer.put("result", (long) RESULT_BASE + code.number());
        answer.put("code", code.text());
        answer.put("error", masked(text, secrets));
        answer.put("hint", masked(hint, secrets));
        if (details != null) {
            answer.put("retryable", details.retryable());
            answer.put("storeStatus", (long) details.storeStatus());
            if (!details.account().isEmpty()) {
                answer.put("account", details.account());
            }
        }
        return answer;
    }

    private static String masked(String text, List<String> secrets) {
        String masked = String.valueOf(text);
        for (String secret : secrets) {
            if (secret.length() >= SECRET_MINIMUM) {
                masked = masked.replace(secret, "***");
            }
        }
        return masked;
    }
}
