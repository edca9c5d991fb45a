/* The descriptors that this process holds. */
#ifndef DESCRIPTORS_H
#define DESCRIPTORS_H

unsigned open_descriptors(void);

#endif
