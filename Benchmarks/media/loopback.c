// Has a program take the loopback interface for one like others, so that servers that leave it out can be compared over it:
//
//   gcc -O2 -shared -fPIC loopback.c -o loopback.so && LD_PRELOAD=./loopback.so janus …
#define _GNU_SOURCE
#include <dlfcn.h>
#include <ifaddrs.h>
#include <net/if.h>

int getifaddrs(struct ifaddrs **list) {
    int (*real)(struct ifaddrs **) = (int (*)(struct ifaddrs **))dlsym(RTLD_NEXT, "getifaddrs");
    int status = real(list);
    if (status != 0) return status;
    for (struct ifaddrs *entry = *list; entry; entry = entry->ifa_next) entry->ifa_flags &= ~(unsigned)IFF_LOOPBACK;
    return status;
}
