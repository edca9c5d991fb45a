package org.jpsbackup;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.Map;
import org.jpsbackup.JpsBackupException.Code;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Accounts on AWS and Azure, against services that answer as those do. */
class AccountsTest {
    private static final AzureAccountOptions ACCOUNT = new AzureAccountOptions("jcprod1westeurope").location("westeurope");
    private FakeClouds clouds;

    @BeforeEach
    void start() throws IOException {
        clouds = new FakeClouds();
    }

    @AfterEach
    void stop() {
        clouds.close();
    }

    private AzureAccounts azure() {
        return AzureAccounts.open(new AzureOptions().principal(clouds.principal().toCharArray()).tries(1));
    }

    @Test
    void an_identity_is_told() {
        try (AwsAccount aws = AwsAccount.open(clouds.aws())) {
            assertEquals("000000000001", aws.identity(null).get("account"));
        }
    }

    @Test
    void a_secret_is_made_read_and_deleted() {
        try (AwsAccount aws = AwsAccount.open(clouds.aws())) {
            assertFalse(aws.secretExists("s", null));
            aws.createSecret("s", "höh".toCharArray(), null);
            assertTrue(aws.secretExists("s", null));
            SecretAnswer answer = aws.secret("s", null);
            try (answer) {
                assertEquals("höh", new String(answer.secret()));
                assertFalse(answer.account().toString().contains("höh"));
            }
            assertArrayEquals(new char[3], answer.secret(), "closing wipes the secret");
            aws.deleteSecret("s", true, null);
            assertTrue(clouds.asked.get(clouds.asked.size() - 1).contains("ForceDeleteWithoutRecovery"), "at once");
            assertEquals(Code.NOT_FOUND, assertThrows(JpsBackupException.class, () -> aws.secret("s", null)).code());
        }
    }

    @Test
    void a_user_with_keys_and_a_policy_comes_and_goes() {
        try (AwsAccount aws = AwsAccount.open(clouds.aws())) {
            assertFalse(aws.userExists("u", null));
            aws.createUser("u", null);
            assertTrue(aws.userExists("u", null));
            try (SecretAnswer made = aws.createKey("u", null)) {
                assertEquals("AWS_ACCESS_KEY_ID=AKNEW\nAWS_SECRET_ACCESS_KEY=" + FakeClouds.SECRET + "\n", new String(made.secret()));
                assertFalse(made.account().toString().contains(FakeClouds.SECRET));
            }
            assertTrue(aws.keyExists("u", "AKNEW", null));
            assertFalse(aws.keyExists("u", "AKOTHER", null));
            aws.deleteKey("u", "AKNEW", null);
            assertFalse(aws.keyExists("u", "AKNEW", null));
            assertFalse(aws.policyExists("u", "p", null));
            aws.putPolicy("u", "p", Map.of("Version", "2012-10-17"), null);
            assertTrue(aws.policyExists("u", "p", null));
            aws.deletePolicy("u", "p", null);
            assertFalse(aws.policyExists("u", "p", null));
            aws.deleteUser("u", false, null);
            assertFalse(aws.userExists("u", null));
        }
    }

    @Test
    void a_session_comes_as_a_credentials_file() {
        try (AwsAccount aws = AwsAccount.open(clouds.aws());
                SecretAnswer made = aws.session(new AwsSessionOptions().name("me").policy(Map.of("Version", "2012-10-17")).seconds(900), null)) {
            assertTrue(new String(made.secret()).contains("AWS_SESSION_TOKEN=tok\n"));
            assertTrue(clouds.asked.get(0).contains("DurationSeconds=900"));
        }
    }

    @Test
    void a_storage_account_is_made_found_and_deleted_and_tells_its_key() {
        try (AzureAccounts azure = azure()) {
            assertEquals(true, azure.checkName("jcprod1westeurope", null).get("available"));
            assertEquals(false, azure.find(ACCOUNT, null).get("exists"));
            assertEquals(true, azure.create(ACCOUNT, null).get("created"));
            assertEquals(false, azure.create(ACCOUNT, null).get("created"));
            assertEquals(true, azure.find(ACCOUNT, null).get("exists"));
            try (SecretAnswer key = azure.key(ACCOUNT, null, null)) {
                assertEquals("a2V5", new String(key.secret()));
                assertEquals("key1", key.account().get("key"));
            }
            assertEquals(Code.NOT_FOUND, assertThrows(JpsBackupException.class, () -> azure.key(ACCOUNT, "key2", null)).code());
            azure.delete(ACCOUNT, null);
            assertEquals(false, azure.find(ACCOUNT, null).get("exists"));
        }
    }

    @Test
    void options_open_once_and_keep_no_secret() {
        AwsOptions aws = clouds.aws();
        AwsAccount.open(aws).close();
        assertThrows(IllegalStateException.class, () -> AwsAccount.open(aws));
        AzureOptions azure = new AzureOptions().principal(clouds.principal().toCharArray());
        AzureAccounts.open(azure).close();
        assertThrows(IllegalStateException.class, () -> AzureAccounts.open(azure));
        assertThrows(JpsBackupException.class, () -> new AwsOptions().tries(-1));
        assertThrows(JpsBackupException.class, () -> new AzureOptions().waitSeconds(-1));
    }

    @Test
    void failures_do_not_tell_secrets() {
        assertSilent(() -> AwsAccount.open(new AwsOptions().credentials(null, FakeClouds.SECRET.toCharArray())));
        assertSilent(() -> AwsAccount.open(new AwsOptions().credentials("AKID", (FakeClouds.SECRET + "\0").toCharArray())));
        assertSilent(() -> AzureAccounts.open(new AzureOptions().principal((clouds.principal() + "}").toCharArray())));
        assertSilent(() -> AzureAccounts.open(new AzureOptions().principal(clouds.principal().replace("tenantId", "tenant").toCharArray())));
        try (AwsAccount aws = AwsAccount.open(clouds.aws())) {
            assertSilent(() -> aws.createSecret("", FakeClouds.SECRET.toCharArray(), null));
        }
    }

    @Test
    void nonsense_is_refused() {
        try (AwsAccount aws = AwsAccount.open(clouds.aws()); AzureAccounts azure = azure()) {
            assertEquals(Code.USAGE, assertThrows(JpsBackupException.class, () -> aws.createUser(null, null)).code());
            assertEquals(Code.USAGE, assertThrows(JpsBackupException.class, () -> aws.createUser("", null)).code());
            assertEquals(Code.USAGE, assertThrows(JpsBackupException.class, () -> azure.create(new AzureAccountOptions("No-Name"), null)).code());
            assertEquals(Code.USAGE,
                    assertThrows(JpsBackupException.class, () -> azure.create(new AzureAccountOptions("jcprod2"), null)).code());
        }
    }

    @Test
    void a_closed_account_serves_no_call() {
        AwsAccount aws = AwsAccount.open(clouds.aws());
        aws.close();
        aws.close();
        assertThrows(IllegalStateException.class, () -> aws.identity(null));
    }

    private static void assertSilent(Runnable call) {
        JpsBackupException e = assertThrows(JpsBackupException.class, call::run);
        assertFalse((e + e.hint() + e.getCause()).contains(FakeClouds.SECRET), "the message tells the secret");
    }
}
