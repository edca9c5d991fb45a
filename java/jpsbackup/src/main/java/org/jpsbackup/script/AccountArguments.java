package org.jpsbackup.script;

import java.util.List;
import org.jpsbackup.AwsOptions;
import org.jpsbackup.AzureAccountOptions;
import org.jpsbackup.AzureOptions;

/** Who asks AWS or Azure, and for which storage account. Where a script names nobody, the environment does. */
final class AccountArguments {
    private AccountArguments() {
    }

    /** Each secret is added to {@code secrets}. */
    static AwsOptions aws(Arguments aws, List<String> secrets) {
        AwsOptions options = new AwsOptions();
        if (aws == null) {
            return options;
        }
        options.region(aws.optionalText("region"))
                .endpoint(aws.optionalText("endpoint"))
                .profile(aws.optionalText("profile"))
                .credentials(aws.optionalText("accessKey"), secret(aws, "secretKey", secrets))
                .sessionToken(secret(aws, "sessionToken", secrets))
                .caFile(aws.optionalText("caFile"))
                .proxy(aws.optionalText("proxy"))
                .tlsMinimum(aws.optionalText("tlsMinimum"));
        aws.refuseOthers();
        return options;
    }

    static AzureOptions azure(Arguments azure, List<String> secrets) {
        AzureOptions options = new AzureOptions();
        if (azure == null) {
            return options;
        }
        options.principal(secret(azure, "principal", secrets))
                .servicePrincipal(azure.optionalText("tenant"), azure.optionalText("client"), secret(azure, "clientSecret", secrets))
                .subscription(azure.optionalText("subscription"))
                .login(azure.optionalText("login"))
                .manager(azure.optionalText("manager"))
                .caFile(azure.optionalText("caFile"))
                .proxy(azure.optionalText("proxy"))
                .tlsMinimum(azure.optionalText("tlsMinimum"));
        azure.refuseOthers();
        return options;
    }

    static AzureAccountOptions account(Arguments arguments) {
        return new AzureAccountOptions(arguments.text("name")).group(arguments.optionalText("group"));
    }

    static char[] secret(Arguments arguments, String name, List<String> secrets) {
        String text = arguments.optionalText(name);
        if (text == null) {
            return null;
        }
        secrets.add(text);
        return text.toCharArray();
    }
}
