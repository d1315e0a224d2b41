// Linux calls and macros that Swift's Glibc module does not show.
#pragma once
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/types.h>

/// accept4 with SOCK_NONBLOCK | SOCK_CLOEXEC. The peer's address is not wanted here.
int cnet_accept(int listener);
/// epoll_ctl with a 64-bit token instead of a pointer.
int cnet_epoll_control(int epoll, int operation, int descriptor, uint32_t events, uint64_t token);
/// Names the calling thread for tools such as top; Linux keeps 15 characters.
void cnet_name_thread(const char *name);
