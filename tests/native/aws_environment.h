/* An environment in which AWS's keys are nowhere, until the test says where. */
#ifndef TEST_AWS_ENVIRONMENT_H
#define TEST_AWS_ENVIRONMENT_H

/* A cmocka set-up: no AWS_* variable, no shared files, no instance. */
int aws_environment_clear(void **state);

#endif
