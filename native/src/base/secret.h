/* Texts that nobody may find in freed memory. */
#ifndef BASE_SECRET_H
#define BASE_SECRET_H

/* Zeroes the text before it frees it; NULL is allowed. */
void secret_free(char *text);

#endif
