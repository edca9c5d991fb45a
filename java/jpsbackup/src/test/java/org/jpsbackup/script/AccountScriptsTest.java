package org.jpsbackup.script;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Function;
import org.jpsbackup.FakeClouds;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The facade's calls for accounts: one object in, one out. */
class AccountScriptsTest {
    private FakeClouds clouds;

    @BeforeEach
    void start() throws IOException {
        clouds = new FakeClouds();
    }

    @AfterEach
    void stop() {
        clouds.close();
    }

    /** Calls with who asks and the members given by turns of name and value. */
    private Map<String, Object> call(Function<Object, Map<String, Object>> function, String who, Object... members) {
        Map<String, Object> arguments = new HashMap<>();
        arguments.put(who, who.equals("azure") ? Map.of("principal", clouds.principal())
                : Map.of("region", "eu-west-1", "endpoint", clouds.endpoint(), "accessKey", "AKID", "secretKey", FakeClouds.SECRET));
        for (int i = 0; i < members.length; i += 2) {
            arguments.put((String) members[i], members[i + 1]);
        }
        return function.apply(arguments);
    }

    private Map<String, Object> succeeds(Function<Object, Map<String, Object>> function, String who, Object... members) {
        Map<String, Object> answer = call(function, who, members);
        assertEquals(0L, answer.get("result"), answer::toString);
        return answer;
    }

    private void fails(String code, Function<Object, Map<String, Object>> function, String who, Object... members) {
        Map<String, Object> answer = call(function, who, members);
        assertEquals(code, answer.get("code"), answer::toString);
        assertFalse(answer.toString().contains(FakeClouds.SECRET), "the failure tells a secret");
    }

    @Test
    void aws() {
        assertEquals("000000000001", ((Map<?, ?>) succeeds(Jpsbackup::awsIdentity, "aws").get("account")).get("account"));
        assertEquals(false, succeeds(Jpsbackup::awsSecretExists, "aws", "name", "s").get("exists"));
        Map<String, Object> made = succeeds(Jpsbackup::awsCreateSecret, "aws", "name", "s", "secret", "hush-hush");
        assertFalse(made.toString().contains("hush-hush"));
        assertEquals(true, succeeds(Jpsbackup::awsSecretExists, "aws", "name", "s").get("exists"));
        assertEquals("hush-hush", succeeds(Jpsbackup::awsSecret, "aws", "name", "s").get("secret"));
        succeeds(Jpsbackup::awsDeleteSecret, "aws", "name", "s", "atOnce", true);
        fails("not_found", Jpsbackup::awsSecret, "aws", "name", "s");
        succeeds(Jpsbackup::awsCreateUser, "aws", "user", "u");
        assertEquals(true, succeeds(Jpsbackup::awsUserExists, "aws", "user", "u").get("exists"));
        assertEquals("AWS_ACCESS_KEY_ID=AKNEW\nAWS_SECRET_ACCESS_KEY=" + FakeClouds.SECRET + "\n",
                succeeds(Jpsbackup::awsCreateKey, "aws", "user", "u").get("credentials"));
        assertEquals(true, succeeds(Jpsbackup::awsKeyExists, "aws", "user", "u", "accessKey", "AKNEW").get("exists"));
        succeeds(Jpsbackup::awsDeleteKey, "aws", "user", "u", "accessKey", "AKNEW");
        succeeds(Jpsbackup::awsPutPolicy, "aws", "user", "u", "name", "p", "policy", Map.of("Version", "2012-10-17"));
        assertEquals(true, succeeds(Jpsbackup::awsPolicyExists, "aws", "user", "u", "name", "p").get("exists"));
        succeeds(Jpsbackup::awsDeletePolicy, "aws", "user", "u", "name", "p");
        succeeds(Jpsbackup::awsDeleteUser, "aws", "user", "u");
        succeeds(Jpsbackup::awsSession, "aws", "policy", Map.of("Version", "2012-10-17"));
    }

    @Test
    void azure() {
        String name = "jcprod1westeurope";
        assertEquals(true, succeeds(Jpsbackup::azureCheckAccountName, "azure", "name", name).get("available"));
        assertEquals(false, succeeds(Jpsbackup::azureAccountExists, "azure", "name", name).get("exists"));
        succeeds(Jpsbackup::azureCreateAccount, "azure", "name", name, "location", "westeurope");
        assertEquals(true, succeeds(Jpsbackup::azureAccountExists, "azure", "name", name).get("exists"));
        Map<String, Object> key = succeeds(Jpsbackup::azureAccountKey, "azure", "name", name);
        assertEquals("a2V5", key.get("key"));
        assertFalse(key.get("account").toString().contains("a2V5"));
        succeeds(Jpsbackup::azureDeleteAccount, "azure", "name", name);
        fails("not_found", Jpsbackup::azureAccountKey, "azure", "name", name);
    }

    @Test
    void what_no_call_knows_is_refused() {
        fails("usage", Jpsbackup::awsIdentity, "aws", "store", Map.of("url", "s3://"));
        fails("usage", Jpsbackup::awsSecret, "aws");
        fails("usage", Jpsbackup::azureAccountKey, "azure", "account", "jcprod1");
        fails("usage", Jpsbackup::azureCreateAccount, "azure", "name", "jcprod1");
        assertEquals("usage", Jpsbackup.awsIdentity(Map.of("aws", Map.of("secret", "x"))).get("code"));
        assertEquals("usage", Jpsbackup.azureAccountKey(Map.of("name", "jcprod1", "azure", Map.of("key", "x"))).get("code"));
    }
}
