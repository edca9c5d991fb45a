package org.jpsbackup.script;

import java.util.List;
import org.jpsbackup.Decryption;
import org.jpsbackup.Encryption;

/** The keys that a script gives. Members that are there but hold no key are refused: nothing is left unencrypted for an empty setting. */
final class KeyArguments {
    private KeyArguments() {
    }

    /** {@code {passphrase? | recipients?}}. The passphrase is added to {@code secrets}. */
    static Encryption encryption(Arguments keys, List<String> secrets) {
        char[] passphrase = AccountArguments.secret(keys, "passphrase", secrets);
        List<String> recipients = keys.optionalTexts("recipients");
        keys.refuseOthers();
        if (passphrase == null && recipients == null) {
            throw keys.refused("holds no key", "give a passphrase or recipients");
        }
        if (passphrase != null && recipients != null) {
            throw keys.refused("holds a passphrase and recipients", "give one of them");
        }
        return passphrase != null ? Encryption.with(passphrase) : Encryption.to(recipients);
    }

    /** {@code {passphrase?, identities?}}. All of them are added to {@code secrets}. */
    static Decryption decryption(Arguments keys, List<String> secrets) {
        char[] passphrase = AccountArguments.secret(keys, "passphrase", secrets);
        List<String> identities = keys.optionalTexts("identities");
        if (identities != null) {
            secrets.addAll(identities);
        }
        keys.refuseOthers();
        if (passphrase == null && identities == null) {
            throw keys.refused("holds no key", "give a passphrase or identities");
        }
        Decryption decryption = new Decryption().passphrase(passphrase);
        if (identities != null) {
            identities.forEach(identity -> decryption.identity(identity.toCharArray()));
        }
        return decryption;
    }
}
