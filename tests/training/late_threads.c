/* Threads of gloo that are late: each sleeps for LATE microseconds after it has said that its work is done, and before
   it lets go of the work. Loaded into a process by LD_PRELOAD. */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef int (*broadcast)(pthread_cond_t *);

static broadcast original(void) {
#ifdef __x86_64__
    return (broadcast)dlvsym(RTLD_NEXT, "pthread_cond_broadcast", "GLIBC_2.3.2");
#else
    return (broadcast)dlsym(RTLD_NEXT, "pthread_cond_broadcast");
#endif
}

int pthread_cond_broadcast(pthread_cond_t *condition) {
    int result = original()(condition);
    char name[16] = "";
    pthread_getname_np(pthread_self(), name, sizeof name);
    if (strcmp(name, "pt_gloo_runloop") == 0) usleep(atoi(getenv("LATE")));
    return result;
}
