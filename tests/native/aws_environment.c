#include "aws_environment.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int aws_environment_clear(void **state)
{
    (void)state;
    for (char **variable = environ; *variable != NULL;) {
        char name[128];
        size_t size = strcspn(*variable, "=");
        if (strncmp(*variable, "AWS_", 4) != 0 || size >= sizeof name) {
            variable++;
            continue;
        }
        memcpy(name, *variable, size);
        name[size] = '\0';
        unsetenv(name); /* the next one moves here */
    }
    setenv("AWS_CONFIG_FILE", "/nonexistent", 1);
    setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent", 1);
    setenv("AWS_EC2_METADATA_DISABLED", "true", 1);
    return 0;
}
